"""The catalogue: one TOML file a drug, light or cell product.

Adding a treatment is adding a file. Unknown keys are refused, and every number carries its unit
and its source.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from koebner.catalogs import Strict, entry_names, read_entry
from koebner.errors import UnknownNameError
from koebner.therapies.phases import Phase

_FOLDER = Path(str(files("koebner.therapies"))) / "catalog"

Kind = Literal["placebo", "antibody", "small molecule", "topical", "phototherapy", "cell product"]
Calibration = Literal["empirical", "fitted", "anchored", "prior only", "uncalibrated"]
CALIBRATIONS: Mapping[Calibration, str] = MappingProxyType(
    {
        "empirical": "fitted to published arms, without biology",
        "fitted": "potency from the fit to open trial arms, drawn with its members",
        "anchored": "potency set on one published number, and held",
        "prior only": "drawn from a wide prior; no controlled trial informs it",
        "uncalibrated": "no fit to published responses of patients set its numbers",
    }
)
"""What each word of calibration means."""
HELD: tuple[Calibration, ...] = ("anchored",)
"""Calibrations whose numbers are not drawn: a draw would leave the number on which they were set."""
Unit = Literal["mg", "mg/kg", "cells/kg", "cells/cm2", "MED", "application"]


class Value(Strict):
    """A number with unit, source (key of the evidence tables or "assumption: why") and meaning.

    With a `prior` it is drawn in the parameter draws of a trial.
    """

    value: float
    unit: str = Field(min_length=1)
    source: str = Field(min_length=1)
    meaning: str = Field(min_length=1)
    prior: str = ""


class ModelPart(Strict):
    """The equations that a treatment brings along: a file, its numbers, and what it sets."""

    file: str
    sets: dict[str, str]
    values: dict[str, Value]


class RegimenEntry(Strict):
    """The labelled or studied regimen.

    `local_routes` may be dosed by area of plaque, within `dose_range_per_cm2`. Of light, the effect of
    a session is its dose over `dose_reference` to the power `dose_exponent`.
    """

    unit: Unit
    route: str
    routes: dict[str, str]
    local_routes: tuple[str, ...] = ()
    dose_range: tuple[float, float]
    dose_range_per_cm2: tuple[float, float] | None = None
    infusion_hours: dict[str, float] = Field(default_factory=dict)
    source: str
    phases: tuple[Phase, ...] = Field(min_length=1)
    dose_reference: Value | None = None
    dose_exponent: Value | None = None


class Entry(Strict):
    """One file of the catalogue; `ingredients` are the drugs of a fixed combination."""

    name: str
    kind: Kind
    drug_class: str = Field(alias="class")
    target: str
    mechanism: str
    ingredients: tuple[str, ...] = ()
    calibration: Calibration
    studies: tuple[str, ...]
    statement: str
    model: ModelPart | None = None
    values: dict[str, Value] = Field(default_factory=dict)
    regimen: RegimenEntry | None = None

    @property
    def numbers(self) -> dict[str, Value]:
        """All numbers of the file, by symbol."""
        of_regimen = {
            name: value
            for name in ("dose_reference", "dose_exponent")
            if self.regimen is not None and (value := getattr(self.regimen, name)) is not None
        }
        return {**(self.model.values if self.model else {}), **self.values, **of_regimen}


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
