"""What the step driver is written with: the table of the workspace, loops over elements and lanes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any

import llvmlite.ir as ir

from koebner.solver.driver.workspace import POSITION
from koebner.solver.machine_code.lanes import DOUBLE, INT, POINTER, Builder, Lanes, Value

_MODEL_CALLS = {
    "start": 5,
    "hoist": 1,
    "rates": 3,
    "factor": 4,
    "solve": 2,
    "residual": 5,
    "observe": 3,
    "conditions": 3,
    "guards": 3,
    "watch": 3,
}


def whole(value: int) -> Value:
    """Return a whole number."""
    return ir.Constant(INT, value)


class Frame:
    """One LLVM function of the table: reads and writes its fields, loops, calls."""

    def __init__(self, lanes: Lanes, name: str, result: Any = None) -> None:
        self.lanes = lanes
        signature = ir.FunctionType(result or ir.VoidType(), [POINTER])
        self.function = ir.Function(lanes.module, signature, name)
        self.table = self.function.args[0]
        self.entry = self.function.append_basic_block("entry")
        self.builder: Builder = ir.IRBuilder(self.entry)

    # Fields of the table

    def _field(self, name: str) -> Value:
        return self.builder.gep(self.table, [whole(POSITION[name])], inbounds=True, source_etype=INT)

    def size(self, name: str) -> Value:
        """Return a whole number of the table."""
        return self.builder.load(self._field(name), typ=INT)

    def set_size(self, name: str, value: Value) -> None:
        """Set a whole number of the table."""
        self.builder.store(value, self._field(name))

    def real(self, name: str) -> Value:
        """Return a real number of the table."""
        return self.builder.load(self._field(name), typ=DOUBLE)

    def array(self, name: str) -> Value:
        """Return the address of an array."""
        return self.builder.load(self._field(name), typ=POINTER)

    def reals(self, name: str) -> Value:
        """Return a real number in every lane: one of each lane's own, or one of the table."""
        return self.lanes.load(self.builder, self.array(name), 0)

    def set_reals(self, name: str, value: Value) -> None:
        """Set a real number of every lane."""
        self.lanes.store(self.builder, value, self.array(name), 0)

    def mask(self, name: str) -> Value:
        """Return a flag of every lane."""
        flags = self.wholes(name)
        return self.builder.icmp_signed("!=", flags, self.lanes.integer(0))

    def wholes(self, name: str) -> Value:
        """Return a whole number of every lane."""
        array = self.array(name)
        return self.builder.load(array, typ=self.lanes.int_type, align=8 * self.lanes.width)

    def set_wholes(self, name: str, value: Value) -> None:
        """Set a whole number of every lane."""
        self.builder.store(value, self.array(name), align=8 * self.lanes.width)

    def set_mask(self, name: str, value: Value) -> None:
        """Set a flag of every lane."""
        self.set_wholes(name, self.builder.sext(value, self.lanes.int_type))

    def spread(self, name: str) -> Value:
        """Return a real number of the table in every lane."""
        return self.spread_value(self.real(name))

    def spread_value(self, value: Value) -> Value:
        """Return a number, real or whole, in every lane."""
        undefined = ir.Constant(ir.VectorType(value.type, self.lanes.width), ir.Undefined)
        first = self.builder.insert_element(undefined, value, whole(0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes.width), [0] * self.lanes.width)
        return self.builder.shuffle_vector(first, undefined, zeros)

    # Numbers of one lane

    def element(self, array: Value, index: Value, kind: Any = DOUBLE) -> Value:
        """Return one number of an array of numbers."""
        return self.builder.load(self._place(array, index, kind), typ=kind)

    def set_element(self, value: Value, array: Value, index: Value) -> None:
        """Set one number of an array of numbers."""
        self.builder.store(value, self._place(array, index, value.type))

    def _place(self, array: Value, index: Value, kind: Any) -> Value:
        return self.builder.gep(array, [index], inbounds=True, source_etype=kind)

    def lane_real(self, name: str, lane: Value) -> Value:
        """Return a real number of one lane."""
        return self.element(self.array(name), lane)

    def lane_whole(self, name: str, lane: Value) -> Value:
        """Return a whole number of one lane."""
        return self.element(self.array(name), lane, INT)

    def set_lane(self, name: str, lane: Value, value: Value) -> None:
        """Set a number of one lane."""
        self.set_element(value, self.array(name), lane)

    def has(self, name: str, lane: Value) -> Value:
        """Return whether a flag of one lane is set."""
        return self.builder.icmp_signed("!=", self.lane_whole(name, lane), whole(0))

    def of_lane(self, element: Value, lane: Value) -> Value:
        """Return the place of one lane's number in an array of vectors."""
        return self.builder.add(self.builder.mul(element, whole(self.lanes.width)), lane)

    # Control

    @contextmanager
    def counting(self, stop: Value, start: int = 0) -> Iterator[Value]:
        """Loop over whole numbers below `stop`."""
        builder, before = self.builder, self.builder.block
        body = self.function.append_basic_block("body")
        after = self.function.append_basic_block("after")
        builder.cbranch(builder.icmp_signed("<", whole(start), stop), body, after)
        builder.position_at_end(body)
        index = builder.phi(INT)
        index.add_incoming(whole(start), before)
        yield index
        following = builder.add(index, whole(1))
        index.add_incoming(following, builder.block)
        builder.cbranch(builder.icmp_signed("<", following, stop), body, after)
        builder.position_at_end(after)

    @contextmanager
    def repeating(self, condition: Callable[[], Value]) -> Iterator[None]:
        """Loop while a condition, which is computed anew each time, holds."""
        builder = self.builder
        head, body, after = (self.function.append_basic_block(name) for name in ("head", "body", "after"))
        builder.branch(head)
        builder.position_at_end(head)
        builder.cbranch(condition(), body, after)
        builder.position_at_end(body)
        yield
        builder.branch(head)
        builder.position_at_end(after)

    @contextmanager
    def each_lane(self, flag: str) -> Iterator[Value]:
        """Loop over the lanes in which a flag is set."""
        with self.counting(whole(self.lanes.width)) as lane, self.when(self.has(flag, lane)):
            yield lane

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Do what follows where a condition holds."""
        with self.builder.if_then(condition):
            yield

    def any(self, mask: Value) -> Value:
        """Return whether a condition holds in any lane."""
        bits = self.builder.bitcast(mask, ir.IntType(self.lanes.width))
        return self.builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(self.lanes.width), 0))

    def variable(self, initial: Value) -> Value:
        """Return a variable, to be read with `get` and written with `put`."""
        with self.builder.goto_block(self.entry):
            address = self.builder.alloca(initial.type)
        self.builder.store(initial, address)
        return address

    def get(self, variable: Value, kind: Any = None) -> Value:
        """Return the value of a variable."""
        return self.builder.load(variable, typ=kind or self.lanes.type)

    def put(self, variable: Value, value: Value) -> None:
        """Set a variable."""
        self.builder.store(value, variable)

    def call(self, name: str, *arrays: str | Value) -> None:
        """Call a function of the model, whose address stands in the table, on arrays."""
        signature = ir.FunctionType(ir.VoidType(), [POINTER] * _MODEL_CALLS[name])
        function = self.builder.load(self._field(name), typ=signature.as_pointer())
        self.builder.call(function, [self.array(a) if isinstance(a, str) else a for a in arrays])

    def call_own(self, name: str) -> None:
        """Call another function of the table in this module."""
        self.builder.call(self.lanes.module.globals[name], [self.table])

    # Arithmetic of lanes

    def all_of(self, *masks: Value) -> Value:
        """Return where every mask holds."""
        return reduce(self.builder.and_, masks)

    def any_of(self, *masks: Value) -> Value:
        """Return where any mask holds."""
        return reduce(self.builder.or_, masks)

    def least(self, a: Value, b: Value) -> Value:
        """Return the smaller of two numbers."""
        return self.builder.select(self.builder.fcmp_ordered("<", a, b), a, b)

    def largest(self, a: Value, b: Value) -> Value:
        """Return the larger of two numbers."""
        return self.builder.select(self.builder.fcmp_ordered(">", a, b), a, b)
