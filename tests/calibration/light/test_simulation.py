"""Sessions of light: doses count relative to the first, and what is not written is taken on or left out."""

import numpy as np
from tests.calibration.light_patients import ESCALATION, course_at, untold

from koebner.calibration.light.cohort import LightCohort
from koebner.calibration.light.settings import Grid
from koebner.calibration.light.simulation import LIGHT, session_effects, simulate_light
from koebner.disease import load_model
from koebner.therapies import load

ONE = untold(1)


def with_doses(doses: np.ndarray) -> LightCohort:
    return LightCohort(
        ids=ONE.ids,
        baseline=ONE.baseline,
        pasi=ONE.pasi,
        doses=doses[None],
        end_pasi=ONE.end_pasi,
        follow_up_pasi=ONE.follow_up_pasi,
        follow_up_months=ONE.follow_up_months,
    )


def test_only_the_dose_over_the_first_counts() -> None:
    first, _ = session_effects(with_doses(0.2 * ESCALATION), ESCALATION)
    second, _ = session_effects(with_doses(0.9 * ESCALATION), ESCALATION)
    np.testing.assert_allclose(first, second, rtol=1e-12)


def test_the_first_session_has_the_effect_of_the_catalogue() -> None:
    agent = load(LIGHT).agents[0]
    assert agent.regimen is not None
    assert agent.dose_effect is not None
    expected = agent.dose_effect.of(agent.regimen.planned(1.0)[0].amount)
    effect, day = session_effects(ONE, ESCALATION)
    np.testing.assert_allclose(effect[0, 0], expected, rtol=1e-12)
    assert day[0, :4].tolist() == [0.0, 2.0, 4.0, 7.0]


def test_a_blank_is_filled_from_its_neighbours_or_missed() -> None:
    whole = 0.3 * ESCALATION
    blank = whole.copy()
    blank[[0, 4, 29]] = np.nan
    filled, _ = session_effects(with_doses(blank), ESCALATION)
    np.testing.assert_allclose(filled, session_effects(with_doses(whole), ESCALATION)[0], rtol=1e-12)
    missed, _ = session_effects(with_doses(blank), ESCALATION, blank_is_missed=True)
    assert np.flatnonzero(missed[0] == 0).tolist() == [0, 4, 29]


def test_a_session_of_no_light_has_no_effect() -> None:
    doses = 0.3 * ESCALATION
    doses[5] = 0.0
    effect, _ = session_effects(with_doses(doses), ESCALATION)
    assert np.flatnonzero(effect[0] == 0).tolist() == [5]


def test_doses_that_are_not_known_go_on_as_in_the_median_patient() -> None:
    effect, _ = session_effects(ONE.known_until(3), ESCALATION)
    np.testing.assert_allclose(effect, session_effects(ONE, ESCALATION)[0], rtol=1e-12)


def test_more_sensitive_skin_clears_faster() -> None:
    slow, fast = course_at(ONE, -1.0), course_at(ONE, 1.0)
    assert np.all(fast < slow)


def test_a_lag_shifts_the_course() -> None:
    point = Grid(log_sensitivity=np.zeros(1), log_pace=np.zeros(1))
    model = load_model()
    now = simulate_light(model, ONE, point, escalation=ESCALATION, weeks=np.array([1.0, 2.0]))
    later = simulate_light(
        model, ONE, point, escalation=ESCALATION, lag_days=7.0, weeks=np.array([1.0, 2.0, 3.0])
    )
    np.testing.assert_allclose(later[0, 0, 0], 1.0, atol=1e-6)  # no session has shown yet
    np.testing.assert_allclose(later[0, 0, 1:], now[0, 0], rtol=2e-3)  # the solver's tolerance is 1e-4


def test_sessions_end_where_they_are_told_to() -> None:
    point = Grid(log_sensitivity=np.zeros(1), log_pace=np.zeros(1))
    few = simulate_light(load_model(), ONE, point, escalation=ESCALATION, last_session=np.array([6]))
    all_of_them = simulate_light(load_model(), ONE, point, escalation=ESCALATION)
    np.testing.assert_allclose(few[0, 0, :2], all_of_them[0, 0, :2], rtol=1e-3)
    assert few[0, 0, -1] > all_of_them[0, 0, -1] + 0.2
