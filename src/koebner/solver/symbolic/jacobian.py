"""Exact derivatives of expressions, by forward accumulation through the graph."""

from collections.abc import Mapping

from koebner.errors import ModelError
from koebner.solver.symbolic.expressions import BOOLEAN, Graph

Gradient = dict[int, int]


def gradients(graph: Graph, roots: list[int], variables: Mapping[int, int]) -> list[Gradient]:
    """Return the sparse gradient of every root.

    Parameters
    ----------
    graph
        Holds the expressions; the derivatives are added to it.
    roots
        Nodes to differentiate.
    variables
        Index of a variable by its node.

    Returns
    -------
    list of dict
        By index of a variable, the node of the derivative; zeros are absent.

    Raises
    ------
    ModelError
        When the factorial of a variable is to be differentiated.
    """
    known: dict[int, Gradient] = {node: {index: graph.number(1.0)} for node, index in variables.items()}
    for node in graph.needed(roots, given=known):
        known[node] = _gradient(graph, node, known)
    return [known[root] for root in roots]


def _gradient(graph: Graph, node: int, known: Mapping[int, Gradient]) -> Gradient:
    operation, arguments, _, _ = graph.nodes[node]
    if operation in BOOLEAN or not any(known[argument] for argument in arguments):
        return {}
    zero = graph.number(0.0)
    indices = sorted({index for argument in arguments for index in known[argument]})
    if operation == "if":
        condition, *branches = arguments
        parts = {i: [known[branch].get(i, zero) for branch in branches] for i in indices}
        gradient = {i: graph.apply("if", condition, *part) for i, part in parts.items()}
    else:
        factors = {k: _partial(graph, node, k) for k, argument in enumerate(arguments) if known[argument]}
        gradient = dict.fromkeys(indices, zero)
        for place, factor in factors.items():
            for index, inner in known[arguments[place]].items():
                term = graph.apply("*", factor, inner)
                gradient[index] = graph.apply("+", gradient[index], term)
    return {index: derivative for index, derivative in gradient.items() if derivative != zero}


def _partial(graph: Graph, node: int, place: int) -> int:
    """Partial derivative of an operation by one of its arguments."""
    operation, arguments, _, _ = graph.nodes[node]
    apply, number = graph.apply, graph.number
    match operation:
        case "+":
            return number(1.0)
        case "-":
            return number(-1.0 if place else 1.0)
        case "neg":
            return number(-1.0)
        case "*":
            return arguments[1 - place]
        case "rcp":
            return apply("neg", apply("*", node, node))
        case "/":
            inverse = apply("/", number(1.0), arguments[1])
            return apply("neg", apply("*", node, inverse)) if place else inverse
        case "^":
            return _partial_of_power(graph, node, place)
        case "min" | "max":
            taken = apply("<" if operation == "min" else ">", *arguments)
            return apply("if", taken, number(1.0 - place), number(float(place)))
    return _derivative(graph, node, arguments[0])


def _partial_of_power(graph: Graph, node: int, place: int) -> int:
    """Derivative of a power; 0 at a base of 0 or below, where the power is held at 0."""
    apply, number = graph.apply, graph.number
    a, b = graph.nodes[node].arguments
    positive = apply(">", a, number(0.0))
    if place == 1:
        return apply("if", positive, apply("*", node, apply("log", a)), number(0.0))
    slope = apply("*", b, apply("^", a, apply("-", b, number(1.0))))
    # With an exponent of 0 the slope is 0, but the formula gives 0 times infinity at a base of 0.
    whole = apply("and", apply("==", apply("floor", b), b), apply("!=", b, number(0.0)))
    return apply("if", apply("or", positive, whole), slope, number(0.0))


def _derivative(graph: Graph, node: int, a: int) -> int:
    """Derivative of a function of one argument."""
    apply, one, zero = graph.apply, graph.number(1.0), graph.number(0.0)
    square = apply("*", a, a)
    match graph.nodes[node].operation:
        case "exp":
            return node
        case "log":
            return apply("rcp", a)
        case "sqrt":
            slope = apply("*", graph.number(0.5), apply("rcp", node))
            return apply("if", apply(">", a, zero), slope, zero)
        case "sin":
            return apply("cos", a)
        case "cos":
            return apply("neg", apply("sin", a))
        case "tan":
            return apply("+", one, apply("*", node, node))
        case "sinh":
            return apply("cosh", a)
        case "cosh":
            return apply("sinh", a)
        case "tanh":
            return apply("-", one, apply("*", node, node))
        case "asin":
            return apply("rcp", apply("sqrt", apply("-", one, square)))
        case "acos":
            return apply("neg", apply("rcp", apply("sqrt", apply("-", one, square))))
        case "atan":
            return apply("rcp", apply("+", one, square))
        case "asinh":
            return apply("rcp", apply("sqrt", apply("+", square, one)))
        case "acosh":
            return apply("rcp", apply("sqrt", apply("-", square, one)))
        case "atanh":
            return apply("rcp", apply("-", one, square))
        case "abs":
            return apply("if", apply("<", a, zero), graph.number(-1.0), one)
        case "floor" | "ceil":
            return zero
    raise ModelError("the factorial of a variable has no derivative here; rewrite the formula.")
