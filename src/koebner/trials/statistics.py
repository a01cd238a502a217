"""Intervals for the figures of a trial: rates, means and ranges over parameter draws.

Sampling intervals (Wilson, Student) say what a trial of this size could have shown by chance. The
range over parameter draws says what the model itself does not know. They are never combined.
"""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from koebner.errors import InvalidValueError

CONFIDENCE = 0.95
DRAW_COVERAGE = 0.90


def wilson_interval(k: int, n: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the Wilson score interval of a proportion, as shares in [0, 1].

    With no patient (`n` 0) nothing is known and both limits are NaN.

    Parameters
    ----------
    k
        Number of responders.
    n
        Number of patients.
    confidence
        Coverage, 0.95 unless stated.

    Raises
    ------
    InvalidValueError
        When `k` is not between 0 and `n`.

    References
    ----------
    Newcombe 1998, Stat Med 17:857-872, method 3 (PMID 9595616).

    Examples
    --------
    >>> [round(limit, 4) for limit in wilson_interval(15, 148)]
    [0.0624, 0.1605]
    """
    if not 0 <= k <= n:
        raise InvalidValueError(f"{k} responders of {n} patients were given; expected 0 to {n}.")
    if n == 0:
        return float("nan"), float("nan")
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    share = k / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # At the edges the formula gives exactly 0 or 1; rounding would leave 1e-17 instead.
    return (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)


def mean_interval(values: ArrayLike, *, confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """Return mean and its two-sided Student interval; limits are NaN below two values."""
    x = np.asarray(values, dtype=float)
    if x.size == 0:
        return float("nan"), float("nan"), float("nan")
    mean = float(x.mean())
    if x.size == 1:
        return mean, float("nan"), float("nan")
    half = float(stats.t.ppf(0.5 + confidence / 2, x.size - 1)) * float(x.std(ddof=1)) / sqrt(x.size)
    return mean, mean - half, mean + half


def draw_range(values: ArrayLike, *, coverage: float = DRAW_COVERAGE) -> tuple[float, float]:
    """Return the central range that holds `coverage` of the draws; NaN when there are none."""
    x = np.asarray(values, dtype=float)
    x = x[np.isfinite(x)]
    if x.size == 0:
        return float("nan"), float("nan")
    lower, upper = np.quantile(x, [0.5 - coverage / 2, 0.5 + coverage / 2])
    return float(lower), float(upper)
