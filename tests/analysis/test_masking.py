"""A held state stands still, whoever holds nothing is as without the mask, and one call serves all."""

from dataclasses import replace

import numpy as np
import pytest

from koebner.analysis.masking import FREE, Given, Hold, held_courses, masked
from koebner.disease import load_model
from koebner.errors import SolverError, UnknownNameError
from koebner.kinetics import Model, NamedMapping, Rule
from koebner.patients import Cohort, Patient
from koebner.simulation import simulate
from koebner.therapies import load

WEEKS = np.array([0.0, 4.0, 8.0, 12.0])


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return Patient(pasi=20).cohort()


def with_rate(model: Model, state: str, formula: str) -> Model:
    rule = Rule(variable=state, formula=formula, kind="rate")
    return replace(model, rules=NamedMapping("rule", {**model.rules, state: rule}))


def test_the_mask_alone_changes_nothing(model: Model, cohort: Cohort) -> None:
    # Origin: the same course by `simulate`, which knows no mask; the tolerances are 1e-6 there, 1e-7 here.
    drug = load("secukinumab")
    free = held_courses(model, [FREE], cohort, days=WEEKS * 7, outputs=["PASI"], therapy=drug)
    plain = simulate(model, Patient(pasi=20), drug, weeks=12, at_weeks=WEEKS, outputs=["PASI"])
    np.testing.assert_allclose(free[0, :, :, 0], plain["PASI"].to_numpy(), rtol=1e-4)


def test_a_held_state_has_the_course_of_a_model_without_its_equation(model: Model, cohort: Cohort) -> None:
    # Origin: the same model with TNF' = 0 written into it.
    drug = load("nb_uvb")
    held = held_courses(
        model, [FREE, Hold(states=("TNF",))], cohort, days=WEEKS * 7, outputs=["PASI", "TNF"], therapy=drug
    )
    written = simulate(
        with_rate(model, "TNF", "0 * time"),
        Patient(pasi=20),
        drug,
        weeks=12,
        at_weeks=WEEKS,
        outputs=["PASI"],
    )
    np.testing.assert_allclose(held[1, :, :, 0], written["PASI"].to_numpy(), rtol=1e-4)
    assert np.all(held[1, 0, :, 1] == 1.0)  # the lesional value, 1 by definition


def test_a_state_is_removed_from_its_day_on(model: Model, cohort: Cohort) -> None:
    hold = Hold(states=("IL23", "IL6"), day=30.0, removed=True)
    outputs = ["IL23", "IL6", "Th17"]
    course = held_courses(model, [FREE, hold], cohort, days=[0, 29, 31, 60], outputs=outputs)[:, 0]
    np.testing.assert_allclose(course[1, :2], course[0, :2], rtol=1e-12)
    assert np.all(course[1, 2:, :2] == 0.0)
    assert course[1, 3, 2] < course[0, 3, 2]  # Th17 cells live on IL-23


def test_a_dose_into_a_held_state_is_left_out_from_then_on(model: Model, cohort: Cohort) -> None:
    doses = [Given(day=0.0, target="Stress", amount=2.0), Given(day=10.0, target="Stress", amount=2.0)]
    holds = [FREE, Hold(states=("Stress",)), Hold(states=("Stress",), day=5.0, removed=True)]
    stress = held_courses(model, holds, cohort, days=[4, 11], outputs=["Stress"], given=doses)[:, 0, :, 0]
    # Origin: 2*exp(-t/tau) and the sum of two such pulses, with the pack's tau.
    tau = model.parameters["tau_Stress"].value or 0.0
    np.testing.assert_allclose(stress[0, 0], 2 * np.exp(-4 / tau), rtol=1e-5)
    np.testing.assert_allclose(stress[0, 1], 2 * np.exp(-11 / tau) + 2 * np.exp(-1 / tau), rtol=1e-5)
    assert stress[1].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(stress[2], [stress[0, 0], 0.0], rtol=1e-9)


def test_patients_keep_their_place_under_every_hold(model: Model) -> None:
    severe, mild = Patient(pasi=40).cohort(), Patient(pasi=12).cohort()
    for cohort, pasi in ((severe, 40.0), (mild, 12.0)):
        course = held_courses(model, [FREE, Hold(states=("B",))], cohort, days=[0], outputs=["PASI"])
        np.testing.assert_allclose(course.ravel(), [pasi, pasi])  # where each begins


@pytest.mark.parametrize(
    ("hold", "given"),
    [(Hold(states=("IL17",)), ()), (FREE, (Given(day=0.0, target="IL17", amount=1.0),))],
)
def test_an_unknown_state_is_refused(
    model: Model, cohort: Cohort, hold: Hold, given: tuple[Given, ...]
) -> None:
    with pytest.raises(UnknownNameError, match="No state `IL17`"):
        held_courses(model, [hold], cohort, days=[0, 7], outputs=["PASI"], given=given)


def test_a_course_that_runs_away_is_named_or_kept(model: Model, cohort: Cohort) -> None:
    # Itch rests while IL-6 is there; without it Itch' = Itch^2 is infinite after a day.
    explosive = with_rate(model, "Itch", "(1 - IL6) * Itch^2 / tau_IL6")
    holds = [FREE, Hold(states=("IL6",), removed=True)]
    with pytest.raises(SolverError, match="with IL6 held, patient 0"):
        held_courses(explosive, holds, cohort, days=[0, 28], outputs=["Itch"])
    kept = held_courses(explosive, holds, cohort, days=[0, 28], outputs=["Itch"], on_failure="keep")
    assert np.isfinite(kept[0]).all()
    assert np.isnan(kept[1]).all()


def test_every_state_can_be_held(model: Model) -> None:
    switches = {name for name in masked(model).parameters if name.startswith("moves_")}
    assert switches == {f"moves_{state}" for state in model.states}
