"""Formulas, as syntax trees of libSBML, read into the expression graph."""

import math
from functools import reduce
from itertools import pairwise
from typing import Any, Protocol

import libsbml

from koebner.errors import ModelError
from koebner.solver.symbolic.expressions import BOOLEAN, Graph

AVOGADRO = 6.02214179e23
"""The constant `avogadro` of SBML Level 3 Version 2, section 3.4.6 [1/mol]."""

_CONSTANTS: dict[int, float] = {
    libsbml.AST_NAME_AVOGADRO: AVOGADRO,
    libsbml.AST_CONSTANT_PI: math.pi,
    libsbml.AST_CONSTANT_E: math.e,
    libsbml.AST_CONSTANT_TRUE: 1.0,
    libsbml.AST_CONSTANT_FALSE: 0.0,
}
_FUNCTIONS: dict[int, str] = {
    libsbml.AST_FUNCTION_EXP: "exp",
    libsbml.AST_FUNCTION_LN: "log",
    libsbml.AST_FUNCTION_ABS: "abs",
    libsbml.AST_FUNCTION_FLOOR: "floor",
    libsbml.AST_FUNCTION_CEILING: "ceil",
    libsbml.AST_FUNCTION_SIN: "sin",
    libsbml.AST_FUNCTION_COS: "cos",
    libsbml.AST_FUNCTION_TAN: "tan",
    libsbml.AST_FUNCTION_SINH: "sinh",
    libsbml.AST_FUNCTION_COSH: "cosh",
    libsbml.AST_FUNCTION_TANH: "tanh",
    libsbml.AST_FUNCTION_ARCSIN: "asin",
    libsbml.AST_FUNCTION_ARCCOS: "acos",
    libsbml.AST_FUNCTION_ARCTAN: "atan",
    libsbml.AST_FUNCTION_ARCSINH: "asinh",
    libsbml.AST_FUNCTION_ARCCOSH: "acosh",
    libsbml.AST_FUNCTION_ARCTANH: "atanh",
}
_OF_RECIPROCAL: dict[int, str] = {
    libsbml.AST_FUNCTION_ARCSEC: "acos",
    libsbml.AST_FUNCTION_ARCCSC: "asin",
    libsbml.AST_FUNCTION_ARCSECH: "acosh",
    libsbml.AST_FUNCTION_ARCCSCH: "asinh",
    libsbml.AST_FUNCTION_ARCCOTH: "atanh",
}
"""Functions f(x) = g(1/x)."""
_RECIPROCALS: dict[int, str] = {
    libsbml.AST_FUNCTION_SEC: "cos",
    libsbml.AST_FUNCTION_CSC: "sin",
    libsbml.AST_FUNCTION_COT: "tan",
    libsbml.AST_FUNCTION_SECH: "cosh",
    libsbml.AST_FUNCTION_CSCH: "sinh",
    libsbml.AST_FUNCTION_COTH: "tanh",
}
"""Functions f(x) = 1/g(x)."""
_RELATIONS: dict[int, str] = {
    libsbml.AST_RELATIONAL_LT: "<",
    libsbml.AST_RELATIONAL_LEQ: "<=",
    libsbml.AST_RELATIONAL_GT: ">",
    libsbml.AST_RELATIONAL_GEQ: ">=",
    libsbml.AST_RELATIONAL_EQ: "==",
    libsbml.AST_RELATIONAL_NEQ: "!=",
}
_NUMERIC_FOLDS: dict[int, tuple[str, float]] = {
    libsbml.AST_TIMES: ("*", 1.0),
    libsbml.AST_PLUS: ("+", 0.0),
    libsbml.AST_FUNCTION_MIN: ("min", math.nan),
    libsbml.AST_FUNCTION_MAX: ("max", math.nan),
}
_LOGICAL_FOLDS: dict[int, tuple[str, float]] = {
    libsbml.AST_LOGICAL_AND: ("and", 1.0),
    libsbml.AST_LOGICAL_OR: ("or", 0.0),
}


class Resolver(Protocol):
    """Knows the nodes of names."""

    def value(self, name: str) -> int:
        """Return the node of a variable's value, also of `time`."""
        ...

    def rate(self, name: str) -> int:
        """Return the node of a variable's rate of change."""
        ...


def read_condition(graph: Graph, tree: Any, names: Resolver) -> int:
    """Return the boolean node of a syntax tree; a number counts as true unless it is 0."""
    return _Reader(graph, names).condition(tree)


def read_number(graph: Graph, tree: Any, names: Resolver) -> int:
    """Return the numeric node of a syntax tree; true counts as 1, false as 0.

    Raises
    ------
    ModelError
        When a function is not supported.
    """
    return _Reader(graph, names).number(tree)


