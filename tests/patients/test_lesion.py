"""From a baseline PASI to signs and areas, and back."""

import numpy as np
import pytest

from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.patients import Patient
from koebner.patients.lesion import REGIONS, SIGNS, lesion
from koebner.simulation import simulate

SHARES = np.array([0.1, 0.2, 0.3, 0.4])  # head, arms, trunk, legs in the PASI (Fredriksson 1978)


def test_any_pasi_is_met_exactly_within_the_limits_of_the_score() -> None:
    rng = np.random.default_rng(1)
    pasi = np.array([0.5, 3, 12, 20, 35, 55, 71, 72])
    signs = np.exp(0.3 * rng.standard_normal((len(pasi), 3)))
    regions = np.exp(0.8 * rng.standard_normal((len(pasi), 4)))
    start = lesion(load_model(), pasi, signs, regions)
    sign_values = np.stack([start[f"{sign}_0"] for sign in SIGNS], axis=1)
    index_values = np.stack([start[f"index_{region}_0"] for region in REGIONS], axis=1)
    np.testing.assert_allclose(sign_values.sum(axis=1) * (index_values @ SHARES), pasi, rtol=1e-9)
    assert sign_values.min() > 0
    assert sign_values.max() <= 4 + 1e-12
    assert index_values.max() <= 6 + 1e-12


@pytest.mark.parametrize("pasi", [0.0, -3.0, 72.5, float("nan")])
def test_an_impossible_pasi_is_refused(pasi: float) -> None:
    with pytest.raises(InvalidValueError):
        Patient(pasi=pasi)
    with pytest.raises(InvalidValueError, match="at most 72"):
        lesion(load_model(), np.array([pasi]), np.ones((1, 3)), np.ones((1, 4)))


def test_the_model_starts_at_the_baseline_pasi_and_its_regions_sum_to_it() -> None:
    course = simulate(load_model(), Patient(pasi=17.5), weeks=1)
    regions = sum(course[f"PASI_{region}"] for region in REGIONS)
    assert float(course["PASI"][0, 0]) == pytest.approx(17.5)
    np.testing.assert_allclose(regions.to_numpy(), course["PASI"].to_numpy())
    assert float(course["PASI_relative"][0, 0]) == pytest.approx(1)
