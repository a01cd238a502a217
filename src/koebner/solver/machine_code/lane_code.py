"""The equations of a model as machine code for a register of patients, in the form the driver calls."""

from dataclasses import dataclass
from functools import lru_cache

import llvmlite.ir as ir

from koebner.solver.machine_code.assembly import Code, assemble, lane_width
from koebner.solver.machine_code.compile import Recipe, listed, states_of, variable_places, write_start
from koebner.solver.machine_code.emission import Emitter, Place, hoisted_nodes
from koebner.solver.machine_code.lanes import Lanes
from koebner.solver.machine_code.object_cache import Entry, cached, key_of
from koebner.solver.machine_code.solution import write_solve
from koebner.solver.symbolic.equations import Equations, build_equations
from koebner.solver.symbolic.expressions import Graph
from koebner.solver.symbolic.factorization import factorize
from koebner.solver.symbolic.jacobian import Gradient, gradients


@dataclass(frozen=True, kw_only=True, eq=False)
class LaneCode:
    """Compiled functions of arrays by lane, and the sizes of these arrays.

    The states `y` are followed by the time, the constants `p` by what depends on them alone. `pivots`
    are the places of the (reciprocal) pivots among the factors.
    """

    code: Code
    sizes: dict[str, int]
    pivots: tuple[int, ...]


@lru_cache(maxsize=64)
def compile_lanes(recipe: Recipe) -> LaneCode:
    """Return the code of a recipe for lanes, from the cache where possible.

    Raises
    ------
    ModelError
        When a formula uses a function that is not supported.
    BuildError
        When LLVM refuses the equations.
    """
    width = lane_width()
    entry = cached(key_of("lanes", recipe.content, width), lambda: _build(recipe, width))
    sizes = dict(entry.facts)
    pivots = tuple(sizes.pop("pivots"))
    return LaneCode(code=Code(entry.code), sizes=sizes, pivots=pivots)


def _build(recipe: Recipe, width: int) -> Entry:
    equations = build_equations(recipe.model, recipe.layout, recipe.plan)
    graph, layout = equations.graph, recipe.layout
    n = len(layout.states)
    shift = graph.variable("shift")
    rates, rows = _with_time(equations, states_of(equations, layout))
    factorization = factorize(graph, rows, shift)
    lists = {
        "rates": rates,
        "observe": equations.observed,
        "conditions": equations.conditions,
        "guards": (*equations.guards, *_species(recipe, graph)),
        "watch": (*equations.minima, *equations.firsts),
        "triggers": equations.triggers,
        "delays": equations.delays,
        "priorities": equations.priorities,
        "assignments": equations.assignments,
    }
    entries = [node for node in factorization.entries if graph.constant(node) is None]
    products = [_product(graph, row, i, shift) for i, row in enumerate(rows)]
    hoisted = hoisted_nodes(
        graph, [*(node for nodes in lists.values() for node in nodes), *entries, *products]
    )
    module = ir.Module(recipe.model.id)
    places = variable_places(equations, layout)
    write_start(Emitter(graph=graph, lanes=Lanes(module, 1), places=places), equations, layout)
    places |= {equations.time: ("y", n), shift: ("shift", 0)}
    fast, exact = Lanes(module, width), Lanes(module, width, contract=False)
    after: dict[int, Place] = {node: ("p", len(layout.constants) + k) for k, node in enumerate(hoisted)}
    Emitter(graph=graph, lanes=exact, places=places).function(
        "hoist", ["p"], [(place, node) for node, place in after.items()]
    )
    places |= after
    emitter = Emitter(graph=graph, lanes=fast, places=places, forgiving=True)
    careful = Emitter(graph=graph, lanes=exact, places=places)
    for name, nodes in lists.items():
        writer = emitter if name in ("rates", "observe") else careful
        writer.function(name, ["y", "p", "out"], listed(nodes))
    emitter.function("factor", ["y", "p", "shift", "out"], listed(entries))
    places_u = places | {graph.variable(f"u[{i}]"): ("u", i) for i in range(len(rows))}
    with_u = Emitter(graph=graph, lanes=fast, places=places_u, forgiving=True)
    with_u.function("residual", ["y", "p", "shift", "u", "out"], listed(products))
    slots = {node: i for i, node in enumerate(entries)}
    write_solve(emitter, factorization, slots)
    facts = {
        "pivots": [slots[node] for node in factorization.inverse if node in slots],
        "n_steps": len(rows),
        "n_p": len(layout.constants) + len(hoisted),
        "n_factors": len(entries),
        "n_observed": len(equations.observed),
        "n_conditions": len(equations.conditions),
        "n_guards": len(lists["guards"]),
        "n_bases": len(equations.guards),
        "n_minima": len(equations.minima),
        "n_firsts": len(equations.firsts),
    }
    return Entry(assemble(module), facts)


def _species(recipe: Recipe, graph: Graph) -> list[int]:
    """States that may not be negative, unless they are allowed to be."""
    places = {name: i for i, name in enumerate(recipe.layout.states)}
    return [graph.variable(f"y[{places[name]}]") for name in recipe.model.species if name in places]


def _with_time(equations: Equations, states: dict[int, int]) -> tuple[tuple[int, ...], list[Gradient]]:
    """Rates and Jacobian; where rates depend on time, time is the last state."""
    graph, derivatives = equations.graph, equations.derivatives
    if equations.time not in graph.needed(derivatives):
        return derivatives, gradients(graph, list(derivatives), states)
    rates = (*derivatives, graph.number(1.0))
    return rates, gradients(graph, list(rates), states | {equations.time: len(states)})


def _product(graph: Graph, row: Gradient, i: int, shift: int) -> int:
    """Node of row i of (shift I - J) u."""
    total = graph.apply("*", shift, graph.variable(f"u[{i}]"))
    for j, node in sorted(row.items()):
        total = graph.apply("-", total, graph.apply("*", node, graph.variable(f"u[{j}]")))
    return total
