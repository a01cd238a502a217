"""Where conditions change within a step of an integrator: found to neighbouring doubles."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# A condition that changes to and fro within one part of a step is not seen.
_FEWEST_PARTS, _MOST_PARTS = 4, 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """One step of an integrator, with the states at its end, shape `(n_states,)`, and inside it."""

    start: float
    end: float
    states: Array
    interpolate: Callable[[float], Array]

    def at(self, time: float) -> Array:
        """Return the states at a time within the step, shape `(n_states,)`."""
        return self.states if time == self.end else self.interpolate(time)


class Rhythm:
    """How often conditions change, so that the next changes are not missed.

    A condition that changed after some time may change again after as much, until it has rested longer.
    """

    def __init__(self) -> None:
        self._last: Array = np.empty(0)
        self._pause: Array = np.empty(0)

    def note(self, time: float, before: Array, after: Array) -> None:
        """Take notice of what changed at a time."""
        if not len(self._last):
            self._last, self._pause = np.full((2, len(before)), np.inf)
        changed = before != after
        self._pause[changed] = np.abs(time - self._last[changed])
        self._last[changed] = time

    def parts(self, step: "Step") -> int:
        """Return in how many parts a step is to be looked at."""
        pause = np.maximum(self._pause, np.abs(step.start - self._last)).min(initial=np.inf)
        wanted = 2 * (step.end - step.start) / max(pause, 1e-300)
        return int(min(max(wanted + 1, _FEWEST_PARTS), _MOST_PARTS))


def first_change(
    conditions: Callable[[float, Array], Array], before: Array, step: Step, n_parts: int = _FEWEST_PARTS
) -> tuple[float, Array] | None:
    """Return the first time in a step at which a condition differs, and the states then.

    It is the first double at which it differs; the states there are on the new side too.

    Parameters
    ----------
    conditions
        Truth of all conditions, 1 or 0, by time and states, shape `(n_conditions,)`.
    before
        Truth at the start of the step, shape `(n_conditions,)`.
    step
        The step.
    n_parts
        In how many parts the step is looked at.

    Examples
    --------
    >>> step = Step(start=0.0, end=10.0, states=np.array([10.0]), interpolate=lambda t: np.array([t]))
    >>> first_change(lambda t, y: np.array([t >= 4, y[0] > 6], dtype=float), np.zeros(2), step)
    (4.0, array([4.]))
    """
    lower = step.start
    for part in range(1, n_parts + 1):
        upper = step.end if part == n_parts else step.start + part / n_parts * (step.end - step.start)
        if upper > lower:
            changed = conditions(upper, step.at(upper)) != before
            if changed.any():
                return _located(conditions, before, changed, lower, upper, step)
            lower = upper
    return None


def _located(
    conditions: Callable[[float, Array], Array],
    before: Array,
    changed: NDArray[np.bool_],
    lower: float,
    upper: float,
    step: Step,
) -> tuple[float, Array]:
    # Only what has changed in the end counts: interpolation is a rounding error off at the start of a
    # step, where a condition that has just changed would seem to change again.
    while lower < (middle := lower + 0.5 * (upper - lower)) < upper:
        if (conditions(middle, step.at(middle)) != before)[changed].any():
            upper = middle
        else:
            lower = middle
    return upper, step.at(upper)
