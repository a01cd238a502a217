"""Weights that make a sample of patients resemble what was published, and no more than that.

The weights stay as close to equal as the figures allow: least relative entropy, each figure held softly by
its own standard error (maximum-entropy refinement; Hummer and Köfinger 2015, arXiv:1509.04447). They
are an exponential tilting of equal weights, found from the convex dual, of one number a figure. Left
out: errors of the figures that go together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from koebner.errors import InvalidValueError

Array = NDArray[np.float64]

# A weighted mean further than this many standard errors from its figure has not been matched.
FURTHEST = 2.0
_TOLERANCE = 1e-6
_STEPS = 500


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A published mean over patients, and its standard error, both in the unit of `per_patient`.

    Parameters
    ----------
    name
        In words, for messages.
    value, error
        The mean and its standard error, which is above 0.
    per_patient
        What each patient adds to the mean, `(n_patients,)`.
    """

    name: str
    value: float
    error: float
    per_patient: Array


def maximum_entropy_weights(figures: Sequence[Figure]) -> Array:
    """Return weights of the patients whose means meet the figures, `(n_patients,)`.

    All are above 0 and they sum to 1.

    Raises
    ------
    InvalidValueError
        No figures, an error that is not above 0, or a figure that no weighting of these patients meets,
        alone or together with the others.

    Examples
    --------
    >>> figure = Figure(name="age", value=45.0, error=0.01, per_patient=np.array([30.0, 40.0, 50.0, 60.0]))
    >>> weights = maximum_entropy_weights([figure])
    >>> float((weights @ figure.per_patient).round(2)), float(weights.sum().round(12))
    (45.0, 1.0)
    """
    _check(figures)
    off = np.column_stack([(each.per_patient - each.value) / each.error for each in figures])
    found = optimize.minimize(
        _dual,
        np.zeros(len(figures)),
        args=(off,),
        jac=True,
        hess=_curvature,
        method="trust-exact",
        options={"gtol": _TOLERANCE, "maxiter": _STEPS},
    )
    weights = _tilted(found.x, off)
    _check_met(figures, weights @ off)
    return weights


def effective_sample_size(weights: Array) -> float:
    """Return how many equally weighted patients the weights are worth (Kish): 1 over the sum of squares.

    Examples
    --------
    >>> effective_sample_size(np.array([0.5, 0.5, 0.0]))
    2.0
    """
    return float(np.sum(weights) ** 2 / np.sum(weights**2))


def _tilted(tilt: Array, off: Array) -> Array:
    return np.asarray(special.softmax(-off @ tilt), dtype=float)


def _dual(tilt: Array, off: Array) -> tuple[float, Array]:
    """Return what is least at the tilt sought, and its slope; the ridge is the errors of the figures."""
    value = special.logsumexp(-off @ tilt) + 0.5 * tilt @ tilt
    return float(value), np.asarray(tilt - _tilted(tilt, off) @ off, dtype=float)


def _curvature(tilt: Array, off: Array) -> Array:
    weights = _tilted(tilt, off)
    centred = off - weights @ off
    return np.asarray((centred * weights[:, None]).T @ centred + np.eye(len(tilt)), dtype=float)


def _check(figures: Sequence[Figure]) -> None:
    if not figures:
        raise InvalidValueError(
            "no figures were given; expected at least one that the patients should match."
        )
    for each in figures:
        if not each.error > 0:
            raise InvalidValueError(f"{each.name} has the error {each.error:g}; expected one above 0.")
        low, high = float(np.min(each.per_patient)), float(np.max(each.per_patient))
        if not low <= each.value <= high:
            raise InvalidValueError(
                f"{each.name} of {each.value:.4g} was given; no weighting of these patients leaves "
                f"{low:.4g} to {high:.4g}; give a figure within, or other patients."
            )


def _check_met(figures: Sequence[Figure], off: Array) -> None:
    worst = int(np.argmax(np.abs(off)))
    if not abs(off[worst]) <= FURTHEST:
        each = figures[worst]
        raise InvalidValueError(
            f"{each.name} of {each.value:.4g} was given; beside the other figures these patients come to "
            f"{each.value + off[worst] * each.error:.4g}, {abs(off[worst]):.1f} standard errors away; "
            "leave it out, or change the model or the patients."
        )
