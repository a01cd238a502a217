"""simulate(): shapes, times, failures and what stays the same."""

from typing import Any

import numpy as np
import pytest

from koebner.disease import load_model
from koebner.errors import InvalidValueError, SolverError, UnknownNameError
from koebner.patients import Patient
from koebner.populations import load_population
from koebner.simulation import simulate
from koebner.therapies import load


def test_one_patient_and_many_have_the_same_shape() -> None:
    model = load_model()
    one = simulate(model, Patient(pasi=20), weeks=8)
    many = simulate(model, load_population().sample(3, seed=1, first=40), weeks=8)
    assert one["PASI"].dims == many["PASI"].dims == ("patient", "time")
    assert many["PASI"].coords["patient"].to_numpy().tolist() == [40, 41, 42]
    assert one["PASI"].coords["week"].to_numpy().tolist() == list(range(9))


def test_a_patient_is_the_same_alone_and_in_a_crowd() -> None:
    model, population, therapy = load_model(), load_population(), load("uc_msc")
    crowd = simulate(model, population.sample(6, seed=2), therapy, weeks=20)["PASI"].to_numpy()
    alone = simulate(model, population.sample(1, seed=2, first=4), therapy, weeks=20)["PASI"].to_numpy()
    np.testing.assert_array_equal(crowd[4], alone[0])


def test_reported_times_do_not_change_the_course() -> None:
    # Output grids move the steps of the integrator; the answer may change by its tolerance only.
    model, patient, therapy = load_model(), Patient(pasi=20), load("uc_msc")
    coarse = simulate(model, patient, therapy, weeks=24, at_weeks=[0, 12, 24])["PASI"].to_numpy()[0]
    fine = simulate(model, patient, therapy, weeks=24, every_days=0.5)["PASI"].to_numpy()[0]
    np.testing.assert_allclose(coarse, fine[[0, 168, 336]], rtol=1e-4)


def test_placebo_and_nothing_leave_the_lesion_alone() -> None:
    for therapy in (None, load("placebo")):
        course = simulate(load_model(), Patient(pasi=20), therapy, weeks=52)
        np.testing.assert_allclose(course["PASI"].to_numpy(), 20, rtol=1e-9)


def test_bad_requests_are_refused() -> None:
    model, patient = load_model(), Patient(pasi=20)
    with pytest.raises(InvalidValueError, match="above 0 and at most 5200"):
        simulate(model, patient, weeks=0)
    with pytest.raises(InvalidValueError, match="rising weeks from 0 to 10"):
        simulate(model, patient, weeks=10, at_weeks=[0, 12])
    with pytest.raises(InvalidValueError, match='"raise" or "keep"'):
        simulate(model, patient, weeks=1, on_failure="ignore")
    with pytest.raises(InvalidValueError, match="every_days"):
        simulate(model, patient, weeks=1, every_days=-1)
    with pytest.raises(UnknownNameError, match="`PASI`"):
        simulate(model, patient, weeks=1)["PASY"]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"model": "human_plaque"}, "`koebner.load_model` returns"),
        ({"patients": 20}, "a `Patient` or a `Cohort`"),
        ({"therapy": "uc_msc"}, "`koebner.therapies.load` returns"),
        ({"triggers": [("Trauma", 1, 5.0)]}, r"`Triggers.at\("),
    ],
)
def test_an_argument_of_another_kind_is_one_line_that_helps(wrong: dict[str, Any], expected: str) -> None:
    arguments: dict[str, Any] = {"model": load_model(), "patients": Patient(pasi=20), **wrong}
    with pytest.raises(InvalidValueError, match=expected) as refused:
        simulate(**arguments, weeks=2)
    assert "\n" not in str(refused.value)


def test_a_patient_who_cannot_be_integrated_is_reported_and_not_a_number() -> None:
    # A negative turnover time makes the keratinocyte programme run away.
    broken = load_model().with_parameters(tau_KC=-0.01, w_basal=0.3)
    population = load_population().sample(2, seed=1)
    with pytest.raises(SolverError, match='on_failure="keep"') as caught:
        simulate(broken, population, load("placebo"), weeks=20)
    assert caught.value.failures
    kept = simulate(broken, population, load("placebo"), weeks=20, on_failure="keep")
    assert kept.n_failed == len(caught.value.failures)
    failed = kept.status.to_numpy() != "ok"
    assert np.isnan(kept["PASI"].to_numpy()[failed]).all()
