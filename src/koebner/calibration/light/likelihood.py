"""How likely weekly scores under light are: two numbers a patient on a grid, a population over them.

A patient has a sensitivity to light and a pace of the tissue. A population says how common each point of a
grid of the two is. Nothing is fitted to a single patient: what a patient's scores leave open is filled by
the population.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from koebner.calibration.light.settings import Grid, light_settings
from koebner.catalogs import Strict

Array = NDArray[np.float64]


class LightPopulation(Strict):
    """How patients differ under light, and how scores scatter about the model.

    Attributes
    ----------
    log_sensitivity_mean, log_sensitivity_sd, log_pace_mean, log_pace_sd
        Normal distributions of the two numbers of a patient.
    noise_floor, noise_share
        Standard deviation of a score over baseline: the floor, and the share of the true value, in
        quadrature.
    """

    log_sensitivity_mean: float
    log_sensitivity_sd: float
    log_pace_mean: float
    log_pace_sd: float
    noise_floor: float
    noise_share: float

    def noise_sd(self, course: Array) -> Array:
        """Return the standard deviation of scores whose true value over baseline is `course`."""
        return np.asarray(np.sqrt(self.noise_floor**2 + (self.noise_share * course) ** 2))

    def log_weights(self, grid: Grid) -> Array:
        """Return the log of each point's share of the population, `(n_points,)`."""
        sensitivity = (grid.log_sensitivity - self.log_sensitivity_mean) / self.log_sensitivity_sd
        pace = (grid.log_pace - self.log_pace_mean) / self.log_pace_sd
        density = -0.5 * (sensitivity**2 + pace**2)
        return np.asarray(density - logsumexp(density))

    @classmethod
    def at(cls, point: Array) -> "LightPopulation":
        """Return the population at a point of the search: means as they are, the rest as logarithms."""
        return cls(
            log_sensitivity_mean=float(point[0]),
            log_sensitivity_sd=float(np.exp(point[1])),
            log_pace_mean=float(point[2]),
            log_pace_sd=float(np.exp(point[3])),
            noise_floor=float(np.exp(point[4])),
            noise_share=float(np.exp(point[5])),
        )

    @property
    def point(self) -> Array:
        """The point of the search that `at` turns into this population."""
        spreads = (self.log_sensitivity_sd, self.log_pace_sd, self.noise_floor, self.noise_share)
        sensitivity, pace, floor, share = np.log(spreads)
        return np.array([self.log_sensitivity_mean, sensitivity, self.log_pace_mean, pace, floor, share])


# Where the search begins; the result does not depend on it.
_BEGIN = LightPopulation(
    log_sensitivity_mean=0.0,
    log_sensitivity_sd=0.6,
    log_pace_mean=0.0,
    log_pace_sd=0.3,
    noise_floor=0.05,
    noise_share=0.25,
)
# How far from there the search may go, on its own scale; wider than the grid.
_REACH = 3.0


def log_likelihood(courses: Array, observed: Array, population: LightPopulation) -> Array:
    """Return the log likelihood of each patient's scores at each point, `(n_patients, n_points)`.

    `courses` are PASI over baseline, `(n_patients, n_points, n_weeks)`, `observed` the scores over
    baseline, `(n_patients, n_weeks)`; NaN is not counted.
    """
    known = courses[:, :, : observed.shape[1]]
    sd = population.noise_sd(known)
    return np.asarray(
        np.nansum(-0.5 * ((observed[:, None] - known) / sd) ** 2 - np.log(sd) * _seen(observed), axis=2)
    )


def _seen(observed: Array) -> Array:
    return np.isfinite(observed)[:, None].astype(float)


def grid_posterior(courses: Array, observed: Array, population: LightPopulation, grid: Grid) -> Array:
    """Return how probable each point is for each patient, `(n_patients, n_points)`."""
    log = log_likelihood(courses, observed, population) + population.log_weights(grid)
    return np.asarray(np.exp(log - logsumexp(log, axis=1, keepdims=True)))


def marginal_log_likelihood(
    courses: Array, observed: Array, population: LightPopulation, grid: Grid
) -> float:
    """Return the log likelihood of all scores, every patient averaged over the population."""
    log = log_likelihood(courses, observed, population) + population.log_weights(grid)
    return float(np.sum(logsumexp(log, axis=1)))


def fit_population(
    courses: Array, observed: Array, grid: Grid, *, begin: LightPopulation = _BEGIN
) -> tuple[LightPopulation, float]:
    """Return the population of the largest marginal likelihood, times the prior on pace, and its log."""
    prior = light_settings().prior

    def cost(point: Array) -> float:
        likelihood = marginal_log_likelihood(courses, observed, LightPopulation.at(point), grid)
        pace = prior.log_pace_mean.log_density(float(point[2]))
        return -(likelihood + pace + prior.log_of_log_pace_sd.log_density(float(point[3])))

    start = begin.point
    around = _BEGIN.point
    bounds = list(zip(around - _REACH, around + _REACH, strict=True))
    found = minimize(cost, start, method="L-BFGS-B", bounds=bounds)
    return LightPopulation.at(found.x), -float(found.fun)
