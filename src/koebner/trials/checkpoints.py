"""What an interrupted run keeps: one file for each simulated arm and draw, written whole or not at all."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from koebner.trials.recorded import Array


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """One arm: PASI, mean sign and DLQI of the model, `(n_patients, n_visits)`; status and courses."""

    pasi: Array
    sign: Array
    dlqi: Array
    status: NDArray[np.str_]
    courses: NDArray[np.int64]


def store(path: Path, simulated: Simulated) -> None:
    """Write a checkpoint; a kill at any moment leaves either the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        np.savez(file, **vars(simulated))
    unfinished.replace(path)


def restore(path: Path) -> Simulated | None:
    """Read a checkpoint; None when there is none that can be read, so that it is made anew."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return Simulated(**{name: kept[name] for name in Simulated.__dataclass_fields__})
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
