"""Where a condition changes is found to neighbouring doubles."""

import doctest
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from koebner.solver.reference import crossings
from koebner.solver.reference.crossings import Step, first_change

Array = NDArray[np.float64]


def step_of(states: Callable[[float], float], start: float = 0.0, end: float = 10.0) -> Step:
    """Return a step on which one state is a known function of time."""
    return Step(
        start=start, end=end, states=np.array([states(end)]), interpolate=lambda t: np.array([states(t)])
    )


def truth(*relations: Callable[[float, float], bool]) -> Callable[[float, Array], Array]:
    return lambda t, y: np.array([relation(t, y[0]) for relation in relations], dtype=float)


def test_a_time_is_met_exactly_from_either_side() -> None:
    still = step_of(lambda _: 0.0)
    for time in (4.0, 0.1, 1 / 3, 9.99, 10.0):
        assert first_change(truth(lambda t, _, at=time: t >= at), np.zeros(1), still) == (time, np.zeros(1))
    after = first_change(truth(lambda t, _: t > 4), np.zeros(1), still)
    assert after is not None
    assert after[0] == np.nextafter(4, 10)


def test_the_states_are_on_the_new_side() -> None:
    found = first_change(truth(lambda _, x: x * x > 2), np.zeros(1), step_of(lambda t: t / 5))
    assert found is not None
    time, states = found
    # x = t/5 passes the square root of 2.
    assert abs(time - 5 * np.sqrt(2)) < 1e-14
    assert states[0] ** 2 > 2


def test_the_first_of_several_changes_is_found() -> None:
    conditions = truth(lambda t, _: t > 7, lambda t, _: t < 6.5, lambda _, x: x >= 3)
    found = first_change(conditions, np.array([0.0, 1.0, 0.0]), step_of(lambda t: t / 2))
    assert found is not None
    assert found[0] == 6.0


def test_a_condition_that_changes_to_and_fro_within_a_step_is_seen() -> None:
    # The parabola t (10 - t) exceeds 24 from 4 to 6.
    hill = step_of(lambda t: t * (10 - t))
    found = first_change(truth(lambda _, x: x > 24), np.zeros(1), hill)
    assert found is not None
    assert abs(found[0] - 4) < 1e-14


def test_nothing_is_found_where_nothing_changes() -> None:
    conditions = truth(lambda t, _: t > 10, lambda _, x: x < 0)
    assert first_change(conditions, np.zeros(2), step_of(lambda t: t)) is None
    assert first_change(conditions, np.zeros(2), step_of(lambda t: t, start=10.0)) is None


def test_the_example_of_the_documentation_runs() -> None:
    outcome = doctest.testmod(crossings)
    assert outcome.attempted > 0
    assert outcome.failed == 0
