"""What the posterior from Cheng 2022 can and cannot tell."""

from functools import cache

import numpy as np
import pytest

from koebner.calibration.msc.likelihood import weighted_moments
from koebner.calibration.msc.posterior import MscPosterior, fit_msc
from koebner.calibration.msc.summary import chance_of_report, predicted_counts, predictions, weights_of
from koebner.disease import load_model
from koebner.populations import load_population

pytestmark = pytest.mark.science

# Cheng 2022, doi:10.1038/s41392-022-01059-y: 8 of 17 at least 40 % better, 3 of 17 clear or minimal.
REPORTED = {"improved": 8 / 17, "clear": 3 / 17}


@cache
def posterior() -> MscPosterior:
    return fit_msc(load_model(), load_population(), seed=1, draws=192, copies=6)


@pytest.mark.parametrize("name", sorted(REPORTED))
def test_the_posterior_predicts_nearer_to_the_report_than_the_prior(name: str) -> None:
    # Root mean square distance of the predicted share: the prior may be centred there, but it is wide.
    shares = np.array(posterior().predicted[name])
    distance = {
        of: np.sqrt(weights @ (shares - REPORTED[name]) ** 2)
        for of, weights in weights_of(posterior()).items()
    }
    assert distance["posterior"] < distance["prior"]


def test_the_reported_counts_lie_in_the_posterior_prediction() -> None:
    # Two numbers and many parameters: a fit that missed them would be wrong somewhere.
    for row in predicted_counts(posterior()):
        assert row["posterior"]["lower"] <= row["observed"] <= row["posterior"]["upper"]
    chance = chance_of_report(posterior())
    assert chance["posterior"] > 1.5 * chance["prior"]


def test_there_are_enough_draws_to_speak_of_a_posterior() -> None:
    # Twenty tell a standard deviation to a sixth of itself.
    assert posterior().effective_draws > 20


def test_seventeen_patients_leave_a_wide_interval() -> None:
    # The exact 90 % interval of 8 of 17 alone is 26 to 69 %; with a prior it is narrower, not sharp.
    response = predictions(posterior())[0]
    assert response["posterior_upper"] - response["posterior_lower"] > 15


def test_fates_of_the_cells_are_not_informed() -> None:
    # The study saw no cell: route, release and vesicles keep their priors.
    words = {each.name: each for each in posterior().parameters}
    for name in ("tau_MSC_local", "tau_MSC_exosome", "e_exosome", "tau_MSC_lung_release"):
        assert not words[name].narrowed
        assert not words[name].moved


def test_lasting_remission_is_not_forced() -> None:
    # Only week 10 is in the likelihood; after a year the cells alone keep few at half of their PASI.
    year = {row["name"]: row for row in predictions(posterior())}["cells alone week 52"]
    assert year["posterior_mean"] < 20
    assert year["posterior_mean"] <= year["prior_mean"] + 5


def test_the_prior_is_in_every_result() -> None:
    weights = weights_of(posterior())
    for shares in posterior().predicted.values():
        _, before = weighted_moments(np.array(shares), weights["prior"])
        _, after = weighted_moments(np.array(shares), weights["posterior"])
        assert after > 0.1 * before
