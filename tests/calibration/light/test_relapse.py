"""Time to relapse after light: regulatory T cells that are left behind delay it, and the data weigh that."""

import numpy as np
import pytest
from tests.calibration.light_patients import told

from koebner.calibration.light.likelihood import LightPopulation
from koebner.calibration.light.prediction import PhototherapyPosterior
from koebner.calibration.light.relapse import relapse_log_likelihood, relapse_summary
from koebner.disease import load_model

FIT = PhototherapyPosterior(
    model_fingerprint="",
    patients=8,
    score_lag_days=0.0,
    population=LightPopulation(
        log_sensitivity_mean=0.2,
        log_sensitivity_sd=0.5,
        log_pace_mean=0.0,
        log_pace_sd=0.3,
        noise_floor=0.04,
        noise_share=0.1,
    ),
    log_likelihood=0.0,
    escalation=tuple(np.linspace(1.0, 5.0, 30).tolist()),
    end_weeks=(0, 0, 0, 0, 0, 2, 2, 2, 1, 1),
    by_week=(),
)
# Four of these eight had kept their improvement after a month, four had lost it after nine (`told`).
PATIENTS = told(8)


def test_what_stays_behind_delays_relapse() -> None:
    model = load_model()
    little = relapse_summary(model, PATIENTS, FIT, values={"k_UVB_Treg": 0.0})
    much = relapse_summary(model, PATIENTS, FIT, values={"k_UVB_Treg": 0.2})
    for before, after in zip(little.groups, much.groups, strict=True):
        assert after.median_months > before.median_months or np.isnan(after.median_months)
    assert (little.followed, little.lost) == (8, 4)


def test_times_that_agree_with_the_follow_up_are_likelier() -> None:
    """A remission of years contradicts those who had lost it after nine months."""
    model = load_model()
    shipped = relapse_log_likelihood(model, PATIENTS, FIT)
    years = relapse_log_likelihood(model, PATIENTS, FIT, values={"k_UVB_Treg": 0.5, "tau_Treg": 720.0})
    assert years < shipped - 2


def test_the_likelihood_is_that_of_the_summary() -> None:
    model = load_model()
    found = relapse_summary(model, PATIENTS, FIT)
    assert found.log_likelihood == pytest.approx(relapse_log_likelihood(model, PATIENTS, FIT))
    assert found.log_likelihood_share == pytest.approx(8 * np.log(0.5))  # four of eight


def test_published_medians_stand_beside_the_groups() -> None:
    """Watson 2021: 6 months (5-18) and 4 months (3-9)."""
    found = relapse_summary(load_model(), PATIENTS, FIT)
    assert [group.published for group in found.groups] == [(6.0, 5.0, 18.0), (4.0, 3.0, 9.0)]
