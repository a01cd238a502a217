"""The coefficients of each method do what its paper says."""

import numpy as np
import pytest
from numpy.typing import NDArray

from koebner.errors import UnknownNameError
from koebner.solver.methods import Method, available, load_method

Array = NDArray[np.float64]


def rates(y: Array) -> Array:
    """Lotka and Volterra with time as a third state, and a rate that depends on it."""
    return np.array([y[0] * (1 - y[1]) + 0.1 * np.cos(y[2]), y[1] * (y[0] - 1), 1.0])


def jacobian(y: Array) -> Array:
    return np.array([[1 - y[1], -y[0], -0.1 * np.sin(y[2])], [y[1], y[0] - 1, 0.0], [0.0, 0.0, 0.0]])


def step(method: Method, y: Array, h: float) -> tuple[Array, Array]:
    """Return the states after a step, and in its middle, from the formulas of Hairer and Wanner."""
    matrix = np.eye(3) / (h * method.gamma) - jacobian(y)
    stages: list[Array] = []
    for a, c in zip(method.a, method.c, strict=True):
        inner = y + sum((w * u for w, u in zip(a, stages, strict=False)), np.zeros(3))
        side = rates(inner) + sum((w * u for w, u in zip(c, stages, strict=False)), np.zeros(3)) / h
        stages.append(np.linalg.solve(matrix, side))
    end = y + sum((w * u for w, u in zip(method.a[-1], stages, strict=False)), np.zeros(3)) + stages[-1]
    bends = [sum((w * u for w, u in zip(row, stages, strict=True)), np.zeros(3)) for row in method.d]
    bend = sum((b * 0.5**k for k, b in enumerate(bends)), np.zeros(3))
    return end, 0.5 * y + 0.5 * (end + 0.5 * bend)


def integrated(method: Method, n_steps: int) -> tuple[Array, Array]:
    y, h = np.array([2.0, 0.5, 0.0]), 2.0 / n_steps
    middle = y
    for _ in range(n_steps):
        y, middle = step(method, y, h)
    return y, middle


@pytest.mark.parametrize("name", available())
def test_errors_fall_with_the_order(name: str) -> None:
    method = load_method(name)
    exact = integrated(load_method("rodas5p"), 4000)[0]
    errors = [np.abs(integrated(method, n)[0] - exact).max() for n in (20, 40, 80)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders.min() > method.order - 0.4


@pytest.mark.parametrize("name", available())
def test_the_dense_output_is_at_most_an_order_worse(name: str) -> None:
    method = load_method(name)
    start = np.array([2.0, 0.5, 0.0])
    errors = []
    for h in (0.1, 0.05):
        exact = start
        for _ in range(500):
            exact = step(load_method("rodas5p"), exact, h / 1000)[0]
        errors.append(np.abs(step(method, start, h)[1] - exact).max())
    # Within one step the error is of one order higher than over many.
    assert np.log2(errors[0] / errors[1]) > method.order - 0.4


@pytest.mark.parametrize("name", available())
def test_methods_are_stiffly_accurate(name: str) -> None:
    # The last stages of both embedded solutions are taken at the end of the step, so fast states do
    # not lower the order: the sum of the weights of the last two stages is 1 each.
    method = load_method(name)
    assert method.a[-1][-1] == 1.0
    assert method.doi
    assert method.paper


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(UnknownNameError, match="Closest: `rodas4p2`"):
        load_method("rodas4p")
