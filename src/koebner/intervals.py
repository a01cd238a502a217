"""Confidence intervals of counts: a share of patients, and a rate of events."""

from math import sqrt

from scipy.special import gammaincinv, ndtri

from koebner.errors import InvalidValueError

CONFIDENCE = 0.95


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
    z = float(ndtri(0.5 + confidence / 2))
    share = k / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # At the edges the formula gives exactly 0 or 1; rounding would leave 1e-17 instead.
    return (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)


def poisson_interval(events: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the exact interval of the number of events that are expected where `events` were seen.

    Examples
    --------
    >>> [round(limit, 2) for limit in poisson_interval(0)]
    [0.0, 3.69]
    """
    tail = (1 - confidence) / 2
    low = float(gammaincinv(events, tail)) if events else 0.0
    return low, float(gammaincinv(events + 1, 1 - tail))
