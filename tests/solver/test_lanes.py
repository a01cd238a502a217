"""Arithmetic of lanes: as accurate as the C library, and the same in every lane."""

import llvmlite.ir as ir
import numpy as np
import pytest
from numpy.typing import NDArray

from koebner.solver.driver.workspace import aligned_zeros
from koebner.solver.machine_code.assembly import Code, assemble, lane_width
from koebner.solver.machine_code.lanes import POINTER, Lanes

Array = NDArray[np.float64]


def compiled(operation: str, n_arguments: int, width: int) -> Code:
    module = ir.Module("arithmetic")
    lanes = Lanes(module, width)
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER, POINTER]), "f")
    builder = ir.IRBuilder(function.append_basic_block())
    source, target = function.args
    arguments = [lanes.load(builder, source, i) for i in range(n_arguments)]
    lanes.store(builder, lanes.function(builder, operation, *arguments), target, 0)
    builder.ret_void()
    return Code(assemble(module))


def apply(operation: str, *arguments: Array) -> Array:
    """Return a function of columns of numbers, computed lane by lane."""
    width = lane_width()
    code = compiled(operation, len(arguments), width)
    function = code.function("f", 2)
    given, result = aligned_zeros((len(arguments), width), float), aligned_zeros((width,), float)
    values = []
    for row in range(0, len(arguments[0]), width):
        for place, argument in zip(given, arguments, strict=True):
            place[:] = argument[row : row + width]
        function(given.ctypes.data, result.ctypes.data)
        values.append(result.copy())
    return np.concatenate(values)


def units_in_the_last_place(values: Array, exact: Array) -> float:
    return float((np.abs(values - exact) / np.spacing(np.abs(exact))).max())


SPECIAL = np.array([0.0, 1.0, -1.0, 2.0, np.inf, -np.inf, np.nan, -0.5])


def test_exponential() -> None:
    x = np.linspace(-700, 700, 40_000)
    # exact: numpy's exp, which is within 1 unit in the last place.
    assert units_in_the_last_place(apply("exp", x), np.exp(x)) <= 3
    np.testing.assert_allclose(apply("exp", SPECIAL), np.exp(SPECIAL), rtol=1e-15)
    np.testing.assert_array_equal(apply("exp", np.array([800.0, -800.0] * 4)), [np.inf, 0.0] * 4)


def test_logarithm() -> None:
    x = np.exp(np.linspace(-690, 690, 40_000))
    assert units_in_the_last_place(apply("log", x), np.log(x)) <= 3
    near_one = 1 + np.linspace(-1e-3, 1e-3, 4000)
    np.testing.assert_allclose(apply("log", near_one), np.log(near_one), rtol=1e-14, atol=1e-18)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(apply("log", SPECIAL), np.log(SPECIAL), rtol=1e-15)


def test_power() -> None:
    rng = np.random.Generator(np.random.Philox(3))
    base, exponent = np.exp(rng.uniform(-20, 20, 20_000)), rng.uniform(-6, 6, 20_000)
    np.testing.assert_allclose(apply("^", base, exponent), base**exponent, rtol=5e-14)
    bases, exponents = (
        grid.ravel()
        for grid in np.meshgrid(np.array([0.0, -2.0, 3.0, -0.5]), np.array([2.0, 3.0, -1.0, 0.5, 0.0, 1.7]))
    )
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(apply("^", bases, exponents), np.power(bases, exponents), rtol=1e-14)


@pytest.mark.parametrize("operation", ["sin", "tanh", "acosh", "gamma", "floor", "sqrt"])
def test_other_functions_are_those_of_the_library(operation: str) -> None:
    x = np.linspace(1.0, 5.0, 64)
    one = compiled(operation, 1, 1).function("f", 2)
    result = np.zeros(1)
    for i, lane in enumerate(apply(operation, x)):
        one(x[i:].ctypes.data, result.ctypes.data)
        assert result[0] == lane
