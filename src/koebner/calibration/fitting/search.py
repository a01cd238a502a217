"""One fit: CMA-ES from a start drawn from the prior, then least squares, with common random numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cma
import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from koebner.calibration.fitting.evaluations import EvaluationLog
from koebner.calibration.fitting.objective import Objective, cost
from koebner.calibration.protocol import Search
from koebner.randomness import normals

Array = NDArray[np.float64]

# In standard deviations of the prior. Wider than the noise of the figures, so that a difference is a slope.
_STEP = 0.02
# No number is looked for further out than that.
_FARTHEST = 4.0


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """Where a fit ended.

    Parameters
    ----------
    deviates
        Of the priors, `(n_free,)`.
    residuals
        Of the figures, then of the priors, at that point.
    jacobian
        Of the residuals by the deviates, `(n_residuals, n_free)`.
    evaluations
        How many points were evaluated.
    """

    deviates: Array
    residuals: Array
    jacobian: Array
    evaluations: int

    @property
    def cost(self) -> float:
        """Sum of squares of the residuals."""
        return cost(self.residuals)


def evaluations_of(search: Search, n_free: int) -> int:
    """Return about how many points one fit evaluates, for a progress display."""
    return search.generations * search.population_size + (search.polish + 1) * (n_free + 1)


def find_optimum(
    first: Objective,
    objective: Objective,
    search: Search,
    *,
    seed: int,
    member: int,
    log: Path | None = None,
    evaluated: Callable[[], None] | None = None,
) -> Optimum:
    """Search for the best numbers of one member.

    Parameters
    ----------
    first, objective
        What CMA-ES minimises, with fewer patients, and what least squares minimises.
    search
        How long and how widely.
    seed, member
        Fix the start and the steps.
    log
        File from which an interrupted search goes on.
    evaluated
        Called after each evaluation.
    """
    ask = EvaluationLog([first.residuals, objective.residuals], log, evaluated)
    start = search.spread * normals(seed, [member], "start of the search", objective.n_free)[0]
    begin = _globally(ask, start, search, seed=seed + member)
    ask.turn(1)
    deviates, residuals, jacobian = polished(ask, begin, search.polish)
    return Optimum(deviates=deviates, residuals=residuals, jacobian=jacobian, evaluations=ask.asked)


def _globally(ask: EvaluationLog, start: Array, search: Search, *, seed: int) -> Array:
    """Return the best point that CMA-ES finds; the start without generations."""
    if search.generations == 0:
        return start
    strategy = cma.CMAEvolutionStrategy(
        start,
        search.spread,
        {
            "popsize": search.population_size,
            "maxiter": search.generations,
            "bounds": [-_FARTHEST, _FARTHEST],
            "seed": seed + 1,  # 0 would take the clock
            "verbose": -9,
        },
    )
    while not strategy.stop():
        points = strategy.ask()
        strategy.tell(points, [cost(ask(np.asarray(point))) for point in points])
    return np.asarray(strategy.result.xbest, dtype=float)


def polished(ask: Callable[[Array], Array], begin: Array, steps: int) -> tuple[Array, Array, Array]:
    """Return where least squares ends, the residuals there, and their derivatives.

    Parameters
    ----------
    ask
        Residuals of a point.
    begin
        Where it starts, `(n_free,)`.
    steps
        At most so many steps.
    """
    found = optimize.least_squares(
        ask,
        begin,
        jac=partial(_slopes, ask),
        bounds=(-_FARTHEST - 1, _FARTHEST + 1),
        max_nfev=max(steps, 1),
    )
    return found.x, found.fun, np.asarray(found.jac)


def _slopes(ask: Callable[[Array], Array], point: Array) -> Array:
    """Return the derivatives by forward differences, `(n_residuals, n_free)`."""
    here = ask(point)
    columns = []
    for place in range(len(point)):
        moved = point.copy()
        moved[place] += _STEP
        columns.append((ask(moved) - here) / _STEP)
    return np.column_stack(columns)
