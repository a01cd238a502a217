"""The catalogue: one TOML file a drug, light or cell product.

Adding a treatment is adding a file. Unknown keys are refused, and every number carries its unit
and its source.
"""

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from koebner.errors import InvalidValueError, UnknownNameError

_FOLDER = Path(str(files("koebner.therapies"))) / "catalog"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(_Strict):
    """A number with unit, source (key of the evidence tables or "assumption: why") and meaning."""

    value: float
    unit: str = Field(min_length=1)
    source: str = Field(min_length=1)
    meaning: str = Field(min_length=1)


class ModelPart(_Strict):
    """The equations that a treatment brings along: a file, its numbers, and what it sets."""

    file: str
    sets: dict[str, str]
    values: dict[str, Value]


class PhaseEntry(_Strict):
    """One phase of the labelled or studied regimen, see `koebner.therapies.regimen.Phase`."""

    dose: float
    weeks: tuple[float, ...] = ()
    from_week: float = 0.0
    every_weeks: float | None = None
    until_week: float | None = None
    on_days: tuple[int, ...] = (0,)


class RegimenEntry(_Strict):
    """The labelled or studied regimen."""

    unit: Literal["mg", "cells/kg", "session"]
    route: str
    routes: dict[str, str]
    dose_range: tuple[float, float]
    source: str
    phases: tuple[PhaseEntry, ...] = Field(min_length=1)


class Entry(_Strict):
    """One file of the catalogue."""

    name: str
    kind: Literal["placebo", "antibody", "phototherapy", "cell product"]
    drug_class: str = Field(alias="class")
    calibration: Literal["empirical", "feasibility fit", "prior only", "uncalibrated"]
    studies: tuple[str, ...]
    statement: str
    model: ModelPart | None = None
    values: dict[str, Value] = {}
    regimen: RegimenEntry | None = None


def available() -> tuple[str, ...]:
    """Return the names of all therapies of the catalogue."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@cache
def entry(name: str) -> Entry:
    """Return one file of the catalogue.

    Raises
    ------
    UnknownNameError
        No such therapy; the closest names are offered.
    """
    if name not in available():
        raise UnknownNameError("therapy", name, available(), hint="List them with `koebner therapy list`.")
    return read_entry(_FOLDER / f"{name}.toml")


def read_entry(path: Path) -> Entry:
    """Read and check a catalogue file."""
    try:
        return Entry.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise InvalidValueError(f"not valid TOML: {error}.", file=path) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidValueError(f"`{where}`: {first['msg']}.", file=path) from None
