"""Cohorts: individual parameters follow the model's typical values."""

from dataclasses import replace

import numpy as np
import pytest

from koebner.disease import load_model
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.patients import Patient
from koebner.patients.cohort import shifted
from koebner.populations import load_population


def test_a_typical_patient_has_the_typical_parameters() -> None:
    model = load_model()
    reference = model.parameters["duration_reference"].value
    own = Patient(pasi=20, years_since_onset=reference).cohort().parameters(model)
    assert own["f_TRM"][0] == pytest.approx(model.parameters["f_TRM"].value)


def test_deviations_are_about_the_model_that_is_used() -> None:
    model = load_model()
    cohort = load_population().sample(5, seed=1)
    doubled = model.with_parameters(K_KC=2 * model.parameters["K_KC"].value)
    np.testing.assert_allclose(cohort.parameters(doubled)["K_KC"], 2 * cohort.parameters(model)["K_KC"])


def test_longer_disease_means_more_memory() -> None:
    # Sign from GUIDE (doi:10.1111/jdv.19236): short disease duration clears more often.
    model = load_model()
    shares = [
        Patient(pasi=20, years_since_onset=years).cohort().parameters(model)["f_TRM"][0]
        for years in (1, 5, 30)
    ]
    assert shares == sorted(shares)


def test_scales() -> None:
    z = np.array([0.0, 1.0])
    assert shifted(2.0, z, "log").tolist() == pytest.approx([2, 2 * np.e])
    assert shifted(2.0, z, "add").tolist() == [2, 3]
    assert shifted(0.2, z, "logit").tolist() == pytest.approx([0.2, 0.2 * np.e / (0.8 + 0.2 * np.e)])


def test_tables_of_different_length_are_refused() -> None:
    cohort = load_population().sample(3, seed=1)
    with pytest.raises(InvalidValueError, match="differ in their number"):
        replace(cohort, signs=cohort.signs[:2])


def test_a_deviation_of_an_unknown_parameter_offers_the_closest() -> None:
    cohort = load_population().sample(2, seed=1)
    wrong = replace(
        cohort,
        deviations=cohort.deviations.rename(columns={"K_KC": "K_KCC"}),
        scales={**cohort.scales, "K_KCC": "log"},
    )
    with pytest.raises(UnknownNameError, match="`K_KC`"):
        wrong.parameters(load_model())
