"""What anybody could say without a model, on rows made by hand."""

import pytest
from tests.calibration.judged_rows import asked, judged

from koebner.calibration.protocol import load_protocol
from koebner.calibration.validation.comparators import (
    carried_over,
    class_mean,
    compared,
    copies,
    family_of,
    is_labelled,
)
from koebner.calibration.validation.results import tolerance
from koebner.therapies import load

PROTOCOL = load_protocol()


def test_another_trial_is_copied_from_its_closest_week_at_the_same_doses() -> None:
    row = asked("secukinumab", 80.0, week=12)
    known = [
        asked("secukinumab", 70.0, study="a", week=10),
        asked("secukinumab", 75.0, study="a", week=13),  # closer
        asked("secukinumab", 60.0, study="b", week=16),
        asked("secukinumab", 50.0, study="c", week=17),  # more than 4 weeks away
        asked("secukinumab", 40.0, study="d", regimen="150@0,1,2,3; 150@4/4"),  # another dose
        asked("secukinumab", 30.0, study="e", endpoint="PASI90"),
        asked("ixekizumab", 20.0, study="f"),
        asked("secukinumab", 10.0, study="new"),  # the trial itself
    ]
    assert copies(row, known) == (75.0, 60.0)


def test_doses_that_come_later_do_not_matter() -> None:
    labelled = asked("etanercept", 50.0)  # 50 mg twice weekly for 12 weeks, then once
    longer = asked("etanercept", 47.0, study="a", regimen="50@0/0.5-24")
    assert copies(labelled, [longer]) == (47.0,)
    assert copies(asked("etanercept", 50.0, week=14), [longer]) == ()


def test_labelled_doses_may_be_those_of_one_weight() -> None:
    assert is_labelled(asked("ustekinumab", 70.0, regimen="45@0,4; 45@16/12"))
    assert is_labelled(asked("etanercept", 70.0, regimen="50@0/0.5-24"))
    assert not is_labelled(asked("etanercept", 70.0, regimen="25@0/0.5-24"))
    assert not is_labelled(asked("ustekinumab", 70.0, regimen="45@0"))


def test_the_class_is_the_mean_over_its_fitted_drugs_at_labelled_doses() -> None:
    known = [
        asked("adalimumab", 70.0, study="a", week=16, role="fitted"),
        asked("etanercept", 46.0, study="b", regimen="50@0/0.5-24", role="fitted"),
        asked("etanercept", 50.0, study="c", regimen="50@0/0.5-24", role="fitted"),
        asked("etanercept", 30.0, study="b", regimen="25@0/0.5-24", role="fitted"),  # not labelled
        asked("adalimumab", 20.0, study="d", week=10),  # held out
        asked("secukinumab", 90.0, study="e", role="fitted"),  # another class
    ]
    # Adalimumab 70; etanercept (46 + 50) / 2 = 48; drugs count the same: 59.
    assert class_mean(asked("infliximab", 80.0, week=10, role="tier 2"), known) == (59.0,)
    assert class_mean(asked("placebo", 4.0, role="placebo"), known) == ()
    assert class_mean(asked("brodalumab", 4.0, role="tier 2"), known) == (90.0,)


def test_the_phase_2_value_is_that_of_the_nearest_dose() -> None:
    weeks = [each for each in PROTOCOL.anchored if each.therapy == "ixekizumab"]
    assert (weeks[0].study, weeks[0].weeks) == ("leonardi-2012", (12.0,))
    known = [
        asked("ixekizumab", 77.0, study="leonardi-2012", regimen="25@0,2,4,8,12,16", role="anchor"),
        asked("ixekizumab", 83.0, study="leonardi-2012", regimen="75@0,2,4,8,12,16", role="anchor"),
        asked("ixekizumab", 82.0, study="leonardi-2012", regimen="150@0,2,4,8,12,16", role="anchor"),
    ]
    assert carried_over(asked("ixekizumab", 89.0, role="tier 2"), known, PROTOCOL) == (83.0,)  # 80 mg
    assert carried_over(asked("risankizumab", 89.0, role="tier 2"), known, PROTOCOL) == ()
    late = asked("ixekizumab", 5.0, regimen="80@20", role="tier 2")
    assert carried_over(late, known, PROTOCOL) == ()  # nothing given yet


def test_the_comparator_and_the_model_are_scored_on_the_same_rows() -> None:
    known = [
        asked("secukinumab", 70.0, study="a", n=1000),
        asked("secukinumab", 95.0, study="b", n=1000),
    ]
    rows = [
        judged(asked("secukinumab", 80.0, n=1000), 77.0),
        judged(asked("tofacitinib", 40.0, role="other"), 10.0),  # nothing to copy
    ]
    found = compared("copy another trial", rows, known, PROTOCOL)
    assert found is not None
    # Copies are off by -10 and +15: mean 12.5, root mean square sqrt((100 + 225) / 2), one of two within 10.
    assert (found.rows, found.error, found.within) == (1, 12.5, 50.0)
    assert found.rmse == pytest.approx(162.5**0.5)
    assert (found.model_error, found.model_rmse, found.model_within) == (3.0, 3.0, 100.0)
    assert compared("copy another trial", rows[1:], known, PROTOCOL) is None


def test_the_tolerance_is_the_larger_of_ten_points_and_the_trials_own_interval() -> None:
    assert tolerance(asked("placebo", 50.0, n=1000), 10.0) == 10.0
    # Wilson 95 % of 10 in 20: 0.299 to 0.701 (Newcombe 1998, method 3).
    assert tolerance(asked("placebo", 50.0, n=20), 10.0) == pytest.approx(20.1, abs=0.05)
    assert tolerance(asked("placebo", 50.0, n=None), 10.0) == 10.0


@pytest.mark.parametrize(
    ("drug", "family"),
    [
        ("bimekizumab", "IL-17"),
        ("ustekinumab", "IL-23"),
        ("certolizumab", "TNF"),
        ("methotrexate", "oral"),
        ("betamethasone", "other"),
        ("nb_uvb", "other"),
        ("placebo", "placebo"),
    ],
)
def test_families_go_by_what_a_drug_binds(drug: str, family: str) -> None:
    assert family_of(load(drug)) == family


def test_a_combination_has_no_family() -> None:
    assert family_of(load("adalimumab") + load("methotrexate")) == "other"
