"""Reference patients: plausible patients that are kept, each with a weight, and what they were matched to.

A reference is a folder: `patients.csv`, one row a patient to six digits; `matched.csv`, the figures;
`manifest.json`, what it was made from. Its definition is the TOML file of the same name beside it. Left
out: how the weights are found (`koebner.calibration.reference_population`).
"""

import io
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from koebner.catalogs import Strict, entry_names, read_entry
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.patients import Cohort
from koebner.patients.cohort import Scale
from koebner.patients.lesion import REGIONS, SIGNS
from koebner.populations.weighting import effective_sample_size

REFERENCES = Path(str(files("koebner.populations"))) / "reference"
_PATIENTS, _MATCHED, _MANIFEST = "patients.csv", "matched.csv", "manifest.json"
_DEVIATION, _SIGN, _REGION = "deviation in ", "sign ", "region "
_FORMAT = "%.6g"


class ShareEntry(Strict):
    """A yes or no of a patient, the quantity of the baseline tables whose share it has, and what it does."""

    quantity: str
    effect: str = Field(min_length=1)


class ResponseEntry(Strict):
    """The trial of one class: arms that are pooled, as study and arm, and which responses at which week."""

    of_class: str = Field(alias="class")
    arms: tuple[tuple[str, str], ...] = Field(min_length=1)
    week: float = Field(gt=0)
    endpoints: tuple[str, ...]


class ReferenceEntry(Strict):
    """What plausible patients are weighted to: one file of the folder."""

    title: str
    plausible: str
    shares: dict[str, ShareEntry]
    responses: tuple[ResponseEntry, ...]


@dataclass(frozen=True, kw_only=True)
class Matched:
    """One figure that the weights were found from.

    `published` with its standard `error`, and the same of the reference patients all alike and weighted;
    shares in percent, else in the unit of the quantity.
    """

    figure: str
    kind: Literal["baseline", "response"]
    published: float
    error: float
    unweighted: float
    weighted: float


class Manifest(Strict):
    """What decided a reference: seed, parameter set, and hashes of the rest.

    Attributes
    ----------
    seed, n_drawn
        Of the draw, and how many patients it had; those of the reference are the plausible ones.
    parameter_set
        The parameter set under which they are plausible and respond.
    model, population, definition, code, tables
        Hashes of what the patients were made from.
    scales
        Scale of each deviation.
    patients, matched
        Hashes of the two tables, set when they are written.
    """

    koebner: str
    seed: int
    n_drawn: int
    model: str
    population: str
    definition: str
    code: str
    tables: dict[str, str]
    parameter_set: dict[str, float]
    scales: dict[str, Scale]
    patients: str = ""
    matched: str = ""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Weighted patients.

    Attributes
    ----------
    cohort
        The patients, numbered among those drawn; their deviations as wide as the parameter set has them.
    weights
        Above 0, summing to 1, `(n_patients,)`.
    matched
        What the weights were found from.
    manifest
        What decided the result.
    """

    cohort: Cohort
    weights: NDArray[np.float64]
    matched: tuple[Matched, ...]
    manifest: Manifest

    @property
    def effective_size(self) -> float:
        """How many equally weighted patients they are worth."""
        return effective_sample_size(self.weights)


def reference_names(folder: Path = REFERENCES) -> tuple[str, ...]:
    """Return the names of the references that have been built.

    Examples
    --------
    >>> reference_names()
    ('virtual-moderate-to-severe',)
    """
    return tuple(name for name in entry_names(folder) if (folder / name / _MANIFEST).exists())


def reference_entry(name: str, folder: Path = REFERENCES) -> ReferenceEntry:
    """Return the definition of a reference.

    Raises
    ------
    UnknownNameError
        No such definition.
    """
    if name not in entry_names(folder):
        raise UnknownNameError("reference population", name, entry_names(folder))
    return read_entry(folder / f"{name}.toml", ReferenceEntry)


def write_reference(folder: Path, reference: Reference) -> None:
    """Write a reference into a folder, made if absent; the same reference gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    patients = _csv(_table(reference))
    matched = _csv(pd.DataFrame([vars(each) for each in reference.matched]))
    (folder / _PATIENTS).write_bytes(patients)
    (folder / _MATCHED).write_bytes(matched)
    hashed = {"patients": _hash(patients), "matched": _hash(matched)}
    text = reference.manifest.model_copy(update=hashed).model_dump_json(indent=1)
    (folder / _MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_reference(folder: Path) -> Reference:
    """Return what `write_reference` wrote.

    Raises
    ------
    InvalidValueError
        A file is missing, cannot be read, or is not the one of the manifest.
    """
    try:
        manifest = Manifest.model_validate_json((folder / _MANIFEST).read_bytes())
        patients = (folder / _PATIENTS).read_bytes()
        matched = (folder / _MATCHED).read_bytes()
    except (OSError, ValueError) as error:
        raise InvalidValueError(
            f"This is no reference population; {_PATIENTS}, {_MATCHED} and {_MANIFEST} are expected.",
            file=folder,
        ) from error
    if (_hash(patients), _hash(matched)) != (manifest.patients, manifest.matched):
        raise InvalidValueError(
            "The patients are not those of the manifest; build the reference population again.", file=folder
        )
    return _reference(pd.read_csv(io.BytesIO(patients)), pd.read_csv(io.BytesIO(matched)), manifest)


def _table(reference: Reference) -> pd.DataFrame:
    cohort = reference.cohort
    blocks = [
        cohort.covariates,
        cohort.deviations.add_prefix(_DEVIATION),
        pd.DataFrame(cohort.signs, index=cohort.covariates.index, columns=[_SIGN + name for name in SIGNS]),
        pd.DataFrame(
            cohort.regions, index=cohort.covariates.index, columns=[_REGION + name for name in REGIONS]
        ),
    ]
    return pd.concat(blocks, axis=1).assign(weight=reference.weights).reset_index(names="patient")


def _reference(patients: pd.DataFrame, matched: pd.DataFrame, manifest: Manifest) -> Reference:
    table = patients.set_index("patient")
    weights = table.pop("weight").to_numpy(dtype=float)
    deviations = table.filter(regex=f"^{_DEVIATION}")
    signs, regions = [_SIGN + name for name in SIGNS], [_REGION + name for name in REGIONS]
    cohort = Cohort(
        covariates=table.drop(columns=[*deviations.columns, *signs, *regions]),
        deviations=deviations.rename(columns=lambda name: name.removeprefix(_DEVIATION)),
        scales=manifest.scales,
        signs=table[signs].to_numpy(dtype=float),
        regions=table[regions].to_numpy(dtype=float),
    )
    return Reference(
        cohort=cohort,
        # Six digits do not sum to 1 exactly.
        weights=weights / weights.sum(),
        matched=tuple(Matched(**row) for row in _records(matched)),
        manifest=manifest,
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, float_format=_FORMAT, lineterminator="\n").encode()


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()
