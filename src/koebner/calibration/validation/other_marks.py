"""The marks of withdrawal and of light."""

from collections.abc import Sequence

import numpy as np

from koebner.calibration.light.checks import FINAL, PredictorScore
from koebner.calibration.protocol import Marks
from koebner.calibration.validation.mark import Mark, at_most, judged_mark, unjudged
from koebner.calibration.validation.results import JudgedFigure
from koebner.calibration.withdrawal.studies import treatment_of

_YEAR = (48.0, 56.0)


def medians(withdrawal: Sequence[JudgedFigure], limits: Marks) -> Mark:
    """Return the mark of medians of the time to relapse: all held-out ones of drugs must be near enough."""
    rows = [row for row in _deciding(withdrawal) if _is_median(row)]
    off = [100.0 * abs(row.error) / row.asked.figure.observed for row in rows]
    return _worst("relapse: medians, the worst of all", rows, off, limits.relapse_median, "%")


def after_one_year(withdrawal: Sequence[JudgedFigure], limits: Marks) -> Mark:
    """Return the mark of the share without relapse after a year: all held-out ones must be near enough."""
    first, last = _YEAR
    rows = [
        row
        for row in _deciding(withdrawal)
        if row.asked.figure.measure in ("relapse-free", "relapsed")
        and first <= (row.asked.figure.week or 0) <= last
    ]
    off = [abs(row.error) for row in rows]
    name = "relapse-free after one year, the worst of all"
    return _worst(name, rows, off, limits.relapse_free_1_year, "points")


def _is_median(row: JudgedFigure) -> bool:
    return row.asked.figure.measure == "median" and row.asked.figure.observed > 0


def _deciding(withdrawal: Sequence[JudgedFigure]) -> list[JudgedFigure]:
    """Return the figures that decide: of drugs, held out, seen in a source; light has no mark."""
    return [
        row
        for row in withdrawal
        if not row.met
        and not row.asked.from_memory
        and "phototherapy" not in treatment_of(row.asked.figure.study).kinds
    ]


def _worst(name: str, rows: Sequence[JudgedFigure], off: Sequence[float], limit: float, unit: str) -> Mark:
    needed = f"at most {limit:g} {unit}"
    if not rows:
        return unjudged(name, "no held-out figure", needed=needed)
    near = sum(each <= limit for each in off)
    each = "; ".join(
        f"{row.asked.trial} {row.asked.drug} {_off(value, unit)}"
        for row, value in zip(rows, off, strict=True)
    )
    return Mark(
        mark=name,
        needed=needed,
        reached=max(off) if np.isfinite(off).all() else None,
        passed=near == len(rows),
        rows=len(rows),
        note=f"{near} of {len(rows)}: {each}",
    )


def _off(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}" if np.isfinite(value) else "not reached"


def light_marks(scores: Sequence[PredictorScore], limits: Marks) -> tuple[Mark, ...]:
    """Return the marks of patients under light left out: no worse than least squares on the same.

    Parameters
    ----------
    scores
        Of `koebner.calibration.light.checks.cross_validated`; none where it was not run.
    limits
        How far behind it may be.
    """
    names = ("UVB: MAE behind least squares", "UVB: RMSE behind least squares", "UVB: 90 % intervals")
    by_name = {each.predictor: each for each in scores}
    model = by_name.get(FINAL)
    plain = next((each for name, each in by_name.items() if name.startswith("least squares")), None)
    if model is None or plain is None:
        why = "not run: give a file of patients under narrow-band UVB, `--uvb FILE`"
        return tuple(unjudged(name, why) for name in names)
    error = model.mean_absolute_error - plain.mean_absolute_error
    rmse = model.root_mean_square_error - plain.root_mean_square_error
    low, high = limits.interval_low, limits.interval_high
    absolute = f"the model {model.mean_absolute_error:.3f}, least squares {plain.mean_absolute_error:.3f}"
    square = f"the model {model.root_mean_square_error:.3f}, least squares {plain.root_mean_square_error:.3f}"
    unit = "of baseline"
    return (
        at_most(names[0], limits.light_error_margin, error, 1, unit=unit, note=absolute),
        at_most(names[1], limits.light_rmse_margin, rmse, 1, unit=unit, note=square),
        judged_mark(
            names[2], f"{low:g} to {high:g} %", 100 * model.coverage, 1, passes=lambda c: low <= c <= high
        ),
    )
