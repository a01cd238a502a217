"""The reference method: LSODA, one patient after the other, from stop to stop.

LSODA (Petzold 1983, doi:10.1137/0904010) changes between Adams and BDF formulas by itself. It is slow
and trusted; faster methods are judged by it. It gets the exact Jacobian.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import ODEintWarning, odeint

from koebner.solver.diagnosis import Run, diagnose
from koebner.solver.problem import Change, Outcome, Problem, Progress
from koebner.solver.status import Status

Array = NDArray[np.float64]


class _FailedError(Exception):
    """Ends the integration of a patient."""

    def __init__(self, status: Status, time: float, detail: str = "") -> None:
        self.status = status
        self.reason = status.reason(time, detail)
        super().__init__(self.reason)


def solve(problem: Problem, progress: Progress) -> Outcome:
    """Integrate every patient of a problem, each by itself."""
    n_patients = problem.n_patients
    values = np.full((n_patients, len(problem.times), len(problem.outputs)), np.nan)
    status = np.full(n_patients, Status.OK, dtype=np.int64)
    reasons = [Status.OK.sentence] * n_patients
    for patient in range(n_patients):
        try:
            values[patient] = _solve_patient(problem, patient)
        except _FailedError as failure:
            status[patient], reasons[patient] = failure.status, failure.reason
        progress(patient + 1)
    return Outcome(values=values, status=status, reasons=tuple(reasons))


def _solve_patient(problem: Problem, patient: int) -> Array:
    """Return the outputs of a patient, shape `(n_times, n_outputs)`."""
    y, p = _start(problem, patient)
    times, end = problem.times, float(problem.times[-1])
    values = np.empty((len(times), len(problem.outputs)))
    signs = _Signs.of(problem, y)
    now = 0.0
    if times[0] == now:
        values[0] = _observe(problem, times[:1], y[None, :], p)[0]
    changes = [change for change in problem.changes[patient] if change.time < end]
    for stop, at_stop in [*_stops(changes), (end, [])]:
        inside = (times > now) & (times <= stop)
        if stop > now:
            grid = np.unique(np.concatenate([[now], times[inside], [stop]]))
            states = _segment(problem, y, grid, p)
            signs.watch(states)
            reported = np.isin(grid, times[inside])
            values[inside] = _observe(problem, grid[reported], states[reported], p)
            y, now = states[-1].copy(), stop
        _apply(at_stop, y, p)
        problem.code.hoist(p)
    signs.check(problem, end)
    finite = np.isfinite(values).all(axis=1)
    if not finite.all():
        raise _FailedError(Status.NOT_FINITE, float(times[np.argmin(finite)]))
    return values


def _start(problem: Problem, patient: int) -> tuple[Array, Array]:
    """Return states and constants at time 0, with what depends on constants behind them."""
    code = problem.code
    y = problem.states[patient].copy()
    p = np.concatenate([problem.constants[patient], np.zeros(code.n_hoisted)])
    code.start(y, p, problem.given_states, problem.given_constants)
    code.hoist(p)
    if not (np.isfinite(y).all() and np.isfinite(p[: len(code.layout.constants)]).all()):
        raise _FailedError(Status.NOT_FINITE, 0.0)
    return y, p


def _stops(changes: list[Change]) -> list[tuple[float, list[Change]]]:
    return [(time, list(group)) for time, group in groupby(changes, key=lambda change: change.time)]


def _apply(changes: list[Change], y: Array, p: Array) -> None:
    for change in changes:
        array = y if change.array == "y" else p
        array[change.place] = change.amount + (array[change.place] if change.adds else 0.0)


def _segment(problem: Problem, y: Array, grid: Array, p: Array) -> Array:
    """Return the states on a grid without a dose inside, shape `(len(grid), n_states)`."""
    if not len(y):
        return np.empty((len(grid), 0))
    states, report = _lsoda(problem, y, grid, p)
    if report["message"] == "Integration successful." and np.isfinite(states).all():
        return states

    def run(start: Array, begin: float, end: float) -> Run:
        states, report = _lsoda(problem, start, np.array([begin, end]), p)
        return Run(
            message=report["message"],
            states=states[-1],
            reached=float(report["tcur"][0]),
            last_step=abs(float(report["hu"][0])),
            tolerance_factor=float(report["tolsf"][0]),
        )

    raise _FailedError(*diagnose(run, lambda t, at: problem.code.rates(t, at, p), y, grid))


def _lsoda(problem: Problem, y: Array, grid: Array, p: Array) -> tuple[Array, Mapping[str, Any]]:
    with warnings.catch_warnings():
        # The report says the same, and more.
        warnings.simplefilter("ignore", ODEintWarning)
        states, report = odeint(
            problem.code.rates,
            y,
            grid,
            args=(p,),
            Dfun=problem.code.jacobian,
            col_deriv=True,
            tfirst=True,
            full_output=True,
            rtol=problem.rtol,
            atol=problem.atol,
            mxstep=problem.max_steps,
        )
    return states, report


@dataclass
class _Signs:
    """Watches that species which start at 0 or above stay there."""

    guarded: NDArray[np.bool_]
    lowest: Array
    largest: Array

    @staticmethod
    def of(problem: Problem, y: Array) -> "_Signs":
        return _Signs(guarded=problem.never_negative & (y >= 0), lowest=y.copy(), largest=np.abs(y))

    def watch(self, states: Array) -> None:
        np.minimum(self.lowest, states.min(axis=0), out=self.lowest)
        np.maximum(self.largest, np.abs(states).max(axis=0), out=self.largest)

    def check(self, problem: Problem, end: float) -> None:
        """Fail where a species fell below 0 by more than a rounding error of its own size."""
        allowed = max(1e-6, problem.rtol) * self.largest + 10 * problem.atol
        below = self.guarded & (self.lowest < -allowed)
        if below.any():
            index = int(np.argmax(below))
            name = problem.code.layout.states[index]
            detail = f"`{name}` fell to {self.lowest[index]:.3g}, but a species cannot be negative."
            raise _FailedError(Status.NEGATIVE, end, detail)


def _observe(problem: Problem, times: Array, states: Array, p: Array) -> Array:
    """Return the outputs at some times, shape `(len(times), n_outputs)`."""
    assigned = problem.code.observe(times.copy(), np.ascontiguousarray(states), p)
    values = np.empty((len(times), len(problem.places)))
    for column, (array, place) in enumerate(problem.places):
        values[:, column] = p[place] if array == "p" else (states if array == "y" else assigned)[:, place]
    return values
