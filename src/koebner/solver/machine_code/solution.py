"""The solution of a factored system as straight code: substitution block by block, in place."""

from collections.abc import Iterator, Mapping
from functools import partial

from koebner.solver.machine_code.emission import Emitter
from koebner.solver.machine_code.lanes import Builder, Value
from koebner.solver.symbolic.factorization import Factorization

_LONGEST = 2000
"""Entries of the factors that one function handles at most, or one row."""


def write_solve(emitter: Emitter, factorization: Factorization, slots: Mapping[int, int]) -> None:
    """Write `solve(factors, b)`; `slots` says where each entry of the factors stands.

    The rows of the solution are kept in registers; a long solution is written as several functions,
    which keep them in `b`.
    """
    builder, pointers = emitter.begin("solve", ["factors", "b"])
    for i, rows in enumerate(_parts(factorization)):
        inner, arrays = emitter.begin(f"solve_{i}", ["factors", "b"])
        _Rows(emitter, factorization, slots, inner, arrays).write(rows)
        inner.ret_void()
        inner.function.linkage = "internal"
        inner.function.attributes.add("noinline")
        builder.call(inner.function, list(pointers.values()))
    builder.ret_void()


Step = tuple[str, int]
"""Substitution `forward` or `backward` in one row."""


def _steps(factorization: Factorization) -> Iterator[Step]:
    for begin, end in factorization.blocks:
        yield from (("forward", k) for k in range(begin, end))
        yield from (("backward", k) for k in reversed(range(begin, end)))


def _parts(factorization: Factorization) -> Iterator[list[Step]]:
    part: list[Step] = []
    length = 0
    for direction, k in _steps(factorization):
        rows = (factorization.coupling[k], factorization.lower[k])
        cost = sum(map(len, rows)) if direction == "forward" else len(factorization.upper[k]) + 1
        if part and length + cost > _LONGEST:
            yield part
            part, length = [], 0
        part.append((direction, k))
        length += cost
    yield part


class _Rows:
    """Writes rows of the substitution into one function; what it changed goes back to `b` at the end."""

    def __init__(
        self,
        emitter: Emitter,
        factorization: Factorization,
        slots: Mapping[int, int],
        builder: Builder,
        pointers: Mapping[str, Value],
    ) -> None:
        self.factorization = factorization
        self.lanes, self.builder = emitter.lanes, builder
        self.constant = emitter.graph.constant
        self.slots = slots
        self.load = partial(self.lanes.load, builder)
        self.pointers = pointers
        self.values: dict[int, Value] = {}
        self.changed: dict[int, None] = {}

    def write(self, steps: list[Step]) -> None:
        factors = self.factorization
        for direction, k in steps:
            if direction == "forward":
                value = self._without(self._value(k), factors.coupling[k])
                value = self._without(value, factors.lower[k])
            else:
                value = self._without(self._value(k), factors.upper[k])
                value = self.builder.fmul(value, self._entry(factors.inverse[k]), flags=self.lanes.flags)
            self.values[k] = value
            self.changed[k] = None
        for k in self.changed:
            self.lanes.store(self.builder, self.values[k], self.pointers["b"], factors.order[k])

    def _value(self, k: int) -> Value:
        if k not in self.values:
            self.values[k] = self.load(self.pointers["b"], self.factorization.order[k])
        return self.values[k]

    def _entry(self, node: int) -> Value:
        known = self.constant(node)
        if known is not None:
            return self.lanes.number(known)
        return self.load(self.pointers["factors"], self.slots[node])

    def _without(self, value: Value, row: Mapping[int, int]) -> Value:
        for j, node in row.items():
            product = self.builder.fmul(self._entry(node), self._value(j), flags=self.lanes.flags)
            value = self.builder.fsub(value, product, flags=self.lanes.flags)
        return value
