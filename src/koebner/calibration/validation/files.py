"""A validation as JSON and as a folder of tables; nothing is written by half."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from koebner.calibration.fitting.prediction import Predicted
from koebner.calibration.validation.curves import RelapseCurve, ResponseCurve
from koebner.calibration.validation.mark import Mark
from koebner.calibration.validation.results import JudgedArm, JudgedFigure
from koebner.calibration.validation.validate import Validation
from koebner.errors import InvalidValueError
from koebner.trials.tables import write_csv, write_json

_DIGITS = 6


def as_json(validation: Validation) -> dict[str, Any]:
    """Return arms, withdrawal, what was not predicted, and the summary with the marks, ready for JSON.

    Percent are numbers from 0 to 100; what is not finite is None.
    """
    content = {
        "arms": [_arm(row) for row in validation.arms],
        "not_predicted": [
            {"trial": row.trial, "arm": row.arm, "reason": row.reason} for row in validation.not_predicted
        ],
        "withdrawal": [_figure(row) for row in validation.withdrawal],
        "summary": {
            **validation.summary,
            "passed": validation.passed,
            "marks": [_mark(mark) for mark in validation.marks],
        },
    }
    plain: dict[str, Any] = _plain(content)
    return plain


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds anything, or whose own folder does not exist.

    Raises
    ------
    InvalidValueError
        It is no place for results.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidValueError(f"--out {folder} exists already; expected a new or empty folder.")
    if not folder.resolve().parent.is_dir():
        raise InvalidValueError(f"folder {folder.parent} does not exist; create it or choose another --out.")


def write_validation(validation: Validation, folder: Path) -> None:
    """Write `validation.json` and its tables to a new or empty folder.

    `arms.csv` and `withdrawal.csv` have a row each, `marks.csv` what was judged, `responders.csv` and
    `relapse.csv` the curves between the rows, which meet them by `therapy` and `given` and by `course`.
    They are written to a folder beside it that is then renamed.

    Raises
    ------
    InvalidValueError
        See `check_folder`.
    """
    check_folder(folder)
    whole = folder.resolve()
    partial = whole.with_name(f"{whole.name}.partial")
    partial.mkdir(exist_ok=True)
    write_json(partial / "validation.json", as_json(validation))
    for name, rows in (
        ("arms", [{**_arm(row), **_more(row)} for row in validation.arms]),
        ("withdrawal", [{**_figure(row), **_more_of_figure(row)} for row in validation.withdrawal]),
        ("marks", [_mark(mark) for mark in validation.marks]),
        ("responders", [row for curve in validation.responders for row in _response_curve(curve)]),
        ("relapse", [row for curve in validation.relapse for row in _relapse_curve(curve)]),
    ):
        table = pd.DataFrame(rows)
        if "n" in table:
            table["n"] = table["n"].astype("Int64")  # an unknown number of patients is empty
        write_csv(partial / f"{name}.csv", table)
    if whole.exists():
        whole.rmdir()
    partial.rename(whole)


def _arm(row: JudgedArm) -> dict[str, Any]:
    asked = row.asked
    return {
        "trial": asked.trial,
        "arm": asked.arm,
        "drug": asked.drug,
        "week": asked.week,
        "endpoint": asked.endpoint,
        "n": asked.n,
        "observed": asked.observed,
        "predicted": row.predicted.mean,
        "lower": row.predicted.lower,
        "upper": row.predicted.upper,
        "inside": row.inside,
        "regimen_assumed": asked.regimen_assumed,
    }


def _more(row: JudgedArm) -> dict[str, Any]:
    return {
        "therapy": row.asked.therapy_id,
        "given": row.asked.therapy.sentence(),
        "error": row.error,
        "role": row.asked.role,
        "seen": row.asked.seen,
        "met_by_fit": row.met,
        "from_memory": row.asked.from_memory,
        "by_affinity": math.nan if row.affinity is None else row.affinity,
    }


def _figure(row: JudgedFigure) -> dict[str, Any]:
    figure = row.asked.figure
    return {
        "trial": row.asked.trial,
        "drug": row.asked.drug,
        "definition": figure.study.definition,
        "metric": row.asked.metric,
        "unit": figure.unit,
        "time_origin": figure.study.clock,
        "n": figure.n,
        "observed": figure.observed,
        "predicted": row.predicted.mean,
        "lower": row.predicted.lower,
        "upper": row.predicted.upper,
        "inside": row.inside,
    }


def _more_of_figure(row: JudgedFigure) -> dict[str, Any]:
    return {
        "therapy": row.asked.figure.study.therapy,
        "course": row.asked.course,
        "measure": row.asked.figure.measure,
        "week": math.nan if row.asked.figure.week is None else row.asked.figure.week,
        "role": row.asked.role,
        "met_by_fit": row.met,
        "from_memory": row.asked.from_memory,
        "assumptions": "; ".join(row.asked.figure.study.assumptions),
    }


def _response_curve(curve: ResponseCurve) -> list[dict[str, Any]]:
    of = {"therapy": curve.therapy_id, "given": curve.given, "endpoint": curve.endpoint}
    return _points(of, curve.weeks, curve.predicted)


def _relapse_curve(curve: RelapseCurve) -> list[dict[str, Any]]:
    study = curve.asked.figure.study
    of = {
        "course": curve.asked.course,
        "trial": curve.asked.trial,
        "drug": curve.asked.drug,
        "therapy": study.therapy,
        "definition": study.definition,
        "time_origin": study.clock,
    }
    return _points(of, curve.weeks, curve.predicted)


def _points(
    of: Mapping[str, str], weeks: Sequence[float], predicted: Sequence[Predicted]
) -> list[dict[str, Any]]:
    return [
        {**of, "week": week, "predicted": each.mean, "lower": each.lower, "upper": each.upper}
        for week, each in zip(weeks, predicted, strict=True)
    ]


def _mark(mark: Mark) -> dict[str, Any]:
    return {
        "mark": mark.mark,
        "needed": mark.needed,
        "reached": mark.reached,
        "passed": mark.passed,
        "rows": mark.rows,
        "note": mark.note,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return round(value, _DIGITS) if math.isfinite(value) else None
    return value
