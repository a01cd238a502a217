import dataclasses
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pytest
from tests.trials.fakes import QUIET_VISIT, fake_model

from koebner.errors import ModelError
from koebner.randomness import normals, uniforms
from koebner.trials import observation
from koebner.trials.endpoints import Array
from koebner.trials.observation import VisitModel, dropout_week, observe, visit_model


@pytest.fixture(autouse=True, scope="module")
def draws_made_once() -> Iterator[None]:
    """Keep the draws of the many patients, which take most of the time, from one test to the next."""

    def kept(draw: Callable[..., Array]) -> Callable[..., Array]:
        made = cache(draw)
        return lambda seed, patients, purpose, n=1: made(seed, tuple(patients), purpose, n).copy()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observation, "normals", kept(normals))
        patch.setattr(observation, "uniforms", kept(uniforms))
        yield


QUIET = VisitModel(**QUIET_VISIT)
MANY = range(8000)
WEEKS = (0.0, 13.0, 52.0)
SIGN, DLQI = 2.5, 12.0


def observed(pasi: float = 20.0, patients: range = MANY, **changes: float) -> Array:
    true = np.full((len(patients), len(WEEKS)), pasi)
    visit = dataclasses.replace(QUIET, **changes)
    return observe(
        true, SIGN + 0 * true, DLQI + 0 * true, visits=WEEKS, patients=patients, seed=1, visit=visit
    ).pasi


def test_a_quiet_visit_records_the_truth_to_one_decimal() -> None:
    assert np.unique(observed(20.04)).tolist() == [20.0]


def test_placebo_response_has_the_share_and_size_of_its_parameters() -> None:
    # Share at one time scale: 0.55 (1 - 1/e) = 0.348; PASI75 is a drop of ln 4, so 0.348 * 4^-1.35 = 0.0535.
    pasi = observed(placebo_share_max=0.55)
    assert np.mean(pasi[:, 1] < 20) == pytest.approx(0.348, abs=0.015)
    assert np.mean(pasi[:, 1] <= 5) == pytest.approx(0.0535, abs=0.0075)


def test_the_placebo_response_is_held_from_the_last_week_that_informs_it() -> None:
    held = observed(placebo_share_max=0.55, placebo_last_week=13.0)
    grown = observed(placebo_share_max=0.55, placebo_last_week=100.0)
    np.testing.assert_array_equal(held[:, 1], held[:, 2])
    np.testing.assert_array_equal(held[:, 1], grown[:, 1])
    assert grown[:, 2].mean() < held[:, 2].mean()


def test_a_placebo_response_only_grows_in_a_patient() -> None:
    pasi = observed(placebo_share_max=0.55)
    assert np.all(np.diff(pasi, axis=1) <= 0)
    assert np.all(pasi[:, 0] == 20)


def test_visit_noise_has_its_spread_and_spares_the_baseline() -> None:
    pasi = observed(visit_noise_sd=0.22)
    assert np.all(pasi[:, 0] == 20)
    # 8000 draws: the standard error of a standard deviation of 0.22 is 0.0017.
    assert np.log(pasi[:, 1] / 20).std() == pytest.approx(0.22, abs=0.005)
    assert abs(np.corrcoef(np.log(pasi[:, 1]), np.log(pasi[:, 2]))[0, 1]) < 0.05


def test_noise_never_leaves_the_scale() -> None:
    assert observed(70.0, visit_noise_sd=0.22).max() == 72.0


def test_below_the_detection_limit_the_skin_is_recorded_clear() -> None:
    true = np.array([[20.0, 0.61, 0.59]])  # 3 % of 20 is 0.6
    recorded = observe(
        true, np.array([[2.5, 1.4, 1.4]]), true, visits=WEEKS, patients=[0], seed=1, visit=QUIET
    )
    assert recorded.pasi.tolist() == [[20.0, 0.6, 0.0]]
    assert recorded.spga.tolist() == [[2.0, 1.0, 0.0]]  # 2.5 rounds to the even class


