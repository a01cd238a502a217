"""SBML's meaning of events (Level 3 Version 2, section 4.11), the same for every method."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.solver.small_models import ONE_COMPARTMENT

from koebner.kinetics import read_antimony
from koebner.solver import METHODS, Doses, Solution, Status, integrate

pytestmark = pytest.mark.parametrize("method", METHODS)


def run(text: str, times: Sequence[float], method: str, **options: Any) -> Solution:
    """Return the solution of a model, to a tight tolerance."""
    tight = {"rtol": 1e-9, "atol": 1e-12}
    return integrate(
        read_antimony(f"model m()\n{text}\nend"), times=times, method=method, **(tight | options)
    )


def values(text: str, name: str, times: Sequence[float], method: str, **options: Any) -> NDArray[np.float64]:
    """Return one output of the first patient, which must not fail."""
    solution = run(text, times, method, outputs=[name], **options)
    assert Status(solution.status[0]).succeeded, solution.reasons[0]
    return solution.values[0, :, 0]


def test_an_output_at_the_time_of_an_event_is_the_value_after(method: str) -> None:
    # Times before, at and after the event; 4 is met exactly.
    times = [0, np.nextafter(4, 0), 4, 5]
    assert values("k = 0; at (time >= 4): k = 1", "k", times, method).tolist() == [0, 0, 1, 1]
    assert values("k = 0; at (time > 4): k = 1", "k", times, method).tolist() == [0, 0, 0, 1]
    moving = "x = 0; x' = k; k = 1; at (time >= 4): k = 3"
    np.testing.assert_allclose(values(moving, "x", [3, 4, 5], method), [3, 4, 7], rtol=1e-8)


def test_a_trigger_of_states_is_located(method: str) -> None:
    times = [0.5, 1, 2, 3]
    sawtooth = values("x = 1; x' = -x; at (x < 0.5): x = 1", "x", times, method)
    # Halved in each ln 2: exp(-t) times 2 for each period that is over (0, 1, 2 and 4).
    np.testing.assert_allclose(sawtooth, np.exp(-np.array(times)) * [1, 2, 4, 16], rtol=1e-7)


def test_an_event_fires_only_when_its_trigger_becomes_true(method: str) -> None:
    # x passes 1 upwards in 1 and 3 (a rise, a fall, a rise) and stays above: two times, not more.
    text = "x = 0; x' = piecewise(-1, 1.5 <= time && time < 2.5, 1); n = 0; at (x > 1): n = n + 1"
    assert values(text, "n", [0.9, 1.1, 2.9, 3.6, 9], method).tolist() == [0, 1, 1, 2, 2]


def test_triggers_that_are_true_at_the_start_fire_as_their_initial_value_says(method: str) -> None:
    assert values("k = 1; at (k > 0), t0=false: k = 5", "k", [0, 1], method).tolist() == [5, 5]
    assert values("k = 1; at (k > 0), t0=true: k = 5", "k", [0, 1], method).tolist() == [1, 1]


def test_a_delay_is_evaluated_at_trigger_time(method: str) -> None:
    text = "x = 0; x' = 1; n = 0; at x after (time >= 1.5): n = 1"
    # Triggered in 1.5 where x is 1.5, so executed in 3.
    assert values(text, "n", [1.5, 2.9, 3.1], method).tolist() == [0, 0, 1]


@pytest.mark.parametrize(("from_trigger", "expected"), [("true", 1.0), ("false", 3.0)])
def test_values_are_from_trigger_time_or_from_execution_time(
    method: str, from_trigger: str, expected: float
) -> None:
    text = f"x = 0; x' = 1; z = 0; at 2 after (time >= 1), fromTrigger={from_trigger}: z = x"
    # x is the time: 1 at the trigger, 3 at the execution.
    np.testing.assert_allclose(values(text, "z", [2.9, 3, 4], method), [0, expected, expected], rtol=1e-8)


@pytest.mark.parametrize(("persistent", "expected"), [("true", [0, 1, 1, 2]), ("false", [0, 0, 0, 1])])
def test_an_event_that_is_not_persistent_needs_its_trigger_until_it_is_executed(
    method: str, persistent: str, expected: list[float]
) -> None:
    trigger = "(time >= 1 && time < 2) || time >= 5"
    text = f"n = 0; at 3 after ({trigger}), persistent={persistent}: n = n + 1"
    # True from 1 to 2 and from 5 on: executed in 4 if persistent, and in 8.
    assert values(text, "n", [3.9, 4.1, 7.9, 8.1], method).tolist() == expected


def test_executions_that_wait_overlap(method: str) -> None:
    text = "x = 0; x' = 1; n = 0; at (x >= 1): x = 0; at 1.5 after (x >= 1), fromTrigger=false: n = n + 1"
    # Triggered in 1, 2, 3, ...; executed in 2.5, 3.5, 4.5, ...
    assert values(text, "n", [2.4, 2.6, 3.6, 4.6], method).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("first", "second", "from_trigger", "expected"),
    [
        (2, 1, "false", 7.0),  # 3 * 2 + 1
        (1, 2, "false", 8.0),  # (3 + 1) * 2
        (2, 1, "true", 4.0),  # both from 3: the last stays, 3 + 1
        (1, 2, "true", 6.0),  # 3 * 2
    ],
)
def test_the_highest_priority_is_executed_first(
    method: str, first: int, second: int, from_trigger: str, expected: float
) -> None:
    text = f"""k = 3
      at (time >= 1), priority={first}, fromTrigger={from_trigger}: k = 2*k
      at (time >= 1), priority={second}, fromTrigger={from_trigger}: k = k + 1"""
    assert values(text, "k", [0.9, 1], method).tolist() == [3, expected]


def test_priorities_are_evaluated_anew_after_each_execution(method: str) -> None:
    text = """order = 0; urgency = 1
      at (time >= 1), priority=10, fromTrigger=false: order = 10*order + 1, urgency = 5
      at (time >= 1), priority=urgency, fromTrigger=false: order = 10*order + 2
      at (time >= 1), priority=3, fromTrigger=false: order = 10*order + 3
      at (time >= 1), fromTrigger=false: order = 10*order + 4"""
    # The first raises the second above the third; without a priority comes last.
    assert values(text, "order", [1], method).tolist() == [1234]


def test_events_trigger_others_at_the_same_time(method: str) -> None:
    text = "u = 0; v = 0; w = 0; at (v > 1): w = v + 1; at (u > 0): v = u + 1; at (time >= 1): u = 1"
    assert values(text, "w", [0.9, 1, 2], method).tolist() == [0, 3, 3]


def test_an_event_can_prevent_another_that_is_due(method: str) -> None:
    trigger = "time >= 1 && taken < 1"
    text = f"""taken = 0; n = 0
      at ({trigger}), priority=2, persistent=false: taken = 1
      at ({trigger}), priority=1, persistent=false: n = 1"""
    assert values(text, "n", [2], method).tolist() == [0]
    assert values(text.replace("persistent=false", "persistent=true"), "n", [2], method).tolist() == [1]


def test_equal_priorities_are_executed_in_a_random_order_that_is_the_patients_own(method: str) -> None:
    text = """k = 0
      at (time >= 1), priority=1: k = 1
      at (time >= 1), priority=1: k = 2"""
    together = run(text, [2], method, outputs=["k"], n_patients=100).values[:, 0, 0]
    # The last stays. 100 fair coins give fewer than 30 heads, or tails, once in 30 000 times.
    assert 30 <= (together == 1).sum() <= 70
    assert set(together) == {1, 2}
    part = run(text, [2], method, outputs=["k"], n_patients=50, first_patient=50).values[:, 0, 0]
    assert part.tolist() == together[50:].tolist()


def test_a_bouncing_ball(method: str) -> None:
    gravity, kept, height = 9.81, 0.8, 10.0
    times = np.linspace(0, 6, 31)
    ball = f"h = {height}; v = 0; h' = v; v' = -{gravity}; at (h < 0): v = -{kept}*v"
    # Free fall from the height, then flights that start with `kept` of the speed before.
    exact = height - gravity / 2 * times**2
    start, speed = np.sqrt(2 * height / gravity), np.sqrt(2 * height * gravity)
    for _ in range(6):
        speed *= kept
        since = times - start
        exact = np.where(since > 0, speed * since - gravity / 2 * since**2, exact)
        start += 2 * speed / gravity
    assert start > times[-1]
    np.testing.assert_allclose(values(ball, "h", times.tolist(), method), exact, atol=1e-6)


def test_a_dose_by_an_event_equals_a_dose(method: str) -> None:
    body = "depot = 0; central = 0; depot' = -0.4*depot; central' = 0.4*depot - 0.1*central"
    times = [1, 2.5, 4, 6, 12]
    by_event = values(f"{body}; at (time >= 3): depot = depot + 100", "central", times, method)
    given = Doses(patient=[0], time=[3.0], target="depot", amount=[100.0])
    by_dose = values(body, "central", times, method, doses=given)
    np.testing.assert_allclose(by_event, by_dose, rtol=1e-7, atol=1e-9)
    assert by_dose[-1] > 1


def test_a_dose_can_trigger_an_event(method: str) -> None:
    given = Doses(patient=[0, 0], time=[2.0, 4.0], target="x", amount=[10.0, -10.0])
    text = "x = 0; x' = 0; n = 0; at (x > 5): n = n + 1; at 3 after (x > 5), fromTrigger=false: n = n + 10"
    # The output in 2 is the value before the dose.
    assert values(text, "n", [2, 3, 4.9, 5.1], method, doses=given).tolist() == [0, 1, 1, 11]


def test_a_negative_value_that_an_event_set_is_no_failure(method: str) -> None:
    text = "compartment c = 1; species x in c; x = 1; x' = 0; at (time >= 1): x = -1"
    assert values(text, "x", [0, 1, 2], method).tolist() == [1, -1, -1]
    falling = run(text.replace("x' = 0", "x' = -3"), [0, 0.9, 2], method)
    assert falling.status[0] == Status.NEGATIVE


def test_a_state_that_an_event_made_infinite_is_reported(method: str) -> None:
    failed = run("x = 1; x' = 0; k = 0; at (time >= 1): x = 1/k", [0, 2], method)
    assert failed.status[0] == Status.NOT_FINITE
    assert np.isnan(failed.values).all()


def test_events_without_end_are_reported_and_stop_nobody(method: str) -> None:
    text = "x = 0; x' = 0; on = 1; a: at (time >= 1 && on*x < 1): x = 2; b: at (on*x > 1): x = 0"
    solution = run(text, [0, 2], method, n_patients=2, parameters={"on": [1.0, 0.0]})
    assert solution.status.tolist() == [Status.STEP_LIMIT, Status.OK]
    assert solution.reasons[0].startswith("step limit at time 1: events trigger one another without end")
    assert np.isnan(solution.values[0]).all()
    assert solution.column("x")[1].tolist() == [0, 2]


def test_a_delay_that_is_no_time_is_reported(method: str) -> None:
    failed = run("x = 1; x' = 0; d = -1; late: at d after (time >= 1): x = 2", [0, 2], method)
    assert failed.status[0] == Status.NOT_FINITE
    assert "the delay of event `late` is -1.0" in failed.reasons[0]


def test_a_model_without_states(method: str) -> None:
    text = "a := piecewise(1, time > 2, 0) + k; k = 0; at 0.5 after (sin(time) > 0.9): k = k + 10"
    # sin(t) exceeds 0.9 from arcsin 0.9 = 1.12 on, and 2 pi later: executed in 1.62 and 7.90.
    times = [0, 1.6, 1.65, 2.1, 7.85, 7.95]
    assert values(text, "a", times, method).tolist() == [0, 0, 10, 11, 11, 21]


def test_a_short_pulse_is_not_stepped_over(method: str) -> None:
    pulse = "x = 0; x' = piecewise(1, time > 10 && time < 10.01, 0)"
    np.testing.assert_allclose(values(pulse, "x", [10, 100], method), [0, 0.01], rtol=1e-6)
    by_state = "c = 0; c' = 1; x = 0; x' = piecewise(1, c > 10 && c < 10.01, 0)"
    np.testing.assert_allclose(values(by_state, "x", [10, 100], method), [0, 0.01], rtol=1e-6, atol=1e-9)


def test_events_of_a_patient_follow_the_patients_own_parameters(method: str) -> None:
    text = "x = 0; x' = 1; level = 2; at (x >= level): x = 0"
    level = np.array([2.0, 3.0, 0.7])
    solution = run(text, [1, 5.5], method, n_patients=3, parameters={"level": level})
    # The sawtooth t mod level.
    np.testing.assert_allclose(solution.column("x"), np.array([1, 5.5]) % level[:, None], rtol=1e-7)


def test_one_compartment_is_untouched_by_conditions_that_never_change(method: str) -> None:
    times = np.linspace(0, 20, 5)
    plain = integrate(ONE_COMPARTMENT, times=times, initial={"depot": 10.0}, rtol=1e-9, method=method)
    text = """depot = 10; central = 0; V = 5; ka = 0.4; ke = 0.1
      depot' = -ka*depot; central' = ka*depot - ke*central; at (central > 100): V = 1"""
    watched = values(text, "central", times.tolist(), method)
    np.testing.assert_allclose(watched, plain.column("central")[0], rtol=1e-6, atol=1e-9)
