"""What a trial shows, on courses whose every number follows from the fakes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.trials.fakes import FakePopulation, FakeSimulation, fake_model, run_small, small_trial

from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.trials import COMMON_DEFINITION, Outcome, read_outcome


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    with pytest.MonkeyPatch.context() as patch:
        return run_small(patch)


def of(table: pd.DataFrame, arm: str) -> pd.Series:
    return table.set_index("arm").loc[arm]


def test_arms_hold_different_patients(outcome: Outcome) -> None:
    numbers = outcome.visits.groupby("arm")["patient"].unique()
    assert numbers["UC-MSC"].tolist() == [0, 1, 2, 3, 4]
    assert numbers["placebo"].tolist() == [5, 6, 7, 8, 9]


def test_response_counts_patients_with_both_intervals(outcome: Outcome) -> None:
    # PASI falls to 0.2 of baseline: all five reach PASI75. Wilson of 5 of 5: 56.6 to 100 (R: prop.test).
    row = of(outcome.response("PASI75", week=12), "UC-MSC")
    assert (row["responders"], row["n"], row["percent"]) == (5, 5, 100)
    assert (row["lower_95"], row["upper_95"]) == pytest.approx((56.55, 100), abs=0.01)
    assert of(outcome.response("PASI75", week=12), "placebo")["percent"] == 0


def test_parameter_range_is_over_the_draws_and_apart_from_wilson(monkeypatch: pytest.MonkeyPatch) -> None:
    # Draws leave 0.1, 0.2, 0.3 and 0.4 of baseline: PASI75 in all, all, none, none.
    outcome = run_small(monkeypatch, parameter_draws=4)
    row = of(outcome.response("PASI75", week=12), "UC-MSC")
    assert (row["parameters_lower_90"], row["parameters_upper_90"]) == (0, 100)
    assert row["lower_95"] == pytest.approx(56.55, abs=0.01)
    mean = of(outcome.mean("PASI mean", week=12), "UC-MSC")
    # Mean baseline 12: 1.2, 2.4, 3.6 and 4.8 over the draws; quantiles 0.05 and 0.95 between the outer two.
    expected = (1.2 + 0.15 * 1.2, 4.8 - 0.15 * 1.2)
    assert (mean["parameters_lower_90"], mean["parameters_upper_90"]) == pytest.approx(expected, abs=0.05)


def test_without_draws_the_parameter_range_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    table = run_small(monkeypatch, parameter_draws=0).response("PASI75", week=12)
    assert table["parameters_lower_90"].isna().all()


def test_draws_meet_the_same_patients_and_the_same_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = run_small(monkeypatch, model=fake_model(visit_noise_sd=0.2, placebo_share_max=0.5))
    placebo = outcome.all_visits[outcome.all_visits["arm"] == "placebo"]
    courses = [draw["pasi"].tolist() for _, draw in placebo.groupby("draw")]
    assert courses[0] == courses[1] == courses[2]


def test_relapse_is_counted_from_the_last_dose(outcome: Outcome) -> None:
    # PASI is 0.2 of baseline at week 12 and returns linearly to 1 at 24: half is lost at week 20, 14 after 6.
    relapse = outcome.relapse()
    row = of(relapse.table, "UC-MSC")
    assert (row["last_dose_week"], row["at_risk"], row["relapsed"], row["median_weeks"]) == (6, 5, 5, 14)
    assert relapse.definition == COMMON_DEFINITION


def test_an_arm_without_doses_takes_the_schedule_of_the_others(outcome: Outcome) -> None:
    row = of(outcome.relapse().table, "placebo")
    assert (row["last_dose_week"], row["never_responders"], row["at_risk"]) == (6, 5, 0)
    assert row["median"] == "no responder"


def test_a_median_that_is_not_reached_says_how_many_relapsed(monkeypatch: pytest.MonkeyPatch) -> None:
    row = of(run_small(monkeypatch, visits=[0, 8, 12, 16]).relapse().table, "UC-MSC")
    assert row["median"] == "not reached (0 of 5)"


def test_doses_planned_after_the_last_visit_are_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of the doses at weeks 0, 2, 4 and 6, the last before the end at week 5 is that of week 4.
    assert of(run_small(monkeypatch, visits=[0, 5]).relapse().table, "UC-MSC")["last_dose_week"] == 4


def test_a_failed_patient_is_counted_and_left_out_of_every_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = run_small(monkeypatch, simulation=FakeSimulation(failing=[2]))
    assert outcome.failed == {"UC-MSC": 1, "placebo": 0}
    assert outcome.failed_draws == 2
    row = of(outcome.response("PASI75", week=12), "UC-MSC")
    assert (row["responders"], row["n"], row["missing"]) == (4, 4, 0)
    assert of(outcome.relapse().table, "UC-MSC")["n"] == 4
    assert outcome.patients.query("patient == 2")["status"].tolist() == ["step limit"]


def test_dropout_counts_as_non_response_unless_the_trial_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leaving = fake_model(dropout_per_week=0.1)
    strict = of(run_small(monkeypatch, model=leaving).response("PASI75", week=12), "UC-MSC")
    observed = of(
        run_small(monkeypatch, model=leaving, missing="as observed").response("PASI75", week=12), "UC-MSC"
    )
    assert 0 < strict["missing"] < 5  # at this rate 70 % have left by week 12; seed 7 keeps some
    assert strict["n"] == 5
    assert observed["n"] == 5 - strict["missing"]
    assert observed["percent"] == 100


def test_a_week_that_is_no_visit_is_refused(outcome: Outcome) -> None:
    with pytest.raises(
        InvalidValueError, match="Week 13 was given; expected a visit of the trial, one of 0, 4"
    ):
        outcome.response("PASI75", week=13)


def test_a_rate_is_no_mean(outcome: Outcome) -> None:
    with pytest.raises(InvalidValueError, match="`PASI75` is a rate"):
        outcome.mean("PASI75", week=12)


def test_what_is_written_reads_back_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    noisy = fake_model(visit_noise_sd=0.2, placebo_share_max=0.5, dropout_per_week=0.02)
    outcome = run_small(monkeypatch, model=noisy, simulation=FakeSimulation(failing=[1]))
    outcome.write(tmp_path / "run")
    again = read_outcome(tmp_path / "run")
    assert again.record == outcome.record
    assert again.record.fingerprint == outcome.record.fingerprint
    assert again.failed == outcome.failed
    for arm in outcome.record.labels:
        for score in ("pasi", "spga"):
            found, written = (getattr(each.recorded(arm), score) for each in (again, outcome))
            assert np.array_equal(found, written, equal_nan=True)
    pd.testing.assert_frame_equal(again.summary(), outcome.summary())
    pd.testing.assert_frame_equal(again.relapse().table, outcome.relapse().table)


def test_an_arm_may_be_called_na(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    therapies = small_trial().arms
    outcome = run_small(monkeypatch, arms={"NA": therapies["UC-MSC"], "1": therapies["placebo"]})
    outcome.write(tmp_path / "run")
    assert read_outcome(tmp_path / "run").response("PASI75", week=12)["arm"].tolist() == ["NA", "1"]


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="a finished run with its `results"):
        read_outcome(tmp_path)


def test_the_summary_falls_back_on_the_last_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_small(monkeypatch).summary_weeks == (12, 24)
    assert run_small(monkeypatch, visits=[0, 8, 16]).summary_weeks == (16,)


def test_a_pack_without_treatments_is_refused() -> None:
    trial = small_trial()
    with pytest.raises(InvalidValueError, match="no result of a treatment may be taken from it"):
        trial.run(load_model("onset", start="lesion"), FakePopulation())
