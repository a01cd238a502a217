"""The contract's definition of relapse, case by case; every expected week is worked out by hand."""

import numpy as np
import pytest

from koebner.errors import UnknownNameError
from koebner.trials.recorded import Recorded
from koebner.trials.relapse import COMMON_DEFINITION, RelapseTimes, definition_named, relapse_times

VISITS = np.array([0.0, 4, 8, 12, 16, 20, 24])
NAN = np.nan


def times(*courses: list[float], last_dose: float = 8.0, definition: str = COMMON_DEFINITION) -> RelapseTimes:
    pasi = np.array(courses, dtype=float)
    spga = np.round(pasi / 5)  # classes of five points each, for the definition by sPGA
    return relapse_times(
        Recorded(pasi=pasi, spga=spga, dlqi=spga), VISITS, last_dose, definition_named(definition)
    )


def test_half_of_the_maximal_improvement_lost_is_a_relapse() -> None:
    # Best improvement 16 of 20; at week 20 PASI 12 is exactly half of it lost: 20 - 8 = 12 weeks.
    found = times([20, 10, 4, 6, 11.9, 12, 18])
    assert (found.at_risk[0], found.relapsed[0], found.weeks[0]) == (True, True, 12)


def test_less_than_half_lost_is_no_relapse_and_is_censored_at_the_last_visit() -> None:
    found = times([20, 10, 4, 6, 11.9, 11.9, 11.9])
    assert (found.at_risk[0], found.relapsed[0], found.weeks[0]) == (True, False, 16)


def test_a_patient_who_never_reached_pasi50_is_not_at_risk() -> None:
    found = times([20, 15, 10.1, 11, 20, 20, 20])
    assert (found.at_risk[0], found.relapsed[0]) == (False, False)
    assert np.isnan(found.weeks[0])


def test_a_loss_before_or_at_the_last_dose_does_not_count() -> None:
    # Lost at week 8, the day of the last dose; regained at 12; lost again at 24: 24 - 8 = 16 weeks.
    found = times([20, 4, 18, 4, 4, 4, 18])
    assert (found.relapsed[0], found.weeks[0]) == (True, 16)


def test_a_response_first_reached_after_the_last_dose_can_be_lost() -> None:
    # A slow treatment: PASI50 first at week 12, half lost at week 20.
    found = times([20, 18, 15, 8, 9, 16, 18])
    assert (found.at_risk[0], found.relapsed[0], found.weeks[0]) == (True, True, 12)
    assert found.late[0]


def test_a_response_before_the_last_dose_is_not_late() -> None:
    assert times([20, 10, 4, 6, 11.9, 12, 18]).late.tolist() == [False]


def test_the_maximum_is_over_earlier_visits_only() -> None:
    # At week 12 the best so far is 10; PASI 15 has lost half of that. The best of all, at week 24, is later.
    found = times([20, 20, 10, 15, 10, 4, 0])
    assert (found.relapsed[0], found.weeks[0]) == (True, 4)


def test_dropout_censors_at_the_last_visit_seen() -> None:
    found = times([20, 10, 4, 4, 5, NAN, NAN])
    assert (found.at_risk[0], found.relapsed[0], found.weeks[0]) == (True, False, 8)


def test_a_responder_who_left_before_the_last_dose_is_censored_at_once() -> None:
    found = times([20, 4, NAN, NAN, NAN, NAN, NAN])
    assert (found.at_risk[0], found.relapsed[0], found.weeks[0]) == (True, False, 0)


def test_a_failed_simulation_is_not_at_risk() -> None:
    found = times([NAN] * 7)
    assert not found.at_risk[0]


@pytest.mark.parametrize(
    ("definition", "week"),
    # Baseline 20: PASI90 is lost above 2 (week 12), PASI75 above 5 (week 20), PASI >= 3 at week 16.
    # and an sPGA of 3 at week 24 (15 / 5) after one of 0.
    [
        ("loss of PASI90", 4),
        ("PASI>=3", 8),
        ("loss of PASI75", 12),
        (COMMON_DEFINITION, 16),
        ("sPGA>=3", 16),
    ],
)
def test_each_named_definition_has_its_own_time(definition: str, week: float) -> None:
    found = times([20, 6, 1, 2.5, 3, 6, 15], definition=definition)
    assert (found.relapsed[0], found.weeks[0]) == (True, week)


def test_an_unknown_definition_offers_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="Closest: `loss of PASI75`"):
        definition_named("loss of PASI 75")
