"""Formulas as a graph in which equal expressions are one node.

A node is a number: its place in the graph. The arguments of a node come before it, so the order of the
numbers is an order of evaluation. Constants are folded, and 0 and 1 vanish from sums and products.
"""

import math
import operator
from collections.abc import Callable
from functools import reduce
from itertools import pairwise
from typing import Any, NamedTuple

import libsbml

from koebner.errors import ModelError

AVOGADRO = 6.02214179e23
"""The constant `avogadro` of SBML Level 3 Version 2, section 3.4.6 [1/mol]."""

UNARY: dict[int, str] = {
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
    libsbml.AST_FUNCTION_ARCTAN: "atan",
}
RELATIONS: dict[int, str] = {
    libsbml.AST_RELATIONAL_LT: "<",
    libsbml.AST_RELATIONAL_LEQ: "<=",
    libsbml.AST_RELATIONAL_GT: ">",
    libsbml.AST_RELATIONAL_GEQ: ">=",
    libsbml.AST_RELATIONAL_EQ: "==",
    libsbml.AST_RELATIONAL_NEQ: "!=",
}
FOLDS: dict[int, str] = {
    libsbml.AST_TIMES: "*",
    libsbml.AST_PLUS: "+",
    libsbml.AST_FUNCTION_MIN: "min",
    libsbml.AST_FUNCTION_MAX: "max",
    libsbml.AST_LOGICAL_AND: "and",
    libsbml.AST_LOGICAL_OR: "or",
}
BOOLEAN = frozenset({*RELATIONS.values(), "and", "or", "not"})
_EMPTY = {"+": 0.0, "*": 1.0, "and": 1.0, "or": 0.0}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}


class Node(NamedTuple):
    """An operation on earlier nodes, a number (`number`) or a variable (`variable`, such as `y[3]`)."""

    operation: str
    arguments: tuple[int, ...] = ()
    value: float = 0.0
    name: str = ""


class Graph:
    """Expressions that share their common parts."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._places: dict[Node, int] = {}

    def _add(self, node: Node) -> int:
        if node not in self._places:
            self._places[node] = len(self.nodes)
            self.nodes.append(node)
        return self._places[node]

    def number(self, value: float) -> int:
        """Return the node of a number."""
        return self._add(Node("number", value=float(value)))

    def variable(self, name: str) -> int:
        """Return the node of a variable, named as the generated code reads it."""
        return self._add(Node("variable", name=name))

    def apply(self, operation: str, *arguments: int) -> int:
        """Return the node of an operation, simplified where a constant allows it."""
        if operation in _ARITHMETIC:
            simpler = self._simplified(operation, *arguments)
            if simpler is not None:
                return simpler
        return self._add(Node(operation, arguments))

    def _constant(self, node: int) -> float | None:
        return self.nodes[node].value if self.nodes[node].operation == "number" else None

    def _simplified(self, operation: str, left: int, right: int) -> int | None:
        a, b = self._constant(left), self._constant(right)
        if a is not None and b is not None:
            return self._folded(operation, a, b)
        if (operation in "+-" and b == 0) or (operation in "*/^" and b == 1):
            return left
        if (operation == "+" and a == 0) or (operation == "*" and a == 1):
            return right
        if (operation == "*" and 0 in (a, b)) or (operation == "/" and a == 0):
            return self.number(0.0)
        if operation == "^" and b == 0:
            return self.number(1.0)
        return None

    def _folded(self, operation: str, a: float, b: float) -> int | None:
        try:
            value = _ARITHMETIC[operation](a, b)
        except ArithmeticError:
            return None
        return self.number(value) if isinstance(value, float) and math.isfinite(value) else None

    def read(self, tree: Any, resolve: Callable[[str], int]) -> int:
        """Return the node of a libSBML syntax tree.

        Parameters
        ----------
        tree
            The syntax tree.
        resolve
            Returns the node of a name; also asked for `time`.

        Raises
        ------
        ModelError
            When a function is not supported.
        """
        kind = tree.getType()
        if kind == libsbml.AST_NAME:
            return resolve(tree.getName())
        if kind == libsbml.AST_NAME_TIME:
            return resolve("time")
        constants = {libsbml.AST_NAME_AVOGADRO: AVOGADRO, libsbml.AST_CONSTANT_PI: math.pi}
        constants |= {libsbml.AST_CONSTANT_E: math.e, libsbml.AST_CONSTANT_TRUE: 1.0}
        constants |= {libsbml.AST_CONSTANT_FALSE: 0.0}
        if kind in constants:
            return self.number(constants[kind])
        if tree.isNumber():
            return self.number(tree.getValue())
        return self._call(
            kind, tree, [self.read(tree.getChild(i), resolve) for i in range(tree.getNumChildren())]
        )

    def _call(self, kind: int, tree: Any, arguments: list[int]) -> int:
        match kind:
            case libsbml.AST_LOGICAL_NOT:
                return self.apply("not", self._condition(arguments[0]))
            case libsbml.AST_LOGICAL_AND | libsbml.AST_LOGICAL_OR:
                return self._fold(FOLDS[kind], [self._condition(argument) for argument in arguments])
            case _ if kind in UNARY:
                return self.apply(UNARY[kind], *arguments)
            case _ if kind in FOLDS:
                return self._fold(FOLDS[kind], arguments)
            case _ if kind in RELATIONS:
                pairs = pairwise(arguments)
                return self._fold("and", [self.apply(RELATIONS[kind], *pair) for pair in pairs])
            case libsbml.AST_MINUS:
                return self.apply("-", *([self.number(0.0)] if len(arguments) == 1 else []), *arguments)
            case libsbml.AST_DIVIDE:
                return self.apply("/", *arguments)
            case libsbml.AST_POWER | libsbml.AST_FUNCTION_POWER:
                return self.apply("^", *arguments)
            case libsbml.AST_FUNCTION_ROOT:
                degree = arguments[0] if len(arguments) == 2 else self.number(2.0)
                return self.apply("^", arguments[-1], self.apply("/", self.number(1.0), degree))
            case libsbml.AST_FUNCTION_LOG:
                base = arguments[0] if len(arguments) == 2 else self.number(10.0)
                return self.apply("/", self.apply("log", arguments[-1]), self.apply("log", base))
            case libsbml.AST_FUNCTION_PIECEWISE:
                return self._piecewise(arguments)
        name = tree.getName() or libsbml.formulaToL3String(tree)
        raise ModelError(f"the function `{name}` is not supported; rewrite the formula without it.")

    def _fold(self, operation: str, arguments: list[int]) -> int:
        if not arguments:
            return self.number(_EMPTY[operation])
        return reduce(lambda left, right: self.apply(operation, left, right), arguments)

    def _piecewise(self, arguments: list[int]) -> int:
        otherwise = arguments[-1] if len(arguments) % 2 else self.number(math.nan)
        pieces = list(zip(arguments[0::2], arguments[1::2], strict=False))
        for value, condition in reversed(pieces):
            otherwise = self.apply("if", self._condition(condition), value, otherwise)
        return otherwise

    def _condition(self, node: int) -> int:
        if self.nodes[node].operation in BOOLEAN:
            return node
        return self.apply("!=", node, self.number(0.0))
