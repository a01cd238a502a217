"""How long patients stay clear after light: the last follow-up as an interval-censored time to relapse.

A patient seen once after the course tells only whether half of the improvement had been lost by then, not
when. Under the model each point of sensitivity and pace has its own time; what else makes patients differ
is a log-normal spread about it. That follow-up ends for reasons other than relapse is assumed and doubtful:
where relapse ends it, the months are shorter than this likelihood takes them for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp, ndtr, xlogy

from koebner.calibration.light.cohort import LightCohort
from koebner.calibration.light.likelihood import grid_posterior
from koebner.calibration.light.prediction import PhototherapyPosterior
from koebner.calibration.light.settings import Grid, light_settings
from koebner.calibration.light.simulation import simulate_light
from koebner.evidence import load_withdrawals
from koebner.kinetics import Model
from koebner.units import DAYS_PER_WEEK

Array = NDArray[np.float64]

DAYS_PER_MONTH = 365.25 / 12
PASI90_SHARE = 0.1
STUDY = "watson-2021"
_EVERY_WEEKS = 4.0
# Times are told apart to a tenth of a month.
_STEP_MONTHS = 0.1
# A finer grid says the same of times that are spread by more than its steps.
_EVERY_POINT = 2
_NONE: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class RelapseGroup:
    """Median time from the end of treatment to the loss of half the improvement [months].

    `published` is the median of the whole cohort by the definition of its paper, with its 95 %
    interval; None where the evidence tables hold none.
    """

    group: str
    patients: int
    median_months: float
    published: tuple[float, float, float] | None


@dataclass(frozen=True, kw_only=True)
class RelapseSummary:
    """What the last follow-up says of the model, and the model of the time to relapse.

    `log_likelihood_share` is that of one share lost whatever the month, to compare with: a model that falls
    short of it tells less of who has relapsed than that number.
    """

    followed: int
    lost: int
    log_likelihood: float
    log_likelihood_share: float
    groups: tuple[RelapseGroup, ...]


def relapse_log_likelihood(
    model: Model,
    cohort: LightCohort,
    posterior: PhototherapyPosterior,
    *,
    values: Mapping[str, float] = _NONE,
) -> float:
    """Return the log likelihood of who had lost half of the improvement by the last follow-up.

    Parameters
    ----------
    model
        The disease.
    cohort
        Whole courses with their follow-up, of `read_light_cohort`.
    posterior
        A fit to them; its population weighs sensitivity and pace, with each patient's own scores.
    values
        Parameters of the disease to change, such as `{"k_UVB_Treg": 0.1}`.

    Raises
    ------
    SolverError
        A course could not be integrated.
    """
    followed = cohort.subset(np.flatnonzero(_is_followed(cohort)))
    return _log_likelihood(_times(model, followed, posterior, values), followed)


def relapse_summary(
    model: Model,
    cohort: LightCohort,
    posterior: PhototherapyPosterior,
    *,
    values: Mapping[str, float] = _NONE,
) -> RelapseSummary:
    """Return the likelihood with the model's medians beside the published ones.

    Parameters and errors are those of `relapse_log_likelihood`.
    """
    times = _times(model, cohort, posterior, values)
    followed = np.flatnonzero(_is_followed(cohort))
    n, lost = followed.size, int(_has_lost(cohort.subset(followed)).sum())
    responded = cohort.end <= PASI90_SHARE
    groups = {
        "PASI90 at the end of the course": responded,
        "less than PASI90 at the end of the course": ~responded,
    }
    published = _published()
    return RelapseSummary(
        followed=n,
        lost=lost,
        log_likelihood=_log_likelihood(times.subset(followed), cohort.subset(followed)),
        log_likelihood_share=float(xlogy(lost, lost / n) + xlogy(n - lost, 1 - lost / n)) if n else 0.0,
        groups=tuple(
            RelapseGroup(
                group=name,
                patients=int(members.sum()),
                median_months=times.subset(np.flatnonzero(members)).median(),
                published=published.get(name),
            )
            for name, members in groups.items()
        ),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Times:
    """Months to relapse at every point, and how probable the point is, `(n_patients, n_points)` each."""

    log_months: Array
    log_weights: Array

    def subset(self, places: NDArray[np.int64]) -> "_Times":
        return _Times(log_months=self.log_months[places], log_weights=self.log_weights[places])

    def median(self) -> float:
        """Return the time by which half of the patients are expected to have relapsed [months]."""
        settings = light_settings().relapse
        months = np.arange(_STEP_MONTHS, settings.longest_months, _STEP_MONTHS)
        share = np.exp(self.log_weights) / len(self.log_weights)
        standard = (np.log(months)[:, None, None] - self.log_months) / settings.log_time_sd
        relapsed = np.sum(ndtr(standard) * share, axis=(1, 2))
        return float(months[np.argmax(relapsed >= 0.5)]) if relapsed[-1] >= 0.5 else np.inf


def _is_followed(cohort: LightCohort) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(cohort.follow_up_pasi) & (cohort.follow_up_months > 0))


def _has_lost(cohort: LightCohort) -> NDArray[np.bool_]:
    """Return who had lost at least half of the largest improvement at the last follow-up."""
    best = np.nanmin(cohort.pasi, axis=1)
    return np.asarray(cohort.follow_up_pasi >= best + 0.5 * (cohort.baseline - best))


def _log_likelihood(times: _Times, followed: LightCohort) -> float:
    months = np.log(followed.follow_up_months)[:, None]
    standard = (months - times.log_months) / light_settings().relapse.log_time_sd
    sign = np.where(_has_lost(followed), 1.0, -1.0)[:, None]
    return float(np.sum(logsumexp(times.log_weights + log_ndtr(sign * standard), axis=1)))


def _times(
    model: Model, cohort: LightCohort, posterior: PhototherapyPosterior, values: Mapping[str, float]
) -> _Times:
    """Simulate every patient's own sessions and what follows them."""
    settings = light_settings()
    grid = Grid.of(settings, every=_EVERY_POINT)
    course = np.arange(1.0, settings.course.longest_weeks + 1)
    after = settings.relapse.longest_months * DAYS_PER_MONTH / DAYS_PER_WEEK
    weeks = np.concatenate([course, np.arange(course[-1] + _EVERY_WEEKS, course[-1] + after, _EVERY_WEEKS)])
    courses = simulate_light(
        model,
        cohort,
        grid,
        escalation=np.array(posterior.escalation),
        lag_days=posterior.score_lag_days,
        last_session=np.isfinite(cohort.doses).sum(axis=1),
        weeks=weeks,
        values=values,
    )
    weights = grid_posterior(courses[:, :, : course.size], cohort.relative, posterior.population, grid)
    months = _weeks_to_relapse(courses, weeks, cohort.end_week.astype(float)) / DAYS_PER_MONTH * DAYS_PER_WEEK
    with np.errstate(divide="ignore"):  # points that a patient's scores rule out
        return _Times(
            log_months=np.log(np.clip(months, _STEP_MONTHS, settings.relapse.longest_months)),
            log_weights=np.log(weights),
        )


