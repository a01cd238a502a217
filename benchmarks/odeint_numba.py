"""Rates and Jacobian of a model as Python source that numba compiles: what a careful user would write.

As in Koebner, common parts are computed once, derivatives are exact, and what depends on parameters
alone is computed once a patient.
"""

from collections.abc import Iterator
from typing import Any

from koebner.kinetics import Model
from koebner.solver.machine_code.compile import states_of
from koebner.solver.machine_code.emission import hoisted_nodes
from koebner.solver.symbolic.equations import Layout, build_equations
from koebner.solver.symbolic.expressions import Graph
from koebner.solver.symbolic.jacobian import gradients

_HEADER = """
import math
import numpy as np
from numba import njit

_options = {"error_model": "numpy", "fastmath": {"contract"}}

@njit("float64(float64, float64)", **_options)
def power(base, exponent):  # what should be 0 may be a rounding error below it
    return base**exponent if base > 0.0 or exponent == math.floor(exponent) else 0.0
"""
_RATES = """
@njit("float64[::1](float64, float64[::1], float64[::1])", **_options)
def rates(t, y, p):
    out = np.empty({n})
{body}
    return out
"""
_JACOBIAN = """
@njit("float64[:, ::1](float64, float64[::1], float64[::1])", **_options)
def jacobian(t, y, p):
    out = np.zeros(({n}, {n}))
{body}
    return out
"""
_HOIST = """
@njit("void(float64[::1])", **_options)
def hoist(p):
{body}
"""
_FORMS = {
    "^": "power({}, {})",
    "neg": "-{}",
    "rcp": "1.0 / {}",
    "if": "{1} if {0} else {2}",
    "not": "not {}",
    "abs": "abs({})",
    "min": "min({}, {})",
    "max": "max({}, {})",
}


def compiled(model: Model) -> tuple[dict[str, Any], int]:
    """Return `rates`, `jacobian` and `hoist`, and how many places `hoist` fills after the constants.

    `jacobian` returns `[j, i]`, the derivative of rate i by state j.
    """
    layout = Layout.of(model)
    equations = build_equations(model, layout)
    graph, n, n_constants = equations.graph, len(layout.states), len(layout.constants)
    rows = gradients(graph, list(equations.derivatives), states_of(equations, layout))
    rates = {f"out[{i}]": node for i, node in enumerate(equations.derivatives)}
    entries = {f"out[{j}, {i}]": node for i, row in enumerate(rows) for j, node in sorted(row.items())}
    nodes = hoisted_nodes(graph, [*rates.values(), *entries.values()])
    places = {node: f"p[{n_constants + k}]" for k, node in enumerate(nodes)}
    source = "".join(
        [
            _HEADER,
            _HOIST.format(body=_body(graph, {place: node for node, place in places.items()}, {})),
            _RATES.format(n=n, body=_body(graph, rates, places)),
            _JACOBIAN.format(n=n, body=_body(graph, entries, places)),
        ]
    )
    functions: dict[str, Any] = {}
    exec(source, functions)
    return functions, len(nodes)


def _body(graph: Graph, targets: dict[str, int], places: dict[int, str]) -> str:
    return "\n".join(f"    {line}" for line in _lines(graph, targets, places))


def _lines(graph: Graph, targets: dict[str, int], places: dict[int, str]) -> Iterator[str]:
    texts = dict(places)
    for node in graph.needed(targets.values(), given=places):
        operation, arguments, value, name = graph.nodes[node]
        if operation == "number":
            texts[node] = f"({value!r})"
        elif operation == "variable":
            texts[node] = name
        else:
            form = _FORMS.get(operation)
            if form is None:
                form = "math." + operation + "({})" if len(arguments) == 1 else "{} " + operation + " {}"
            texts[node] = f"x{node}"
            yield f"x{node} = {form.format(*(texts[argument] for argument in arguments))}"
    for target, node in targets.items():
        yield f"{target} = {texts[node]}"
