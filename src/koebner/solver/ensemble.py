"""The fast method: many patients at once, one in each lane of the registers, on every core.

Threads take chunks of patients. Every number of a patient is computed by the same instructions on that
patient's numbers alone, so it is the same to the bit whatever the lane, the chunk or the thread. A
patient whose numbers are in doubt is integrated again by the reference method.
"""

import math
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from threading import Event as Signal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from koebner.solver.driver.advance import BUDGET, DONE, load_driver
from koebner.solver.driver.suspicions import Suspicion
from koebner.solver.driver.workspace import FUNCTIONS, Workspace
from koebner.solver.lane_events import LaneEvents
from koebner.solver.machine_code.assembly import lane_width
from koebner.solver.machine_code.lane_code import LaneCode, compile_lanes
from koebner.solver.methods import load_method
from koebner.solver.problem import LONGEST_PART, Outcome, Problem, Progress
from koebner.solver.reference.lsoda import solve_patient
from koebner.solver.status import FailedError, Status

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

_CHUNK = 256
"""Patients that a thread takes at a time: many enough that lanes seldom idle at the end of a chunk."""
_STATES_AT_A_TIME = 1_000_000
"""Steps times states before a thread looks whether it was interrupted, some tenths of a second."""
_LONGEST_PART_IN_TIME = 0.05
"""Longest step as a part of the whole time where rates depend on time: a pulse could be stepped over."""
_LANDING_BELOW, _NEAREST_LANDING = 5e-6, 0.5
"""Below this tolerance steps end at output times, unless these are nearer than this part of a step."""
_KINDS = {"y": 0, "a": 1, "p": 2}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Results:
    """Where lanes write, by patient."""

    values: Array
    records: Array
    status: Whole
    ended: Array


def solve(problem: Problem, progress: Progress, method: str, threads: int | None) -> Outcome:
    """Integrate every patient of a problem by a Rosenbrock method."""
    n_patients = problem.n_patients
    lanes = compile_lanes(problem.recipe)
    results = _Results(
        values=np.full((n_patients, len(problem.times), len(problem.outputs)), np.nan),
        records=np.full((n_patients, len(problem.recipe.plan.names)), np.nan),
        status=np.full(n_patients, Suspicion.NOT_FINITE, dtype=np.int64),
        ended=np.zeros(n_patients),
    )
    chunks = [(first, min(first + _CHUNK, n_patients)) for first in range(0, n_patients, _CHUNK)]
    stop = Signal()
    runner = _Runner(problem, lanes, method, results, stop)
    done = 0
    for n_done in _in_threads(runner, chunks, threads or os.cpu_count() or 1, stop):
        done += n_done
        progress(done)
    return _with_reference(problem, results)


def _in_threads(
    runner: "_Runner", chunks: list[tuple[int, int]], threads: int, stop: Signal
) -> Iterator[int]:
    """Run all chunks; yield the number of patients of each when it is done."""
    free = [runner.workspace() for _ in range(min(threads, len(chunks)))]
    if len(free) == 1:
        yield from (runner.run(free[0], chunk) for chunk in chunks)
        return
    waiting, running = deque(chunks), dict[Future[int], Workspace]()
    with ThreadPoolExecutor(len(free)) as pool:
        try:
            while waiting or running:
                while free and waiting:
                    workspace = free.pop()
                    running[pool.submit(runner.run, workspace, waiting.popleft())] = workspace
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    free.append(running.pop(future))
                    yield future.result()
        finally:
            # After an interrupt, threads end with the steps that they are at.
            stop.set()


