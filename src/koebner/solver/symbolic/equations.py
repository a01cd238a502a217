"""The equations of a model in the order in which the solver holds them, as one expression graph."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter

from koebner.errors import ModelError
from koebner.kinetics import Event, Model
from koebner.kinetics.formulas import parse
from koebner.kinetics.validation import dependencies
from koebner.solver.records import NO_RECORDS, RecordPlan
from koebner.solver.symbolic.expressions import JUMPING, RELATIONS, Graph
from koebner.solver.symbolic.jacobian import gradients
from koebner.solver.symbolic.reading import read_condition, read_number
from koebner.solver.symbolic.variational import NO_SENSITIVITIES, SensitivityPlan, add_variations, labels


@dataclass(frozen=True, kw_only=True)
class EventLayout:
    """One event: how it acts, and where the values of its assignments go."""

    id: str
    persistent: bool
    initial_value: bool
    use_values_from_trigger_time: bool
    has_delay: bool
    has_priority: bool
    targets: tuple[tuple[str, int], ...]
    """By assignment, `y` (states) or `p` (constants) and the place in it."""
    first: int
    """Place of the first of its values among those of all events."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Names in the order of the arrays: states `y`, constants `p`, observed variables.

    Constants are parameters and compartments without a rule. They keep their value unless a dose or an
    event sets them. Observed are variables of assignment rules, then the rates of reactions. Last of
    each come the derivatives that are integrated along.
    """

    states: tuple[str, ...]
    constants: tuple[str, ...]
    assigned: tuple[str, ...]
    reactions: tuple[str, ...]
    events: tuple[EventLayout, ...]
    sensitivities: SensitivityPlan = NO_SENSITIVITIES

    @cached_property
    def observed(self) -> tuple[str, ...]:
        """Variables that are computed from states and constants."""
        return (*self.assigned, *self.reactions, *labels(self.sensitivities.outputs))

    @staticmethod
    def of(model: Model, sensitivities: SensitivityPlan = NO_SENSITIVITIES) -> "Layout":
        """Return the layout of a model, and of derivatives that are integrated along."""
        ruled = {*model.states, *model.assigned}
        named = (*model.parameters, *model.compartments)
        constants = tuple(name for name in named if name not in ruled)
        places = {name: ("y", i) for i, name in enumerate(model.states)}
        places |= {name: ("p", i) for i, name in enumerate(constants)}
        return Layout(
            states=(*model.states, *labels(sensitivities.states)),
            constants=(*constants, *labels(sensitivities.constants)),
            assigned=model.assigned,
            reactions=tuple(model.reactions),
            events=_event_layouts(model, places),
            sensitivities=sensitivities,
        )


def _event_layouts(model: Model, places: Mapping[str, tuple[str, int]]) -> tuple[EventLayout, ...]:
    layouts = []
    first = 0
    for event in model.events.values():
        layouts.append(
            EventLayout(
                id=event.id,
                persistent=event.persistent,
                initial_value=event.initial_value,
                use_values_from_trigger_time=event.use_values_from_trigger_time,
                has_delay=event.delay is not None,
                has_priority=event.priority is not None,
                targets=tuple(places[name] for name in event.assignments),
                first=first,
            )
        )
        first += len(event.assignments)
    return tuple(layouts)


@dataclass(frozen=True, kw_only=True)
class Equations:
    """Nodes of the graph, each tuple in the order of the layout.

    `conditions` are relations and rounded numbers at whose changes rates, triggers or first times may
    jump; `guards` the bases of roots and real powers, which are held at 0 when a rounding error takes
    them below.
    """

    graph: Graph
    derivatives: tuple[int, ...]
    observed: tuple[int, ...]
    initial: Mapping[str, int]
    triggers: tuple[int, ...]
    delays: tuple[int, ...]
    priorities: tuple[int, ...]
    assignments: tuple[int, ...]
    conditions: tuple[int, ...]
    guards: tuple[int, ...]
    minima: tuple[int, ...]
    firsts: tuple[int, ...]

    @property
    def time(self) -> int:
        """Node of the time."""
        return self.graph.variable("t")


def build_equations(model: Model, layout: Layout, plan: RecordPlan = NO_RECORDS) -> Equations:
    """Return the equations of a model, and what is recorded of them.

    Raises
    ------
    ModelError
        When a formula uses a function that is not supported.
    """
    graph = Graph()
    names = _Names(model, layout, graph)
    events = tuple(model.events.values())
    derivatives = tuple(names.rate(name) for name in model.states)
    triggers = tuple(read_condition(graph, parse(event.trigger), names) for event in events)
    observed = tuple(names.value(name) for name in (*layout.assigned, *layout.reactions))
    firsts = tuple(read_condition(graph, parse(formula), names) for formula in plan.firsts)
    equations = Equations(
        graph=graph,
        derivatives=derivatives,
        observed=observed,
        initial={
            name: read_number(graph, parse(model.initial_assignments[name]), names)
            for name in _initial_order(model)
        },
        triggers=triggers,
        delays=_optional(names, [event.delay for event in events], 0.0),
        priorities=_optional(names, [event.priority for event in events], float("nan")),
        assignments=tuple(_assignments(names, events)),
        conditions=_conditions(graph, [*derivatives, *triggers, *firsts]),
        guards=_guards(graph, [*derivatives, *observed]),
        minima=tuple(read_number(graph, parse(formula), names) for formula in plan.minima),
        firsts=firsts,
    )
    return add_variations(equations, layout)


def _optional(names: "_Names", formulas: list[str | None], absent: float) -> tuple[int, ...]:
    graph = names.graph
    return tuple(
        graph.number(absent) if formula is None else read_number(graph, parse(formula), names)
        for formula in formulas
    )


def _assignments(names: "_Names", events: Iterable[Event]) -> Iterable[int]:
    for event in events:
        for formula in event.assignments.values():
            yield read_number(names.graph, parse(formula), names)


class _Names:
    """Nodes of the values and rates of a model's variables, made when first asked for."""

    def __init__(self, model: Model, layout: Layout, graph: Graph) -> None:
        self.graph = graph
        self.states = {name: graph.variable(f"y[{i}]") for i, name in enumerate(layout.states)}
        self.formulas = {name: model.rules[name].formula for name in layout.assigned}
        self.formulas |= {reaction.id: reaction.rate for reaction in model.reactions.values()}
        self.derivatives = model.derivatives()
        self.values = self.states | {"time": graph.variable("t")}
        self.values |= {name: graph.variable(f"p[{i}]") for i, name in enumerate(layout.constants)}
        self.rates: dict[str, int] = {}
        self.waiting: list[str] = []

    def value(self, name: str) -> int:
        """Return the node of a variable's value."""
        if name not in self.values:
            self.values[name] = read_number(self.graph, parse(self.formulas[name]), self)
        return self.values[name]

    def rate(self, name: str) -> int:
        """Return the node of a variable's rate of change."""
        if name not in self.rates:
            if name in self.waiting:
                raise ModelError(f"the rate of `{name}` depends on itself; rewrite the formulas.")
            self.waiting.append(name)
            self.rates[name] = self._rate(name)
            self.waiting.pop()
        return self.rates[name]

    def _rate(self, name: str) -> int:
        if name in self.derivatives:
            return read_number(self.graph, parse(self.derivatives[name]), self)
        graph, states = self.graph, list(self.states)
        variables = {node: i for i, node in enumerate(self.states.values())}
        variables[self.values["time"]] = len(states)
        total = graph.number(0.0)
        for i, slope in gradients(graph, [self.value(name)], variables)[0].items():
            flow = self.rate(states[i]) if i < len(states) else graph.number(1.0)
            total = graph.apply("+", total, graph.apply("*", slope, flow))
        return total


