"""How the fit to a cohort under light fares: on patients left out, and as a population.

Least squares on the same patients stands beside the model, as a prediction that is no better than that says
nothing for the model.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from koebner.calibration.light.cohort import LightCohort
from koebner.calibration.light.fit import LightCourses, check_cohort, fitted_to, simulated_courses, split
from koebner.calibration.light.prediction import PhototherapyPosterior, predict_end
from koebner.calibration.light.settings import Grid, light_settings
from koebner.errors import InvalidValueError
from koebner.kinetics import Model

Array = NDArray[np.float64]

PASI75, PASI90 = 0.25, 0.1

WEEKS_KNOWN = 3
"""Weeks that are known in the marks of light."""

_FOLDS = 8


@dataclass(frozen=True, kw_only=True)
class PredictorScore:
    """How a predictor fared on patients left out, as shares of baseline; NaN where it has no interval."""

    predictor: str
    mean_absolute_error: float
    root_mean_square_error: float
    coverage: float
    width: float


@dataclass(frozen=True, kw_only=True, eq=False)
class LightPopulationCourse:
    """Mean PASI over baseline by week, the last score carried forward, and responders at the end [%]."""

    weeks: Array
    model: Array
    observed: Array
    responders_model: dict[str, float]
    responders_observed: dict[str, float]


def cross_validated(
    model: Model,
    cohort: LightCohort,
    posterior: PhototherapyPosterior,
    *,
    weeks_known: int = WEEKS_KNOWN,
    folds: int = _FOLDS,
    repeats: int = 3,
    seed: int = 11,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[PredictorScore, ...]:
    """Compare predictors on patients left out of everything that was learnt.

    Parameters
    ----------
    model
        The disease.
    cohort
        Whole courses.
    posterior
        A fit to them; of it only the lag of the score is kept.
    weeks_known
        Number of known weeks.
    folds, repeats, seed
        How patients are left out; each repeat splits them anew.
    progress
        Called with how many of how many fits are done.

    Returns
    -------
    tuple
        The mean of the others, least squares on the last known week, the model alone, and the
        prediction that is shipped.

    Raises
    ------
    InvalidValueError
        See `check_left_out`.
    SolverError
        A course could not be integrated.
    """
    check_left_out(cohort, weeks_known=weeks_known, folds=folds)
    courses = simulated_courses(model, cohort, posterior.score_lag_days, (weeks_known,))
    errors: dict[str, list[Array]] = {}
    inside: list[NDArray[np.bool_]] = []
    widths: list[Array] = []
    parts = split(len(cohort), folds, repeats, seed)
    for done, left_out in enumerate(parts):
        if progress is not None:
            progress(done, len(parts))
        others = np.setdiff1d(np.arange(len(cohort)), left_out)
        fit = fitted_to(
            courses.subset(others),
            cohort.subset(others),
            posterior.model_fingerprint,
            posterior.score_lag_days,
        )
        places = left_out[cohort.end_week[left_out] >= weeks_known]
        mine = cohort.subset(places)
        predictions = _predictions(
            courses.known[weeks_known][places], mine, fit, cohort.subset(others), weeks_known
        )
        for name, predicted in predictions.items():
            errors.setdefault(name, []).append(predicted - mine.end)
        joined = predict_end(courses.known[weeks_known][places], mine, fit, known=weeks_known)
        inside.append((mine.end >= joined.lower) & (mine.end <= joined.upper))
        widths.append(joined.upper - joined.lower)
    if progress is not None:
        progress(len(parts), len(parts))
    coverage, width = float(np.concatenate(inside).mean()), float(np.concatenate(widths).mean())
    return tuple(
        _score(name, np.concatenate(each), *((coverage, width) if name == FINAL else (np.nan, np.nan)))
        for name, each in errors.items()
    )


FINAL = "model and least squares joined"


def check_left_out(cohort: LightCohort, *, weeks_known: int = WEEKS_KNOWN, folds: int = _FOLDS) -> None:
    """Refuse a cohort that is too small to learn from when some of it are left out.

    Parameters
    ----------
    cohort
        Whole courses.
    weeks_known, folds
        As of `cross_validated`.

    Raises
    ------
    InvalidValueError
        Too few courses last so long, or see `koebner.calibration.light.fit.check_cohort`.
    """
    check_cohort(cohort)
    going_on = int((cohort.end_week >= weeks_known).sum())
    left_out = -(-len(cohort) // folds)
    fewest = light_settings().stacking.fewest_patients + left_out
    if going_on < fewest:
        raise InvalidValueError(
            f"{going_on} of {len(cohort)} patients have a score of week {weeks_known} or later; expected "
            f"{fewest} or more, as {left_out} are left out in turn."
        )


def _predictions(
    known: Array, mine: LightCohort, fit: PhototherapyPosterior, others: LightCohort, week: int
) -> dict[str, Array]:
    """Return what each predictor says of those left out."""
    entry = fit.week(week)
    alone = fit.model_copy(update={"by_week": (entry.model_copy(update={"course_share": 1.0}),)})
    scores = others.relative[:, week - 1]
    seen = np.isfinite(scores)
    slope, intercept = np.polyfit(scores[seen], others.end[seen], 1)
    own = mine.relative[:, week - 1]
    return {
        "mean of the others": np.full(len(mine), others.end.mean()),
        f"least squares on week {week}": np.where(
            np.isfinite(own), intercept + slope * own, others.end.mean()
        ),
        "model alone": predict_end(known, mine, alone, known=week).predicted,
        FINAL: predict_end(known, mine, fit, known=week).predicted,
    }


def _score(name: str, errors: Array, coverage: float, width: float) -> PredictorScore:
    return PredictorScore(
        predictor=name,
        mean_absolute_error=float(np.abs(errors).mean()),
        root_mean_square_error=float(np.sqrt(np.mean(errors**2))),
        coverage=coverage,
        width=width,
    )


def population_course(
    courses: LightCourses, cohort: LightCohort, posterior: PhototherapyPosterior
) -> LightPopulationCourse:
    """Return the mean course of the fitted population under the cohort's own sessions, beside the cohort.

    Whoever has ended keeps the last score, as patients who clear stop early.
    """
    shares = np.exp(posterior.population.log_weights(Grid.of(light_settings())))
    weeks = np.arange(1, cohort.weeks_known + 1)
    held = np.minimum(weeks, np.maximum(cohort.end_week, 1)[:, None]) - 1
    carried = np.take_along_axis(courses.whole, held[:, None, :], axis=2)
    at_end = carried[:, :, -1]
    noise = posterior.population.noise_sd(at_end)
    limits = {"PASI75": PASI75, "PASI90": PASI90}
    return LightPopulationCourse(
        weeks=weeks.astype(float),
        model=np.einsum("g,pgw->w", shares, carried) / len(cohort),
        observed=_carried_forward(cohort.relative).mean(axis=0),
        responders_model={
            name: 100 * float(np.mean(ndtr((limit - at_end) / noise) @ shares))
            for name, limit in limits.items()
        },
        responders_observed={
            name: 100 * float(np.mean(cohort.end <= limit)) for name, limit in limits.items()
        },
    )


def _carried_forward(scores: Array) -> Array:
    """Return scores with each blank filled by the one before, 1 before the first."""
    filled = np.column_stack([np.ones(len(scores)), scores])
    last = np.maximum.accumulate(np.where(np.isfinite(filled), np.arange(filled.shape[1]), 0), axis=1)
    return np.asarray(np.take_along_axis(filled, last, axis=1)[:, 1:])
