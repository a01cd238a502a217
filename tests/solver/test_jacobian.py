"""The exact Jacobian is the derivative of the right-hand side, function by function."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from koebner.errors import ModelError
from koebner.kinetics import Model, read_antimony
from koebner.solver.machine_code.compile import CompiledModel, compile_model

FORMULAS = [
    "x + y - 2*x*y/(1 + x)",
    "x^2 + x^-1 + x^0.5 + sqrt(y) + x^k + k^x + x^y",
    "exp(x) + ln(x) + log10(y) + root(3, x)",
    "sin(x) + cos(y) + tan(x) + tanh(x*y) + sinh(x) + cosh(y) + arctan(x)",
    "abs(x - y) + min(x, y) + max(x, 3*y, 0.1)",
    "floor(3*x) + ceil(y) + x",
    "arcsin(x) + arccos(x) + arcsinh(y) + arccosh(y) + arctanh(x)",
    "sec(x) + csc(y) + cot(x) + arcsec(y) + arccsc(y) + arccot(x) + sech(x) + csch(x) + coth(y)",
    "arcsech(x) + arccsch(x) + arccoth(y) + rem(y, x) + quotient(y, x)*x",
    "piecewise(x^2, x > y, y^3)",
    "piecewise(x, x < 0 && y > 1, 2*x, !(x > 2 || y > 3), 3*x)",
    "x^k/(k^k + x^k)*pi*exponentiale + time*x",
]


def system(*formulas: str) -> Model:
    """Return a model with states x and y, then one state whose rate is each formula."""
    rates = "; ".join(f"f{i} = 0; f{i}' = {formula}" for i, formula in enumerate(formulas))
    return read_antimony(f"model m()\n x = 1; y = 1; k = 1.7; x' = 0; y' = 0; {rates}\nend")


def at_the_point(model: Model) -> tuple[CompiledModel, NDArray[np.float64], NDArray[np.float64]]:
    """Return the code, states with x = 0.7 and y = 1.3, and parameters."""
    code = compile_model(model)
    p = np.concatenate([[1.7], np.zeros(code.n_hoisted)])
    code.hoist(p)
    y = np.zeros(len(model.states))
    y[:2] = 0.7, 1.3
    return code, y, p


def test_jacobian_matches_central_differences() -> None:
    code, y, p = at_the_point(system(*FORMULAS))
    exact, step = code.jacobian(0.5, y, p), 1e-6
    for j in range(2):
        shift = step * np.eye(len(y))[j]
        difference = (code.rates(0.5, y + shift, p) - code.rates(0.5, y - shift, p)) / (2 * step)
        np.testing.assert_allclose(exact[j], difference, rtol=1e-7, atol=1e-8)


def test_rates_follow_the_grammar_of_sbml() -> None:
    expected = {
        # By hand at x = 0.7, y = 1.3, k = 1.7, time = 0.5.
        "x^2 + 2^3": 8.49,
        "-x^2": -0.49,
        "log10(100) + log10(1000) + ln(exponentiale)": 6.0,
        "piecewise(1, x > y, 2)": 2.0,
        "piecewise(1, y > x > 0, 2)": 1.0,
        "min(x, y, 0.1) + max(x, y)": 1.4,
        "time*k": 0.85,
        "3/4 + 1e2*0 + x*0": 0.75,
        "root(3, 8) + sqrt(16)": 6.0,
        "piecewise(1, true, 2) + piecewise(1, false, 2)": 3.0,
        "avogadro/1e23": 6.02214179,
        "(x - 0.7 - 1e-9)^k": 0.0,  # a rounding error below 0 counts as 0
    }
    code, y, p = at_the_point(system(*expected))
    np.testing.assert_allclose(code.rates(0.5, y, p)[2:], [*expected.values()], rtol=1e-12)


def test_bases_of_real_powers_are_watched() -> None:
    code, y, p = at_the_point(system("(x - 1)^k + sqrt(x - 2)", "(x - 1)^3 + (x - 1)^(2*k - 1.4)"))
    np.testing.assert_array_equal(code.rates(0.0, y, p)[2], 0.0)
    # By hand: the bases of x^1.7 and of the root are -0.3 and -1.3; x^3 and x^2 may have negative bases.
    assert sorted(code.guards(0.0, y, p).tolist()) == pytest.approx([-1.3, -0.3, 0.3])
    assert code.rates(0.0, y, p)[3] == pytest.approx(-0.027 + 0.09)


def test_what_depends_on_parameters_alone_is_computed_once() -> None:
    _, _, p = at_the_point(system("x*(k^2.5 + 1) - exp(k)*y"))
    # By hand: both factors, and the derivative by y.
    expected = [1.7**2.5 + 1, math.exp(1.7), -math.exp(1.7)]
    assert sorted(p[1:]) == pytest.approx(sorted(expected))


def test_what_has_no_derivative_is_said() -> None:
    code, y, p = at_the_point(system("x*factorial(4)"))
    assert code.rates(0.0, y, p)[2] == pytest.approx(0.7 * 24)
    with pytest.raises(ModelError, match="the factorial of a variable has no derivative"):
        compile_model(system("factorial(x)"))