def _initial_order(model: Model) -> list[str]:
    """Variables with an initial assignment, each after those that it depends on."""
    order = TopologicalSorter(dependencies(model)).static_order()
    return [name for name in order if name in model.initial_assignments]


def _conditions(graph: Graph, roots: list[int]) -> tuple[int, ...]:
    """What jumps: relations, and numbers rounded to whole ones."""
    found: dict[int, None] = {}
    for node in graph.needed(roots):
        operation, arguments, _, _ = graph.nodes[node]
        if operation not in JUMPING or not graph.moving[node]:
            continue
        if operation in RELATIONS:
            # Equality has no side on which to stop; both inequalities do.
            sides = ("<", ">") if operation in ("==", "!=") else (operation,)
            found |= dict.fromkeys(graph.apply(side, *arguments) for side in sides)
        else:
            found[node] = None
    return tuple(found)


def _guards(graph: Graph, roots: list[int]) -> tuple[int, ...]:
    """Bases of roots and real powers; under a power that is whole, a base may be negative."""
    found: dict[int, None] = {}
    for node in graph.needed(roots):
        operation, arguments, _, _ = graph.nodes[node]
        if not graph.moving[node] or operation not in ("^", "sqrt"):
            continue
        base = arguments[0]
        if operation == "^":
            whole = graph.apply("==", graph.apply("floor", arguments[1]), arguments[1])
            base = graph.apply("if", whole, graph.apply("abs", base), base)
        found[base] = None
    return tuple(found)
