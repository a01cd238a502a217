"""The variational equations: derivatives by parameters, integrated along with a model.

The derivative of a state x by a parameter k becomes one more state, S = s dx/dk, where s is the size of
k, or 1 where k is 0. So S has the size of x, and the same tolerances serve. Its rate is J S + s df/dk
(Hairer, Norsett and Wanner 1993, section I.14). The derivative of a constant that an initial assignment
computes becomes one more constant.

On the diagonal of the larger Jacobian stands that of the model, once more for each parameter. As equal
expressions are one node of the graph, all of them share its factors.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from koebner.solver.symbolic.expressions import Graph
from koebner.solver.symbolic.jacobian import Gradient, gradients

if TYPE_CHECKING:
    from koebner.solver.symbolic.equations import Equations, Layout

Pair = tuple[str, str]
"""What is differentiated, and the parameter."""
Seeds = dict[str, dict[int, int]]
"""By parameter, the nodes of derivatives by the nodes of what is differentiated."""


@dataclass(frozen=True, kw_only=True)
class SensitivityPlan:
    """The derivatives that are not always 0: of states, of constants, and of what can be an output."""

    parameters: tuple[str, ...]
    states: tuple[Pair, ...]
    constants: tuple[Pair, ...]
    outputs: tuple[Pair, ...]


NO_SENSITIVITIES = SensitivityPlan(parameters=(), states=(), constants=(), outputs=())


def labels(pairs: Iterable[Pair]) -> tuple[str, ...]:
    """Return names of derivatives, such as no symbol of a model can have."""
    return tuple(f"d {name}/d {parameter}" for name, parameter in pairs)


def variables(graph: Graph, layout: "Layout") -> dict[str, int]:
    """Return the nodes of states and constants by name."""
    nodes = {name: graph.variable(f"y[{i}]") for i, name in enumerate(layout.states)}
    return nodes | {name: graph.variable(f"p[{i}]") for i, name in enumerate(layout.constants)}


def add_variations(equations: "Equations", layout: "Layout") -> "Equations":
    """Return the equations of a model followed by those of the derivatives in its layout."""
    plan, graph = layout.sensitivities, equations.graph
    if not plan.parameters:
        return equations
    nodes = variables(graph, layout)
    # The model's own states come first, so the others have no rate yet.
    rates = dict(zip(layout.states, equations.derivatives, strict=False))
    values = nodes | dict(zip((*layout.assigned, *layout.reactions), equations.observed, strict=True))
    followed = {*plan.states, *plan.constants}
    moved = [*rates, *plan.parameters, *(name for name, _ in plan.constants)]
    roots = [*rates.values(), *equations.initial.values(), *values.values()]
    found = gradients(graph, roots, {nodes[name]: nodes[name] for name in moved})
    slopes = dict(zip(roots, found, strict=True))
    scaled, plain = _seeds(graph, plan, nodes)

    def along(root: int, seeds: Mapping[int, int]) -> int:
        return _along(graph, slopes[root], seeds)

    starts = [(name, k) for name in equations.initial for k in plan.parameters if (name, k) in followed]
    initial = (along(equations.initial[name], scaled[k]) for name, k in starts)
    return replace(
        equations,
        derivatives=(*equations.derivatives, *(along(rates[name], scaled[k]) for name, k in plan.states)),
        observed=(*equations.observed, *(along(values[name], plain[k]) for name, k in plan.outputs)),
        initial={**equations.initial, **dict(zip(labels(starts), initial, strict=True))},
    )


def _seeds(graph: Graph, plan: SensitivityPlan, nodes: Mapping[str, int]) -> tuple[Seeds, Seeds]:
    """Return the derivatives of variables by each parameter, times its size, and as they are."""
    pairs = (*plan.states, *plan.constants)
    scaled: Seeds = {}
    plain: Seeds = {}
    for parameter in plan.parameters:
        size = _size(graph, nodes[parameter])
        inverse = graph.apply("rcp", size)
        followed = {
            nodes[name]: nodes[label]
            for label, (name, by) in zip(labels(pairs), pairs, strict=True)
            if by == parameter
        }
        scaled[parameter] = followed | {nodes[parameter]: size}
        plain[parameter] = {node: graph.apply("*", seed, inverse) for node, seed in followed.items()}
        plain[parameter][nodes[parameter]] = graph.number(1.0)
    return scaled, plain


def _size(graph: Graph, parameter: int) -> int:
    is_zero = graph.apply("==", parameter, graph.number(0.0))
    return graph.apply("if", is_zero, graph.number(1.0), graph.apply("abs", parameter))


def _along(graph: Graph, gradient: Gradient, seeds: Mapping[int, int]) -> int:
    """Return the derivative of an expression, from its gradient and the derivatives of its variables."""
    total = graph.number(0.0)
    for node, slope in sorted(gradient.items()):
        if node in seeds:
            total = graph.apply("+", total, graph.apply("*", slope, seeds[node]))
    return total
