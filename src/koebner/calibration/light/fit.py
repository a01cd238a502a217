"""The fit to a cohort under light: how patients differ, and how well the end follows from the first weeks.

The shares of the two predictors of `phototherapy_prediction`, and how far an interval must be widened to hold
what it says, are learnt on patients who were left out of the fit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.light.cohort import SESSIONS_A_WEEK, WEEKS, LightCohort
from koebner.calibration.light.likelihood import fit_population, grid_posterior
from koebner.calibration.light.prediction import (
    PhototherapyPosterior,
    WeekFit,
    distances,
    last_score,
    model_parts,
)
from koebner.calibration.light.settings import Grid, light_settings
from koebner.calibration.light.simulation import simulate_light
from koebner.errors import InvalidValueError
from koebner.kinetics import Model

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class LightCourses:
    """Simulated courses at all points of the grid, each `(n_patients, n_points, n_weeks)`.

    `whole` has all doses; `known[N]` the doses of the first N weeks and a typical rise after them.
    """

    whole: Array
    known: Mapping[int, Array]

    def subset(self, places: NDArray[np.int64]) -> "LightCourses":
        """Return the courses of some patients."""
        return LightCourses(
            whole=self.whole[places], known={week: courses[places] for week, courses in self.known.items()}
        )


def fit_phototherapy(
    model: Model, cohort: LightCohort, *, weeks: Sequence[int] = tuple(range(1, WEEKS))
) -> PhototherapyPosterior:
    """Fit how patients differ under light, and how well the end follows from the first weeks.

    Parameters
    ----------
    model
        The disease; its `k_UVB_kill` sets the scale of sensitivity.
    cohort
        Whole courses, of `read_light_cohort`.
    weeks
        Numbers of known weeks to prepare predictions for.

    Raises
    ------
    InvalidValueError
        The cohort holds too few patients, or a patient without an end.
    SolverError
        A course could not be integrated.
    """
    check_cohort(cohort)
    grid = Grid.of(light_settings())
    likelihood = {
        lag: fit_population(simulated_courses(model, cohort, lag, ()).whole, cohort.relative, grid)[1]
        for lag in light_settings().score_lag.candidates_days
    }
    lag = max(likelihood, key=likelihood.__getitem__)
    return fitted_to(simulated_courses(model, cohort, lag, weeks), cohort, model.fingerprint, lag)


def simulated_courses(
    model: Model, cohort: LightCohort, lag_days: float, weeks: Sequence[int]
) -> LightCourses:
    """Return all courses of a cohort that its fit needs."""
    grid, escalation = Grid.of(light_settings()), median_escalation(cohort)
    known = {
        week: simulate_light(model, cohort.known_until(week), grid, escalation=escalation, lag_days=lag_days)
        for week in weeks
    }
    whole = simulate_light(model, cohort, grid, escalation=escalation, lag_days=lag_days)
    return LightCourses(whole=whole, known=known)


def median_escalation(cohort: LightCohort) -> Array:
    """Return the doses of the median patient over the first one, by session; where none is, the last."""
    relative = cohort.doses / cohort.doses[:, :1]
    given = np.isfinite(relative).any(axis=0)
    medians = np.ones(relative.shape[1])
    medians[given] = np.nanmedian(relative[:, given], axis=0)
    last = np.maximum.accumulate(np.where(given, np.arange(given.size), 0))
    return np.asarray(medians[last])


def fitted_to(
    courses: LightCourses, cohort: LightCohort, fingerprint: str, lag_days: float
) -> PhototherapyPosterior:
    """Return the fit to simulated courses."""
    grid = Grid.of(light_settings())
    population, likelihood = fit_population(courses.whole, cohort.relative, grid)
    start = PhototherapyPosterior(
        model_fingerprint=fingerprint,
        patients=len(cohort),
        score_lag_days=lag_days,
        population=population,
        log_likelihood=likelihood,
        escalation=tuple(median_escalation(cohort).tolist()),
        end_weeks=tuple(np.bincount(cohort.end_week, minlength=WEEKS + 1)[1:].tolist()),
        by_week=(),
    )
    return start.model_copy(update={"by_week": _week_fits(courses, cohort, start)})


@dataclass(frozen=True, kw_only=True, eq=False)
class _LeftOut:
    """Predictions of patients left out of the fit, each `(n_predictions,)`."""

    course: Array
    line: Array
    end: Array
    down: Array
    up: Array


def _week_fits(
    courses: LightCourses, cohort: LightCohort, whole: PhototherapyPosterior
) -> tuple[WeekFit, ...]:
    folds = list(_folds(courses, cohort, whole))
    fits: list[WeekFit] = []
    for week in sorted(courses.known):
        going_on = np.flatnonzero(cohort.end_week >= week)
        if going_on.size >= light_settings().stacking.fewest_patients:
            fits.append(_week_fit(courses, cohort, whole, week, folds))
        elif fits:  # too few are left to learn from: as in the week before
            fits.append(fits[-1].model_copy(update={"week": week, "patients": going_on.size}))
    return tuple(fits)


def _folds(
    courses: LightCourses, cohort: LightCohort, whole: PhototherapyPosterior
) -> Iterator[tuple[NDArray[np.int64], PhototherapyPosterior]]:
    """Yield who is left out, and the fit to the others."""
    stacking, grid = light_settings().stacking, Grid.of(light_settings())
    for left_out in split(len(cohort), stacking.folds, stacking.repeats, stacking.seed):
        others = np.setdiff1d(np.arange(len(cohort)), left_out)
        population, _ = fit_population(
            courses.whole[others],
            cohort.relative[others],
            grid,
            begin=whole.population,
        )
        ends = np.bincount(cohort.end_week[others], minlength=WEEKS + 1)[1:]
        update = {"population": population, "end_weeks": tuple(ends.tolist())}
        yield left_out, whole.model_copy(update=update)


def split(n: int, folds: int, repeats: int, seed: int) -> list[NDArray[np.int64]]:
    """Return who is left out in turn: each patient once a repeat."""
    rng = np.random.default_rng(seed)
    return [part for _ in range(repeats) for part in np.array_split(rng.permutation(n), folds)]


def _week_fit(
    courses: LightCourses,
    cohort: LightCohort,
    whole: PhototherapyPosterior,
    week: int,
    folds: Sequence[tuple[NDArray[np.int64], PhototherapyPosterior]],
) -> WeekFit:
    known, going_on = courses.known[week], cohort.end_week >= week
    found = [_left_out(known, cohort, fit, week, places, going_on) for places, fit in folds]
    left = _LeftOut(
        **{
            name: np.concatenate([getattr(each, name) for each in found])
            for name in _LeftOut.__dataclass_fields__
        }
    )
    share = _course_share(left, going_on.sum())
    predicted = np.maximum(share * left.course + (1 - share) * left.line, 0.0)
    miss = np.maximum((predicted - left.end) / left.down, (left.end - predicted) / left.up)
    intercept, slope = _line(known, cohort, whole, week, np.flatnonzero(going_on))
    return WeekFit(
        week=week,
        patients=int(going_on.sum()),
        intercept=intercept,
        slope=slope,
        course_share=share,
        widening=_conformal(miss, int(going_on.sum())),
    )


def _left_out(
    known: Array,
    cohort: LightCohort,
    fit: PhototherapyPosterior,
    week: int,
    places: NDArray[np.int64],
    going_on: NDArray[np.bool_],
) -> _LeftOut:
    """Predict those left out whose course lasted so long."""
    others = np.setdiff1d(np.flatnonzero(going_on), places)
    mine = places[going_on[places]]
    intercept, slope = _line(known, cohort, fit, week, others)
    parts = model_parts(known[mine], cohort.relative[mine, :week], fit, week)
    down, up = distances(parts)
    return _LeftOut(
        course=parts.mean, line=intercept + slope * parts.score, end=cohort.end[mine], down=down, up=up
    )


def _line(
    known: Array, cohort: LightCohort, fit: PhototherapyPosterior, week: int, places: NDArray[np.int64]
) -> tuple[float, float]:
    """Return intercept and slope of least squares on the score of a week."""
    observed, grid = cohort.relative[places, :week], Grid.of(light_settings())
    weights = grid_posterior(known[places], observed, fit.population, grid)
    score = last_score(known[places, :, week - 1], observed[:, -1], weights)
    slope, intercept = np.polyfit(score, cohort.end[places], 1)
    return float(intercept), float(slope)


def _course_share(left: _LeftOut, patients: int) -> float:
    """Return the share of the model that errs least, drawn to a half as by so many more patients."""
    difference = left.course - left.line
    weight = light_settings().stacking.patients_for_a_half * difference.size / patients
    prior = weight * np.mean(difference**2)
    share = (np.sum(difference * (left.end - left.line)) + 0.5 * prior) / (np.sum(difference**2) + prior)
    return float(np.clip(share, 0.0, 1.0))


def _conformal(miss: Array, patients: int) -> float:
    """Return the factor within which a new patient's end falls with the coverage asked for."""
    coverage = light_settings().interval.coverage
    level = min(1.0, coverage * (patients + 1) / patients)
    return float(np.quantile(miss, level, method="higher"))


def check_cohort(cohort: LightCohort) -> None:
    """Refuse a cohort that cannot be fitted to.

    Raises
    ------
    InvalidValueError
        It holds too few patients or first weeks only, or a patient lacks an end or a first dose.
    """
    fewest = light_settings().stacking.fewest_patients
    if len(cohort) < fewest:
        raise InvalidValueError(f"{len(cohort)} patients were given; expected {fewest} or more to fit to.")
    if cohort.doses.shape[1] != SESSIONS_A_WEEK * WEEKS:
        raise InvalidValueError("first weeks were given; expected whole courses, of `read_light_cohort`.")
    for name, end, first in zip(cohort.ids, cohort.end, cohort.doses[:, 0], strict=True):
        if not np.isfinite(end) or not first > 0:
            raise InvalidValueError(
                f"patient {name} has no score at the end or no first dose; expected both in a fit."
            )
