"""Exact derivatives of expressions, by forward accumulation through the graph."""

from collections.abc import Mapping

from koebner.solver.expressions import BOOLEAN, Graph

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
    """
    known: dict[int, Gradient] = {node: {index: graph.number(1.0)} for node, index in variables.items()}
    for node in range(max(roots, default=-1) + 1):
        if node not in known:
            known[node] = _gradient(graph, node, known)
    return [known[root] for root in roots]


def _gradient(graph: Graph, node: int, known: Mapping[int, Gradient]) -> Gradient:
    operation, arguments, _, _ = graph.nodes[node]
    if operation in BOOLEAN or not any(known[argument] for argument in arguments):
        return {}
    zero = graph.number(0.0)
    indices = sorted({index for argument in arguments for index in known[argument]})
    derivatives = {
        index: _derivative(graph, node, [known[argument].get(index, zero) for argument in arguments])
        for index in indices
    }
    return {index: derivative for index, derivative in derivatives.items() if derivative != zero}


def _derivative(graph: Graph, node: int, d: list[int]) -> int:
    """Derivative of a node, given the derivatives `d` of its arguments."""
    operation, arguments, _, _ = graph.nodes[node]
    apply = graph.apply
    match operation, arguments:
        case (("+" | "-"), _):
            return apply(operation, *d)
        case "*", (a, b):
            return apply("+", apply("*", d[0], b), apply("*", a, d[1]))
        case "/", (_, b):
            # (a/b)' = (a' - (a/b) b')/b reuses the quotient.
            return apply("/", apply("-", d[0], apply("*", node, d[1])), b)
        case "^", (a, b):
            return _derivative_of_power(graph, node, (a, b), d)
        case (("min" | "max"), (a, b)):
            takes_first = apply("<" if operation == "min" else ">", a, b)
            return apply("if", takes_first, *d)
        case "if", (condition, _, _):
            return d[1] if d[1] == d[2] else apply("if", condition, d[1], d[2])
        case _, (a,):
            return _derivative_of_function(graph, node, a, d[0])
    raise AssertionError(f"no derivative of {operation}")


def _derivative_of_power(graph: Graph, node: int, arguments: tuple[int, int], d: list[int]) -> int:
    apply, (a, b) = graph.apply, arguments
    lowered = apply("^", a, apply("-", b, graph.number(1.0)))
    of_base = apply("*", apply("*", b, lowered), d[0])
    if d[1] == graph.number(0.0):
        return of_base
    return apply("+", of_base, apply("*", apply("*", node, apply("log", a)), d[1]))


def _derivative_of_function(graph: Graph, node: int, a: int, da: int) -> int:
    apply, one, zero = graph.apply, graph.number(1.0), graph.number(0.0)
    match graph.nodes[node].operation:
        case "exp":
            return apply("*", node, da)
        case "log":
            return apply("/", da, a)
        case "sin":
            return apply("*", apply("cos", a), da)
        case "cos":
            return apply("-", zero, apply("*", apply("sin", a), da))
        case "tan":
            return apply("*", apply("+", one, apply("*", node, node)), da)
        case "sinh":
            return apply("*", apply("cosh", a), da)
        case "cosh":
            return apply("*", apply("sinh", a), da)
        case "tanh":
            return apply("*", apply("-", one, apply("*", node, node)), da)
        case "atan":
            return apply("/", da, apply("+", one, apply("*", a, a)))
        case "abs":
            return apply("if", apply("<", a, zero), apply("-", zero, da), da)
        case "floor" | "ceil":
            return zero
    raise AssertionError(f"no derivative of {graph.nodes[node].operation}")
