"""Records of one patient, kept by the reference method: least values and first times."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from koebner.solver.problem import Problem
from koebner.solver.reference.crossings import Step

Array = NDArray[np.float64]

# A least value inside a step is sought next to the lowest of the borders of this many parts of it.
_PARTS = 4


class Recorder:
    """Keeps the records of one patient while it is integrated.

    Parameters
    ----------
    problem
        The problem.
    p
        The patient's constants; their owner may change them.
    """

    def __init__(self, problem: Problem, p: Array) -> None:
        self._code = problem.code
        self._p = p
        self._n_minima = len(problem.recipe.plan.minima)
        self._areas = [problem.recipe.layout.states.index(name) for name in problem.recipe.plan.areas]
        self._known = np.full(self._code.n_watched, math.inf)

    def look(self, time: float, y: Array) -> None:
        """Take the state at a time into the records."""
        if len(self._known):
            watched = self._code.watch(time, y, self._p)
            watched[self._n_minima :] = np.where(watched[self._n_minima :] != 0, time, math.inf)
            np.minimum(self._known, watched, out=self._known)

    def take(self, step: Step, end: float) -> None:
        """Take a step, up to an end, into the records."""
        self.look(end, step.at(end))
        if not self._n_minima or end <= step.start:
            return
        borders = np.linspace(step.start, end, _PARTS + 1).tolist()
        values = np.array([self._minima(step, time) for time in borders])
        for column, lowest in enumerate(values.argmin(axis=0).tolist()):
            if 0 < lowest < _PARTS:
                self._seek(step, column, borders[lowest - 1], borders[lowest + 1])
            else:
                self.look(borders[lowest], step.at(borders[lowest]))

    def _minima(self, step: Step, time: float) -> Array:
        return self._code.watch(time, step.at(time), self._p)[: self._n_minima]

    def _seek(self, step: Step, column: int, left: float, right: float) -> None:
        found = minimize_scalar(
            lambda time: self._minima(step, float(time))[column],
            bounds=(left, right),
            method="bounded",
            options={"xatol": 1e-6 * (right - left)},
        )
        self.look(float(found.x), step.at(float(found.x)))

    def records(self, y: Array) -> Array:
        """Return least values, first times, and the areas from the states at the end."""
        return np.append(self._known, y[self._areas])
