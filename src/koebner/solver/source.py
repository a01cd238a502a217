"""Python source of a model's equations, for numba to compile.

The functions of the generated module; `y` states, `p` constants followed by what depends on constants
alone, `t` time:

- `start(y, p, keep_y, keep_p)` applies the initial assignments, in place, except where kept;
- `hoist(p)` computes what depends on constants alone, in place, once per patient;
- `rates(t, y, p)` returns dy/dt;
- `jacobian(t, y, p)` returns its derivatives, `[j, i]` that of rate i by state j;
- `observe(times, states, p)` returns the assigned variables, shape `(n_times, n_assigned)`.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from koebner.solver.equations import Equations, Layout
from koebner.solver.expressions import BOOLEAN, Graph
from koebner.solver.jacobian import gradients

_MAX_DEPTH = 40  # Python refuses some 200 nested parentheses

_HEADER = '''"""Generated from the equations of a model; do not edit."""

import math

import numpy as np
from numba import njit

_options = {"cache": True, "error_model": "numpy"}
'''

# A state that should be 0 may be a rounding error below it; a real power of it is then 0.
_HELPERS = {
    "power(": """
@njit("float64(float64, float64)", **_options)
def power(base, exponent):
    if base < 0.0 and exponent != math.floor(exponent):
        return 0.0 if base > -1e-6 else math.nan
    return base**exponent

""",
    "square_root(": """
@njit("float64(float64)", **_options)
def square_root(base):
    if base < 0.0:
        return 0.0 if base > -1e-6 else math.nan
    return math.sqrt(base)

""",
}


def generate_source(equations: Equations, layout: Layout) -> str:
    """Return the source of the module that evaluates the equations."""
    graph = equations.graph
    n_states, n_constants = len(layout.states), len(layout.constants)
    states = {graph.variable(f"y[{i}]"): i for i in range(n_states)}
    rows = gradients(graph, list(equations.derivatives), states)
    entries = {(j, i): node for i, row in enumerate(rows) for j, node in sorted(row.items())}
    roots = [*equations.derivatives, *equations.assigned, *entries.values()]
    hoisted = _hoisted(graph, roots)
    places = {node: f"p[{n_constants + k}]" for k, node in enumerate(hoisted)}
    rates = [(f"dydt[{i}]", node) for i, node in enumerate(equations.derivatives)]
    assigned = [(f"values[k, {i}]", node) for i, node in enumerate(equations.assigned)]
    functions = "\n".join(
        [
            f"N_HOISTED = {len(hoisted)}\n",
            *_start(equations, layout),
            *_function("void(float64[::1])", "hoist(p)"),
            *_body(graph, [(place, node) for node, place in places.items()], {}),
            "    return\n",
            *_function("float64[::1](float64, float64[::1], float64[::1])", "rates(t, y, p)"),
            f"    dydt = np.empty({n_states})",
            *_body(graph, rates, places),
            "    return dydt\n",
            *_function("float64[:, ::1](float64, float64[::1], float64[::1])", "jacobian(t, y, p)"),
            f"    derivatives = np.zeros(({n_states}, {n_states}))",
            *_body(graph, [(f"derivatives[{j}, {i}]", node) for (j, i), node in entries.items()], places),
            "    return derivatives\n",
            *_function(
                "float64[:, ::1](float64[::1], float64[:, ::1], float64[::1])", "observe(times, states, p)"
            ),
            f"    values = np.empty((len(times), {len(assigned)}))",
            "    for k in range(len(times)):",
            "        t = times[k]",
            "        y = states[k]",
            *(f"    {line}" for line in _body(graph, assigned, places)),
            "    return values",
            "",
        ]
    )
    helpers = (text for call, text in _HELPERS.items() if call in functions)
    return "\n".join([_HEADER, *helpers, functions])


def _function(signature: str, call: str) -> list[str]:
    return ["", f'@njit("{signature}", **_options)', f"def {call}:"]


def _start(equations: Equations, layout: Layout) -> Iterator[str]:
    flags = "boolean[::1], boolean[::1]"
    yield from _function(f"void(float64[::1], float64[::1], {flags})", "start(y, p, keep_y, keep_p)")
    yield "    t = 0.0"
    for name, node in equations.initial.items():
        array = "y" if name in layout.states else "p"
        index = (layout.states if array == "y" else layout.constants).index(name)
        yield f"    if not keep_{array}[{index}]:"
        # Later values build on earlier ones, so nothing is shared between them.
        for line in _body(equations.graph, [(f"{array}[{index}]", node)], {}):
            yield f"    {line}"
    yield "    return\n"


def _hoisted(graph: Graph, roots: Iterable[int]) -> list[int]:
    """Nodes that depend on constants alone and are used by one that does not, or by nobody."""
    moving: list[bool] = []
    for operation, arguments, _, name in graph.nodes:
        moving.append(name.startswith(("y", "t")) or any(moving[a] for a in arguments))
        if operation == "number":
            moving[-1] = False
    found: set[int] = set()
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        operation, arguments, _, _ = graph.nodes[node]
        if not moving[node] and arguments and operation not in BOOLEAN:
            found.add(node)
        else:
            stack.extend(arguments)
    return sorted(found)


def _body(graph: Graph, targets: list[tuple[str, int]], places: dict[int, str]) -> Iterator[str]:
    """Yield the statements that compute the targets; what is used more than once gets a name."""
    needed = _needed(graph, [node for _, node in targets], places)
    uses = Counter(argument for node in needed for argument in graph.nodes[node].arguments)
    uses.update(node for _, node in targets)
    texts = dict(places)
    depths: dict[int, int] = {}
    for node in needed:
        arguments = graph.nodes[node].arguments
        texts[node] = _text(graph, node, [texts[argument] for argument in arguments])
        depths[node] = 1 + max((depths.get(argument, 0) for argument in arguments), default=0)
        is_number = graph.nodes[node].operation == "number"
        if not is_number and (uses[node] > 1 or depths[node] > _MAX_DEPTH):
            yield f"    x{node} = {texts[node]}"
            texts[node], depths[node] = f"x{node}", 0
    for target, node in targets:
        yield f"    {target} = {texts[node]}"


def _needed(graph: Graph, roots: list[int], places: dict[int, str]) -> list[int]:
    needed: set[int] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in needed and node not in places:
            needed.add(node)
            stack.extend(graph.nodes[node].arguments)
    return sorted(needed)


def _text(graph: Graph, node: int, arguments: list[str]) -> str:
    operation, places, value, name = graph.nodes[node]
    match operation, arguments:
        case "number", _:
            return _number(value)
        case "variable", _:
            return name
        case "^", [a, b]:
            return _power(graph, places[1], a, b)
        case (("min" | "max"), [a, b]):
            return f"np.{operation}imum({a}, {b})"
        case "if", [condition, a, b]:
            return f"({a} if {condition} else {b})"
        case "not", [a]:
            return f"(not {a})"
        case "abs", [a]:
            return f"abs({a})"
        case _, [a]:
            return f"math.{operation}({a})"
        case _, [a, b]:
            return f"({a} {operation} {b})"
    raise AssertionError(f"no text for {operation}")


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(value) if value >= 0 else f"({value!r})"
    return "math.nan" if math.isnan(value) else ("math.inf" if value > 0 else "(-math.inf)")


def _power(graph: Graph, exponent: int, a: str, b: str) -> str:
    value = graph.nodes[exponent].value if graph.nodes[exponent].operation == "number" else math.nan
    if value == 0.5:
        return f"square_root({a})"
    if value.is_integer() and abs(value) <= 16:
        return f"({a})**({int(value)})"
    return f"power({a}, {b})"
