"""Relapse after stopping: the visits of a study, its definition, its clock, and the figures of a course."""

from dataclasses import replace

import numpy as np
import pytest

from koebner.calibration.withdrawal.course import (
    VisitDraws,
    median_weeks,
    relapse_course,
    relapse_free,
    relapse_free_curve,
    relapsed_by,
    still_responding,
)
from koebner.calibration.withdrawal.losses import HALF_OF_REFERENCE, SIX_POINTS
from koebner.calibration.withdrawal.studies import (
    Entry,
    WithdrawalStudy,
    load_withdrawal_studies,
    treatment_of,
)
from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.populations import load_population
from koebner.simulation import simulate
from koebner.trials.observation import VisitModel, observe, visit_model
from koebner.trials.recorded import Array
from koebner.trials.relapse import COMMON_DEFINITION, definition_named, relapse_times

SECUKINUMAB = "lebwohl-2024/secukinumab 300"


@pytest.fixture(scope="module")
def visit() -> VisitModel:
    return visit_model(load_model())


@pytest.fixture(scope="module")
def exact(visit: VisitModel) -> VisitModel:
    """Visits that record the truth."""
    return replace(
        visit, visit_noise_sd=0.0, placebo_share_max=0.0, detection_limit=0.0, dropout_per_week=0.0
    )


def study(definition: str, *, reference_week: float | None = None, entry: str = "PASI75") -> WithdrawalStudy:
    return WithdrawalStudy(
        id="a study",
        therapy="secukinumab",
        regimen="300@0,4,8",
        last_dose_week=8,
        clock="last dose",
        clock_week=8,
        entry=(Entry(endpoint=entry, week=12),),
        definition=definition,
        reference_week=reference_week,
        visits=(0, 4, 8, 12, 16, 20, 24),
    )


def falling_and_rising(n: int, weeks: Array, stop: float) -> Array:
    """Courses of PASI that fall under treatment and come back, each patient at its own pace."""
    baseline = np.linspace(12, 40, n)[:, None]
    pace = np.linspace(10, 80, n)[:, None]
    back = 1 - np.exp(-np.maximum(weeks - stop, 0) / pace)
    relative = np.where(weeks <= stop, 0.04 + 0.96 * np.exp(-weeks / 4), 0.04 + 0.96 * back)
    return np.asarray(baseline * relative)


def test_the_first_replicate_is_what_a_trial_records(visit: VisitModel) -> None:
    one = load_withdrawal_studies()["uncover-1-2-2016/ixekizumab every 2 weeks"]
    patients = range(5, 45)
    pasi = falling_and_rising(40, np.array(one.visits), 12)
    sign = 2.5 * (pasi / pasi[:, :1]) ** 0.35
    draws = VisitDraws.of(patients, 3, len(one.visits))
    course = relapse_course(pasi, sign, one.visits, one, visit=visit, draws=draws)
    stays = replace(visit, dropout_per_week=0.0)
    trial = observe(pasi, sign, pasi, visits=one.visits, patients=list(patients), seed=3, visit=stays)
    np.testing.assert_array_equal(course.recorded.pasi[0], trial.pasi)
    np.testing.assert_array_equal(course.recorded.spga[0], trial.spga)
    assert not np.array_equal(course.recorded.pasi[1], trial.pasi)


def test_relapse_by_the_common_definition_is_that_of_a_trial(visit: VisitModel) -> None:
    one = load_withdrawal_studies()[SECUKINUMAB]
    pasi = falling_and_rising(60, np.array(one.visits), 52)
    draws = VisitDraws.of(range(60), 1, len(one.visits), replicates=1)
    course = relapse_course(pasi, None, one.visits, one, visit=visit, draws=draws)
    recorded = course.recorded[0]
    times = relapse_times(recorded, np.array(one.visits), 48, definition_named(COMMON_DEFINITION))
    expected = np.where(times.relapsed, times.weeks, np.inf)
    entered = course.entered[0]
    assert entered.sum() > 0
    np.testing.assert_array_equal(course.weeks[0][entered], expected[entered])
    assert np.isnan(course.weeks[0][~entered]).all()


