"""The end of treatment that follows from a patient's first weeks, given a fit to a cohort under light.

Two predictors are joined: the posterior of the mechanistic model, averaged over the weeks in which courses
ended, and least squares on the last known week. The fit says in which shares, and how far the interval of
the model must be widened to hold what it says. It holds sums over the cohort and no patient, so that it can
be shipped.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.special import ndtr, ndtri

from koebner.calibration.light.cohort import LightCohort
from koebner.calibration.light.likelihood import LightPopulation, grid_posterior
from koebner.calibration.light.settings import Grid, light_settings
from koebner.catalogs import Strict
from koebner.errors import InvalidValueError
from koebner.fits import posterior_file

Array = NDArray[np.float64]

SHIPPED = posterior_file("phototherapy")
_DIGITS = 6
# Scores over baseline at which the predictive distribution is laid down.
_LEVELS = np.linspace(0.0, 2.5, 251)


class WeekFit(Strict):
    """How the end is predicted when so many weeks are known.

    Attributes
    ----------
    week
        Last known week.
    patients
        Patients of the cohort whose course lasted until then at least.
    intercept, slope
        Least squares of the end on the score of that week, both over baseline.
    course_share
        Share of the mechanistic model in the prediction; the rest is least squares.
    widening
        Factor on the distance from the prediction to the limits of the model's interval.
    """

    week: int
    patients: int
    intercept: float
    slope: float
    course_share: float
    widening: float


class PhototherapyPosterior(Strict):
    """What a cohort under light taught, without its patients.

    Attributes
    ----------
    model_fingerprint
        Of the disease it was fitted with.
    patients
        Size of the cohort.
    score_lag_days
        By how much scores follow the skin [days].
    population, log_likelihood
        How patients differ, and the log of the likelihood times the prior on pace.
    escalation
        Doses of the median patient over the first one, by session.
    end_weeks
        Number of courses that ended in week 1, 2 and so on.
    by_week
        One entry for every number of known weeks.
    """

    model_fingerprint: str
    patients: int
    score_lag_days: float
    population: LightPopulation
    log_likelihood: float
    escalation: tuple[float, ...]
    end_weeks: tuple[int, ...]
    by_week: tuple[WeekFit, ...]

    def week(self, known: int) -> WeekFit:
        """Return the entry of a number of known weeks.

        Raises
        ------
        InvalidValueError
            The fit has no such entry.
        """
        found = next((entry for entry in self.by_week if entry.week == known), None)
        if found is None:
            weeks = ", ".join(str(entry.week) for entry in self.by_week)
            raise InvalidValueError(f"{known} known weeks were given; the fit has {weeks}.")
        return found

    def end_shares(self, known: int) -> Array:
        """Return the share of courses that end in each week, of those that last until `known` at least."""
        counts = np.array(self.end_weeks, dtype=float)
        counts[: known - 1] = 0.0
        return np.asarray(counts / counts.sum())

    def save(self, path: Path) -> None:
        """Write it as JSON; equal fits give equal bytes."""
        path.write_text(json.dumps(_rounded(self.model_dump()), indent=1) + "\n", encoding="utf-8")


def load_phototherapy(path: Path = SHIPPED) -> PhototherapyPosterior:
    """Return a fit from its file, the shipped one when left out.

    Raises
    ------
    InvalidValueError
        The file is no such fit.

    Examples
    --------
    >>> load_phototherapy().week(3).week
    3
    """
    try:
        return PhototherapyPosterior.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidValueError(f"`{where}`: {first['msg']}; repeat the fit.", file=path) from None


@dataclass(frozen=True, kw_only=True, eq=False)
class EndPrediction:
    """PASI at the end of treatment over baseline, each `(n_patients,)`; the limits are of 90 %."""

    predicted: Array
    lower: Array
    upper: Array


def predict_end(
    courses: Array,
    early: LightCohort,
    posterior: PhototherapyPosterior,
    *,
    known: int | None = None,
    otherwise: Sequence[Array] = (),
) -> EndPrediction:
    """Predict the end of treatment from simulated courses with the doses that are known.

    The interval is that of all which may be true where values are missing: a score may have been
    anything in its central range, and `otherwise` holds the courses under other sessions.
    """
    week = early.weeks_known if known is None else known
    observed, fit = early.relative[:, :week], posterior.week(week)
    found = _joined(model_parts(courses, observed, posterior, week), fit)
    lower, upper = found.lower, found.upper
    for each in (courses, *otherwise):
        for scores in _possible(each, observed, posterior):
            possible = _joined(model_parts(each, scores, posterior, week), fit)
            lower, upper = np.minimum(lower, possible.lower), np.maximum(upper, possible.upper)
    return EndPrediction(predicted=found.predicted, lower=lower, upper=upper)


def _possible(courses: Array, observed: Array, posterior: PhototherapyPosterior) -> Iterator[Array]:
    """Yield the scores as they are and, where some are missing, with each at both ends of its range."""
    yield observed
    if np.isfinite(observed).all():
        return
    population, known = posterior.population, courses[:, :, : observed.shape[1]]
    weights = grid_posterior(courses, observed, population, Grid.of(light_settings()))
    expected = np.einsum("pg,pgw->pw", weights, known)
    spread = (known - expected[:, None]) ** 2 + population.noise_sd(known) ** 2
    reach = float(ndtri(0.5 + light_settings().interval.missing_range / 2))
    sd = np.sqrt(np.einsum("pg,pgw->pw", weights, spread))
    for end in (expected - reach * sd, expected + reach * sd):
        yield np.where(np.isfinite(observed), observed, np.maximum(end, 0.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelParts:
    """What the model says: the end with its interval, and the last known score; each `(n_patients,)`."""

    mean: Array
    lower: Array
    upper: Array
    score: Array


def model_parts(courses: Array, observed: Array, posterior: PhototherapyPosterior, known: int) -> ModelParts:
    """Return what the model says of patients of whom the scores until a week are known."""
    grid, population = Grid.of(light_settings()), posterior.population
    weights = grid_posterior(courses, observed, population, grid)
    shares = posterior.end_shares(known)
    mean = np.einsum("pg,pgw,w->p", weights, courses, shares)
    lower, upper = _limits(courses, weights, shares, population)
    score = last_score(courses[:, :, known - 1], observed[:, -1], weights)
    return ModelParts(mean=mean, lower=lower, upper=upper, score=score)


def _limits(
    courses: Array, weights: Array, shares: Array, population: LightPopulation
) -> tuple[Array, Array]:
    """Return the limits of the predictive distribution: points, ends and visits mixed."""
    tail = (1 - light_settings().interval.coverage) / 2
    below = np.zeros((len(courses), _LEVELS.size))
    for week in np.flatnonzero(shares > 0):
        course = courses[:, :, week, None]
        distribution = ndtr((_LEVELS - course) / population.noise_sd(course))
        below += shares[week] * np.einsum("pg,pgl->pl", weights, distribution)
    limits = [[np.interp(level, row, _LEVELS) for level in (tail, 1 - tail)] for row in below]
    lower, upper = np.array(limits).reshape(-1, 2).T
    return lower, upper


def last_score(course: Array, observed: Array, weights: Array) -> Array:
    """Return the score of the last known week; where it is missing, what the model expects."""
    return np.where(np.isnan(observed), np.sum(weights * course, axis=1), observed)


def _joined(parts: ModelParts, fit: WeekFit) -> EndPrediction:
    """Mix the two predictors, within the widened interval of the model."""
    line = fit.intercept + fit.slope * parts.score
    predicted = np.maximum(fit.course_share * parts.mean + (1 - fit.course_share) * line, 0.0)
    down, up = distances(parts)
    return EndPrediction(
        predicted=predicted,
        lower=np.maximum(predicted - fit.widening * down, 0.0),
        upper=predicted + fit.widening * up,
    )


def distances(parts: ModelParts) -> tuple[Array, Array]:
    """Return how far the limits of the model's own interval are below and above its mean."""
    least = light_settings().stacking.least_half_width
    return np.maximum(parts.mean - parts.lower, least), np.maximum(parts.upper - parts.mean, least)


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value
