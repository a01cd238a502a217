"""What an interrupted run keeps: one file for each simulated arm and draw, written whole or not at all."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from koebner.trials.endpoints import Array


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """The model's PASI of one arm, shape `(n_patients, n_visits)`, and each patient's status."""

    pasi: Array
    status: NDArray[np.str_]


def store(path: Path, simulated: Simulated) -> None:
    """Write a checkpoint; a kill at any moment leaves either the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        np.savez(file, pasi=simulated.pasi, status=simulated.status)
    unfinished.replace(path)


def restore(path: Path) -> Simulated:
    """Read a checkpoint."""
    with np.load(path, allow_pickle=False) as kept:
        return Simulated(pasi=kept["pasi"], status=kept["status"])
