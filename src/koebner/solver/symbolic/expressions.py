"""Formulas as a graph in which equal expressions are one node.

A node is a number: its place in the graph. The arguments of a node come before it, so the order of the
numbers is an order of evaluation. Constants are folded, 0 and 1 vanish from sums and products, signs
move outwards, a division is a product with a reciprocal that others can share, and a small whole power
is a product.
"""

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

RELATIONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
JUMPING = RELATIONS | {"floor", "ceil"}
"""Operations whose value stays until it jumps."""
BOOLEAN = RELATIONS | {"and", "or", "not"}
_LARGEST_WHOLE_POWER = 16


class Node(NamedTuple):
    """An operation on earlier nodes, a number (`number`) or a variable (`variable`, such as `y[3]`)."""

    operation: str
    arguments: tuple[int, ...] = ()
    value: float = 0.0
    name: str = ""


class Graph:
    """Expressions that share their common parts.

    Examples
    --------
    >>> graph = Graph()
    >>> x, k = graph.variable("y[0]"), graph.variable("p[0]")
    >>> graph.apply("*", x, k) == graph.apply("*", k, x)
    True
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.moving: list[bool] = []
        """Of each node, whether it depends on more than the constants `p`."""
        self._places: dict[Node, int] = {}
        self._rules: dict[str, Callable[..., int | None]] = {
            "+": self._sum,
            "-": self._difference,
            "neg": self._negative,
            "*": self._product,
            "rcp": self._reciprocal,
            "/": self._quotient,
            "^": self._power,
            "if": self._choice,
            "not": self._negation,
            "and": self._conjunction,
            "or": self._disjunction,
        }

    def _add(self, node: Node) -> int:
        place = self._places.get(node)
        if place is None:
            place = self._places[node] = len(self.nodes)
            self.nodes.append(node)
            varies = node.operation == "variable" and not node.name.startswith("p")
            self.moving.append(varies or any(self.moving[argument] for argument in node.arguments))
        return place

    def number(self, value: float) -> int:
        """Return the node of a number."""
        return self._add(Node("number", value=float(value)))

    def variable(self, name: str) -> int:
        """Return the node of a variable, named after the array and the place where it stands."""
        return self._add(Node("variable", name=name))

    def apply(self, operation: str, *arguments: int) -> int:
        """Return the node of an operation, simplified where possible."""
        if operation in RELATIONS:
            simpler = self._relation(operation, *arguments)
        elif operation in self._rules:
            simpler = self._rules[operation](*arguments)
        else:
            simpler = self._folded(operation, arguments)
        return self._add(Node(operation, arguments)) if simpler is None else simpler

    def constant(self, node: int) -> float | None:
        """Return the value of a number, None for anything else."""
        return self.nodes[node].value if self.nodes[node].operation == "number" else None

    def needed(self, roots: Iterable[int], given: Iterable[int] = ()) -> list[int]:
        """Return the nodes that must be evaluated for the roots, in order; `given` need not be."""
        found = set(given)
        stack = list(roots)
        order = []
        while stack:
            node = stack.pop()
            if node not in found:
                found.add(node)
                order.append(node)
                stack.extend(self.nodes[node].arguments)
        return sorted(order)

    def _is(self, node: int, operation: str) -> bool:
        return self.nodes[node].operation == operation

    def _inner(self, node: int) -> int:
        return self.nodes[node].arguments[0]

    def _sum(self, a: int, b: int) -> int | None:
        x, y = self.constant(a), self.constant(b)
        if x is not None and y is not None:
            return self.number(x + y)
        if x == 0:
            return b
        if y == 0:
            return a
        if self._is(b, "neg"):
            return self.apply("-", a, self._inner(b))
        if self._is(a, "neg"):
            return self.apply("-", b, self._inner(a))
        return self._add(Node("+", (min(a, b), max(a, b))))

    def _difference(self, a: int, b: int) -> int | None:
        x, y = self.constant(a), self.constant(b)
        if x is not None and y is not None:
            return self.number(x - y)
        if y == 0:
            return a
        if x == 0:
            return self.apply("neg", b)
        if self._is(b, "neg"):
            return self.apply("+", a, self._inner(b))
        return None

    def _negative(self, a: int) -> int | None:
        x = self.constant(a)
        if x is not None:
            return self.number(-x)
        return self._inner(a) if self._is(a, "neg") else None

    def _product(self, a: int, b: int) -> int | None:
        x, y = self.constant(a), self.constant(b)
        if x is not None and y is not None:
            return self.number(x * y)
        for value, other in ((x, b), (y, a)):
            if value == 0:
                return self.number(0.0)
            if value == 1:
                return other
            if value == -1:
                return self.apply("neg", other)
        if self._is(a, "neg"):
            return self.apply("neg", self.apply("*", self._inner(a), b))
        if self._is(b, "neg"):
            return self.apply("neg", self.apply("*", a, self._inner(b)))
        return self._add(Node("*", (min(a, b), max(a, b))))

    def _reciprocal(self, a: int) -> int | None:
        x = self.constant(a)
        if x is not None:
            return self.number(1 / x if x else math.copysign(math.inf, x))
        if self._is(a, "rcp"):
            return self._inner(a)
        return self.apply("neg", self.apply("rcp", self._inner(a))) if self._is(a, "neg") else None

    def _quotient(self, a: int, b: int) -> int | None:
        x, y = self.constant(a), self.constant(b)
        if x is not None and y is not None:
            return self._folded("/", (a, b))
        if x == 0 or y == 1:
            return a
        if y is not None and not _has_exact_reciprocal(y):
            return None
        return self.apply("*", a, self.apply("rcp", b))

    def _power(self, a: int, b: int) -> int | None:
        x, n = self.constant(a), self.constant(b)
        if x is not None and n is not None:
            return self._folded("^", (a, b))
        if n is None:
            return None
        if n == 0.5:
            return self.apply("sqrt", a)
        if not (n.is_integer() and abs(n) <= _LARGEST_WHOLE_POWER):
            return None
        if n < 0:
            return self.apply("rcp", self._whole_power(a, -int(n)))
        return self._whole_power(a, int(n))

    def _whole_power(self, a: int, n: int) -> int:
        if n == 0:
            return self.number(1.0)
        half = self._whole_power(a, n // 2)
        square = self.apply("*", half, half)
        return self.apply("*", square, a) if n % 2 else square

    def _choice(self, condition: int, a: int, b: int) -> int | None:
        known = self.constant(condition)
        if known is not None:
            return a if known else b
        return a if a == b else None

    def _negation(self, a: int) -> int | None:
        known = self.constant(a)
        if known is not None:
            return self.number(float(not known))
        return self._inner(a) if self._is(a, "not") else None

    def _conjunction(self, a: int, b: int) -> int | None:
        for known, other in ((self.constant(a), b), (self.constant(b), a)):
            if known is not None:
                return other if known else self.number(0.0)
        return None

    def _disjunction(self, a: int, b: int) -> int | None:
        for known, other in ((self.constant(a), b), (self.constant(b), a)):
            if known is not None:
                return self.number(1.0) if known else other
        return None

    def _relation(self, operation: str, *arguments: int) -> int | None:
        x, y = (self.constant(argument) for argument in arguments)
        if x is None or y is None:
            return None
        holds = {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y, "==": x == y, "!=": x != y}
        return self.number(float(holds[operation]))

    def _folded(self, operation: str, arguments: tuple[int, ...]) -> int | None:
        values = [self.constant(argument) for argument in arguments]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        return self.number(evaluate(operation, known))


def _has_exact_reciprocal(value: float) -> bool:
    return value != 0 and math.isfinite(value) and abs(math.frexp(value)[0]) == 0.5


def _quotient(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)
    return a / b


FUNCTIONS: dict[str, Callable[..., float]] = {
    "/": _quotient,
    "^": math.pow,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "gamma": math.gamma,
    "min": min,
    "max": max,
    **{
        name: getattr(math, name)
        for name in (
            *("sin", "cos", "tan", "asin", "acos", "atan"),
            *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
        )
    },
}
"""Operations besides sums, differences, products, reciprocals, choices and relations."""


def evaluate(operation: str, values: list[float]) -> float:
    """Return a function of numbers, nan where it has no value and inf where it is too large."""
    if any(math.isnan(value) for value in values):
        return math.nan
    try:
        return float(FUNCTIONS[operation](*values))
    except OverflowError:
        return math.copysign(math.inf, values[0]) if operation != "exp" else math.inf
    except ValueError:
        is_pole = (operation in ("log", "^") and values[0] == 0) or operation == "gamma"
        return {"log": -math.inf}.get(operation, math.inf) if is_pole else math.nan
