"""The grid posterior finds the patient that was simulated, and the search the population."""

import numpy as np
import pytest
from tests.calibration.light_patients import ESCALATION, course_at, told, untold

from koebner.calibration.light.likelihood import (
    LightPopulation,
    fit_population,
    grid_posterior,
    log_likelihood,
)
from koebner.calibration.light.settings import Grid, light_settings
from koebner.calibration.light.simulation import simulate_light
from koebner.disease import load_model

GRID = Grid.of(light_settings())
POPULATION = LightPopulation(
    log_sensitivity_mean=0.0,
    log_sensitivity_sd=1.0,
    log_pace_mean=0.0,
    log_pace_sd=0.3,
    noise_floor=0.02,
    noise_share=0.05,
)


def test_a_patient_without_scores_is_the_population() -> None:
    courses = simulate_light(load_model(), untold(1), GRID, escalation=ESCALATION)
    weights = grid_posterior(courses, untold(1).relative, POPULATION, GRID)
    np.testing.assert_allclose(weights[0], np.exp(POPULATION.log_weights(GRID)), rtol=1e-10)


@pytest.mark.parametrize("sensitivity", [-0.8, 0.5])
def test_the_posterior_lies_about_the_sensitivity_that_was_simulated(sensitivity: float) -> None:
    patient = untold(1)
    courses = simulate_light(load_model(), patient, GRID, escalation=ESCALATION)
    weights = grid_posterior(courses, course_at(patient, sensitivity), POPULATION, GRID)
    assert weights.sum() == pytest.approx(1.0)
    assert float(weights[0] @ GRID.log_sensitivity) == pytest.approx(sensitivity, abs=0.25)


def test_a_missing_score_is_not_counted() -> None:
    patient = untold(1)
    courses = simulate_light(load_model(), patient, GRID, escalation=ESCALATION)
    scores = course_at(patient, 0.0)
    blank = scores.copy()
    blank[0, 3:] = np.nan
    np.testing.assert_allclose(
        log_likelihood(courses, blank, POPULATION), log_likelihood(courses, scores[:, :3], POPULATION)
    )


def test_a_population_is_the_point_of_the_search_and_back() -> None:
    again = LightPopulation.at(POPULATION.point)
    assert again.model_dump() == pytest.approx(POPULATION.model_dump())


def test_the_search_finds_the_population_that_was_drawn_from() -> None:
    patients = told(24)
    courses = simulate_light(load_model(), patients, GRID, escalation=ESCALATION)
    found, _ = fit_population(courses, patients.relative, GRID)
    # Drawn with mean 0.2 and SD 0.5 (`told`): 24 patients give the mean to 0.1.
    assert found.log_sensitivity_mean == pytest.approx(0.2, abs=0.3)
    assert found.log_sensitivity_sd == pytest.approx(0.5, rel=0.5)
    assert found.noise_floor == pytest.approx(0.04, rel=0.5)
