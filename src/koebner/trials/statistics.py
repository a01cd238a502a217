"""Intervals for the figures of a trial: means, and ranges over parameter draws.

Sampling intervals (Student for means; Wilson for rates, in `koebner.intervals`) say what a trial of this
size could have shown by chance. The range over parameter draws says what the model itself does not know.
They are never combined.
"""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from koebner.intervals import CONFIDENCE

DRAW_COVERAGE = 0.90


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
