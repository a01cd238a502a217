"""What every method of integration keeps, on the same cases."""

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import ArrayLike
from tests.solver.small_models import BLOW_UP, DECAY, ONE_COMPARTMENT

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.kinetics import read_antimony
from koebner.solver import METHODS, Doses, Status, integrate

pytestmark = pytest.mark.parametrize("method", METHODS)

TIMES = np.linspace(0, 10, 6)


def test_each_patient_has_own_parameters_and_initial_values(method: str) -> None:
    k, start = np.array([0.5, 1.0]), np.array([1.0, 3.0])
    solution = integrate(
        DECAY, times=TIMES, n_patients=2, parameters={"k": k}, initial={"x": start}, method=method
    )
    exact = start[:, None] * np.exp(-k[:, None] * TIMES)
    np.testing.assert_allclose(solution.column("x"), exact, rtol=1e-4)
    assert solution.values.shape == (2, len(TIMES), 1)
    assert solution.reasons == ("ok", "ok")


def test_a_patient_does_not_depend_on_the_others(method: str) -> None:
    k = np.linspace(0.1, 2, 5)
    doses = Doses(patient=[1, 3, 4], time=[1.0, 2.5, 4.0], target="x", amount=[1.0, 2.0, 3.0])
    together = integrate(DECAY, times=TIMES, n_patients=5, parameters={"k": k}, doses=doses, method=method)
    own = Doses(patient=[0], time=[2.5], target="x", amount=[2.0])
    alone = integrate(DECAY, times=TIMES, parameters={"k": k[3]}, doses=own, method=method)
    assert together.values[3].tobytes() == alone.values[0].tobytes()


def test_the_value_at_the_time_of_a_dose_is_the_value_before(method: str) -> None:
    doses = Doses(patient=[0, 0], time=[0.0, 2.0], target="x", amount=[1.0, 5.0])
    solution = integrate(DECAY, times=[0, 2, 4], doses=doses, rtol=1e-9, atol=1e-12, method=method)
    at_2 = 2 * np.exp(-1.0)
    np.testing.assert_allclose(solution.column("x")[0], [1, at_2, (at_2 + 5) * np.exp(-1.0)], rtol=1e-7)


def test_doses_at_one_time_act_in_their_order(method: str) -> None:
    forth = Doses(patient=[0, 0], time=[1.0, 1.0], target="x", amount=[3.0, 1.0], kind=["set", "add"])
    back = Doses(patient=[0, 0], time=[1.0, 1.0], target="x", amount=[1.0, 3.0], kind=["add", "set"])
    ends = [
        integrate(DECAY, times=[1, 3], doses=doses, rtol=1e-9, atol=1e-12, method=method).column("x")[0, 1]
        for doses in (forth, back)
    ]
    np.testing.assert_allclose(ends, np.array([4.0, 3.0]) * np.exp(-1.0), rtol=1e-7)


def test_a_parameter_set_in_time_changes_the_equations_from_then_on(method: str) -> None:
    doses = Doses(patient=[0], time=[2.0], target="k", amount=[1.0], kind="set")
    solution = integrate(
        DECAY, times=[1, 2, 4], doses=doses, outputs=["x", "k"], rtol=1e-9, atol=1e-12, method=method
    )
    np.testing.assert_allclose(solution.column("x")[0], np.exp([-0.5, -1.0, -3.0]), rtol=1e-7)
    np.testing.assert_array_equal(solution.column("k")[0], [0.5, 0.5, 1.0])


def test_a_dose_split_in_two_halves_gives_the_same_answer(method: str) -> None:
    whole = Doses(patient=[0], time=[1.0], target="depot", amount=[300.0])
    halves = Doses(patient=[0, 0], time=[1.0, 1.0], target="depot", amount=[150.0, 150.0])
    one, two = (
        integrate(ONE_COMPARTMENT, times=TIMES, doses=doses, method=method) for doses in (whole, halves)
    )
    np.testing.assert_array_equal(one.values, two.values)


def test_outputs_may_be_states_assigned_variables_and_parameters(method: str) -> None:
    solution = integrate(
        ONE_COMPARTMENT,
        times=TIMES,
        initial={"depot": 100.0},
        outputs=["V", "concentration", "central"],
        method=method,
    )
    assert solution.names == ("V", "concentration", "central")
    # A quotient is a product with a reciprocal: one rounding more.
    np.testing.assert_allclose(solution.column("concentration"), solution.column("central") / 5, rtol=1e-15)
    with pytest.raises(UnknownNameError, match="Closest: `central`"):
        solution.column("centrl")


def test_initial_assignments_follow_a_patients_parameters_unless_given(method: str) -> None:
    model = read_antimony("model m()\n x0 = 2; x = x0; k = 2*r; r = 0.25; x' = -k*x\nend")
    solution = integrate(
        model, times=[0, 1], n_patients=2, parameters={"x0": [2.0, 3.0], "r": 0.5}, method=method
    )
    np.testing.assert_allclose(solution.column("x"), [[2, 2 / np.e], [3, 3 / np.e]], rtol=1e-4)
    given = integrate(model, times=[0, 1], initial={"x": 7.0}, parameters={"k": 2.0}, method=method)
    np.testing.assert_allclose(given.column("x")[0], [7, 7 * np.exp(-2)], rtol=1e-4)


