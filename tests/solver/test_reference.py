"""What the reference method does with conditions, beyond what every method does."""

import doctest
from typing import Any

import numpy as np
import pytest

from koebner.kinetics import read_antimony
from koebner.solver import Doses, Solution, Status, events, integrate
from koebner.solver.records import Area, FirstTime, Maximum, Minimum


def run(text: str, times: list[float], **options: Any) -> Solution:
    return integrate(
        read_antimony(f"model m()\n{text}\nend"), times=times, **({"method": "reference"} | options)
    )


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        # The contract's failures, in equations that hold a condition.
        ("x = 1; x' = x^2*on", Status.DIVERGED, "diverged at time 0.9999"),
        ("x = 1; x' = on*ln(1 - time)", Status.NOT_FINITE, "not finite at time"),
        ("x = 0; x' = on/(1 - x)", Status.DIVERGED, "diverged at time 0.4999"),
        ("compartment c = 1; species x in c; x = 1; x' = -on", Status.NEGATIVE, "`x` fell to -1"),
        ("x = 0; x' = on*1e6*cos(1e6*time)", Status.STEP_LIMIT, "step limit at time"),
    ],
)
def test_every_failure_has_its_status_where_there_are_conditions(
    text: str, status: Status, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    solution = run(f"on := piecewise(1, time < 5, 0); {text}", [0, 0.4, 2], max_steps=500)
    assert solution.status[0] == status
    assert reason in solution.reasons[0]
    assert np.isnan(solution.values).all()
    assert capfd.readouterr() == ("", "")


def test_tolerances_beyond_double_precision_are_said_to_be_where_there_are_conditions() -> None:
    solution = run("x = 1; x' = piecewise(-x, x > 0.5, 0)", [0, 2], rtol=1e-18, atol=1e-30)
    assert solution.status[0] == Status.TOLERANCE


@pytest.mark.parametrize(
    "text",
    [
        "x = 0; x' = piecewise(1, x < 1, -1)",  # slides along x = 1
        "x = 0; x' = up; up = 1; at (x > 1): up = -1; at (x < 1): up = 1",
        "x = 0.5; x' = 1; at (x > 1): x = 0.99999999",
    ],
)
def test_a_condition_that_changes_for_ever_ends_at_the_step_limit(text: str) -> None:
    solution = run(text, [0, 2], max_steps=2000)
    assert solution.status[0] == Status.STEP_LIMIT


def test_steps_are_counted_from_one_output_or_dose_to_the_next() -> None:
    text = "x = 0; x' = 1; at (x >= 0.01): x = 0"
    # 10 events in a hundredth of the whole time, each some ten steps or more.
    assert run(text, [10], max_steps=60).status[0] == Status.STEP_LIMIT
    assert run(text, np.linspace(0, 10, 1001).tolist(), max_steps=60).status[0] == Status.OK
    times = np.linspace(0, 9.99, 1000)
    none = Doses(patient=np.zeros(1000, dtype=int), time=times, target="x", amount=0 * times)
    assert run(text, [10], doses=none, max_steps=60).status[0] == Status.OK


def test_a_kink_without_a_jump_costs_no_new_start() -> None:
    # x stays at 0 within rounding, to and fro over the condition of the maximum.
    text = "x = 1; y = 1; x' = -50*x + 1e-13*sin(1e3*time); y' = max(x, 0) - y"
    solution = run(text, [1000], max_steps=20_000, atol=1e-14)
    assert solution.status[0] == Status.OK


def test_a_narrow_window_of_time_is_seen_by_a_system_at_rest() -> None:
    # sin(t) exceeds 0.999 for 0.09 around pi/2 and 5 pi/2.
    text = "x = 0; x' = 0; at (sin(time) > 0.999): x = x + 1"
    assert run(text, [0, 1.5, 1.6, 7.7, 7.9, 10]).column("x")[0].tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("states", ["", "x = 0; x' = 0;", "x = 1; x' = -0.01*x;"])
def test_a_rhythm_is_kept_over_a_long_time(states: str) -> None:
    # Two days on in each week: it goes on anew after 7, 14, ..., 2996 days.
    text = f"{states} n = 0; at (time - 7*floor(time/7) < 2): n = n + 1"
    assert run(text, [6, 8, 3000], outputs=["n"]).column("n")[0].tolist() == [0, 1, 428]


def test_stops_as_close_as_neighbouring_doubles() -> None:
    given = Doses(patient=[0, 0], time=[4.0, np.nextafter(4, 5)], target="x", amount=[1.0, 2.0])
    text = "x = 1; x' = -x; k = 0; at (time > 4): k = x; at (time > 0): k = -1"
    solution = run(text, [1, 4, 5], doses=given, rtol=1e-9, atol=1e-12)
    # Just after 4, at the time of the second dose, events come before the dose.
    expected = [np.exp(-1), np.exp(-4), (np.exp(-4) + 3) * np.exp(-1)]
    np.testing.assert_allclose(solution.column("x")[0], expected, rtol=1e-7)


def test_a_stiff_problem_with_a_condition() -> None:
    text = """a = 1; b = 0; c = 0
      a' = -0.04*a + 1e4*b*c; b' = 0.04*a - 1e4*b*c - 3e7*b^2
      c' = piecewise(3e7*b^2, c < 2, 0)"""
    # Robertson 1966; reference at t = 1e11 of problem ROBER in Mazzia and Magherini,
    # Test Set for IVP Solvers, release 2.4.
    expected = [0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050]
    solution = run(text, [1e11], rtol=1e-10, atol=1e-20)
    np.testing.assert_allclose(solution.values[0, 0], expected, rtol=1e-5)


def test_the_example_of_the_agenda_runs() -> None:
    outcome = doctest.testmod(events)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_records_are_kept_between_the_outputs() -> None:
    records = {
        "least": Minimum("x"),
        "most": Maximum("x + kicks"),
        "falls": FirstTime("x < 0.5"),
        "kicked": FirstTime("kicks > 0"),
        "never": FirstTime("x > 9"),
        "area": Area("x^2"),
    }
    text = "x = 1; v = 0; x' = v; v' = -x; kicks = 0; at (time >= 7): kicks = 1"
    solution = run(text, [10], records=records, rtol=1e-9, atol=1e-12)
    # x = cos t is 1/2 in pi/3, and falls from 7 to 3 pi, so x + kicks is largest in 7; the area of its
    # square up to 10 is 5 + sin(20)/4.
    expected = [-1, 1 + np.cos(7), np.pi / 3, 7, np.inf, 5 + np.sin(20) / 4]
    found = [float(solution.records[name][0]) for name in records]
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_records_without_a_condition_or_with_doses() -> None:
    given = Doses(patient=[0, 0], time=[2.0, 10.0], target="x", amount=[5.0, 100.0])
    records = {"least": Minimum("x"), "most": Maximum("x"), "above": FirstTime("x > 3")}
    solution = run("x = 1; x' = -x", [10], doses=given, records=records, rtol=1e-9, atol=1e-12)
    # After the dose in 2 it is exp(-2) + 5; the one at the end is not given any more.
    expected = [(np.exp(-2) + 5) * np.exp(-8), np.exp(-2) + 5, 2]
    np.testing.assert_allclose([solution.records[name][0] for name in records], expected, rtol=1e-7)
