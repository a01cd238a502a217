"""Reductions in the loop, against closed forms and against stored trajectories."""

import numpy as np
import pytest
from tests.solver.small_models import DECAY, ONE_COMPARTMENT

from koebner.errors import InvalidValueError, ModelError
from koebner.kinetics import read_antimony
from koebner.solver import METHODS, Area, Doses, FirstTime, Maximum, Minimum, Status, integrate

TIGHT = {"rtol": 1e-8, "atol": 1e-11}

OSCILLATOR = read_antimony("model o()\n x = 1; v = 0; w = 2; x' = v; v' = -w^2*x\nend")


@pytest.mark.parametrize("method", METHODS)
def test_extremes_lie_inside_steps(method: str) -> None:
    records = {"low": Minimum("x"), "high": Maximum("v"), "product": Minimum("x*v")}
    solution = integrate(
        OSCILLATOR,
        times=[4.0],
        n_patients=3,
        parameters={"w": [2.0, 1.0, 3.0]},
        outputs=(),
        records=records,
        method=method,
        **TIGHT,
    )
    # x = cos wt, v = -w sin wt, x v = -w/2 sin 2wt; every extreme is passed before t = 4.
    w = np.array([2.0, 1.0, 3.0])
    np.testing.assert_allclose(solution.records["low"], [-1, -1, -1], rtol=1e-6)
    np.testing.assert_allclose(solution.records["high"], [2, -np.sin(4.0) * 1.0, 3], rtol=1e-6)
    np.testing.assert_allclose(solution.records["product"], -w / 2, rtol=1e-6)
    assert solution.values.shape == (3, 1, 0)


@pytest.mark.parametrize("method", METHODS)
def test_first_times_and_areas(method: str) -> None:
    k = np.array([0.5, 1.0, 0.05])
    records = {
        "half": FirstTime("x <= 0.5"),
        "later": FirstTime("x < 0.9 && time > 3"),
        "at_once": FirstTime("x > 0.5"),
        "area": Area("x"),
        "squared": Area("x^2"),
    }
    solution = integrate(
        DECAY, times=[6.0], n_patients=3, parameters={"k": k}, records=records, method=method, **TIGHT
    )
    found = solution.records
    # x = exp(-kt)
    np.testing.assert_allclose(found["half"], [np.log(2) / 0.5, np.log(2), np.inf], rtol=1e-6)
    np.testing.assert_allclose(found["later"], [3, 3, 3], rtol=1e-9)
    np.testing.assert_array_equal(found["at_once"], 0.0)
    np.testing.assert_allclose(found["area"], (1 - np.exp(-6 * k)) / k, rtol=1e-6)
    np.testing.assert_allclose(found["squared"], (1 - np.exp(-12 * k)) / (2 * k), rtol=1e-6)
    assert "area_area" not in solution.names


@pytest.mark.parametrize("method", METHODS)
def test_troughs_and_peaks_at_doses_count(method: str) -> None:
    doses = Doses(patient=[0, 0], time=[0.0, 2.0], target="x", amount=[1.0, 5.0])
    records = {"trough": Minimum("x"), "peak": Maximum("x"), "high": FirstTime("x > 4")}
    solution = integrate(DECAY, times=[3.0], doses=doses, records=records, method=method, **TIGHT)
    # From 1: doubled at 0, down to 2/e at 2, then 5 more.
    assert solution.records["trough"][0] == pytest.approx(2 / np.e, rel=1e-7)
    assert solution.records["peak"][0] == pytest.approx(2 / np.e + 5, rel=1e-7)
    assert solution.records["high"][0] == 2.0


@pytest.mark.parametrize("method", ["auto", "reference"])
def test_records_agree_with_a_stored_trajectory(method: str) -> None:
    doses = Doses(patient=[0] * 3, time=[0.0, 8.0, 16.0], target="depot", amount=[100.0] * 3)
    times = np.linspace(0, 30, 3001)
    records = {"peak": Maximum("concentration"), "exposure": Area("concentration")}
    solution = integrate(ONE_COMPARTMENT, times=times, doses=doses, records=records, method=method)
    course = solution.column("concentration")[0]
    assert solution.records["peak"][0] == pytest.approx(course.max(), rel=1e-5)
    assert solution.records["exposure"][0] == pytest.approx(np.trapezoid(course, times), rel=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_a_failed_patient_has_no_records(method: str) -> None:
    model = read_antimony("model b()\n x = 1; k = 1; x' = k*x^2\nend")
    solution = integrate(model, times=[2.0], records={"top": Maximum("x")}, method=method)
    assert solution.status[0] == Status.DIVERGED
    assert np.isnan(solution.records["top"]).all()


def test_records_say_what_is_wrong_with_them() -> None:
    with pytest.raises(ModelError, match="record `r`: `y` is not defined in model `decay`"):
        integrate(DECAY, times=[1.0], records={"r": Minimum("y")})
    with pytest.raises(ModelError, match=r"record `r`: `x \+` is not a formula"):
        integrate(DECAY, times=[1.0], records={"r": Area("x +")})
    with pytest.raises(InvalidValueError, match="record `r` is 'x'; a Minimum, Maximum, Area or FirstTime"):
        integrate(DECAY, times=[1.0], records={"r": "x"})  # type: ignore[dict-item]
