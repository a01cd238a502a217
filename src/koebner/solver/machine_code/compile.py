"""The equations of a model as machine code for one patient, called from Python.

Parameter values are arguments of the code, so models that differ in them alone share it.
"""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import llvmlite.ir as ir
import numpy as np
from numpy.typing import NDArray

from koebner.kinetics import Model
from koebner.solver.machine_code.assembly import Code, assemble
from koebner.solver.machine_code.emission import Emitter, Place, hoisted_nodes
from koebner.solver.machine_code.lanes import BYTE, INT, Lanes
from koebner.solver.machine_code.object_cache import Entry, cached, key_of
from koebner.solver.records import NO_RECORDS, RecordPlan
from koebner.solver.symbolic.equations import Equations, Layout, build_equations
from koebner.solver.symbolic.jacobian import gradients
from koebner.solver.symbolic.variational import NO_SENSITIVITIES, SensitivityPlan

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class CompiledModel:
    """Functions of one patient: `t` time, `y` states, `p` constants followed by what was hoisted.

    What depends on constants alone is hoisted: computed once by `hoist`, anew when a constant changes.
    """

    layout: Layout
    n_hoisted: int
    n_conditions: int
    n_guards: int
    n_watched: int
    code: Code

    def start(self, y: Array, p: Array, keep_y: Flags, keep_p: Flags) -> None:
        """Apply the initial assignments, in place, except where kept."""
        time = np.zeros(1)
        arrays = (time, y, p, keep_y, keep_p)
        self._call("start", len(arrays))(*(_address(array) for array in arrays))

    def hoist(self, p: Array) -> None:
        """Compute what depends on constants alone, in place."""
        self._call("hoist", 1)(_address(p))

    def rates(self, t: float, y: Array, p: Array) -> Array:
        """Return dy/dt, shape `(n_states,)`."""
        return self._of_state("rates", len(self.layout.states), t, y, p)

    def jacobian(self, t: float, y: Array, p: Array) -> Array:
        """Return the derivatives of the rates, `[j, i]` that of rate i by state j."""
        n = len(self.layout.states)
        return self._of_state("jacobian", n * n, t, y, p).reshape(n, n)

    def observe(self, times: Array, states: Array, p: Array) -> Array:
        """Return the observed variables at some times, shape `(n_times, n_observed)`."""
        rows = [
            self._of_state("observe", len(self.layout.observed), t, y, p)
            for t, y in zip(times.tolist(), np.ascontiguousarray(states), strict=True)
        ]
        return np.array(rows).reshape(len(times), len(self.layout.observed))

    def conditions(self, t: float, y: Array, p: Array) -> Array:
        """Return truths, 1 or 0, and rounded numbers at whose change rates or triggers may jump."""
        return self._of_state("conditions", self.n_conditions, t, y, p)

    def triggers(self, t: float, y: Array, p: Array) -> Array:
        """Return 1 or 0 for the trigger of each event."""
        return self._of_state("triggers", len(self.layout.events), t, y, p)

    def delays(self, t: float, y: Array, p: Array) -> Array:
        """Return the delay of each event."""
        return self._of_state("delays", len(self.layout.events), t, y, p)

    def priorities(self, t: float, y: Array, p: Array) -> Array:
        """Return the priority of each event, nan where it has none."""
        return self._of_state("priorities", len(self.layout.events), t, y, p)

    def assignments(self, t: float, y: Array, p: Array) -> Array:
        """Return the values of all assignments of all events, one event after the other."""
        n_assignments = sum(len(event.targets) for event in self.layout.events)
        return self._of_state("assignments", n_assignments, t, y, p)

    def guards(self, t: float, y: Array, p: Array) -> Array:
        """Return the bases of real powers and roots, which may not be negative."""
        return self._of_state("guards", self.n_guards, t, y, p)

    def watch(self, t: float, y: Array, p: Array) -> Array:
        """Return what is recorded: values whose minima are kept, then 1 or 0 for each condition."""
        return self._of_state("watch", self.n_watched, t, y, p)

    def _of_state(self, name: str, size: int, t: float, y: Array, p: Array) -> Array:
        desk = self._desk
        desk.time[0] = t
        desk.states[:] = y
        if p is not desk.constants:
            desk.constants, desk.constants_address = p, _address(p)
        if name not in desk.results:
            desk.results[name] = result = np.zeros(size)
            desk.calls[name] = self._call(name, 4), _address(result)
        function, result_address = desk.calls[name]
        function(desk.time_address, desk.states_address, desk.constants_address, result_address)
        return desk.results[name].copy()

    def _call(self, name: str, n_pointers: int) -> Callable[..., None]:
        if name not in self._functions:
            self._functions[name] = self.code.function(name, n_pointers)
        return self._functions[name]

    @cached_property
    def _functions(self) -> dict[str, Callable[..., None]]:
        return {}

    @cached_property
    def _desk(self) -> "_Desk":
        return _Desk(len(self.layout.states))


class _Desk(threading.local):
    """Arrays of one thread at addresses that are looked up once, as that takes longer than a call."""

    def __init__(self, n_states: int) -> None:
        self.time, self.states = np.zeros(1), np.zeros(n_states)
        self.time_address, self.states_address = _address(self.time), _address(self.states)
        self.constants, self.constants_address = np.zeros(0), 0
        self.results: dict[str, Array] = {}
        self.calls: dict[str, tuple[Callable[..., None], int]] = {}