def _weeks_to_relapse(courses: Array, weeks: Array, end_week: Array) -> Array:
    """Return the weeks from the end to the loss of half the improvement; the last time where none is lost."""
    best = np.minimum.accumulate(courses, axis=2)
    lost = (courses >= best + 0.5 * (1 - best)) & (weeks > end_week[:, None, None])
    first = np.where(lost.any(axis=2), lost.argmax(axis=2), weeks.size - 1)
    return _crossing(courses, best, weeks, first) - end_week[:, None]


def _crossing(courses: Array, best: Array, weeks: Array, first: NDArray[np.int64]) -> Array:
    """Return when the threshold was met between a time and the one before, on a straight line."""

    def at(values: Array, index: NDArray[np.int64]) -> Array:
        return np.take_along_axis(values, index[:, :, None], axis=2)[:, :, 0]

    before = np.maximum(first - 1, 0)
    gap = courses - (best + 0.5 * (1 - best))
    low, high = at(gap, before), at(gap, first)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where((high > 0) & (low < 0), low / (low - high), 1.0)
    return np.asarray(weeks[before] + share * (weeks[first] - weeks[before]))


def _published() -> dict[str, tuple[float, float, float]]:
    """Return median and 95 % interval [months] by group, as the evidence tables have them."""
    rows = [row for row in load_withdrawals() if row.study == STUDY]
    return {
        row.population: (row.value, row.low, row.high)
        for row in rows
        if row.low is not None and row.high is not None
    }
