"""Nodes of an expression graph as LLVM instructions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import llvmlite.ir as ir

from koebner.solver.machine_code.lanes import POINTER, Builder, Lanes, Value
from koebner.solver.machine_code.splitting import split
from koebner.solver.symbolic.expressions import BOOLEAN, RELATIONS, Graph

Place = tuple[str, int]
"""An array and the place in it."""

_LONGEST = 2000
"""Nodes that one function computes at most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Emitter:
    """Writes functions of arrays into one LLVM module.

    `places` says where numbers that need no computing stand: variables and what was hoisted. Where
    `forgiving`, roots and real powers of what fell below 0 are 0; guards watch how far it fell.
    """

    graph: Graph
    lanes: Lanes
    places: Mapping[int, Place]
    forgiving: bool = False

    def function(self, name: str, arrays: Sequence[str], targets: Iterable[tuple[Place, int]]) -> None:
        """Write `void name(arrays...)`, which stores the value of each target's node in its place.

        A long function is written as several, as the time to compile one grows faster than its length.
        """
        wanted = list(targets)
        order = self.graph.needed([node for _, node in wanted], given=self._known(arrays))
        builder, pointers = self.begin(name, arrays)
        if len(order) <= _LONGEST:
            self.compute(builder, pointers, wanted)
        else:
            self._compute_in_parts(name, builder, pointers, wanted, order)
        builder.ret_void()

    def _compute_in_parts(
        self,
        name: str,
        builder: Builder,
        pointers: Mapping[str, Value],
        targets: list[tuple[Place, int]],
        order: list[int],
    ) -> None:
        """Write one function a part of the order, and call them; what later parts need is set aside."""
        parts = split(self.graph, order, _LONGEST)
        shared = {node: ("aside", i) for i, node in enumerate(n for part in parts for n in part.kept)}
        aside = builder.alloca(self.lanes.type, size=max(len(shared), 1))
        part_of = {node: i for i, part in enumerate(parts) for node in part.nodes}
        last = len(parts) - 1
        for i, part in enumerate(parts):
            earlier = {node: shared[node] for before in parts[:i] for node in before.kept}
            emitter = replace(self, places={**self.places, **earlier})
            own = [(place, node) for place, node in targets if part_of.get(node, last) == i]
            inner, arrays = emitter.begin(f"{name}_{i}", [*pointers, "aside"])
            emitter.compute(inner, arrays, [*own, *((shared[node], node) for node in part.kept)])
            inner.ret_void()
            inner.function.linkage = "internal"
            inner.function.attributes.add("noinline")
            builder.call(inner.function, [*pointers.values(), aside])

    def begin(self, name: str, arrays: Sequence[str]) -> tuple[Builder, dict[str, Value]]:
        """Open a function of arrays; return where to write and the address of each array."""
        signature = ir.FunctionType(ir.VoidType(), [POINTER] * len(arrays))
        function = ir.Function(self.lanes.module, signature, name)
        for argument, array in zip(function.args, arrays, strict=True):
            argument.name = array
            argument.add_attribute("noalias")
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        return builder, dict(zip(arrays, function.args, strict=True))

    def compute(
        self, builder: Builder, pointers: Mapping[str, Value], targets: list[tuple[Place, int]]
    ) -> None:
        """Write the computation of the targets and its stores."""
        values = self.values(builder, pointers, [node for _, node in targets])
        for (array, index), node in targets:
            self.lanes.store(builder, self._as_number(builder, node, values[node]), pointers[array], index)

    def values(self, builder: Builder, pointers: Mapping[str, Value], roots: list[int]) -> dict[int, Value]:
        """Write the computation of nodes; return the value of each, and of all they need."""
        values: dict[int, Value] = {}
        known = self._known(pointers)
        inner = self.graph.needed(roots, given=known)
        read = {argument for node in inner for argument in self.graph.nodes[node].arguments}
        for node in sorted({*inner, *read, *roots}):
            if node in known:
                array, index = known[node]
                values[node] = self.lanes.load(builder, pointers[array], index)
            else:
                values[node] = self._value(builder, node, values)
        return values

    def _known(self, arrays: Iterable[str]) -> dict[int, Place]:
        """Return the nodes that stand in some arrays, and where."""
        given = set(arrays)
        return {node: place for node, place in self.places.items() if place[0] in given}

    def _value(self, builder: Builder, node: int, values: Mapping[int, Value]) -> Value:
        operation, arguments, number, name = self.graph.nodes[node]
        lanes = self.lanes
        if operation == "number":
            return lanes.number(number)
        if operation == "variable":
            raise KeyError(f"{name} stands in none of the arrays")
        if operation in RELATIONS:
            compare = builder.fcmp_unordered if operation == "!=" else builder.fcmp_ordered
            return compare(operation, *(values[a] for a in arguments))
        if operation in BOOLEAN or operation == "if":
            return self._logical(builder, node, values)
        given = [values[a] for a in arguments]
        if operation in _ARITHMETIC:
            return _ARITHMETIC[operation](builder)(*given, flags=lanes.flags)
        if operation == "rcp":
            return builder.fdiv(lanes.number(1.0), *given, flags=lanes.flags)
        result = lanes.function(builder, operation, *given)
        if self.forgiving and self.graph.moving[node]:
            return self._without_noise(builder, operation, given[0], result)
        return result

    def _without_noise(self, builder: Builder, operation: str, base: Value, result: Value) -> Value:
        """Real powers of a base below 0 as 0: what should be 0 may be a rounding error below it.

        How far below is watched apart, where the base is a guard.
        """
        if operation not in ("^", "sqrt"):
            return result
        lanes = self.lanes
        negative = builder.fcmp_ordered("<", base, lanes.number(0.0))
        undefined = builder.fcmp_unordered("uno", result, result)
        return builder.select(builder.and_(negative, undefined), lanes.number(0.0), result)

    def _logical(self, builder: Builder, node: int, values: Mapping[int, Value]) -> Value:
        operation, arguments, _, _ = self.graph.nodes[node]
        first = self._as_bit(arguments[0], values)
        if operation == "not":
            return builder.not_(first)
        if operation == "if":
            return builder.select(first, values[arguments[1]], values[arguments[2]])
        second = self._as_bit(arguments[1], values)
        return (builder.and_ if operation == "and" else builder.or_)(first, second)

    def _as_bit(self, node: int, values: Mapping[int, Value]) -> Value:
        known = self.graph.constant(node)
        return values[node] if known is None else self.lanes.bit(int(known != 0))

    def _as_number(self, builder: Builder, node: int, value: Value) -> Value:
        if self.graph.nodes[node].operation not in BOOLEAN:
            return value
        return builder.select(value, self.lanes.number(1.0), self.lanes.number(0.0))


_ARITHMETIC: dict[str, Callable[[Builder], Any]] = {
    "+": lambda builder: builder.fadd,
    "-": lambda builder: builder.fsub,
    "*": lambda builder: builder.fmul,
    "neg": lambda builder: builder.fneg,
}


def hoisted_nodes(graph: Graph, roots: Iterable[int]) -> list[int]:
    """Return what depends on constants alone and is used by what does not, or by nobody."""
    found: set[int] = set()
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        operation, arguments, _, _ = graph.nodes[node]
        if not graph.moving[node] and arguments and operation not in BOOLEAN:
            found.add(node)
        else:
            stack.extend(arguments)
    return sorted(found)
