"""Sensitivities are the derivatives of the outputs by the parameters, in every method."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.solver.small_models import BLOW_UP, DECAY, ONE_COMPARTMENT

from koebner.errors import InvalidValueError, KoebnerError, UnknownNameError
from koebner.kinetics import Model, read_antimony, read_sbml
from koebner.solver import METHODS, Doses, Solution, integrate
from koebner.solver.distribution.sharding import Shard, join
from koebner.solver.machine_code.compile import Recipe, states_of
from koebner.solver.records import Area, Minimum
from koebner.solver.sensitivities import plan_sensitivities
from koebner.solver.symbolic.equations import build_equations
from koebner.solver.symbolic.factorization import factorize
from koebner.solver.symbolic.jacobian import gradients

Array = NDArray[np.float64]

TIMES = np.array([0.5, 1.0, 2.0, 5.0, 12.0])
PSOQSP = Path(__file__).parents[2] / "benchmarks" / "models" / "psoqsp.xml"

LOGISTIC = read_antimony(
    """model logistic()
      x0 = 0.1; r = 0.8; K = 3; x = x0
      x' = r*x*(1 - x/K)
      share := x/K
    end
    """
)


def by_complex_step(formula: Callable[[Array, dict[str, complex]], Array], values: dict[str, float]) -> Array:
    """Return the derivatives of a closed form by its parameters, shape `(n_times, n_parameters)`.

    The imaginary part at an imaginary step is exact to the last digit (Squire and Trapp 1998).
    """
    step = 1e-30
    stepped = [values | {name: values[name] + step * 1j} for name in values]
    return np.transpose([formula(TIMES, moved).imag / step for moved in stepped])


def tight(model: Model, **options: object) -> Solution:
    """Return a solution to tight tolerances."""
    given = {"times": TIMES, "rtol": 1e-9, "atol": 1e-12} | options
    return integrate(model, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", METHODS)
def test_logistic_growth_in_every_method(method: str) -> None:
    def closed(t: Array, k: dict[str, complex]) -> Array:
        # The solution of the logistic equation (Verhulst 1838).
        return k["K"] / (1 + (k["K"] / k["x0"] - 1) * np.exp(-k["r"] * t))

    def share(t: Array, k: dict[str, complex]) -> Array:
        return closed(t, k) / k["K"]

    values = {"x0": 0.1, "r": 0.8, "K": 3.0}
    solution = tight(LOGISTIC, sensitivities=list(values), outputs=["x", "share"], method=method, rtol=1e-8)
    expected = np.stack([by_complex_step(closed, values), by_complex_step(share, values)], axis=1)
    assert solution.sensitivities.shape == (1, len(TIMES), 2, 3)
    np.testing.assert_allclose(solution.sensitivities[0], expected, rtol=1e-5)
    np.testing.assert_array_equal(solution.sensitivity("share", "r")[0], solution.sensitivities[0, :, 1, 1])


@pytest.mark.parametrize("method", ["auto", "reference"])
def test_one_compartment_with_repeated_doses(method: str) -> None:
    days = [0.0, 3.0, 6.0]

    def closed(t: Array, k: dict[str, complex]) -> Array:
        # The Bateman function of each dose, added up (Gibaldi and Perrier 1982, chapter 1).
        ka, ke, volume = k["ka"], k["ke"], k["V"]
        since = [np.where(t > day, t - day, 0.0) for day in days]
        bolus = [100 * ka / (ka - ke) * (np.exp(-ke * s) - np.exp(-ka * s)) for s in since]
        return np.sum(bolus, axis=0) / volume

    values = {"ka": 0.4, "ke": 0.1, "V": 5.0}
    doses = Doses(patient=[0] * 3, time=days, target="depot", amount=[100.0] * 3)
    solution = tight(
        ONE_COMPARTMENT, doses=doses, sensitivities=list(values), outputs=["concentration"], method=method
    )
    np.testing.assert_allclose(
        solution.sensitivities[0, :, 0], by_complex_step(closed, values), rtol=1e-6, atol=1e-7
    )


def test_each_patient_has_his_own_sensitivities() -> None:
    rates = np.array([0.5, -0.1, 0.0, 1e-6])
    solution = tight(DECAY, n_patients=4, parameters={"k": rates}, sensitivities=["k"])
    # x = exp(-kt), so dx/dk = -t exp(-kt), also where k is 0 or has no size to speak of.
    expected = -TIMES * np.exp(-rates[:, None] * TIMES)
    np.testing.assert_allclose(solution.sensitivity("x", "k"), expected, rtol=1e-5)


def test_constants_and_reactions_are_outputs_too() -> None:
    model = read_antimony(
        """model m()
          compartment body = 1; species A in body; A = 1; k = 0.5; c = 3*k^2; other = 7
          loss: A => ; k*A
        end
        """
    )
    solution = tight(model, sensitivities=["k"], outputs=["loss", "c", "k", "other"])
    # By hand: d(k exp(-kt))/dk, d(3k^2)/dk, dk/dk and nothing.
    ones = np.ones_like(TIMES)
    loss = (1 - 0.5 * TIMES) * np.exp(-0.5 * TIMES)
    expected = np.stack([loss, 3 * ones, ones, 0 * ones], axis=1)
    np.testing.assert_allclose(solution.sensitivities[0, :, :, 0], expected, rtol=1e-6, atol=1e-9)


CHAIN = read_antimony("model chain()\n k = 0.5; b = 2*k; c = b + k; x = c*b; x' = -c*x\nend")


@pytest.mark.parametrize("method", ["auto", "reference"])
def test_initial_assignments_are_followed(method: str) -> None:
    solution = tight(CHAIN, sensitivities=["k", "b"], outputs=["x", "c"], method=method)
    k, t = 0.5, TIMES
    # By hand: c = 3k and x = 6k^2 exp(-3kt).
    expected = (12 * k - 18 * k**2 * t) * np.exp(-3 * k * t)
    np.testing.assert_allclose(solution.sensitivity("x", "k")[0], expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(solution.sensitivity("c", "k")[0], 3.0, rtol=1e-12)
    # With b by itself: c = b + k and x = (b + k) b exp(-(b + k)t), at b = 2k = 1.
    expected = (2 + k - 1.5 * t) * np.exp(-3 * k * t)
    np.testing.assert_allclose(solution.sensitivity("x", "b")[0], expected, rtol=1e-6, atol=1e-9)


def test_what_is_given_depends_on_no_parameter() -> None:
    given = tight(CHAIN, sensitivities=["k"], parameters={"b": 1.0}, outputs=["x"])
    # By hand: c = 1 + k, x = c exp(-ct).
    expected = (1 - 1.5 * TIMES) * np.exp(-1.5 * TIMES)
    np.testing.assert_allclose(given.sensitivity("x", "k")[0], expected, rtol=1e-6, atol=1e-9)
    started = tight(CHAIN, sensitivities=["k"], initial={"x": 1.0}, outputs=["x"])
    # By hand: x = exp(-3kt).
    np.testing.assert_allclose(
        started.sensitivity("x", "k")[0], -3 * TIMES * np.exp(-1.5 * TIMES), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("method", ["auto", "reference"])
def test_a_dose_that_sets_makes_sensitivities_start_anew(method: str) -> None:
    model = read_antimony("model m()\n k = 0.25; c = 2*k; x = 1; y = 1; x' = -c*x; y' = -c*y\nend")
    doses = Doses(
        patient=[0, 0, 0, 0],
        time=[1.0, 1.0, 1.0, 2.0],
        target=["x", "x", "y", "c"],
        amount=[3.0, 1.0, 1.0, 0.1],
        kind=["set", "add", "add", "set"],
    )
    solution = tight(model, doses=doses, sensitivities=["k"], outputs=["x", "y", "c"], method=method)
    # By hand, u the time with c = 2k and x = 4 at time 1: dx/dk = -2u x until x is set; y has the past.
    until, after = np.minimum(TIMES, 2.0), np.maximum(TIMES - 2.0, 0.0)
    late = TIMES > 1
    x = np.where(late, 4 * np.exp(-0.5 * (until - 1) - 0.1 * after), np.exp(-0.5 * TIMES))
    expected = -2 * np.where(late, until - 1, TIMES) * x
    np.testing.assert_allclose(solution.sensitivity("x", "k")[0], expected, rtol=1e-6, atol=1e-9)
    own = np.exp(-0.5 * until - 0.1 * after)
    added = np.where(late, np.exp(-0.5 * (until - 1) - 0.1 * after), 0.0)
    expected = -2 * until * own - 2 * np.where(late, until - 1, 0.0) * added
    np.testing.assert_allclose(solution.sensitivity("y", "k")[0], expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(solution.sensitivity("c", "k")[0], np.where(TIMES <= 2, 2.0, 0.0))


@pytest.mark.parametrize(
    ("rate", "since"),
    [
        ("-k*(1 + sin(time))*x", TIMES + 1 - np.cos(TIMES)),  # the integral of 1 + sin(t)
        ("-k*x*piecewise(1, time < 1.5, 0)", np.minimum(TIMES, 1.5)),
        ("-k*x*floor(time/2)", [0.0, 0.0, 0.0, 4.0, 30.0]),  # by hand: 2 (1 + ... ) + the rest
    ],
)
def test_rates_that_depend_on_time(rate: str, since: Array) -> None:
    model = read_antimony(f"model m()\n x = 1; k = 0.3; x' = {rate}\nend")
    solution = tight(model, sensitivities=["k"])
    expected = -np.array(since) * np.exp(-0.3 * np.array(since))
    np.testing.assert_allclose(solution.sensitivity("x", "k")[0], expected, rtol=1e-6, atol=1e-8)


OFFSETS = 3e-3 * np.array([-2, -1, 1, 2])


def differences(values: Array, parameter: float) -> Array:
    """Return the central difference of fourth order of what was computed with `OFFSETS`."""
    return (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * 3e-3 * parameter)


@pytest.mark.parametrize("exponent", [1.0, 1.5, 3.0])
def test_hill_exponents_from_a_state_of_zero(exponent: float) -> None:
    model = read_antimony("model hill()\n x = 0; n = 2; K = 0.5; x' = 1 + 2*x^n/(K^n + x^n) - x\nend")
    options = {"parameters": {"n": exponent}, "sensitivities": ["n", "K"]}
    solution = tight(model, **options)
    for name, value in (("n", exponent), ("K", 0.5)):
        given = {"parameters": {"n": exponent} | {name: value * (1 + OFFSETS)}, "n_patients": len(OFFSETS)}
        shifted = tight(model, **given, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(
            solution.sensitivity("x", name)[0], differences(shifted.column("x"), value), rtol=1e-6, atol=1e-8
        )


@pytest.fixture(scope="module")
def psoqsp() -> Model:
    """Return the benchmark model without its events, which give doses."""
    model = read_sbml(PSOQSP)
    return Model.of(
        id=model.id,
        compartments=model.compartments.values(),
        species=model.species.values(),
        parameters=model.parameters.values(),
        rules=model.rules.values(),
    )


def test_a_large_model_agrees_with_finite_differences(psoqsp: Model) -> None:
    parameters = {"CL_A": 0.2, "n17": 1.6, "K_IL23_17A": 1.0}
    weeks = np.arange(0.0, 85.0, 7.0)

    def doses(n_patients: int) -> Doses:
        patient = np.repeat(np.arange(n_patients), 3)
        time = np.tile([0.0, 28.0, 56.0], n_patients)
        return Doses(patient=patient, time=time, target="A_sc", amount=np.full(len(time), 300.0))

    exact = integrate(psoqsp, times=weeks, doses=doses(1), sensitivities=list(parameters))
    for place, (name, value) in enumerate(parameters.items()):
        shifted = integrate(
            psoqsp,
            times=weeks,
            doses=doses(4),
            n_patients=4,
            parameters={name: value * (1 + OFFSETS)},
            rtol=1e-11,
            atol=1e-13,
        )
        expected = differences(shifted.values, value)
        # Where 1 % more of a parameter changes a state by less than 1e-6 of it, differences say too little.
        matters = np.abs(value * expected).max(axis=0) > 1e-4 * np.abs(exact.values[0]).max(axis=0)
        assert matters.sum() > 30  # of 48 states
        error = np.abs(exact.sensitivities[0, :, :, place] - expected)
        allowed = 5e-5 * (np.abs(expected) + 1e-2 * np.abs(expected).max(axis=0))
        assert (error <= allowed)[:, matters].all()


def test_all_parameters_share_the_factors_of_the_model(psoqsp: Model) -> None:
    plan = plan_sensitivities(Recipe(psoqsp), ("CL_A", "n17"))
    layout = Recipe(psoqsp, sensitivities=plan).layout
    equations = build_equations(psoqsp, layout)
    rows = gradients(equations.graph, list(equations.derivatives), states_of(equations, layout))
    found = factorize(equations.graph, rows, equations.graph.variable("shift"))
    factors: dict[bool, set[int]] = {True: set(), False: set()}
    for place, state in enumerate(found.order):
        of_model = state < len(psoqsp.states)
        factors[of_model] |= {
            *found.lower[place].values(),
            *found.upper[place].values(),
            found.inverse[place],
        }
    assert len(plan.states) > 60  # by CL_A nearly all of 48 states, by n17 about half
    assert factors[False] <= factors[True]


def test_numbers_do_not_depend_on_threads_or_neighbours() -> None:
    rates = np.linspace(0.1, 2.0, 600)
    alone, one, two = (
        tight(LOGISTIC, n_patients=len(r), parameters={"r": r}, sensitivities=["r", "x0"], threads=threads)
        for r, threads in ((rates[301:302], 1), (rates, 1), (rates, 2))
    )
    assert one.sensitivities.tobytes() == two.sensitivities.tobytes()
    assert one.sensitivities[301].tobytes() == alone.sensitivities[0].tobytes()
    assert one.values[301].tobytes() == alone.values[0].tobytes()


def test_shards_join_with_their_sensitivities() -> None:
    rates = np.array([0.3, 0.5, 0.7])
    shards = Shard(n_patients=3, parameters={"k": rates}).split(2)
    joined = join([tight(DECAY, **shard.arguments, sensitivities=["k"]) for shard in shards])
    whole = tight(DECAY, n_patients=3, parameters={"k": rates}, sensitivities=["k"])
    assert joined.sensitivity("x", "k").tobytes() == whole.sensitivity("x", "k").tobytes()


def test_derivatives_are_hidden_states() -> None:
    solution = tight(LOGISTIC, sensitivities=["r"])
    assert solution.names == ("x", "share")
    assert solution.values.shape == (1, len(TIMES), 2)
    np.testing.assert_allclose(solution.values, tight(LOGISTIC).values, rtol=1e-7)
    for options in ({"outputs": ["d x/d r"]}, {"initial": {"d x/d r": 1.0}}, {"initial": {"q": 1.0}}):
        with pytest.raises(UnknownNameError) as caught:
            tight(LOGISTIC, sensitivities=["r"], **options)
        assert "d x/d r" not in caught.value.known


def test_without_a_question_there_is_no_answer() -> None:
    solution = tight(DECAY)
    assert solution.parameters == ()
    assert solution.sensitivities.shape == (1, len(TIMES), 1, 0)
    with pytest.raises(UnknownNameError, match=r"No sensitivity by `k`\. None are known\. Ask for it in"):
        solution.sensitivity("x", "k")
    with pytest.raises(UnknownNameError, match="No output `y`"):
        tight(DECAY, sensitivities=["k"]).sensitivity("y", "k")


def test_a_failed_patient_has_no_sensitivities() -> None:
    solution = tight(
        BLOW_UP, n_patients=2, parameters={"k": [1.0, 0.05]}, sensitivities=["k"], outputs=["x", "k"]
    )
    assert np.isnan(solution.sensitivities[0]).all()
    # x = 1/(1 - kt), so dx/dk = t x^2.
    expected = TIMES / (1 - 0.05 * TIMES) ** 2
    np.testing.assert_allclose(solution.sensitivity("x", "k")[1], expected, rtol=1e-6)


def test_records_are_taken_as_without_sensitivities() -> None:
    records = {"least": Minimum("x"), "area": Area("x")}
    with_k, without = (tight(DECAY, records=records, sensitivities=names).records for names in (["k"], []))
    for name, values in without.items():
        np.testing.assert_allclose(with_k[name], values, rtol=1e-7)


def one_rate(rate: str, more: str = "") -> Model:
    """Return a model of which the rate of x is given."""
    return read_antimony(f"model m()\n x = 1; y = 2; k = 1; j = 1; x' = {rate}; y' = -j*y; {more}\nend")


def test_conditions_on_what_does_not_depend_on_the_parameter_are_no_obstacle() -> None:
    model = one_rate("-k*x*piecewise(1, y > 1 && j < 3, 0) + 0*max(x, 0.1)")
    solution = tight(model, sensitivities=["k"], outputs=["x"])
    # y = 2 exp(-t) is above 1 until ln 2.
    until = np.minimum(TIMES, np.log(2))
    np.testing.assert_allclose(
        solution.sensitivity("x", "k")[0], -until * np.exp(-until), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize(
    ("model", "names", "kind", "message"),
    [
        (ONE_COMPARTMENT, ["kee"], UnknownNameError, "No parameter `kee`. Closest: `ke`"),
        (ONE_COMPARTMENT, ["absorption"], UnknownNameError, "No parameter `absorption`"),
        (ONE_COMPARTMENT, ["depot"], InvalidValueError, "`depot` is a state, .* initial assignment"),
        (ONE_COMPARTMENT, ["concentration"], InvalidValueError, "`concentration` is computed by a rule"),
        (ONE_COMPARTMENT, ["ke", "ke"], InvalidValueError, "each parameter is expected once"),
        (one_rate("0", "at time > 2: x = 0"), ["k"], InvalidValueError, "model `m` has the event `_E0`"),
        (
            one_rate("-k*x*piecewise(1, x > 0.5, 2)"),
            ["k"],
            InvalidValueError,
            "the rate of `x` has a condition on `x`, .* may depend on `k`",
        ),
        (one_rate("piecewise(1, time > k, 2)"), ["k"], InvalidValueError, "has a condition on `k`"),
        (one_rate("k*floor(y)"), ["j"], InvalidValueError, "has a condition on `y`"),
        (
            one_rate("piecewise(1, time > c, 2)", "c = 2*k"),
            ["k"],
            InvalidValueError,
            "has a condition on `c`",
        ),
    ],
)
def test_what_cannot_be_answered_is_refused(
    model: Model, names: list[str], kind: type[KoebnerError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        tight(model, sensitivities=names)


def test_a_parameter_that_a_dose_sets_is_refused() -> None:
    doses = Doses(patient=[1], time=[1.0], target="k", amount=[2.0], kind="set")
    with pytest.raises(InvalidValueError, match="a dose sets `k`, so it is not one number"):
        tight(DECAY, n_patients=2, doses=doses, sensitivities=["k"])
