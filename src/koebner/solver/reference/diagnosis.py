"""Why the integration of a patient failed, and when.

Where LSODA ran over many output times at once, it is run again, piece by piece.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.solver.status import Status

Array = NDArray[np.float64]

# Steps this small, relative to the time reached, are the end of a solution that grows without bound.
_VANISHING_STEP = 1e-9
# Nothing that a model describes is this large, and its square is the end of double precision.
_BEYOND_ALL = 1e100
_BISECTIONS = 20


@dataclass(frozen=True, kw_only=True)
class Run:
    """What LSODA reports of one run from one time to another."""

    message: str
    states: Array
    reached: float
    last_step: float
    tolerance_factor: float
    """Above 1 when the tolerances must be raised by it."""

    @property
    def succeeded(self) -> bool:
        """Whether the end was reached with finite states."""
        return self.message == "Integration successful." and bool(np.isfinite(self.states).all())


def diagnose(
    run: Callable[[Array, float, float], Run],
    rates: Callable[[float, Array], Array],
    y: Array,
    grid: Array,
) -> tuple[Status, float]:
    """Return why and when the integration over a grid fails.

    Parameters
    ----------
    run
        Integrates from states and a time to another time.
    rates
        Right-hand side, by time and states.
    y
        States at the start of the grid.
    grid
        Times, shape `(n,)`.
    """
    for start, end in zip(grid[:-1].tolist(), grid[1:].tolist(), strict=True):
        failed = run(y, start, end)
        if not failed.succeeded:
            status = _status(failed, rates)
            if failed.message.startswith("Excess work"):
                return status, failed.reached
            return status, _last_good_time(run, y, start, end)
        y = failed.states
    # In pieces it went well, so steps were all that was missing.
    return Status.STEP_LIMIT, float(grid[-1])


def _status(failed: Run, rates: Callable[[float, Array], Array]) -> Status:
    if failed.tolerance_factor > 1 and math.isfinite(failed.tolerance_factor):
        return Status.TOLERANCE
    if failed.message.startswith("Excess work"):
        return out_of_steps(failed.last_step, failed.reached)
    return broken(failed.states, rates(failed.reached, failed.states))


def out_of_steps(last_step: float, reached: float) -> Status:
    """Return why as many steps as are allowed did not suffice."""
    return Status.DIVERGED if last_step < _VANISHING_STEP * reached else Status.STEP_LIMIT


def broken(states: Array, rates: Array) -> Status:
    """Return why there is no next step after states and their rates."""
    largest = np.abs(np.concatenate([states, rates])).max(initial=0.0)
    # A comparison with nan is False.
    return Status.DIVERGED if largest > _BEYOND_ALL else Status.NOT_FINITE


def _last_good_time(run: Callable[[Array, float, float], Run], y: Array, start: float, end: float) -> float:
    good, bad = start, end
    for _ in range(_BISECTIONS):
        middle = 0.5 * (good + bad)
        if run(y, start, middle).succeeded:
            good = middle
        else:
            bad = middle
    return good
