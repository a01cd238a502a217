"""Events of one patient, as SBML Level 3 Version 2 means them (section 4.11), for every integrator.

An event fires when its trigger turns from false to true. Its delay is evaluated then, and so are its
new values if it uses values from trigger time; otherwise they are evaluated when it is executed. What is
due at one time is executed by priority, evaluated anew before each execution; equal priorities in random
order, events without a priority last and in the order of the model. After each execution all triggers
are looked at again: others may fire, and those that are not persistent and no longer true are dropped.

An integrator stops just after a condition changed and at `Agenda.next_time`, and lets the agenda react.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from koebner.randomness import stream
from koebner.solver.status import FailedError, Status
from koebner.solver.symbolic.equations import Layout

Array = NDArray[np.float64]

MOST_EXECUTIONS = 10_000
"""Executions at one time above which events are taken to trigger one another without end."""


class EventCode(Protocol):
    """Functions of one patient that an agenda needs; as of `CompiledModel`."""

    @property
    def layout(self) -> Layout:
        """Which events there are, and where what they change stands."""
        ...

    def hoist(self, p: Array, /) -> None:
        """Compute what depends on constants alone, in place."""

    def triggers(self, t: float, y: Array, p: Array, /) -> Array:
        """Return 1 or 0 for the trigger of each event."""
        ...

    def delays(self, t: float, y: Array, p: Array, /) -> Array:
        """Return the delay of each event."""
        ...

    def priorities(self, t: float, y: Array, p: Array, /) -> Array:
        """Return the priority of each event, nan where it has none."""
        ...

    def assignments(self, t: float, y: Array, p: Array, /) -> Array:
        """Return the values of all assignments of all events, one event after the other."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pending:
    """An event that has fired and is to be executed; `values` are None if they are evaluated then."""

    time: float
    event: int
    values: Array | None


class Agenda:
    """Which triggers were true, and what is to be executed when.

    Parameters
    ----------
    code
        Functions of the model for one patient.
    patient
        Number of the patient within the whole; keys the random order of equal priorities.

    Examples
    --------
    >>> from koebner.kinetics import Event, Model, Parameter
    >>> from koebner.solver.machine_code.compile import compile_model
    >>> doubling = Event(id="doubling", trigger="time >= 4", assignments={"k": "2 * k"}, delay="1.5")
    >>> k = Parameter(id="k", value=3.0, unit="dimensionless", constant=False)
    >>> model = Model.of(id="m", parameters=[k], events=[doubling])
    >>> code = compile_model(model)
    >>> y, p = np.empty(0), np.array([3.0] + code.n_hoisted * [0.0])
    >>> code.hoist(p)
    >>> agenda = Agenda(code, patient=0)
    >>> agenda.begin(y, p), agenda.react(4.0, y, p), agenda.next_time
    (False, False, 5.5)
    >>> agenda.react(5.5, y, p), float(p[0])
    (True, 6.0)
    """

    def __init__(self, code: EventCode, *, patient: int) -> None:
        self._code = code
        self._patient = patient
        self._events = code.layout.events
        self._was_true = np.array([event.initial_value for event in self._events], dtype=bool)
        self._pending: list[_Pending] = []
        self._random: np.random.Generator | None = None

    @property
    def next_time(self) -> float:
        """When the next event is to be executed; infinite when none is."""
        return min((pending.time for pending in self._pending), default=math.inf)

    def begin(self, y: Array, p: Array) -> bool:
        """React to time 0, where triggers count as having been what their `initial_value` says.

        Parameters and errors as of `react`.
        """
        return self.react(0.0, y, p)

    def react(self, t: float, y: Array, p: Array) -> bool:
        """Execute what is due by now and what that triggers; return whether anything was.

        Parameters
        ----------
        t
            Time.
        y
            States, changed in place.
        p
            Constants and what depends on them, changed in place.

        Raises
        ------
        FailedError
            When a delay is not a time, or events trigger one another without end.
        """
        if not self._events:
            return False
        self._look(t, y, p)
        n_executed = 0
        while due := [pending for pending in self._pending if pending.time <= t]:
            if n_executed == MOST_EXECUTIONS:
                names = ", ".join(sorted({f"`{self._events[pending.event].id}`" for pending in due}))
                raise FailedError(
                    Status.STEP_LIMIT, t, f"events trigger one another without end; check {names}."
                )
            chosen = self._first(due, t, y, p)
            self._pending.remove(chosen)
            self._execute(chosen, t, y, p)
            n_executed += 1
            self._look(t, y, p)
        return n_executed > 0

    def _look(self, t: float, y: Array, p: Array) -> None:
        """Compare the triggers with what they were: fire those that became true."""
        is_true = self._code.triggers(t, y, p) != 0
        self._pending = [
            pending
            for pending in self._pending
            if is_true[pending.event] or self._events[pending.event].persistent
        ]
        fired = np.flatnonzero(is_true & ~self._was_true).tolist()
        self._was_true = is_true
        if not fired:
            return
        delays, values = self._code.delays(t, y, p), self._code.assignments(t, y, p)
        for index in fired:
            event = self._events[index]
            delay = float(delays[index]) if event.has_delay else 0.0
            if not delay >= 0:
                raise FailedError(
                    Status.NOT_FINITE, t, f"the delay of event `{event.id}` is {delay}, not 0 or more."
                )
            own = values[event.first : event.first + len(event.targets)].copy()
            kept = own if event.use_values_from_trigger_time else None
            self._pending.append(_Pending(time=t + delay, event=index, values=kept))

    def _first(self, due: list[_Pending], t: float, y: Array, p: Array) -> _Pending:
        if len(due) == 1:
            return due[0]
        priorities = self._code.priorities(t, y, p)
        ranked = [pending for pending in due if not math.isnan(priorities[pending.event])]
        if not ranked:
            return min(due, key=lambda pending: pending.event)
        highest = max(priorities[pending.event] for pending in ranked)
        equal = [pending for pending in ranked if priorities[pending.event] == highest]
        return equal[self._draw(len(equal))]

    def _draw(self, n: int) -> int:
        if n == 1:
            return 0
        if self._random is None:
            self._random = stream(0, self._patient, "order of events")
        return int(self._random.integers(n))

    def _execute(self, pending: _Pending, t: float, y: Array, p: Array) -> None:
        event = self._events[pending.event]
        values = pending.values
        if values is None:
            values = self._code.assignments(t, y, p)[event.first : event.first + len(event.targets)]
        for (array, place), value in zip(event.targets, values.tolist(), strict=True):
            (y if array == "y" else p)[place] = value
        if any(array == "p" for array, _ in event.targets):
            self._code.hoist(p)
