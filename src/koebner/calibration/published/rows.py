"""Published results of trials in a file of the user: every row, with the reason where it is not predicted."""

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path

from koebner.calibration.published.arms import text_key
from koebner.errors import InvalidValueError
from koebner.evidence.reading import Line, read_table
from koebner.patients.lesion import PASI_MAX

NEEDED_COLUMNS = ("trial", "arm", "drug", "week", "endpoint", "value")
"""Columns that a file of published results must have; `dose_regimen`, `n` and `verified` may be absent."""

MEAN_PASI, MEAN_CHANGE, MEAN_CHANGE_POINTS = "PASI mean", "PASI change", "PASI change points"
_BASELINE = "PASI baseline"
_ENDPOINTS = {
    "pasi50": "PASI50",
    "pasi75": "PASI75",
    "pasi90": "PASI90",
    "pasi100": "PASI100",
    "mean_pasi": MEAN_PASI,
    "mean_pasi_change_pct": MEAN_CHANGE,
    "mean_pasi_change_points": MEAN_CHANGE_POINTS,
    "baseline_pasi_mean": _BASELINE,
}
_SHARE = (0.0, 100.0, "percent of patients")
# A change is given with either sign.
_RANGES = {
    MEAN_PASI: (0.0, PASI_MAX, "mean PASI"),
    MEAN_CHANGE: (-100.0, 100.0, "change in percent of baseline"),
    MEAN_CHANGE_POINTS: (-PASI_MAX, PASI_MAX, "change of PASI"),
}
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, kw_only=True)
class PublishedRow:
    """One published result.

    Attributes
    ----------
    trial, arm, drug, dose_regimen, verified
        The texts of these columns; empty where the file has none.
    n
        Patients of the arm; None where the file gives no whole number above 0.
    week
        Week of the result; None where the file gives no number.
    endpoint
        "PASI75" and its kin [percent of patients], "PASI mean" [points], "PASI change" [percent of
        baseline], "PASI change points" [points]; of other rows the text of the file.
    value
        The result; None where the file gives no number.
    baseline_pasi
        Mean PASI before treatment of the same trial and arm; None where the file has no such row, or no
        PASI in it.
    reason
        Why the row is not predicted; empty where it can be.
    line
        Its line in the file.
    """

    trial: str
    arm: str
    drug: str
    dose_regimen: str
    n: int | None
    week: float | None
    endpoint: str
    value: float | None
    baseline_pasi: float | None
    verified: str
    reason: str = ""
    line: int

    @property
    def is_baseline(self) -> bool:
        """Whether it is the mean PASI before treatment, which a prediction starts from."""
        return self.endpoint == _BASELINE

    @property
    def stated_baseline(self) -> float | None:
        """The PASI before treatment that it states; None of other rows, and where it is no PASI."""
        if self.is_baseline and self.value is not None and 0 < self.value <= PASI_MAX:
            return self.value
        return None


def read_published(path: Path) -> tuple[PublishedRow, ...]:
    """Return all rows of a file of published results.

    Parameters
    ----------
    path
        CSV with the columns `trial`, `arm`, `drug`, `week`, `endpoint`, `value` and, where they are known,
        `dose_regimen`, `n` and `verified`; others are passed over.

    Returns
    -------
    tuple of PublishedRow
        In the order of the file; none is left out.

    Raises
    ------
    InvalidValueError
        A needed column is missing.
    EvidenceError
        The file cannot be read, or is no table.
    """
    table = read_table(path)
    missing = [name for name in NEEDED_COLUMNS if name not in table.columns]
    if missing:
        raise InvalidValueError(
            f"column `{missing[0]}` is missing; expected {', '.join(NEEDED_COLUMNS)}.", file=path, line=1
        )
    rows = [_row(line) for line in table.lines]
    baselines = _baselines(rows)
    return tuple(replace(row, baseline_pasi=baselines.get(_arm_key(row))) for row in rows)


def _row(line: Line) -> PublishedRow:
    week, value = _number(line["week"]), _number(line["value"])
    endpoint = _ENDPOINTS.get(line["endpoint"].lower(), line["endpoint"])
    if endpoint == MEAN_PASI and week == 0:
        endpoint = _BASELINE
    n = _number(line["n"].replace(",", ""))
    row = PublishedRow(
        trial=line["trial"],
        arm=line["arm"],
        drug=line["drug"],
        dose_regimen=line["dose_regimen"],
        n=int(n) if n is not None and n >= 1 and n == int(n) else None,
        week=week,
        endpoint=endpoint,
        value=value,
        baseline_pasi=None,
        verified=line["verified"],
        line=line.number,
    )
    return replace(row, reason=_reason(row, line))


def _reason(row: PublishedRow, line: Line) -> str:
    """Return why a row is not predicted; empty where it can be."""
    if row.is_baseline:
        return _reason_of_baseline(row, line)
    if row.endpoint not in _ENDPOINTS.values():
        given = f"`{row.endpoint}`" if row.endpoint else "none"
        return f"endpoint {given} is not predicted; PASI50 to PASI100, mean PASI and its change are."
    if row.week is None:
        return f"week `{line['week']}` is not a number." if line["week"] else "no week is given."
    if row.week <= 0:
        return f"week {row.week:g} is not after the start of treatment."
    if row.value is None:
        return f"value `{line['value']}` is not a number." if line["value"] else "no value is given."
    low, high, what = _RANGES.get(row.endpoint, _SHARE)
    if not low <= row.value <= high:
        return f"value {row.value:g} is no {what}; expected {low:g} to {high:g}."
    return ""


def _reason_of_baseline(row: PublishedRow, line: Line) -> str:
    if row.stated_baseline is None:
        return f"`{line['value']}` is no PASI before treatment; expected above 0 and at most {PASI_MAX:g}."
    return "the PASI before treatment, which predictions start from."


def _baselines(rows: list[PublishedRow]) -> dict[tuple[str, str], float]:
    return {_arm_key(row): stated for row in rows if (stated := row.stated_baseline) is not None}


def _arm_key(row: PublishedRow) -> tuple[str, str]:
    return text_key(row.trial), text_key(row.arm)


def _number(text: str) -> float | None:
    """Return a text that is a number as one; "nan", "1e400", "end of course", "1106 in 4 arms" are none."""
    number = float(text) if _NUMBER.fullmatch(text.strip()) else math.nan
    return number if math.isfinite(number) else None
