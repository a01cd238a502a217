"""The exact likelihood of Cheng 2022 (doi:10.1038/s41392-022-01059-y), and means under its weights.

Who is clear or minimal has improved by 40 % at least, so that the two published counts are one trinomial of
the same 17 patients: clear or minimal, improved without being so, and neither. How many patients had which
dose was not seen, so that patients are exchangeable: each has the chances that are the mean over the
virtual patients of all doses.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from koebner.errors import InvalidValueError
from koebner.trials.case_files import Case, CaseOutcome

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ReportedCounts:
    """What was reported of the same patients.

    Attributes
    ----------
    n
        Patients.
    improved, clear
        How many improved as asked, and how many of them were clear or minimal.
    """

    n: int
    improved: int
    clear: int

    @property
    def cells(self) -> tuple[int, int, int]:
        """Patients who are clear or minimal, only improved, and neither."""
        return self.clear, self.improved - self.clear, self.n - self.improved


def outcomes_of(case: Case) -> tuple[CaseOutcome, CaseOutcome]:
    """Return the outcomes "improved by so many percent" and "clear or minimal" of a case.

    Raises
    ------
    InvalidValueError
        The case has no such two outcomes at one week.
    """
    improved = [each for each in case.outcomes if each.measure == "improved"]
    clear = [each for each in case.outcomes if each.endpoint == "sPGA 0/1"]
    if len(improved) != 1 or len(clear) != 1 or improved[0].week != clear[0].week:
        raise InvalidValueError(
            "a case without the pair of outcomes was given; expected one `improved` and one `sPGA 0/1` of "
            "the same week, as of cheng-2022."
        )
    return improved[0], clear[0]


def reported_counts(case: Case) -> ReportedCounts:
    """Return the counts of a case.

    Examples
    --------
    >>> from koebner.trials.case_files import case_named
    >>> reported_counts(case_named("cheng-2022").case).cells
    (3, 5, 9)
    """
    improved, clear = outcomes_of(case)
    return ReportedCounts(n=case.n, improved=int(improved.observed), clear=int(clear.observed))


def log_likelihood(counts: ReportedCounts, *, improved: Array, clear: Array) -> Array:
    """Return the log of the trinomial probability of the counts, `(n_draws,)`.

    Parameters
    ----------
    counts
        What was reported.
    improved, clear
        Chance of each draw that a patient has improved, and has improved and is clear or minimal,
        `(n_draws,)`, shares from 0 to 1.

    Raises
    ------
    InvalidValueError
        A chance outside 0 to 1, or more who are clear than have improved.
    """
    if np.any(clear < 0) or np.any(improved > 1) or np.any(clear > improved):
        raise InvalidValueError(
            "chances that do not nest were given; expected 0 <= clear <= improved <= 1 in every draw."
        )
    cells = np.array(counts.cells, dtype=float)
    chances = np.stack([clear, improved - clear, 1.0 - improved])
    ways = special.gammaln(counts.n + 1.0) - special.gammaln(cells + 1.0).sum()
    return np.asarray(ways + special.xlogy(cells[:, None], chances).sum(axis=0))


def importance_weights(log_likelihoods: Array) -> Array:
    """Return weights that sum to one, in proportion to the likelihoods, `(n_draws,)`.

    Raises
    ------
    InvalidValueError
        No draw makes the counts possible.

    Examples
    --------
    >>> importance_weights(np.log([1.0, 3.0])).round(2).tolist()
    [0.25, 0.75]
    """
    largest = float(np.max(log_likelihoods))
    if not np.isfinite(largest):
        raise InvalidValueError(
            "no draw makes the published counts possible; expected one at least: raise `draws`."
        )
    likelihoods = np.exp(log_likelihoods - largest)
    return np.asarray(likelihoods / likelihoods.sum())


def effective_draws(weights: Array) -> float:
    """Return of how many equally weighted draws the weights are worth.

    Examples
    --------
    >>> effective_draws(np.array([0.5, 0.5, 0.0]))
    2.0
    """
    return float(weights.sum() ** 2 / np.sum(weights**2))


def weighted_moments(values: Array, weights: Array) -> tuple[float, float]:
    """Return mean and standard deviation under weights that sum to one."""
    mean = float(weights @ values)
    return mean, float(np.sqrt(weights @ (values - mean) ** 2))


def weighted_interval(values: Array, weights: Array, coverage: float = 0.9) -> tuple[float, float]:
    """Return the lower and upper end of the central interval under weights that sum to one.

    Each value stands in the middle of its weight, and the quantiles lie on the line between them.

    Examples
    --------
    >>> weighted_interval(np.array([3.0, 1.0, 2.0]), np.full(3, 1 / 3), 1 / 3)
    (1.5, 2.5)
    """
    order = np.argsort(values, kind="stable")
    ordered = weights[order]
    middle = np.cumsum(ordered) - 0.5 * ordered
    tails = np.array([0.5 * (1 - coverage), 0.5 * (1 + coverage)])
    lower, upper = np.interp(tails, middle, values[order])
    return float(lower), float(upper)


def count_distribution(n: int, chances: Array, weights: Array) -> Array:
    """Return the chance of 0 to `n` patients, `(n + 1,)`: binomials of the draws, mixed by their weights."""
    counts = np.arange(n + 1)
    return np.asarray(weights @ stats.binom.pmf(counts[None, :], n, chances[:, None]))


def count_interval(distribution: Array, coverage: float = 0.9) -> tuple[int, int, int]:
    """Return the lower end, median and upper end of a number of patients.

    Examples
    --------
    >>> count_interval(np.array([0.04, 0.5, 0.4, 0.06]))
    (1, 1, 3)
    """
    below = np.cumsum(distribution)
    tails = (0.5 * (1 - coverage), 0.5, 0.5 * (1 + coverage))
    lower, median, upper = (int(np.searchsorted(below, tail - 1e-12)) for tail in tails)
    return lower, median, upper