def test_the_spga_deviates_with_the_signs_share_of_the_pasi() -> None:
    true = np.full((len(MANY), len(WEEKS)), 20.0)
    noisy = dataclasses.replace(QUIET, visit_noise_sd=0.22)
    recorded = observe(true, 0 * true + 2.4, true, visits=WEEKS, patients=MANY, seed=1, visit=noisy)
    # 2.4 is recorded as 3 when noise lifts it by ln(2.5 / 2.4), that is PASI by that over 0.35:
    # the noise is right on average, its median 0.22^2 / 2 lower, so that the chance is
    # P(Z > (0.0408 / 0.35 + 0.0242) / 0.22) = 0.261.
    assert np.mean(recorded.spga[:, 1] == 3) == pytest.approx(0.261, abs=0.015)
    assert set(recorded.spga[:, 0]) == {2.0}


def test_dropout_is_exponential_and_final() -> None:
    pasi = observed(dropout_per_week=0.0025)
    # Still there at week 52: exp(-0.13) = 0.878.
    assert np.mean(np.isfinite(pasi[:, 2])) == pytest.approx(0.878, abs=0.01)
    assert not np.any(np.isnan(pasi[:, 1]) & np.isfinite(pasi[:, 2]))
    assert np.all(np.isinf(dropout_week(MANY, 1, QUIET)))


def test_a_patient_alone_is_recorded_as_in_a_crowd() -> None:
    noisy = {"visit_noise_sd": 0.22, "placebo_share_max": 0.55, "dropout_per_week": 0.02}
    together = observed(patients=range(10), **noisy)
    alone = observed(patients=range(7, 8), **noisy)
    assert np.array_equal(together[7], alone[0], equal_nan=True)


def test_a_model_without_a_visit_parameter_says_which() -> None:
    assert visit_model(fake_model(visit_noise_sd=0.1)).visit_noise_sd == 0.1
    with pytest.raises(ModelError, match="`visit_noise_sd` has no value"):
        visit_model(fake_model(visit_noise_sd=None))  # type: ignore[arg-type]


def test_a_quiet_dlqi_is_the_models_and_follows_the_placebo_response() -> None:
    true = np.full((len(MANY), len(WEEKS)), 20.0)
    quiet = observe(true, 0 * true + SIGN, 0 * true + DLQI, visits=WEEKS, patients=MANY, seed=1, visit=QUIET)
    assert set(quiet.dlqi.ravel()) == {DLQI}
    placebo = dataclasses.replace(QUIET, placebo_share_max=0.55)
    seen = observe(true, 0 * true + SIGN, 0 * true + DLQI, visits=WEEKS, patients=MANY, seed=1, visit=placebo)
    better = (seen.pasi[:, 1] < 20) & (seen.pasi[:, 1] > 0)  # below the detection limit it is 0
    assert np.all(seen.dlqi[seen.pasi[:, 1] == 20, 1] == DLQI)
    assert np.all(np.abs(seen.dlqi[better, 1] - DLQI * (seen.pasi[better, 1] / 20) ** 0.85) <= 0.6)  # rounded


def test_dlqi_differs_between_patients_and_answers_as_its_parameters_say() -> None:
    true = np.full((len(MANY), len(WEEKS)), 20.0)
    people = dataclasses.replace(QUIET, DLQI_patient_sd=0.3)
    own = observe(
        true, 0 * true + SIGN, 0 * true + DLQI, visits=WEEKS, patients=MANY, seed=1, visit=people
    ).dlqi
    assert np.all(own[:, 0] == own[:, 2])  # the same patient gives the same answer
    assert np.std(np.log(own[:, 0])) == pytest.approx(0.3, rel=0.05)
    noisy = dataclasses.replace(QUIET, DLQI_noise_sd=1.5)
    both = observe(
        true, 0 * true + SIGN, 0 * true + DLQI, visits=WEEKS, patients=MANY, seed=1, visit=noisy
    ).dlqi
    # Rounding to whole points adds a variance of 1/12.
    assert np.std(both[:, 1] - both[:, 0]) == pytest.approx(np.sqrt(2 * (1.5**2 + 1 / 12)), rel=0.04)
    assert both.min() >= 0
    assert both.max() <= 30
