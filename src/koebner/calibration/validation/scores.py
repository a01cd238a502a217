"""How far predictions are from what trials found: errors, coverage, and the order of drugs and classes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import stats

from koebner.calibration.validation.comparators import Family, family_of
from koebner.calibration.validation.results import JudgedArm

MAIN_ENDPOINTS = ("PASI75", "PASI90")
MAIN_WEEKS = (10.0, 16.0)
ORDER_ENDPOINT = "PASI90"
ORDER_WEEKS = (12.0, 16.0)
ORDERED: tuple[Family, ...] = ("IL-17", "IL-23", "TNF", "oral")
"""Classes of which trials have found an order: the first two above the third above the last."""

# Of a number of patients: a rate at a limit is inside it.
_SLACK = 1e-9


@dataclass(frozen=True, kw_only=True)
class Score:
    """How far rows are off, in points of percent; shares of the rows in percent; NaN without a row.

    Attributes
    ----------
    error, rmse, bias
        Mean absolute error, root mean square error, and mean of predicted less observed.
    within
        Rows within the larger of the tolerance and the half-width of their own 95 % interval.
    coverage
        Rows inside their 90 % prediction interval.
    """

    rows: int
    error: float
    rmse: float
    bias: float
    within: float
    coverage: float


@dataclass(frozen=True, kw_only=True)
class Order:
    """Mean PASI90 of classes at weeks 12 to 16, and the rank correlation over drugs.

    Attributes
    ----------
    observed, predicted
        By class [percent].
    drugs
        How many drugs the correlation is over.
    spearman
        Of observed and predicted means of drugs; NaN with fewer than three.
    """

    observed: dict[Family, float]
    predicted: dict[Family, float]
    drugs: int
    spearman: float
    rows: int


def score(rows: Sequence[JudgedArm], least: float) -> Score:
    """Return how far responder rates are off.

    Parameters
    ----------
    rows
        Answered rows; means of PASI are passed over.
    least
        Points that every row allows.
    """
    rates = [row for row in rows if row.asked.is_rate]
    errors = np.array([row.error for row in rates])
    if not rates:
        nothing = float("nan")
        return Score(rows=0, error=nothing, rmse=nothing, bias=nothing, within=nothing, coverage=nothing)
    return Score(
        rows=len(rates),
        error=float(np.abs(errors).mean()),
        rmse=float(np.sqrt((errors**2).mean())),
        bias=float(errors.mean()),
        within=100.0 * float(np.mean([row.within(least) for row in rates])),
        coverage=100.0 * float(np.mean([row.inside for row in rates])),
    )


def main_rows(rows: Iterable[JudgedArm]) -> tuple[JudgedArm, ...]:
    """Return PASI75 and PASI90 at weeks 10 to 16 of all arms but placebo."""
    first, last = MAIN_WEEKS
    return tuple(
        row
        for row in rows
        if row.asked.endpoint in MAIN_ENDPOINTS
        and first <= row.asked.week <= last
        and row.asked.role != "placebo"
    )


def near_by_sampling(row: JudgedArm, points: float, *, n_unknown: int) -> float:
    """Return the chance that an arm whose true rate is the predicted one shows a rate near it.

    Parameters
    ----------
    row
        A responder rate.
    points
        How far is near [points].
    n_unknown
        Patients that an arm of unpublished size counts as.
    """
    n = row.asked.n or n_unknown
    rate, reach = min(max(row.predicted.mean / 100.0, 0.0), 1.0), points / 100.0
    fewest, most = np.ceil(n * (rate - reach) - _SLACK), np.floor(n * (rate + reach) + _SLACK)
    return float(stats.binom.cdf(most, n, rate) - stats.binom.cdf(fewest - 1, n, rate))


def order_of(rows: Iterable[JudgedArm]) -> Order:
    """Return the order of classes and drugs in rows of PASI90 at weeks 12 to 16."""
    first, last = ORDER_WEEKS
    used = [
        row
        for row in rows
        if row.asked.endpoint == ORDER_ENDPOINT
        and first <= row.asked.week <= last
        and family_of(row.asked.therapy) in ORDERED
    ]
    classes: dict[Family, list[JudgedArm]] = {}
    drugs: dict[str, list[JudgedArm]] = {}
    for row in used:
        classes.setdefault(family_of(row.asked.therapy), []).append(row)
        drugs.setdefault(row.asked.therapy_id, []).append(row)
    seen = [_mean(each, _observed) for each in drugs.values()]
    said = [_mean(each, _predicted) for each in drugs.values()]
    return Order(
        observed={name: _mean(classes[name], _observed) for name in ORDERED if name in classes},
        predicted={name: _mean(classes[name], _predicted) for name in ORDERED if name in classes},
        drugs=len(drugs),
        spearman=_spearman(seen, said),
        rows=len(used),
    )


def in_order(means: dict[Family, float]) -> bool:
    """Return whether IL-17 and IL-23 are above TNF, and TNF above the orals; absent classes say nothing.

    Examples
    --------
    >>> in_order({"IL-17": 70.0, "IL-23": 68.0, "TNF": 40.0, "oral": 20.0})
    True
    >>> in_order({"IL-23": 30.0, "TNF": 40.0})
    False
    """
    levels: tuple[tuple[Family, ...], ...] = (("IL-17", "IL-23"), ("TNF",), ("oral",))
    present = [[means[name] for name in level if name in means] for level in levels]
    steps = [level for level in present if level]
    return all(min(above) > max(below) for above, below in pairwise(steps))


def _spearman(seen: Sequence[float], said: Sequence[float]) -> float:
    if min(len(set(seen)), len(set(said))) < 3:
        return float("nan")
    return float(stats.spearmanr(seen, said).statistic)


def _observed(row: JudgedArm) -> float:
    return row.asked.observed


def _predicted(row: JudgedArm) -> float:
    return row.predicted.mean


def _mean(rows: Sequence[JudgedArm], of: Callable[[JudgedArm], float]) -> float:
    return float(np.mean([of(row) for row in rows]))