def test_a_late_first_time_starts_from_time_0(method: str) -> None:
    late = integrate(DECAY, times=[4.0], method=method)
    np.testing.assert_allclose(late.column("x")[0, 0], np.exp(-2), rtol=1e-4)


def test_a_failed_patient_is_nan_with_a_reason_and_stops_nobody(
    method: str, capfd: pytest.CaptureFixture[str]
) -> None:
    solution = integrate(
        BLOW_UP, times=[0, 0.5, 2], n_patients=2, parameters={"k": [1.0, 0.1]}, method=method
    )
    assert solution.status.tolist() == [Status.DIVERGED, Status.OK]
    assert np.isnan(solution.values[0]).all()
    assert solution.reasons[0].startswith("diverged at time 0.99")
    # 1/(1 - 0.1 t) at t = 2
    assert solution.column("x")[1, -1] == pytest.approx(1.25, rel=1e-5)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("x = 1; x' = ln(1 - time)", Status.NOT_FINITE, "not finite at time 0.99999"),
        ("compartment c = 1; species x in c; x = 1; x' = -1", Status.NEGATIVE, "`x` fell to -1"),
        ("x = 0; x' = 1e6*cos(1e6*time)", Status.STEP_LIMIT, "step limit at time"),
        ("x = 1; a := 1/(x - 1); x' = 0", Status.NOT_FINITE, "not finite at time 0:"),
    ],
)
def test_every_failure_has_its_status(method: str, text: str, status: Status, reason: str) -> None:
    solution = integrate(
        read_antimony(f"model m()\n {text}\nend"), times=[0, 2], max_steps=500, method=method
    )
    assert solution.status[0] == status
    assert reason in solution.reasons[0]
    assert np.isnan(solution.values).all()


def test_tolerances_beyond_double_precision_are_said_to_be(method: str) -> None:
    solution = integrate(DECAY, times=[0, 2], rtol=1e-18, atol=1e-30, method=method)
    assert solution.status[0] == Status.TOLERANCE


def test_progress_counts_patients(method: str) -> None:
    done: list[int] = []
    integrate(DECAY, times=[0, 1], n_patients=1000, progress=done.append, method=method)
    assert done == sorted(set(done))
    assert done[-1] == 1000
    assert len(done) >= 4


def test_an_interrupt_comes_through(method: str) -> None:
    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        integrate(DECAY, times=[0, 1], n_patients=3, progress=interrupt, method=method)


@pytest.mark.parametrize(
    "arguments",
    [
        {"parameters": {"kk": 1.0}},
        {"initial": {"y": 1.0}},
        {"outputs": ["y"]},
        {"doses": Doses(patient=[0], time=[1.0], target="y", amount=[1.0])},
    ],
)
def test_unknown_names_offer_the_closest(method: str, arguments: Mapping[str, object]) -> None:
    with pytest.raises(UnknownNameError, match=r"Closest|Known"):
        integrate(DECAY, times=[0, 1], method=method, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("times", [[], [0, 1, 1], [2, 1], [-1, 0], [0, np.nan], [[0, 1]]])
def test_times_must_rise(method: str, times: ArrayLike) -> None:
    with pytest.raises(InvalidValueError, match="times"):
        integrate(DECAY, times=times, method=method)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"parameters": {"k": [1.0, 2.0, 3.0]}, "n_patients": 2}, r"shape \(3,\)"),
        ({"parameters": {"k": np.nan}}, "`k` holds a value that is not finite"),
        ({"parameters": {"x": 1.0}}, "`x` is a state; give its value at time 0 in `initial`"),
        (
            {"doses": Doses(patient=[1], time=[1.0], target="x", amount=[1.0])},
            "patient 1; patients are 0 to 0",
        ),
        ({"doses": Doses(patient=[0], time=[1.0], target="k", amount=[1.0])}, "adds to `k`, a parameter"),
        ({"rtol": 0.0}, "`rtol` is 0"),
        ({"atol": -1.0}, "`atol` is -1"),
        ({"n_patients": 0}, "`n_patients` is 0"),
        ({"max_steps": 0}, "`max_steps` is 0"),
    ],
)
def test_wrong_values_are_refused(method: str, arguments: Mapping[str, object], named: str) -> None:
    with pytest.raises(InvalidValueError, match=named):
        integrate(DECAY, times=[0, 1], method=method, **arguments)  # type: ignore[arg-type]


def test_open_inputs_and_computed_variables_are_named(method: str) -> None:
    opened = read_antimony("model m()\n x = 1; x' = -drain*x\nend")
    with pytest.raises(InvalidValueError, match="open inputs: `drain`"):
        integrate(opened, times=[0, 1], method=method)
    closed = integrate(opened, times=[0, 1], parameters={"drain": 1.0}, method=method)
    assert closed.column("x")[0, 1] == pytest.approx(np.exp(-1), rel=1e-4)
    with pytest.raises(InvalidValueError, match="`concentration` is computed by a rule"):
        integrate(ONE_COMPARTMENT, times=[0, 1], parameters={"concentration": 1.0}, method=method)
