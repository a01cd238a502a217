"""What `koebner validate --out` wrote, read back and made ready for figures: nothing is simulated."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from koebner.calibration.protocol import load_protocol
from koebner.calibration.validation.comparators import Family, carried_over, class_mean, copies, family_of
from koebner.calibration.validation.rows import AskedArm, asked_of, open_rows
from koebner.errors import InvalidValueError
from koebner.therapies import load
from koebner.trials.tables import read_json

COPY, CLASS_MEAN, CARRIED = "copy another trial", "class mean", "phase-2 value carried over"

COMPARATORS = (COPY, CLASS_MEAN, CARRIED)
"""What anybody could say of a trial without a model; columns of `with_comparators`."""

GROUPS = {
    "fitted": "Fitted",
    "anchor": "Anchor studies: one potency a drug",
    "tier 1": "Tier 1: held-out trials of the fitted drugs",
    "tier 2, never seen": "Tier 2: drugs not fitted, rows never seen",
    "tier 2, seen before": "Tier 2: drugs not fitted, rows seen before",
    "other": "Other held-out rows: orals, light",
    "placebo": "Placebo",
}
"""What became of a row in the fit: the column `group` of the arms, in words."""

_TABLES = ("arms", "withdrawal", "marks", "responders", "relapse")


@dataclass(frozen=True, kw_only=True)
class ValidationTables:
    """What a validation wrote.

    Attributes
    ----------
    arms
        Columns of `arms.csv`, with `group` (a key of `GROUPS`) and `family` (class of the drug).
    withdrawal, marks, responders, relapse
        Columns of the files of these names.
    not_predicted
        Rows without an answer: trial, arm, reason.
    summary
        Counts, errors and comparators.
    """

    arms: pd.DataFrame
    withdrawal: pd.DataFrame
    marks: pd.DataFrame
    responders: pd.DataFrame
    relapse: pd.DataFrame
    not_predicted: pd.DataFrame
    summary: dict[str, Any]


def read_validation(folder: Path) -> ValidationTables:
    """Return the tables of a folder that `koebner validate --out` wrote.

    Parameters
    ----------
    folder
        With `validation.json` and its tables.

    Raises
    ------
    InvalidValueError
        A file is missing.

    Examples
    --------
    >>> from koebner.fits import ensemble_folder
    >>> found = read_validation(ensemble_folder("protocol") / "validation")
    >>> set(found.arms["group"]) <= set(GROUPS)
    True
    """
    missing = [
        name
        for name in ("validation.json", *(f"{table}.csv" for table in _TABLES))
        if not (folder / name).is_file()
    ]
    if missing:
        raise InvalidValueError(
            f"{missing[0]} is missing; expected a folder that `koebner validate --out` wrote.", file=folder
        )
    content = read_json(folder / "validation.json")
    tables = {name: pd.read_csv(folder / f"{name}.csv") for name in _TABLES}
    arms = tables["arms"]
    arms["group"] = [_group(row) for row in arms.to_dict("records")]
    arms["family"] = [class_of(str(name)) for name in arms["therapy"]]
    return ValidationTables(
        arms=arms,
        withdrawal=tables["withdrawal"],
        marks=tables["marks"].astype({"note": object}).fillna({"note": "", "needed": ""}),
        responders=tables["responders"],
        relapse=tables["relapse"],
        not_predicted=pd.DataFrame(content["not_predicted"], columns=["trial", "arm", "reason"]),
        summary=content["summary"],
    )


def held_out(arms: pd.DataFrame) -> pd.DataFrame:
    """Return PASI75 and PASI90 of active arms that no fit has met and that are not from memory."""
    outside = ~arms["group"].isin(["fitted", "anchor", "placebo"])
    main = arms["endpoint"].isin(["PASI75", "PASI90"])
    return arms[outside & main & ~arms["met_by_fit"] & ~arms["from_memory"]]


def with_comparators(arms: pd.DataFrame) -> pd.DataFrame:
    """Return held-out rows with what each comparator errs by, and without an answer NaN.

    Parameters
    ----------
    arms
        Of `read_validation`, rows of the evidence tables; of other rows nothing is known to copy.

    Returns
    -------
    DataFrame
        The rows of `held_out` with a column for each of `COMPARATORS`: mean absolute error over its
        answers [points].

    Examples
    --------
    >>> from koebner.fits import ensemble_folder
    >>> arms = read_validation(ensemble_folder("protocol") / "validation").arms
    >>> bool(with_comparators(arms)["copy another trial"].notna().any())
    True
    """
    known = _open()
    protocol = load_protocol()
    by_key = {(row.trial, row.arm, row.week, row.endpoint): row for row in known}
    found = held_out(arms).copy()
    answers: dict[str, list[float]] = {name: [] for name in COMPARATORS}
    for each in found.to_dict("records"):
        row = by_key.get((each["trial"], each["arm"], each["week"], each["endpoint"]))
        said: dict[str, tuple[float, ...]] = dict.fromkeys(COMPARATORS, ())
        if row is not None:
            said = {
                COPY: copies(row, known),
                CLASS_MEAN: class_mean(row, known),
                CARRIED: carried_over(row, known, protocol),
            }
        for name, values in said.items():
            errors = [abs(value - float(each["observed"])) for value in values]
            answers[name].append(sum(errors) / len(errors) if errors else float("nan"))
    return found.assign(**answers)


@cache
def _open() -> tuple[AskedArm, ...]:
    return asked_of(open_rows(load_protocol()))


@cache
def class_of(therapy: str) -> Family:
    """Return the class of a therapy of the catalogue."""
    return family_of(load(therapy))


def _group(row: dict[Any, Any]) -> str:
    role = str(row["role"])
    if role in ("placebo", "anchor"):
        return role
    if row["met_by_fit"]:
        return "fitted"
    if role == "tier 2":
        return "tier 2, seen before" if row["seen"] else "tier 2, never seen"
    return role
