"""Events in lanes: a lane that paused hands its patient to the agenda and takes the changes back."""

import numpy as np
from numpy.typing import NDArray

from koebner.solver.driver.suspicions import Suspicion
from koebner.solver.driver.workspace import Workspace, aligned_zeros
from koebner.solver.events import Agenda
from koebner.solver.machine_code.assembly import lane_width
from koebner.solver.machine_code.lane_code import LaneCode
from koebner.solver.problem import Problem, rounding_below_zero
from koebner.solver.status import FailedError, Status
from koebner.solver.symbolic.equations import Layout

Array = NDArray[np.float64]


class LaneEvents:
    """The agendas of the patients in the lanes of one workspace."""

    def __init__(self, problem: Problem, lanes: LaneCode, workspace: Workspace) -> None:
        self._problem = problem
        self._workspace = workspace
        self._code = OnePatient(problem.recipe.layout, lanes)
        self._agendas: dict[int, tuple[int, Agenda]] = {}

    def handle(self) -> None:
        """Let the events of every paused lane act; the lane then arrives anew."""
        for lane in np.flatnonzero(self._workspace.lanes["paused"]).tolist():
            self._workspace.lanes["paused"][lane] = 0
            try:
                self._react(lane)
            except FailedError:
                self._give_up(lane)

    def _react(self, lane: int) -> None:
        memory = self._workspace.lanes
        patient, t = int(memory["patient"][lane]), float(memory["t"][lane])
        n = len(self._problem.recipe.layout.states)
        y, p = memory["y"][:n, lane].copy(), memory["p"][:, lane].copy()
        known, agenda = self._agendas.get(lane, (-1, None))
        if known != patient or agenda is None:
            agenda = Agenda(self._code, patient=self._problem.first_patient + patient)
            self._agendas[lane] = (patient, agenda)
            agenda.begin(y, p)
        elif agenda.react(t, y, p):
            # Numbers that an event set are not blamed on the integration, those before it are.
            self._check_signs(lane, t)
            memory["fresh"][lane] = -1
        if not (np.isfinite(y).all() and np.isfinite(p).all()):
            raise FailedError(Status.NOT_FINITE, t)
        memory["y"][:n, lane] = y
        memory["p"][:, lane] = p
        memory["agenda"][lane] = agenda.next_time
        memory["arriving"][lane] = -1

    def _check_signs(self, lane: int, t: float) -> None:
        memory, problem = self._workspace.lanes, self._problem
        n_guards = self._workspace.get("n_guards")
        low, high = (memory[f"guards_{word}"][:n_guards, lane] for word in ("low", "high"))
        if (low < -rounding_below_zero(problem.rtol, problem.atol, high)).any():
            raise FailedError(Status.NEGATIVE, t)

    def _give_up(self, lane: int) -> None:
        """Leave the patient to the reference method, which says what is wrong with the events."""
        memory = self._workspace.lanes
        patient = int(memory["patient"][lane])
        self._workspace.kept("status")[patient] = Suspicion.EVENTS
        self._workspace.kept("ended")[patient] = memory["t"][lane]
        memory["active"][lane] = 0
        memory["loading"][lane] = memory["arriving"][lane] = -1


class OnePatient:
    """The code for lanes, called for one patient: events see the numbers that the lane saw."""

    def __init__(self, layout: Layout, lanes: LaneCode) -> None:
        self.layout = layout
        self._sizes = {
            "triggers": len(layout.events),
            "delays": len(layout.events),
            "priorities": len(layout.events),
            "assignments": sum(len(event.targets) for event in layout.events),
        }
        self._functions = {name: lanes.code.function(name, 3) for name in self._sizes}
        self._hoist = lanes.code.function("hoist", 1)

    def hoist(self, p: Array) -> None:
        """Compute what depends on constants alone, in place."""
        spread = _spread(p)
        self._hoist(spread.ctypes.data)
        p[:] = spread[:, 0]

    def triggers(self, t: float, y: Array, p: Array) -> Array:
        """Return 1 or 0 for the trigger of each event."""
        return self._call("triggers", t, y, p)

    def delays(self, t: float, y: Array, p: Array) -> Array:
        """Return the delay of each event."""
        return self._call("delays", t, y, p)

    def priorities(self, t: float, y: Array, p: Array) -> Array:
        """Return the priority of each event, nan where it has none."""
        return self._call("priorities", t, y, p)

    def assignments(self, t: float, y: Array, p: Array) -> Array:
        """Return the values of all assignments of all events."""
        return self._call("assignments", t, y, p)

    def _call(self, name: str, t: float, y: Array, p: Array) -> Array:
        states, constants, out = _spread([*y, t]), _spread(p), _spread(np.zeros(self._sizes[name]))
        self._functions[name](states.ctypes.data, constants.ctypes.data, out.ctypes.data)
        return out[:, 0].copy()


def _spread(values: NDArray[np.float64] | list[float]) -> Array:
    """Return numbers in every lane, at an address that vector loads accept."""
    column = np.asarray(values, dtype=float)
    spread = aligned_zeros((len(column), lane_width()), np.float64)
    spread[:] = column[:, None]
    return spread
