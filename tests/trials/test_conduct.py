"""A trial in the disease itself, small enough for every run of the tests."""

import numpy as np
import pytest

from koebner import therapies
from koebner.disease import load_model
from koebner.populations import load_population
from koebner.trials import Outcome, Trial


def conducted(n_per_arm: int, *, parameter_draws: int = 0) -> Outcome:
    arms = {"UC-MSC": therapies.load("uc_msc"), "placebo": therapies.load("placebo")}
    trial = Trial(arms=arms, n_per_arm=n_per_arm, visits=[0, 8, 16], seed=3, parameter_draws=parameter_draws)
    return trial.run(load_model(), load_population())


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return conducted(4, parameter_draws=1)


def test_nobody_fails_and_the_untreated_disease_stands_still(outcome: Outcome) -> None:
    assert outcome.failed == {"UC-MSC": 0, "placebo": 0}
    untreated = outcome.visits.query("arm == 'placebo'").groupby("patient")["pasi_true"]
    # Binding behaviour of the calibrated pack: an untreated patient does not drift.
    assert (untreated.max() / untreated.min()).to_numpy() == pytest.approx(np.ones(4), abs=1e-3)


def test_cells_lower_the_true_pasi(outcome: Outcome) -> None:
    treated = outcome.visits.query("arm == 'UC-MSC'").pivot_table(
        index="patient", columns="week", values="pasi_true"
    )
    assert (treated[8.0] < treated[0.0]).all()


def test_a_draw_changes_the_treated_and_not_the_untreated(outcome: Outcome) -> None:
    true = outcome.all_visits.query("week == 16").pivot_table(
        index=["arm", "patient"], columns="draw", values="pasi_true"
    )
    change = (true[1] / true[0] - 1).abs()
    assert (change["UC-MSC"] > 0.01).any()
    assert (change["placebo"] < 1e-3).all()


def test_patients_are_the_same_in_a_smaller_trial(outcome: Outcome) -> None:
    smaller = conducted(2)
    assert np.array_equal(
        smaller.recorded("UC-MSC").pasi, outcome.recorded("UC-MSC").pasi[:2], equal_nan=True
    )


def test_the_recorded_baseline_is_the_patients_own(outcome: Outcome) -> None:
    baseline = outcome.visits.query("week == 0").set_index("patient")["pasi"]
    assert baseline.to_numpy() == pytest.approx(outcome.patients["baseline_pasi"].round(1).to_numpy())