def _address(array: NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])


def compile_model(model: Model) -> CompiledModel:
    """Return the compiled equations of a model, from the cache where possible.

    Raises
    ------
    ModelError
        When a formula uses a function that is not supported.
    BuildError
        When LLVM refuses the equations; the error keeps their text.
    """
    return compile_recipe(Recipe(model))


class Recipe:
    """What code is made from; equal where the equations are, whatever the parameter values."""

    def __init__(
        self,
        model: Model,
        plan: RecordPlan = NO_RECORDS,
        sensitivities: SensitivityPlan = NO_SENSITIVITIES,
    ) -> None:
        self.model = model
        self.plan = plan
        self.layout = Layout.of(model, sensitivities)
        content = [
            self.layout.constants,
            list(model.derivatives().items()),
            [(name, model.rules[name].formula) for name in self.layout.assigned],
            [(reaction.id, reaction.rate) for reaction in model.reactions.values()],
            dict(model.initial_assignments),
            [repr(event) for event in model.events.values()],
            [name for name in model.species if name in self.layout.states],
            [plan.minima, plan.firsts],
            astuple(sensitivities),
        ]
        self.content = json.dumps(content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipe) and self.content == other.content

    def __hash__(self) -> int:
        return hash(self.content)


@lru_cache(maxsize=64)
def compile_recipe(recipe: Recipe) -> CompiledModel:
    """Return the code of a recipe for one patient; errors as of `compile_model`."""
    entry = cached(key_of("one patient", recipe.content), lambda: _build(recipe))
    return CompiledModel(
        layout=recipe.layout,
        n_hoisted=entry.facts["n_hoisted"],
        n_conditions=entry.facts["n_conditions"],
        n_guards=entry.facts["n_guards"],
        n_watched=entry.facts["n_watched"],
        code=Code(entry.code),
    )


def _build(recipe: Recipe) -> Entry:
    equations = build_equations(recipe.model, recipe.layout, recipe.plan)
    graph, n_constants = equations.graph, len(recipe.layout.constants)
    rows = gradients(graph, list(equations.derivatives), states_of(equations, recipe.layout))
    n = len(rows)
    entries: list[tuple[Place, int]] = [
        (("out", j * n + i), node) for i, row in enumerate(rows) for j, node in sorted(row.items())
    ]
    functions = {
        "rates": listed(equations.derivatives),
        "jacobian": entries,
        "observe": listed(equations.observed),
        "conditions": listed(equations.conditions),
        "triggers": listed(equations.triggers),
        "delays": listed(equations.delays),
        "priorities": listed(equations.priorities),
        "assignments": listed(equations.assignments),
        "guards": listed(equations.guards),
        "watch": listed((*equations.minima, *equations.firsts)),
    }
    hoisted = hoisted_nodes(graph, [node for targets in functions.values() for _, node in targets])
    places = variable_places(equations, recipe.layout)
    after = {node: ("p", n_constants + k) for k, node in enumerate(hoisted)}
    module = ir.Module(recipe.model.id)
    plain = Emitter(graph=graph, lanes=Lanes(module, 1), places=places)
    write_start(plain, equations, recipe.layout)
    plain.function("hoist", ["p"], [(place, node) for node, place in after.items()])
    strict = replace(plain, places=places | after)
    forgiving = replace(strict, forgiving=True)
    for name, targets in functions.items():
        emitter = forgiving if name in ("rates", "jacobian", "observe") else strict
        emitter.function(name, ["t", "y", "p", "out"], targets)
    facts = {
        "n_hoisted": len(hoisted),
        "n_conditions": len(equations.conditions),
        "n_guards": len(equations.guards),
        "n_watched": len(equations.minima) + len(equations.firsts),
    }
    return Entry(assemble(module), facts)


def listed(nodes: Iterable[int]) -> list[tuple[Place, int]]:
    """Return nodes as targets of a function: one after the other in its array `out`."""
    return [(("out", i), node) for i, node in enumerate(nodes)]


def states_of(equations: Equations, layout: Layout) -> dict[int, int]:
    """Return the place of each state by its node."""
    return {equations.graph.variable(f"y[{i}]"): i for i in range(len(layout.states))}


def variable_places(equations: Equations, layout: Layout) -> dict[int, Place]:
    """Return where the variables stand: time in `t`, states in `y`, constants in `p`."""
    graph = equations.graph
    places: dict[int, Place] = {node: ("y", i) for node, i in states_of(equations, layout).items()}
    places |= {graph.variable(f"p[{i}]"): ("p", i) for i in range(len(layout.constants))}
    return places | {equations.time: ("t", 0)}


def write_start(emitter: Emitter, equations: Equations, layout: Layout) -> None:
    """Write `start(t, y, p, keep_y, keep_p)`; later values build on earlier ones, so nothing is shared."""
    builder, pointers = emitter.begin("start", ["t", "y", "p", "keep_y", "keep_p"])
    for name, node in equations.initial.items():
        array = "y" if name in layout.states else "p"
        index = (layout.states if array == "y" else layout.constants).index(name)
        flag = builder.gep(pointers[f"keep_{array}"], [ir.Constant(INT, index)], source_etype=BYTE)
        kept = builder.load(flag, typ=BYTE)
        with builder.if_then(builder.icmp_unsigned("==", kept, ir.Constant(BYTE, 0))):
            emitter.compute(builder, pointers, [((array, index), node)])
    builder.ret_void()