class _Reader:
    def __init__(self, graph: Graph, names: Resolver) -> None:
        self.graph = graph
        self.names = names
        self.apply = graph.apply

    def number(self, tree: Any) -> int:
        node = self._read(tree)
        if self.graph.nodes[node].operation in BOOLEAN:
            return self.apply("if", node, self.graph.number(1.0), self.graph.number(0.0))
        return node

    def condition(self, tree: Any) -> int:
        node = self._read(tree)
        if self.graph.nodes[node].operation in BOOLEAN:
            return node
        return self.apply("!=", node, self.graph.number(0.0))

    def _read(self, tree: Any) -> int:
        kind = tree.getType()
        if kind == libsbml.AST_NAME:
            return self.names.value(tree.getName())
        if kind == libsbml.AST_NAME_TIME:
            return self.names.value("time")
        if kind in _CONSTANTS:
            return self.graph.number(_CONSTANTS[kind])
        if tree.isNumber():
            return self.graph.number(tree.getValue())
        if kind == libsbml.AST_FUNCTION_RATE_OF:
            return self.names.rate(tree.getChild(0).getName())
        children: list[Any] = [tree.getChild(i) for i in range(tree.getNumChildren())]
        logical = self._logical(kind, children)
        if logical is not None:
            return logical
        if kind == libsbml.AST_FUNCTION_PIECEWISE:
            return self._piecewise(children)
        numeric = self._numeric(kind, [self.number(child) for child in children])
        if numeric is None:
            name = tree.getName() or libsbml.formulaToL3String(tree)
            raise ModelError(f"the function `{name}` is not supported; rewrite the formula without it.")
        return numeric

    def _logical(self, kind: int, children: list[Any]) -> int | None:
        apply = self.apply
        if kind == libsbml.AST_LOGICAL_NOT:
            return apply("not", self.condition(children[0]))
        if kind in _LOGICAL_FOLDS:
            return self._fold(*_LOGICAL_FOLDS[kind], [self.condition(child) for child in children])
        if kind == libsbml.AST_LOGICAL_XOR:
            return self._odd([self.condition(child) for child in children])
        if kind == libsbml.AST_LOGICAL_IMPLIES:
            premise, conclusion = (self.condition(child) for child in children)
            return apply("or", apply("not", premise), conclusion)
        if kind in _RELATIONS:
            values = [self.number(child) for child in children]
            return self._fold("and", 1.0, [apply(_RELATIONS[kind], *pair) for pair in pairwise(values)])
        return None

    def _odd(self, conditions: list[int]) -> int:
        """Whether an odd number of the conditions holds."""
        apply = self.apply

        def differ(a: int, b: int) -> int:
            return apply("or", apply("and", a, apply("not", b)), apply("and", apply("not", a), b))

        return reduce(differ, conditions, self.graph.number(0.0))

    def _numeric(self, kind: int, values: list[int]) -> int | None:
        apply, number = self.apply, self.graph.number
        if kind in _NUMERIC_FOLDS:
            return self._fold(*_NUMERIC_FOLDS[kind], values)
        if kind in _FUNCTIONS:
            return apply(_FUNCTIONS[kind], *values)
        if kind in _OF_RECIPROCAL:
            return apply(_OF_RECIPROCAL[kind], apply("rcp", *values))
        if kind in _RECIPROCALS:
            return apply("rcp", apply(_RECIPROCALS[kind], *values))
        match kind:
            case libsbml.AST_MINUS:
                return apply("neg" if len(values) == 1 else "-", *values)
            case libsbml.AST_DIVIDE:
                return apply("/", *values)
            case libsbml.AST_POWER | libsbml.AST_FUNCTION_POWER:
                return apply("^", *values)
            case libsbml.AST_FUNCTION_ROOT:
                degree = values[0] if len(values) == 2 else number(2.0)
                return apply("^", values[-1], apply("/", number(1.0), degree))
            case libsbml.AST_FUNCTION_LOG:
                base = values[0] if len(values) == 2 else number(10.0)
                return apply("/", apply("log", values[-1]), apply("log", base))
            case libsbml.AST_FUNCTION_FACTORIAL:
                return apply("gamma", apply("+", values[0], number(1.0)))
            case libsbml.AST_FUNCTION_ARCCOT:
                return apply("atan", apply("rcp", values[0]))
            case libsbml.AST_FUNCTION_QUOTIENT:
                return self._truncated(apply("/", *values))
            case libsbml.AST_FUNCTION_REM:
                whole = self._truncated(apply("/", *values))
                return apply("-", values[0], apply("*", values[1], whole))
        return None

    def _truncated(self, value: int) -> int:
        below = self.apply("<", value, self.graph.number(0.0))
        return self.apply("if", below, self.apply("ceil", value), self.apply("floor", value))

    def _fold(self, operation: str, empty: float, nodes: list[int]) -> int:
        if not nodes:
            return self.graph.number(empty)
        return reduce(lambda left, right: self.apply(operation, left, right), nodes)

    def _piecewise(self, children: list[Any]) -> int:
        result = self.number(children[-1]) if len(children) % 2 else self.graph.number(math.nan)
        pairs = list(zip(children[0::2], children[1::2], strict=False))
        for value, condition in reversed(pairs):
            result = self.apply("if", self.condition(condition), self.number(value), result)
        return result
