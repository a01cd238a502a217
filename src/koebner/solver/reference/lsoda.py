"""The reference method: LSODA, one patient after the other, from stop to stop.

LSODA (Petzold 1983, doi:10.1137/0904010) changes between Adams and BDF formulas by itself. It is slow
and trusted; faster methods are judged by it. It gets the exact Jacobian. Equations with conditions are
integrated step by step, so that no change of a condition is stepped over; others in one go.
"""

import math
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import ODEintWarning, odeint

from koebner.solver.events import Agenda
from koebner.solver.problem import Change, Outcome, Problem, Progress, rounding_below_zero
from koebner.solver.reference.diagnosis import Run, diagnose
from koebner.solver.reference.recording import Recorder
from koebner.solver.reference.stepping import Leg, Stepper, adjacent
from koebner.solver.status import FailedError, Status

Array = NDArray[np.float64]

_ALONE = threading.Lock()


def solve(problem: Problem, progress: Progress) -> Outcome:
    """Integrate every patient of a problem, each by itself."""
    n_patients = problem.n_patients
    values = np.full((n_patients, len(problem.times), len(problem.outputs)), np.nan)
    records = np.full((n_patients, len(problem.recipe.plan.names)), np.nan)
    status = np.full(n_patients, Status.OK, dtype=np.int64)
    reasons = [Status.OK.sentence] * n_patients
    for patient in range(n_patients):
        try:
            values[patient], records[patient] = solve_patient(problem, patient)
        except FailedError as failure:
            status[patient], reasons[patient] = failure.status, failure.reason
        progress(patient + 1)
    return Outcome(values=values, records=records, status=status, reasons=tuple(reasons))


def solve_patient(problem: Problem, patient: int) -> tuple[Array, Array]:
    """Return the outputs of a patient, shape `(n_times, n_outputs)`, and its records.

    Raises
    ------
    FailedError
        When the patient fails.
    """
    # Neither the filters of warnings nor LSODA itself are safe between threads.
    with _ALONE, warnings.catch_warnings():
        # LSODA's reports say the same, and more.
        warnings.simplefilter("ignore", ODEintWarning)
        warnings.simplefilter("ignore", UserWarning)
        values, records = _Patient(problem, patient).integrated()
    finite = np.isfinite(values).all(axis=1)
    if not problem.recipe.plan.are_numbers(records):
        detail = "a record is not a finite number; check its formula."
        raise FailedError(Status.NOT_FINITE, float(problem.times[-1]), detail)
    if not finite.all():
        raise FailedError(Status.NOT_FINITE, float(problem.times[np.argmin(finite)]))
    return values, records


class _Patient:
    """One patient on the way: states, constants, events to come and outputs so far."""

    def __init__(self, problem: Problem, patient: int) -> None:
        self._problem = problem
        self._end = float(problem.times[-1])
        self._y, self._p = _start(problem, patient)
        self._doses = _by_time([change for change in problem.changes[patient] if change.time < self._end])
        self._agenda = Agenda(problem.code, patient=problem.first_patient + patient)
        self._agenda.begin(self._y, self._p)
        self._signs = _Signs.of(problem, self._y)
        self._bases = _Bases(problem.code.n_guards)
        self._recorder = Recorder(problem, self._p)
        self._stepper = Stepper(problem, self._p, self._recorder)
        self._leg: Callable[[float, float, Array], Leg] = (
            self._stepper.leg if problem.code.n_conditions or problem.code.n_watched else self._whole_leg
        )
        self._values = np.empty((len(problem.times), len(problem.outputs)))

    def integrated(self) -> tuple[Array, Array]:
        """Integrate to the end; return outputs, shape `(n_times, n_outputs)`, and records."""
        now = 0.0
        self._arrive(now)
        while now < self._end:
            dose = self._doses[0][0] if self._doses else math.inf
            leg = self._leg(now, min(self._end, self._agenda.next_time, dose), self._y)
            self._report(now, leg)
            now, self._y = leg.end, leg.y.copy()
            self._react(now)
            self._arrive(now)
        self._signs.check(self._problem, self._end)
        self._bases.check(self._problem)
        return self._values, self._recorder.records(self._y)

    def _arrive(self, now: float) -> None:
        """Report the outputs of this time, then give the doses of this time."""
        self._recorder.look(now, self._y)
        place = int(np.searchsorted(self._problem.times, now))
        if self._problem.times[place] == now:
            self._values[place] = self._observed(np.array([now]), self._y[None, :])[0]
            self._stepper.n_steps = 0
        if self._doses and self._doses[0][0] == now:
            _apply(self._doses.pop(0)[1], self._y, self._p)
            self._problem.code.hoist(self._p)
            self._recorder.look(now, self._y)
            self._react(now)
            self._recorder.look(now, self._y)
            self._stepper.n_steps = 0

    def _react(self, now: float) -> None:
        if self._agenda.react(now, self._y, self._p):
            if not np.isfinite(self._p).all():
                detail = "an event set a constant to what is not a finite number; check its assignments."
                raise FailedError(Status.NOT_FINITE, now, detail)
            self._signs.check(self._problem, now)
            self._signs.excuse(self._y)

    def _report(self, now: float, leg: Leg) -> None:
        """Keep the outputs inside a leg that began now."""
        times = self._problem.times
        inside = (times > now) & (times < leg.end)
        self._values[inside] = self._observed(times[inside], leg.inside)
        states = np.vstack([self._y, leg.inside, leg.y])
        self._signs.watch(states)
        for time, y in zip([now, *times[inside].tolist(), leg.end], states, strict=True):
            self._bases.look(self._problem.code.guards(time, y, self._p), time)

    def _observed(self, times: Array, states: Array) -> Array:
        """Return the outputs at some times, shape `(len(times), n_outputs)`."""
        places = self._problem.places
        assigned = self._problem.code.observe(times.copy(), np.ascontiguousarray(states), self._p)
        values = np.empty((len(times), len(places)))
        for column, (array, place) in enumerate(places):
            moving = states if array == "y" else assigned
            values[:, column] = self._p[place] if array == "p" else moving[:, place]
        return values

    def _whole_leg(self, now: float, stop: float, y: Array) -> Leg:
        """Integrate equations without conditions until a stop."""
        times = self._problem.times
        grid = np.append(times[(times > now) & (times < stop)], stop)
        states = np.tile(y, (len(grid), 1))
        far = np.array([not adjacent(now, time) for time in grid.tolist()])
        if far.any():
            states[far] = _segment(self._problem, y, np.append(now, grid[far]), self._p)[1:]
        return Leg(end=stop, y=states[-1], inside=states[:-1])


