"""From a therapy to each patient's doses, and what the course makes of them."""

import numpy as np
import pytest

from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.patients import Patient
from koebner.populations import load_population
from koebner.simulation import planned_doses, simulate
from koebner.solver import Doses
from koebner.therapies import Therapy, load


def doses(therapy: Therapy, *, weight_kg: float = 88, weeks: float = 8) -> Doses:
    cohort = Patient(pasi=20, weight_kg=weight_kg).cohort()
    found = planned_doses(therapy, load_model(), cohort, weeks=weeks, restarts=[[]])
    assert found is not None
    return found


def test_a_dose_per_kg_becomes_the_patients_own() -> None:
    assert doses(load("infliximab"), weight_kg=80, weeks=1).amount.tolist() == [400]  # 5 mg/kg


def test_a_weight_band_decides() -> None:
    # US label: 45 mg up to 100 kg, 90 mg above.
    light, heavy = (doses(load("ustekinumab"), weight_kg=kg) for kg in (100, 101))
    assert (light.amount.tolist(), heavy.amount.tolist()) == ([45, 45], [90, 90])


def test_cells_are_counted_in_millions_per_kg() -> None:
    assert doses(load("uc_msc", cells_per_kg=2e6, weeks=[0])).amount.tolist() == [2.0]


def test_a_dose_by_area_grows_with_the_plaque() -> None:
    cells = load("ad_msc", cells_per_cm2=1e6, weeks=[0], route="subcutaneous")
    small, large = (
        planned_doses(cells, load_model(), Patient(pasi=pasi).cohort(), weeks=1, restarts=[[]])
        for pasi in (8, 30)
    )
    assert small is not None
    assert large is not None
    assert large.amount[0] > 2 * small.amount[0]


def test_daily_intake_is_set_where_it_begins_and_ends() -> None:
    found = doses(load("deucravacitinib").stop(week=6))
    assert list(zip(found.time, found.amount, found.kind, strict=True)) == [(0, 6, "set"), (42, 0, "set")]
    assert set(found.target) == {"deucravacitinib_intake"}


def test_titration_steps_follow_one_another() -> None:
    # Cyclosporine (US label): 2.5 mg/kg/day, after four weeks 0.5 more every two weeks, at most 4.
    found = doses(load("cyclosporine"), weight_kg=100, weeks=20)
    assert found.amount.tolist() == pytest.approx([250, 300, 350, 400])


def test_missed_doses_are_the_same_for_a_patient_alone_and_in_a_crowd() -> None:
    population, therapy = load_population(), load("adalimumab").miss(share=0.3, seed=5)
    many = population.sample(40, seed=1)
    crowd = planned_doses(therapy, load_model(), many, weeks=52, restarts=[[]] * 40)
    alone = planned_doses(therapy, load_model(), many.subset(np.array([7])), weeks=52, restarts=[[]])
    assert crowd is not None
    assert alone is not None
    assert crowd.time[crowd.patient == 7].tolist() == alone.time.tolist()
    # 27 doses a patient in a year: the share missed of 1080 lies within four standard errors.
    missed = 1 - len(crowd) / (40 * 27)
    assert abs(missed - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 1080)


def test_two_drugs_do_more_than_one() -> None:
    model, patient = load_model(), Patient(pasi=20)
    ends = [
        float(simulate(model, patient, therapy, weeks=16)["PASI"][0, -1])
        for therapy in (load("adalimumab") + load("methotrexate"), load("adalimumab"), load("methotrexate"))
    ]
    assert ends[0] < min(ends[1:])


def test_a_sequence_is_the_first_drug_until_the_change() -> None:
    model, patient = load_model(), Patient(pasi=20)
    alone = simulate(model, patient, load("secukinumab").stop(week=12), weeks=40)["PASI"].to_numpy()[0]
    sequence = load("secukinumab").then(load("guselkumab"), week=12)
    both = simulate(model, patient, sequence, weeks=40)["PASI"].to_numpy()[0]
    np.testing.assert_allclose(both[:13], alone[:13], rtol=1e-4)
    assert both[-1] < 0.5 * alone[-1]


def test_a_taper_lies_between_going_on_and_stopping() -> None:
    model, patient, drug = load_model(), Patient(pasi=20), load("cyclosporine")
    on, tapered, off = (
        float(simulate(model, patient, therapy, weeks=28)["PASI"][0, -1])
        for therapy in (drug, drug.taper(week=16, until_week=32), drug.stop(week=16))
    )
    assert on < tapered < off


def test_there_is_no_dose_by_area_without_a_plaque() -> None:
    cells = load("ad_msc", cells_per_cm2=1e6, weeks=[0], route="subcutaneous")
    with pytest.raises(InvalidValueError, match="begin without a plaque"):
        planned_doses(cells, load_model("onset"), Patient(pasi=20).cohort(), weeks=1, restarts=[[]])
