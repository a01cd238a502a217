"""The catalogue: one TOML file a drug, light or cell product.

Adding a treatment is adding a file. Unknown keys are refused, and every number carries its unit
and its source.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import Field

from koebner.catalogs import Strict, entry_names, read_entry
from koebner.errors import UnknownNameError
from koebner.therapies.regimen import Phase

_FOLDER = Path(str(files("koebner.therapies"))) / "catalog"


class Value(Strict):
    """A number with unit, source (key of the evidence tables or "assumption: why") and meaning."""

    value: float
    unit: str = Field(min_length=1)
    source: str = Field(min_length=1)
    meaning: str = Field(min_length=1)


class ModelPart(Strict):
    """The equations that a treatment brings along: a file, its numbers, and what it sets."""

    file: str
    sets: dict[str, str]
    values: dict[str, Value]


class RegimenEntry(Strict):
    """The labelled or studied regimen."""

    unit: Literal["mg", "cells/kg", "session"]
    route: str
    routes: dict[str, str]
    dose_range: tuple[float, float]
    source: str
    phases: tuple[Phase, ...] = Field(min_length=1)


class Entry(Strict):
    """One file of the catalogue."""

    name: str
    kind: Literal["placebo", "antibody", "phototherapy", "cell product"]
    drug_class: str = Field(alias="class")
    calibration: Literal["empirical", "feasibility fit", "prior only", "uncalibrated"]
    studies: tuple[str, ...]
    statement: str
    model: ModelPart | None = None
    values: dict[str, Value] = Field(default_factory=dict)
    regimen: RegimenEntry | None = None


def available() -> tuple[str, ...]:
    """Return the names of all therapies of the catalogue."""
    return entry_names(_FOLDER)


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
    return read_entry(_FOLDER / f"{name}.toml", Entry)
