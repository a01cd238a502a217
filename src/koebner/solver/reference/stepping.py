"""LSODA step by step, for equations with conditions that it must not step over."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import LSODA

from koebner.solver.problem import LONGEST_PART, Problem
from koebner.solver.reference.crossings import Rhythm, Step, first_change
from koebner.solver.reference.diagnosis import broken, out_of_steps
from koebner.solver.reference.recording import Recorder
from koebner.solver.status import FailedError, Status

Array = NDArray[np.float64]

# Without states steps begin as this part of the longest, as they do where there are states, and double.
_FIRST_IDLE_PART = 1e-3

# What a new start costs, counted in steps, so that a condition that changes for ever ends soon.
_STEPS_OF_A_START = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class Leg:
    """What was integrated in one go: states at its end, and at the output times inside it.

    `inside` has shape `(n_times_inside, n_states)`; the times at the ends of the leg are not inside.
    """

    end: float
    y: Array
    inside: Array


def adjacent(start: float, end: float) -> bool:
    """Whether two times are so close that LSODA takes no step between them, and nothing moves."""
    return end - start <= max(4 * float(np.spacing(end)), sys.float_info.min)


class Stepper:
    """Integrates one patient from condition to condition.

    Parameters
    ----------
    problem
        The problem.
    p
        The patient's constants; their owner may change them between legs.
    recorder
        Sees every step.
    """

    def __init__(self, problem: Problem, p: Array, recorder: Recorder) -> None:
        self._problem = problem
        self._code = problem.code
        self._p = p
        self._recorder = recorder
        self._longest = min(LONGEST_PART * float(problem.times[-1]), problem.longest_step)
        self._before = self._triggers = np.empty(0)
        self._rhythm = Rhythm()
        self._mark = 0.0
        self.n_steps = 0
        """Steps since the last output time or dose."""

    def leg(self, now: float, stop: float, y: Array) -> Leg:
        """Integrate until a stop, or just after a condition changed so that it matters.

        Raises
        ------
        FailedError
            When there is no next step, or there were too many.
        """
        times = self._problem.times
        self._before, self._triggers = self._conditions(now, y), self._code.triggers(now, y, self._p)
        inside = []
        end, at_end = now, y
        for step in self._steps(now, stop, y):
            self._count(1, step)
            change = self._change_that_matters(step)
            end, at_end = change or (step.end, step.states)
            self._recorder.take(step, end)
            passed = times[(times > now) & (times >= step.start) & (times < end)].tolist()
            inside += [step.at(time) for time in passed]
            if passed:
                self.n_steps = 0
            if change:
                self._count(_STEPS_OF_A_START, step)
                break
        return Leg(end=end, y=at_end, inside=np.array(inside).reshape(len(inside), len(y)))

    def _change_that_matters(self, step: Step) -> tuple[float, Array] | None:
        rest = step
        while change := first_change(self._conditions, self._before, rest, self._rhythm.parts(rest)):
            time, y = change
            before, self._before = self._before, self._conditions(time, y)
            self._rhythm.note(time, before, self._before)
            if self._matters(step, time, y):
                return change
            self._recorder.look(time, y)
            self._count(1, step)
            rest = replace(step, start=time)
        return None

    def _matters(self, step: Step, time: float, y: Array) -> bool:
        """Whether a trigger changed, or a rate jumped by what error control would not see to."""
        if (self._code.triggers(time, y, self._p) != self._triggers).any():
            return True
        just_before = float(np.nextafter(time, step.start))
        jump = np.abs(self._rates(time, y) - self._rates(just_before, step.at(just_before)))
        allowed = self._problem.rtol * np.abs(y) + self._problem.atol
        return bool((jump * (step.end - step.start) > allowed).any())

    def _count(self, n_steps: int, step: Step) -> None:
        self.n_steps += n_steps
        if step.end - self._mark > self._longest:
            self._mark, self.n_steps = step.end, n_steps
        if self.n_steps > self._problem.max_steps:
            raise FailedError(out_of_steps(step.end - step.start, step.end), step.end)

    def _conditions(self, time: float, y: Array) -> Array:
        return self._code.conditions(time, y, self._p)

    def _rates(self, time: float, y: Array) -> Array:
        return self._code.rates(time, y, self._p)

    def _steps(self, now: float, stop: float, y: Array) -> Iterator[Step]:
        if not len(y):
            yield from self._idle_steps(now, stop, y)
        elif adjacent(now, stop):
            yield Step(start=now, end=stop, states=y, interpolate=lambda _: y)
        else:
            yield from self._lsoda_steps(now, stop, y)

    def _idle_steps(self, now: float, stop: float, y: Array) -> Iterator[Step]:
        length = _FIRST_IDLE_PART * self._longest
        while now < stop:
            end = stop if stop - now <= length else now + length
            yield Step(start=now, end=end, states=y, interpolate=lambda _: y)
            now, length = end, min(2 * length, self._longest)

    def _lsoda_steps(self, now: float, stop: float, y: Array) -> Iterator[Step]:
        lsoda = self._lsoda(now, stop, y)
        while lsoda.status == "running":
            start, states = lsoda.t, lsoda.y
            failure = lsoda.step()
            if not np.isfinite(lsoda.y).all():
                raise FailedError(broken(lsoda.y, self._rates(start, states)), start)
            if failure is not None or lsoda.t == start:
                raise FailedError(Status.DIVERGED, start)
            yield Step(start=start, end=lsoda.t, states=lsoda.y, interpolate=lsoda.dense_output())

    def _lsoda(self, now: float, stop: float, y: Array) -> LSODA:
        rtol, atol = self._problem.rtol, self._problem.atol
        if not np.isfinite(y).all():
            raise FailedError(Status.NOT_FINITE, now)
        if (np.finfo(float).eps * np.abs(y) > rtol * np.abs(y) + atol).any():
            raise FailedError(Status.TOLERANCE, now)
        return LSODA(
            self._rates,
            now,
            y,
            stop,
            max_step=self._longest,
            rtol=max(rtol, 100 * np.finfo(float).eps),
            atol=atol,
            jac=lambda time, at: self._code.jacobian(time, at, self._p).T,
        )
