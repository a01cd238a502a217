import pytest
from tests.trials.fakes import small_trial

from koebner.errors import InvalidValueError, UnknownNameError


def test_week_0_is_always_a_visit() -> None:
    assert small_trial(visits=[4, 8]).all_visits == (0, 4, 8)
    assert small_trial(visits=range(0, 9, 4)).all_visits == (0, 4, 8)


def test_follow_up_goes_on_at_the_last_interval() -> None:
    assert small_trial(visits=[0, 4, 12], follow_up_weeks=30).all_visits == (0, 4, 12, 20, 28, 30)
    assert small_trial(visits=[0, 4, 12], follow_up_weeks=12).all_visits == (0, 4, 12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"visits": [0, 12, 4]}, "4 follows 12"),
        ({"visits": [0, 4, 4]}, "4 follows 4"),
        ({"visits": [-4, 4]}, "finite and 0 or later"),
        ({"visits": [0, float("inf")]}, "finite and 0 or later"),
        ({"visits": []}, "none were given"),
        ({"visits": [0]}, "at least one week after week 0"),
        ({"visits": [0, 1e6]}, "a lifetime"),
        ({"follow_up_weeks": 1e12}, "a lifetime"),
        ({"n_per_arm": 0}, "at least 1 patient"),
        ({"seed": -1}, "0 or more"),
        ({"arms": {}}, "at least one arm"),
        ({"arms": {" ": None}}, "arm without a label"),
        ({"endpoints": ()}, "at least one is expected"),
        ({"parameter_draws": -1}, "0 to 10000"),
        ({"n_per_arm": 10**9}, "at most 1000000"),
        ({"endpoints": ("PASI75", "PASI75")}, "twice"),
        ({"visits": [0, float("nan")]}, "finite and 0 or later"),
        ({"missing": "worst"}, 'expected "non-response" or "as observed"'),
        ({"follow_up_weeks": 20}, r"before the last visit \(week 24\)"),
    ],
)
def test_a_design_that_cannot_be_carried_out_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        small_trial(**change)


def test_an_unknown_endpoint_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="Closest: `PASI90`"):
        small_trial(endpoints=["PASI9"])


def test_arms_cannot_be_changed_afterwards() -> None:
    with pytest.raises(TypeError):
        small_trial().arms["third"] = None  # type: ignore[index]


def test_an_arm_that_is_no_therapy_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="'secukinumab' was given for arm `a`"):
        small_trial(arms={"a": "secukinumab"})
