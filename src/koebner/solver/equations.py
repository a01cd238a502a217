"""The equations of a model in the order in which the solver holds them, as one expression graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from koebner.kinetics import Model
from koebner.kinetics.formulas import parse, symbols
from koebner.solver.expressions import Graph


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Names in the order of the arrays: states `y`, constants `p` and assigned variables.

    Constants are parameters without a rule, then compartments. They keep their value unless a dose
    sets them.
    """

    states: tuple[str, ...]
    constants: tuple[str, ...]
    assigned: tuple[str, ...]

    @staticmethod
    def of(model: Model) -> "Layout":
        """Return the layout of a model."""
        ruled = {*model.states, *model.assigned}
        constants = (*(name for name in model.parameters if name not in ruled), *model.compartments)
        return Layout(states=model.states, constants=constants, assigned=model.assigned)


@dataclass(frozen=True, kw_only=True)
class Equations:
    """Nodes of the graph: right-hand sides, assigned variables and initial assignments in order."""

    graph: Graph
    derivatives: tuple[int, ...]
    assigned: tuple[int, ...]
    initial: Mapping[str, int]


def build_equations(model: Model, layout: Layout) -> Equations:
    """Return the equations of a model.

    Raises
    ------
    ModelError
        When a formula uses a function that is not supported.
    """
    graph = Graph()
    nodes = {name: graph.variable(f"y[{i}]") for i, name in enumerate(layout.states)}
    nodes |= {name: graph.variable(f"p[{i}]") for i, name in enumerate(layout.constants)}
    nodes["time"] = graph.variable("t")
    formulas = {name: model.rules[name].formula for name in layout.assigned}
    formulas |= {reaction.id: reaction.rate for reaction in model.reactions.values()}

    def resolve(name: str) -> int:
        if name not in nodes:
            nodes[name] = graph.read(parse(formulas[name]), resolve)
        return nodes[name]

    derivatives = model.derivatives()
    return Equations(
        graph=graph,
        derivatives=tuple(graph.read(parse(derivatives[name]), resolve) for name in layout.states),
        assigned=tuple(resolve(name) for name in layout.assigned),
        initial={
            name: graph.read(parse(model.initial_assignments[name]), resolve)
            for name in _initial_order(model, formulas)
        },
    )


def _initial_order(model: Model, formulas: Mapping[str, str]) -> list[str]:
    everything = {**formulas, **model.initial_assignments}
    order = TopologicalSorter({name: symbols(text) for name, text in everything.items()}).static_order()
    return [name for name in order if name in model.initial_assignments]
