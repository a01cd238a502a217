"""Therapies that come again by a rule."""

import numpy as np
import pytest

from koebner.disease import load_model
from koebner.populations import load_population
from koebner.simulation import planned_doses, simulate
from koebner.simulation.retreatment import find_restarts, lost_at, visits_of
from koebner.therapies import Retreatment, Therapy, load

VISITS = np.array([0.0, 8.0, 16.0, 24.0, 32.0])


def lost(pasi: list[float], *, begun: float = 0.0, duration: float = 8.0, **rule: float) -> float:
    course = np.array([pasi])
    return float(lost_at(course, VISITS, Retreatment(**rule), begun=[begun], duration=duration)[0])


def test_half_of_the_improvement() -> None:
    # Improvement 16 at best; half of it is regained at a PASI of 12 or more.
    assert lost([20, 4, 11.9, 12.0, 20]) == 24
    assert lost([20, 4, 11.9, 12.0, 20], regain=0.25) == 16


def test_not_before_the_course_has_ended() -> None:
    assert lost([20, 4, 19, 4, 4], duration=20) == np.inf
    assert lost([20, 4, 19, 4, 19], duration=20) == 32


def test_who_has_not_responded_is_not_treated_again() -> None:
    assert lost([20, 12, 18, 20, 20]) == np.inf  # 40 % at best
    assert lost([20, 12, 18, 20, 20], responders=0.4) == 16


def test_a_response_of_an_earlier_course_does_not_count() -> None:
    assert lost([20, 2, 18, 18, 18], begun=16) == np.inf


def test_what_is_not_seen_decides_nothing() -> None:
    assert lost([20, 4, np.nan, np.nan, np.nan]) == np.inf


def test_visits_of_a_rule() -> None:
    assert visits_of(Retreatment(check_every_weeks=12), 30).tolist() == [0, 12, 24]


def fading(therapy: Therapy, until_week: float = 40) -> list[list[float]]:
    """Restarts of one patient in whom every course clears at once and is lost 16 weeks later."""

    def course(some: np.ndarray, restarts: list[list[float]]) -> np.ndarray:
        starts = [0.0, *restarts[0]]
        since = [min(week - start for start in starts if start <= week) for week in VISITS]
        gone = (VISITS == 0) | (np.array(since) >= 16)
        return np.where(gone, 20.0, 2.0)[None, :]

    return find_restarts(therapy, course, VISITS, 1, until_week=until_week)


def test_it_comes_again_as_often_as_it_is_lost() -> None:
    assert fading(load("uc_msc", weeks=[0, 2]).retreat()) == [[16.0, 32.0]]


def test_nothing_comes_again_at_the_end() -> None:
    assert fading(load("uc_msc", weeks=[0, 2]).retreat(), until_week=32) == [[16.0]]


def test_without_a_rule_it_does_not() -> None:
    assert fading(load("uc_msc", weeks=[0, 2])) == [[]]


def test_patients_get_their_own_courses_and_gain_by_them() -> None:
    model, population = load_model(), load_population()
    patients = population.sample(12, seed=2)
    once = load("secukinumab").stop(week=16)
    rule = once.retreat(regain=0.5, check_every_weeks=4)
    single = simulate(model, patients, once, weeks=104)
    again = simulate(model, patients, rule, weeks=104)
    courses = again.dataset["courses"].to_numpy()
    assert set(single.dataset["courses"].to_numpy()) == {1}
    assert courses.max() >= 2
    # Who was treated once has the very same course; who was treated again has less plaque in the end.
    same = courses == 1
    np.testing.assert_array_equal(again["PASI"].to_numpy()[same], single["PASI"].to_numpy()[same])
    means = [course["PASI"].to_numpy()[~same].mean() for course in (again, single)]
    assert means[0] < 0.8 * means[1]


def test_a_patient_alone_gets_what_the_crowd_gives() -> None:
    model = load_model()
    patients = load_population().sample(6, seed=2)
    rule = load("secukinumab").stop(week=16).retreat()
    crowd = simulate(model, patients, rule, weeks=78)
    alone = simulate(model, patients.subset(np.array([4])), rule, weeks=78)
    np.testing.assert_array_equal(alone["PASI"].to_numpy()[0], crowd["PASI"].to_numpy()[4])


def test_a_course_that_comes_again_is_the_first_one() -> None:
    cells = load("uc_msc", weeks=[0, 2]).retreat()
    cohort = load_population().sample(2, seed=1)
    found = planned_doses(cells, load_model(), cohort, weeks=60, restarts=[[], [24.0]])
    assert found is not None
    days = {patient: found.time[found.patient == patient].tolist() for patient in (0, 1)}
    assert days == {0: pytest.approx([0, 14]), 1: pytest.approx([0, 14, 168, 182])}