@pytest.mark.parametrize(
    ("definition", "pasi", "week"),
    [
        # 20 fell to 2 at week 12: 9 is a rise of 7 points with PASI50 kept, 12 is below PASI50.
        (SIX_POINTS, [20, 8, 4, 2, 9, 12, 20], 12.0),
        # 8 fell to 0.5: below PASI50 by a rise of 4.5 points, which is none of 6, until 7.
        (SIX_POINTS, [8, 4, 1, 0.5, 5, 7, 7], 12.0),
        # Half of the 18 points gained at week 12 is lost at 11, at week 16.
        (HALF_OF_REFERENCE, [20, 8, 4, 2, 11, 11, 11], 8.0),
        # Best was 1 at week 8: half of these 19 points is lost at 10.5 and not at 10.4.
        (COMMON_DEFINITION, [20, 8, 1, 2, 10.4, 10.5, 20], 12.0),
        ("loss of PASI75", [20, 8, 4, 2, 5, 5.1, 20], 12.0),
        ("PASI>=3", [20, 8, 4, 2, 2.9, 3, 20], 12.0),
        ("loss of PASI90", [20, 8, 4, 2, 2, 2, 2], np.inf),
    ],
)
def test_each_definition_finds_its_visit(
    definition: str, pasi: list[float], week: float, exact: VisitModel
) -> None:
    one = study(definition, reference_week=12)
    draws = VisitDraws.of([0], 1, len(one.visits), replicates=1)
    course = relapse_course(np.array([pasi]), None, one.visits, one, visit=exact, draws=draws)
    assert course.weeks.tolist() == [[week]]


def test_who_does_not_hold_the_entry_is_left_out(exact: VisitModel) -> None:
    one = study("loss of PASI50")
    pasi = np.array([[20.0, 8, 4, 6, 20, 20, 20], [20, 8, 4, 2, 4, 4, 4], [np.nan] * 7])
    draws = VisitDraws.of(range(3), 1, 7, replicates=2)
    course = relapse_course(pasi, None, one.visits, one, visit=exact, draws=draws)
    assert course.entered.tolist() == [[False, True, False]] * 2
    assert course.n == 1
    turned = replace(one, entry=(Entry(endpoint="PASI75", week=12, holds=False),))
    left = relapse_course(pasi, None, one.visits, turned, visit=exact, draws=draws)
    assert left.entered.tolist() == [[True, False, False]] * 2


def test_an_spga_comes_back_only_to_who_had_it(exact: VisitModel) -> None:
    one = study("sPGA>=3", entry="sPGA 0/1")
    severe = replace(one, entry=(Entry(endpoint="sPGA>=3", week=0), *one.entry))
    sign = np.array([[3.2, 2, 1, 1, 2, 3, 3], [2.4, 2, 1, 1, 2, 2.4, 2.4]])
    draws = VisitDraws.of(range(2), 1, 7, replicates=1)
    course = relapse_course(10 * sign, sign, one.visits, severe, visit=exact, draws=draws)
    assert course.entered.tolist() == [[True, False]]
    assert course.weeks[0, 0] == 12
    every = relapse_course(10 * sign, sign, one.visits, one, visit=exact, draws=draws)
    assert every.weeks.tolist() == [[12, np.inf]]


def test_noisy_visits_find_a_loss_that_the_true_course_never_has(visit: VisitModel) -> None:
    # The pitfall of calibration by smoothed criteria: first passage under repeated noise is sooner.
    weeks = np.arange(0.0, 53, 4)
    often = replace(study("loss of PASI90", entry="PASI90"), visits=tuple(weeks.tolist()))
    seldom = replace(often, visits=(0, 4, 8, 12, 32, 52))
    pasi = np.where(weeks == 0, 20.0, 1.6) * np.ones((200, 1))
    lost = [
        relapsed_by(
            relapse_course(
                pasi, None, weeks.tolist(), one, visit=visit, draws=VisitDraws.of(range(200), 2, 14)
            ),
            44,
        ).value
        for one in (seldom, often)
    ]
    assert 0 < lost[0] < lost[1] < 100


