"""Therapies: what they add to the disease, and pharmacokinetics against closed forms and facts."""

import numpy as np
import pytest

from koebner.disease import load_model
from koebner.evidence import load_pharmacokinetics, load_sources, study
from koebner.fits import FITTED
from koebner.patients import Patient
from koebner.simulation import simulate
from koebner.therapies import Therapy, available, load
from koebner.therapies.entries import entry


@pytest.mark.parametrize("name", available())
def test_every_study_and_source_of_the_catalogue_exists(name: str) -> None:
    found = entry(name)
    for key in found.studies:
        study(key)  # raises for an unknown study
    for key, value in found.numbers.items():
        known = value.source in (*load_sources(), "definition", FITTED)
        assert known or value.source.startswith("assumption"), f"{name}.{key}: source `{value.source}`"


def test_the_grade_is_that_of_the_best_study() -> None:
    # Yones 2006 is randomised; Cheng 2022 is uncontrolled, beside case reports (evidence/tables).
    assert load("nb_uvb").evidence_grade == "A"
    assert load("uc_msc").evidence_grade == "C"


@pytest.mark.parametrize("name", available())
def test_what_a_therapy_sets_and_doses_exists_in_the_disease(name: str) -> None:
    therapy = load(name)
    model = load_model()
    assert set(therapy.sets) <= set(model.parameters)
    assert set(therapy.values) <= set(model.parameters)
    for agent in therapy.agents:
        known = {*model.states, *([] if agent.part is None else [*agent.part.states, *agent.part.parameters])}
        assert agent.target is None or agent.target in known


def concentration(therapy: Therapy, weeks: float) -> np.ndarray:
    """Daily plasma concentration [mg/L] of the patient with the reference weight."""
    described = entry(therapy.id).model
    assert described is not None
    patient = Patient(pasi=20, weight_kg=described.values["weight_reference"].value)
    course = simulate(load_model(), patient, therapy, weeks=weeks, every_days=1.0)
    return course[f"{therapy.id}_concentration"].to_numpy()[0]


def test_one_compartment_after_one_dose_is_the_closed_form() -> None:
    # Bateman function: C = F D ka / V / (ka - k) (exp(-k t) - exp(-ka t)), k = CL/V.
    model = entry("guselkumab").model
    assert model is not None
    ka, cl, v = (model.values[key].value for key in ("ka", "CL", "V"))
    days = np.arange(0, 57.0)
    k = cl / v
    expected = 100 * ka / v / (ka - k) * (np.exp(-k * days) - np.exp(-ka * days))
    np.testing.assert_allclose(
        concentration(load("guselkumab", weeks=[0], dose_mg=100), 8), expected, rtol=1e-5, atol=1e-9
    )


def test_half_life_of_guselkumab_is_the_published_one() -> None:
    late = concentration(load("guselkumab", weeks=[0], dose_mg=100), 20)[70:]
    half_life = np.log(2) / -np.polyfit(np.arange(len(late)), np.log(late), 1)[0]
    published = next(
        row.value
        for row in load_pharmacokinetics()
        if row.therapy == "guselkumab" and row.parameter == "half-life"
    )
    assert half_life == pytest.approx(published, rel=0.02)


def test_trough_of_guselkumab_at_steady_state_is_near_the_label() -> None:
    # Label: trough 1.15 to 1.23 ug/mL at 100 mg every 8 weeks; the reference patient is typical,
    # while the label's mean is over patients who weigh about the same, so 25 % is allowed.
    trough = concentration(load("guselkumab"), 76)[76 * 7]
    assert 1.15 * 0.75 < trough < 1.23 * 1.25


def test_a_heavier_patient_has_less_drug() -> None:
    model, drug = load_model(), load("adalimumab")
    light, heavy = (
        simulate(model, Patient(pasi=20, weight_kg=kg), drug, weeks=16)[
            "adalimumab_concentration"
        ].to_numpy()[0]
        for kg in (60, 120)
    )
    assert (heavy[1:] < light[1:]).all()


def test_more_drug_less_plaque() -> None:
    model, patient = load_model(), Patient(pasi=20)
    residual = [
        float(simulate(model, patient, load("secukinumab", dose_mg=dose), weeks=12)["PASI"][0, -1])
        for dose in (10, 75, 150, 300)
    ]
    assert residual == sorted(residual, reverse=True)


def test_infused_cells_are_in_the_lung_first_and_gone_within_days() -> None:
    # Eggenhofer 2012 (doi:10.3389/fimmu.2012.00297), mouse: most in the lung after an hour; viable
    # cells up to a day; none recovered after three days.
    course = simulate(load_model(), Patient(pasi=20), load("uc_msc", weeks=[0]), weeks=1, every_days=1 / 24)
    live = {name: course[f"MSC_{name}"].to_numpy()[0] for name in ("blood", "lung", "liver_spleen", "skin")}
    total = sum(live.values())
    assert live["lung"][2] / 2.0 > 0.5  # of 2 million cells per kg
    assert total[24] > 0.02 * 2.0
    assert total[72] < 0.02 * 2.0
    assert live["skin"].max() < 0.05 * 2.0


def test_local_injection_puts_the_cells_into_the_skin() -> None:
    course = simulate(
        load_model(),
        Patient(pasi=20),
        load("uc_msc", weeks=[0], route="intralesional"),
        weeks=1,
        every_days=0.25,
    )
    assert course["MSC_local"].to_numpy()[0, 1] > 0.5 * 2.0
    assert course["MSC_lung"].to_numpy()[0].max() == 0
