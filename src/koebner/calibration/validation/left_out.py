"""How near trials that were left out of a fit are predicted, by the fit and by the mean of their like."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from koebner.calibration.validation.scores import MAIN_ENDPOINTS, MAIN_WEEKS

Answer = Literal["predicted", "copied"]
"""Of the fit without the trial, or the mean of the other trials of the same drug and doses."""


@dataclass(frozen=True, kw_only=True)
class LeftOutScore:
    """How far an answer is off [points], in how many rows of how many trials.

    Attributes
    ----------
    error, bias
        Mean absolute error, and mean of the answer less the observed; NaN without a row.
    within
        Share of the rows within the larger of the tolerance and half their own 95 % interval [percent].
    """

    rows: int
    trials: int
    error: float
    bias: float
    within: float

    def __str__(self) -> str:
        return f"{self.error:.1f} points, {self.within:.0f} % within"


def main_rows(left_out: pd.DataFrame) -> pd.DataFrame:
    """Return PASI75 and PASI90 at weeks 10 to 16, of the table of a cross-validation.

    Parameters
    ----------
    left_out
        Of `koebner.calibration.validation.cross_validation.cross_validate`.
    """
    main = left_out["endpoint"].isin(MAIN_ENDPOINTS) & left_out["week"].between(*MAIN_WEEKS)
    return left_out[main]


def with_both(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows for which both the fit and other trials have an answer."""
    return rows[rows["predicted"].notna() & rows["copied"].notna()]


def score_left_out(rows: pd.DataFrame, answer: Answer = "predicted") -> LeftOutScore:
    """Return how far an answer is off, in the rows that have it.

    Parameters
    ----------
    rows
        With columns study, observed, tolerance and the answer.
    answer
        Which.

    Examples
    --------
    >>> rows = pd.DataFrame({"study": ["a", "a"], "observed": [80.0, 60.0], "predicted": [77.0, 49.0],
    ...     "tolerance": [10.0, 10.0]})
    >>> print(score_left_out(rows))
    7.0 points, 50 % within
    """
    used = rows[rows[answer].notna()]
    errors = used[answer] - used["observed"]
    return LeftOutScore(
        rows=len(used),
        trials=used["study"].nunique(),
        error=float(errors.abs().mean()),
        bias=float(errors.mean()),
        within=100.0 * float((errors.abs() <= used["tolerance"]).mean()),
    )


def left_out_words(left_out: pd.DataFrame) -> str:
    """Return in words how near the trials are predicted, and how near their like come.

    Parameters
    ----------
    left_out
        Of `koebner.calibration.validation.cross_validation.cross_validate`.
    """
    rows = main_rows(left_out)
    own, alike = score_left_out(rows), with_both(rows)
    first, last = MAIN_WEEKS
    where = f"{' and '.join(MAIN_ENDPOINTS)} at weeks {first:g} to {last:g} of trials left out"
    if not own.rows:
        return f"{where}: no row."
    told = f"{where}: {own.rows} rows of {own.trials} trials, error {own} (bias {own.bias:+.1f})."
    if alike.empty:
        return told
    return (
        f"{told} Where other trials had the same drug and doses ({len(alike)} rows): the model "
        f"{score_left_out(alike)}; the mean of those trials {score_left_out(alike, 'copied')}."
    )