def test_shares_medians_and_states_of_a_course(exact: VisitModel) -> None:
    one = study("loss of PASI75")
    # Lost at week 16, at week 20, never, and at week 16 with PASI75 back at week 20.
    rows = [[20, 8, 4, 2, 9, 9, 9], [20, 8, 4, 2, 4, 9, 9], [20, 8, 4, 2, 2, 2, 2], [20, 8, 4, 2, 9, 2, 9]]
    draws = VisitDraws.of(range(4), 1, 7)
    leaving = replace(exact, dropout_per_week=0.01)
    course = relapse_course(np.array(rows, dtype=float), None, one.visits, one, visit=leaving, draws=draws)
    assert [relapse_free(course, week).value for week in (4, 8, 12, 16)] == [100, 50, 25, 25]
    assert relapse_free(course, 6, on_a_line=True).value == 75  # half way between weeks 12 and 16
    # Followed from entry at week 12, 4 weeks after the last dose, and seen every 4 weeks until week 24.
    assert course.study.follow_up == (4, 8, 12, 16)
    assert relapse_free_curve(course).tolist() == [100, 50, 25, 25]
    assert relapsed_by(course, 12).value == 75
    assert median_weeks(course).value == 8
    assert still_responding(course, "PASI75", 12, missing="as observed").value == 50
    missed = still_responding(course, "PASI75", 12, missing="non-response").value
    assert missed == pytest.approx(50 * np.exp(-0.01 * 8))  # 8 weeks after entry at week 12
    assert relapse_free(course, 8).n == 4
    never = relapse_course(
        np.array([rows[2]] * 4, dtype=float), None, one.visits, one, visit=exact, draws=draws
    )
    assert np.isnan(median_weeks(never).value)


def test_a_course_without_entrants_has_no_figures(exact: VisitModel) -> None:
    one = study("loss of PASI75")
    pasi = np.full((2, 7), 20.0)
    course = relapse_course(pasi, None, one.visits, one, visit=exact, draws=VisitDraws.of(range(2), 1, 7))
    assert np.isnan(relapse_free(course, 8).value)
    assert np.isnan(relapse_free_curve(course)).all()
    assert np.isnan(median_weeks(course).value)
    assert np.isnan(still_responding(course, "PASI75", 12, missing="as observed").value)


def test_what_does_not_fit_is_refused(exact: VisitModel) -> None:
    one = study("loss of PASI75")
    pasi = np.full((2, 7), 20.0)
    draws = VisitDraws.of(range(2), 1, 7)
    course = relapse_course(pasi, None, one.visits, one, visit=exact, draws=draws)
    with pytest.raises(InvalidValueError, match="followed for 16 weeks"):
        relapse_free(course, 20)
    with pytest.raises(InvalidValueError, match="no visit then"):
        still_responding(course, "PASI75", 5, missing="as observed")
    with pytest.raises(InvalidValueError, match="week 24"):
        relapse_course(pasi[:, :6], None, one.visits[:6], one, visit=exact, draws=draws)
    with pytest.raises(InvalidValueError, match="sPGA"):
        relapse_course(pasi, None, one.visits, study("sPGA>=3"), visit=exact, draws=draws)
    with pytest.raises(InvalidValueError, match="3 patients"):
        relapse_course(pasi, None, one.visits, one, visit=exact, draws=VisitDraws.of(range(3), 1, 7))


def test_fewer_and_fewer_stay_free_of_relapse_after_secukinumab() -> None:
    # Lebwohl 2024: the share falls from one to two years after the last dose; here in the present model.
    model, one = load_model(), load_withdrawal_studies()[SECUKINUMAB]
    cohort = load_population().sample(64, seed=1)
    fared = simulate(
        model,
        cohort,
        treatment_of(one),
        weeks=one.visits[-1],
        at_weeks=one.visits,
        outputs=["PASI", "sign_mean"],
    )
    draws = VisitDraws.of(range(64), 1, len(one.visits))
    course = relapse_course(
        fared["PASI"].to_numpy(),
        fared["sign_mean"].to_numpy(),
        one.visits,
        one,
        visit=visit_model(model),
        draws=draws,
    )
    free = [relapse_free(course, week).value for week in (4, 26, 52, 104)]
    assert free == sorted(free, reverse=True)
    assert free[0] > free[2] > free[3]
    assert course.n > 32
