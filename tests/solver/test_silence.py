"""No wrong number without a word: cases in which a solver might well return one."""

import threading
import warnings
from typing import Any

import numpy as np
import pytest

from koebner.errors import InvalidValueError
from koebner.kinetics import Model, read_antimony
from koebner.solver import METHODS, Doses, FirstTime, Maximum, Status, integrate


def model(text: str) -> Model:
    return read_antimony(f"model m()\n {text}\nend")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("x = 1; x' = (x - 2)^0.5", {}, "a root or real power is asked of -1"),
        ("x = 1; x' = -1; z := sqrt(x)", {}, "a root or real power is asked of -2"),
        ("x = 1; x' = -x", {"records": {"r": Maximum("sqrt(x - 2)")}}, "a record is not a finite number"),
        ("x = 1; x' = -x", {"records": {"r": Maximum("1/(1 - x)")}}, "a record is not a finite number"),
        ("x = 1; x' = -x; k = 1; at (x < 0.5): k = ln(x - 2)", {}, "an event set a constant to what is not"),
    ],
)
def test_what_is_not_a_number_fails(method: str, text: str, options: dict[str, Any], reason: str) -> None:
    solution = integrate(model(text), times=[0, 3], method=method, **options)
    assert solution.status[0] == Status.NOT_FINITE
    assert reason in solution.reasons[0]
    assert np.isnan(solution.values).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_root_of_a_rounding_error_below_0_is_0(method: str) -> None:
    # x = (1 - t/2)^2 until it is empty at t = 2.
    solution = integrate(model("x = 1; x' = -x^0.5"), times=[1, 5], method=method)
    assert Status(solution.status[0]).succeeded
    np.testing.assert_allclose(solution.column("x")[0], [0.25, 0], atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_that_grows_takes_off(method: str) -> None:
    # An epidemic from a seed near atol: a long implicit step would damp what grows, below the tolerance.
    b = np.linspace(1.0, 3.0, 9)
    text = "v = 1e-8; T = 1; b = 2; d = 0.5; v' = b*T*v - d*v; T' = -b*T*v"
    solution = integrate(model(text), times=[80.0], n_patients=9, parameters={"b": b}, method=method)
    final = solution.column("T")[:, 0]
    # The final size of an epidemic: ln(T) = R (T - 1), R = b/d (Kermack and McKendrick 1927).
    np.testing.assert_allclose(np.log(final), b / 0.5 * (final - 1), rtol=2e-3)
    assert (final < 0.25).all()


@pytest.mark.parametrize("method", METHODS)
def test_an_event_at_the_time_of_a_dose_hides_no_peak(method: str) -> None:
    text = "x = 0; c = 0; x' = -x; at (x > 0.5), t0=false: x = 0.5*x, c = c + 1"
    doses = Doses(patient=[0], time=[1.0], target="x", amount=[6.0])
    records = {"peak": Maximum("x"), "first": FirstTime("x > 5")}
    solution = integrate(model(text), times=[3], doses=doses, records=records, method=method)
    assert solution.records["peak"][0] == 6.0
    assert solution.records["first"][0] == 1.0


@pytest.mark.parametrize("method", METHODS)
def test_what_begins_or_is_set_below_0_may_be(method: str) -> None:
    for text in ("x = -1; x' = 0", "x = 1; x' = 0; at (time >= 1): x = -1"):
        solution = integrate(model(f"compartment c = 1; species x in c; {text}"), times=[2], method=method)
        assert solution.status[0] == Status.OK
        assert solution.column("x")[0, 0] == -1
    falling = "compartment c = 1; species x in c; x = 1; x' = -3; at (time >= 1): x = -1"
    assert integrate(model(falling), times=[2], method=method).status[0] == Status.NEGATIVE


@pytest.mark.parametrize("method", METHODS)
def test_success_does_not_depend_on_the_output_grid(method: str) -> None:
    # A switch twice a day for a year, each a new start.
    text = "x = 0; x' = piecewise(1, sin(2*pi*time) > 0, 0) - 0.5*x"
    ends = [
        integrate(model(text), times=times, method=method).column("x")[0, -1]
        for times in ([182.0], np.linspace(0, 182, 27))
    ]
    assert ends[0] == pytest.approx(ends[1], rel=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_a_longest_step_sees_what_is_fast(method: str) -> None:
    # A wave of 1/100 of the time, of which only the upper half counts: its mean is 1/pi.
    text = "x = 0; x' = max(0, cos(2*pi*time))"
    solution = integrate(model(text), times=[100.0], longest_step=0.1, method=method)
    assert solution.column("x")[0, 0] == pytest.approx(100 / np.pi, rel=1e-3)


def test_the_filters_of_warnings_are_left_alone() -> None:
    before = list(warnings.filters)
    threads = [
        threading.Thread(
            target=integrate,
            args=(model("x = 1; x' = -x"),),
            kwargs={"times": [1, 2], "n_patients": 20, "method": "reference"},
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"longest_step": 0.0}, "`longest_step` is 0.0; a time above 0"),
        ({"threads": 0}, "`threads` is 0; 1 or more"),
        ({"outputs": "x"}, "`outputs` is the text 'x'; a list of names"),
        ({"sensitivities": "k"}, "`sensitivities` is the text 'k'; a list of names"),
        ({"records": [Maximum("x")]}, "`records` is a list; records by name"),
        ({"records": {"r": Maximum(3)}}, "of a formula is expected"),  # type: ignore[arg-type]
    ],
)
def test_arguments_of_a_wrong_kind_are_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidValueError, match=named):
        integrate(model("x = 1; k = 1; x' = -k*x"), times=[1], **options)


def test_a_dose_to_a_concentration_names_the_amount() -> None:
    text = "compartment c = 2; species x in c; x = 1; k = 1; J0: x -> ; k*x"
    doses = Doses(patient=[0], time=[0.0], target="x", amount=[1.0])
    with pytest.raises(InvalidValueError, match="give the amount, `x_amount`"):
        integrate(model(text), times=[1], doses=doses)