def _start(problem: Problem, patient: int) -> tuple[Array, Array]:
    """Return states and constants at time 0, with what depends on constants behind them."""
    code = problem.code
    y = problem.states[patient].copy()
    p = np.concatenate([problem.constants[patient], np.zeros(code.n_hoisted)])
    code.start(y, p, problem.given_states, problem.given_constants)
    code.hoist(p)
    if not (np.isfinite(y).all() and np.isfinite(p[: len(code.layout.constants)]).all()):
        raise FailedError(Status.NOT_FINITE, 0.0)
    return y, p


def _by_time(changes: list[Change]) -> list[tuple[float, list[Change]]]:
    return [(time, list(group)) for time, group in groupby(changes, key=lambda change: change.time)]


def _apply(changes: list[Change], y: Array, p: Array) -> None:
    for change in changes:
        array = y if change.array == "y" else p
        array[change.place] = change.amount + (array[change.place] if change.adds else 0.0)


def _segment(problem: Problem, y: Array, grid: Array, p: Array) -> Array:
    """Return the states on a grid without a stop inside, shape `(len(grid), n_states)`."""
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

    raise FailedError(*diagnose(run, lambda t, at: problem.code.rates(t, at, p), y, grid))


def _lsoda(problem: Problem, y: Array, grid: Array, p: Array) -> tuple[Array, Mapping[str, Any]]:
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
        hmax=problem.longest_step if math.isfinite(problem.longest_step) else 0.0,
    )
    return states, report


@dataclass(kw_only=True)
class _Signs:
    """Watches that species which start at 0 or above stay there, but for what events set."""

    guarded: NDArray[np.bool_]
    lowest: Array
    largest: Array

    @staticmethod
    def of(problem: Problem, y: Array) -> "_Signs":
        return _Signs(guarded=problem.never_negative & (y >= 0), lowest=y.copy(), largest=np.abs(y))

    def watch(self, states: Array) -> None:
        np.minimum(self.lowest, states.min(axis=0), out=self.lowest)
        np.maximum(self.largest, np.abs(states).max(axis=0), out=self.largest)

    def excuse(self, y: Array) -> None:
        """Guard a species no longer that an event set below 0."""
        self.guarded &= y >= 0

    def check(self, problem: Problem, time: float) -> None:
        """Fail where a species fell below 0 by more than a rounding error of its own size."""
        below = self.guarded & (self.lowest < -rounding_below_zero(problem.rtol, problem.atol, self.largest))
        if below.any():
            index = int(np.argmax(below))
            name = problem.code.layout.states[index]
            detail = f"`{name}` fell to {self.lowest[index]:.3g}, but a species cannot be negative."
            raise FailedError(Status.NEGATIVE, time, detail)


class _Bases:
    """Watches the bases of roots and real powers, which count as 0 a rounding error below it."""

    def __init__(self, n_bases: int) -> None:
        self._lowest, self._largest = np.full(n_bases, math.inf), np.zeros(n_bases)
        self._when = np.zeros(n_bases)

    def look(self, values: Array, time: float) -> None:
        self._when[values < self._lowest] = time
        np.minimum(self._lowest, values, out=self._lowest)
        np.maximum(self._largest, np.abs(values), out=self._largest)

    def check(self, problem: Problem) -> None:
        """Fail where a base fell below 0 by more than a rounding error of its own size."""
        below = self._lowest < -rounding_below_zero(problem.rtol, problem.atol, self._largest)
        if below.any():
            index = int(np.argmax(below))
            lowest = self._lowest[index]
            detail = f"a root or real power is asked of {lowest:.3g}, below 0; check the equations."
            raise FailedError(Status.NOT_FINITE, float(self._when[index]), detail)
