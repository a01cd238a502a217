"""Arithmetic on lanes: one vector register holds the same number of several patients.

Values are LLVM vectors of doubles, or plain doubles where there is one lane. Exponential, logarithm and
power of vectors are polynomials after the reduction of Cody and Waite (Software Manual for the
Elementary Functions, 1980), accurate to 1 or 2 units in the last place; every other function, and all
of them in a single lane, are those of the C library. Each lane is computed by the same instructions,
so a number does not depend on the lane that holds it.
"""

import math
import struct
from collections.abc import Callable
from typing import Any

import llvmlite.ir as ir

DOUBLE = ir.DoubleType()
INT = ir.IntType(64)
BIT = ir.IntType(1)
BYTE = ir.IntType(8)
POINTER = ir.PointerType()

Value = Any
Builder = Any

_INTRINSICS = {
    "sqrt": "sqrt",
    "abs": "fabs",
    "floor": "floor",
    "ceil": "ceil",
    "min": "minnum",
    "max": "maxnum",
}
_LIBRARY = {
    **{name: name for name in ("exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh")},
    **{name: name for name in ("tanh", "asinh", "acosh", "atanh")},
    "gamma": "tgamma",
    "^": "pow",
}
_LOG2_E = 1.4426950408889634
# ln 2 in two parts, the first with enough trailing zeros that its products with exponents are exact.
_LN2_HIGH, _LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
# Adding 1.5 * 2^52 rounds to a whole number and leaves it in the low bits.
_ROUNDER = 6755399441055744.0
_EXP_LIMIT = 708.0
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD


class Lanes:
    """Builds arithmetic for a number of lanes in one LLVM module.

    With `contract`, a product and a sum may be rounded once, where the compiler finds it faster;
    without it the same formula gives the same number in every function.
    """

    def __init__(self, module: Any, width: int, *, contract: bool = True) -> None:
        self.module = module
        self.width = width
        self.type = DOUBLE if width == 1 else ir.VectorType(DOUBLE, width)
        self.int_type = INT if width == 1 else ir.VectorType(INT, width)
        self.bit_type = BIT if width == 1 else ir.VectorType(BIT, width)
        self.flags = ("nsz", "contract") if contract and width > 1 else ()

    def number(self, value: float) -> Value:
        """Return a number in every lane."""
        return self._constant(self.type, value)

    def integer(self, value: int) -> Value:
        """Return a whole number in every lane."""
        return self._constant(self.int_type, value)

    def bit(self, value: int) -> Value:
        """Return a truth value, 1 or 0, in every lane."""
        return self._constant(self.bit_type, value)

    def _constant(self, of_type: Any, value: float) -> Value:
        return ir.Constant(of_type, value if self.width == 1 else [value] * self.width)

    def pointer(self, builder: Builder, array: Value, index: int | Value) -> Value:
        """Return the address of one element, all lanes, of an array."""
        place = ir.Constant(INT, index) if isinstance(index, int) else index
        return builder.gep(array, [place], inbounds=True, source_etype=self.type)

    def load(self, builder: Builder, array: Value, index: int | Value) -> Value:
        """Load one element of an array."""
        return builder.load(self.pointer(builder, array, index), typ=self.type, align=8 * self.width)

    def store(self, builder: Builder, value: Value, array: Value, index: int | Value) -> None:
        """Store one element of an array."""
        builder.store(value, self.pointer(builder, array, index), align=8 * self.width)

    def multiply_add(self, builder: Builder, a: Value, b: Value, c: Value) -> Value:
        """Return a*b + c."""
        return builder.fadd(builder.fmul(a, b, flags=self.flags), c, flags=self.flags)

    def intrinsic(self, builder: Builder, name: str, *arguments: Value) -> Value:
        """Call an intrinsic of LLVM, such as `fabs`."""
        suffix = "f64" if self.width == 1 else f"v{self.width}f64"
        signature = ir.FunctionType(self.type, [self.type] * len(arguments))
        return builder.call(self._declared(f"llvm.{name}.{suffix}", signature), arguments)

    def function(self, builder: Builder, name: str, *arguments: Value) -> Value:
        """Return a function of numbers, one of `expressions.FUNCTIONS`."""
        if name == "/":
            return builder.fdiv(*arguments, flags=self.flags)
        if name in _INTRINSICS:
            return self.intrinsic(builder, _INTRINSICS[name], *arguments)
        if self.width > 1 and name in _VECTORISED:
            return builder.call(self._own(name, len(arguments)), arguments)
        return self._by_library(builder, _LIBRARY[name], arguments)

    def _by_library(self, builder: Builder, name: str, arguments: tuple[Value, ...]) -> Value:
        callee = self._declared(name, ir.FunctionType(DOUBLE, [DOUBLE] * len(arguments)))
        if self.width == 1:
            return builder.call(callee, arguments)
        result: Value = ir.Constant(self.type, ir.Undefined)
        for lane in range(self.width):
            place = ir.Constant(INT, lane)
            scalars = [builder.extract_element(argument, place) for argument in arguments]
            result = builder.insert_element(result, builder.call(callee, scalars), place)
        return result

    def _declared(self, name: str, signature: Any) -> Any:
        known = self.module.globals.get(name)
        return known if known is not None else ir.Function(self.module, signature, name)

    def _own(self, name: str, n_arguments: int) -> Any:
        symbol = f"lanes_{'power' if name == '^' else name}{'' if self.flags else '_exact'}"
        if symbol not in self.module.globals:
            signature = ir.FunctionType(self.type, [self.type] * n_arguments)
            function = ir.Function(self.module, signature, symbol)
            function.linkage = "internal"
            function.attributes.add("alwaysinline")
            builder = ir.IRBuilder(function.append_basic_block())
            builder.ret(_VECTORISED[name](self, builder, *function.args))
        return self.module.globals[symbol]

    def polynomial(self, builder: Builder, x: Value, coefficients: list[float]) -> Value:
        """Return a polynomial by Horner's rule, the highest coefficient first."""
        result = self.number(coefficients[0])
        for coefficient in coefficients[1:]:
            result = self.multiply_add(builder, result, x, self.number(coefficient))
        return result