class _Runner:
    """Integrates chunks of one problem, each in a workspace of its own thread."""

    def __init__(
        self, problem: Problem, lanes: LaneCode, method: str, results: _Results, stop: Signal
    ) -> None:
        self._problem = problem
        self._lanes = lanes
        self._results = results
        self._stop = stop
        self._method = load_method(method)
        self._advance = load_driver(method).function("advance", 1, returns_whole=True)
        self._has_events = bool(problem.recipe.layout.events)

    def workspace(self) -> Workspace:
        """Return a table that describes the problem, with arrays for one thread."""
        problem, sizes, layout = self._problem, self._lanes.sizes, self._problem.recipe.layout
        n_states, n_constants = len(layout.states), len(layout.constants)
        end = float(problem.times[-1])
        numbers = {
            "n_states": n_states,
            "n_steps": sizes["n_steps"],
            "n_constants": n_constants,
            "n_conditions": sizes["n_conditions"],
            "n_guards": sizes["n_guards"] if problem.never_negative.any() else sizes["n_bases"],
            "n_bases": sizes["n_bases"],
            "n_minima": sizes["n_minima"],
            "n_firsts": sizes["n_firsts"],
            "n_areas": len(problem.recipe.plan.areas),
            "n_pivots": len(self._lanes.pivots),
            "n_outputs": len(problem.outputs),
            "n_times": len(problem.times),
            "n_given_states": len(problem.states.places),
            "n_given_constants": len(problem.constants.places),
            "has_events": int(self._has_events),
            "max_steps": problem.max_steps,
            "rtol": problem.rtol,
            "atol": problem.atol,
            "end": end,
            "landing": _NEAREST_LANDING if problem.rtol < _LANDING_BELOW else math.inf,
            "longest_step": max(min(end * self._longest_part(), problem.longest_step), 1e-300),
        }
        workspace = Workspace(
            width=lane_width(),
            sizes={
                **sizes,
                "n_states": n_states,
                "n_stages": self._method.n_stages,
                "n_dense": len(self._method.d),
            },
        )
        for name, number in numbers.items():
            workspace.set(name, number)
        for name in FUNCTIONS:
            workspace.set(name, self._lanes.code.address(name))
        for name, array in self._arrays().items():
            workspace.point(name, array)
        workspace.point("scratch_y", np.zeros(n_states + 1))
        workspace.point("scratch_p", np.zeros(n_constants + 1))
        return workspace

    def _longest_part(self) -> float:
        sizes, n_states = self._lanes.sizes, len(self._problem.recipe.layout.states)
        if sizes["n_conditions"] or sizes["n_minima"]:
            return LONGEST_PART
        return _LONGEST_PART_IN_TIME if sizes["n_steps"] > n_states else 1.0

    def _arrays(self) -> dict[str, NDArray[Any]]:
        problem, results = self._problem, self._results
        states, constants, changes = problem.states, problem.constants, problem.changes
        return {
            "times": problem.times,
            "default_states": states.default,
            "default_constants": constants.default,
            "keep_states": states.is_given,
            "keep_constants": constants.is_given,
            "given_states": states.given,
            "given_state_places": states.places,
            "given_constants": constants.given,
            "given_constant_places": constants.places,
            "change_first": changes.first,
            "change_time": changes.time,
            "change_place": changes.place,
            "change_kind": changes.kind,
            "change_amount": changes.amount,
            "output_kind": np.array([_KINDS[kind] for kind, _ in problem.places], dtype=np.int64),
            "output_place": np.array([place for _, place in problem.places], dtype=np.int64),
            "area_place": np.array(
                [problem.recipe.layout.states.index(name) for name in problem.recipe.plan.areas],
                dtype=np.int64,
            ),
            "pivot_place": np.array(self._lanes.pivots, dtype=np.int64),
            "values": results.values,
            "records": results.records,
            "status": results.status,
            "ended": results.ended,
        }

    def run(self, workspace: Workspace, chunk: tuple[int, int]) -> int:
        """Integrate the patients of a chunk; return their number."""
        first, last = chunk
        workspace.set("next_patient", first)
        workspace.set("last_patient", last)
        for flag in ("loading", "arriving"):
            workspace.lanes[flag][:] = -1
        events = LaneEvents(self._problem, self._lanes, workspace) if self._has_events else None
        while not self._stop.is_set():
            workspace.set("budget", max(1, _STATES_AT_A_TIME // (1 + self._lanes.sizes["n_steps"])))
            reason = self._advance(workspace.address)
            if reason == DONE:
                break
            if reason != BUDGET and events is not None:
                events.handle()
        return last - first


def _with_reference(problem: Problem, results: _Results) -> Outcome:
    """Integrate again whoever is in doubt."""
    n_patients = problem.n_patients
    finite = np.isfinite(results.values).all(axis=(1, 2))
    finite &= problem.recipe.plan.are_numbers(results.records)
    results.status[(results.status == Suspicion.NONE) & ~finite] = Suspicion.NOT_FINITE
    status = np.full(n_patients, Status.OK, dtype=np.int64)
    reasons = [Status.OK.sentence] * n_patients
    # At equal tolerance LSODA is the less accurate of the two.
    tighter = replace(problem, rtol=max(0.1 * problem.rtol, 1e-13), atol=0.1 * problem.atol)
    for patient in np.flatnonzero(results.status != Suspicion.NONE).tolist():
        doubt = Suspicion(results.status[patient])
        try:
            results.values[patient], results.records[patient] = solve_patient(tighter, patient)
            status[patient] = Status.REDONE
            reasons[patient] = Status.REDONE.reason(results.ended[patient], f"{doubt.sentence}.")
        except FailedError as failure:
            results.values[patient] = results.records[patient] = np.nan
            status[patient], reasons[patient] = failure.status, failure.reason
    return Outcome(values=results.values, records=results.records, status=status, reasons=tuple(reasons))