def _exp(lanes: Lanes, builder: Builder, x: Value) -> Value:
    """exp x = 2^k exp r with |r| at most ln(2)/2."""
    number, flags = lanes.number, lanes.flags
    bounded = builder.select(builder.fcmp_ordered("<", x, number(_EXP_LIMIT)), x, number(_EXP_LIMIT))
    bounded = builder.select(builder.fcmp_ordered(">", x, number(-_EXP_LIMIT)), bounded, number(-_EXP_LIMIT))
    # Without the flags: a contraction here would undo the rounding.
    shifted = builder.fadd(builder.fmul(bounded, number(_LOG2_E)), number(_ROUNDER))
    whole = builder.fsub(shifted, number(_ROUNDER))
    rest = builder.fsub(bounded, builder.fmul(whole, number(_LN2_HIGH), flags=flags), flags=flags)
    rest = builder.fsub(rest, builder.fmul(whole, number(_LN2_LOW), flags=flags), flags=flags)
    series = lanes.polynomial(builder, rest, [1 / math.factorial(k) for k in range(12, -1, -1)])
    bits = builder.bitcast(series, lanes.int_type)
    scale = builder.shl(builder.bitcast(shifted, lanes.int_type), lanes.integer(52))
    result = builder.bitcast(builder.add(bits, scale), lanes.type)
    result = builder.select(builder.fcmp_ordered(">", x, number(_EXP_LIMIT)), number(math.inf), result)
    result = builder.select(builder.fcmp_ordered("<", x, number(-_EXP_LIMIT)), number(0.0), result)
    return builder.select(builder.fcmp_unordered("uno", x, x), x, result)


def _log_of_positive(lanes: Lanes, builder: Builder, x: Value) -> Value:
    """log x = e ln 2 + 2 artanh((m - 1)/(m + 1)) with m between sqrt(1/2) and sqrt(2); nan stays nan."""
    number, integer, flags = lanes.number, lanes.integer, lanes.flags
    bits = builder.bitcast(x, lanes.int_type)
    exponent = builder.ashr(builder.sub(bits, integer(_SQRT_HALF_BITS)), integer(52))
    mantissa = builder.bitcast(builder.sub(bits, builder.shl(exponent, integer(52))), lanes.type)
    rounder_bits = struct.unpack("<q", struct.pack("<d", _ROUNDER))[0]
    shifted = builder.bitcast(builder.add(exponent, integer(rounder_bits)), lanes.type)
    e = builder.fsub(shifted, number(_ROUNDER))
    s = builder.fdiv(builder.fadd(mantissa, number(-1.0)), builder.fadd(mantissa, number(1.0)))
    z = builder.fmul(s, s, flags=flags)
    series = lanes.polynomial(builder, z, [2 / k for k in range(21, 2, -2)])
    small = builder.fmul(s, builder.fmul(series, z, flags=flags), flags=flags)
    small = lanes.multiply_add(builder, e, number(_LN2_LOW), small)
    small = lanes.multiply_add(builder, s, number(2.0), small)
    result = lanes.multiply_add(builder, e, number(_LN2_HIGH), small)
    finite = builder.fcmp_ordered("<", x, number(math.inf))
    return builder.select(finite, result, x)


def _log(lanes: Lanes, builder: Builder, x: Value) -> Value:
    number = lanes.number
    result = _log_of_positive(lanes, builder, x)
    is_zero = builder.fcmp_ordered("==", x, number(0.0))
    below = builder.select(is_zero, number(-math.inf), number(math.nan))
    return builder.select(builder.fcmp_ordered(">", x, number(0.0)), result, below)


def _power(lanes: Lanes, builder: Builder, a: Value, b: Value) -> Value:
    """a^b = exp(b log |a|), with the sign of whole exponents; nan for other powers of negative bases."""
    number = lanes.number
    size = lanes.intrinsic(builder, "fabs", a)
    result = _exp(lanes, builder, builder.fmul(b, _log_of_positive(lanes, builder, size)))
    whole = builder.fcmp_ordered("==", lanes.intrinsic(builder, "floor", b), b)
    half = builder.fmul(b, number(0.5))
    even = builder.fcmp_ordered("==", lanes.intrinsic(builder, "floor", half), half)
    of_negative = builder.select(even, result, builder.fneg(result))
    of_negative = builder.select(whole, of_negative, number(math.nan))
    of_zero = builder.select(builder.fcmp_ordered("<", b, number(0.0)), number(math.inf), number(0.0))
    of_zero = builder.select(builder.fcmp_ordered("==", b, number(0.0)), number(1.0), of_zero)
    result = builder.select(builder.fcmp_ordered("<", a, number(0.0)), of_negative, result)
    return builder.select(builder.fcmp_ordered("==", a, number(0.0)), of_zero, result)


_VECTORISED: dict[str, Callable[..., Value]] = {"exp": _exp, "log": _log, "^": _power}
