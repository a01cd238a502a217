"""Every state counts: holding it at its lesional value changes the PASI by more than 1 %.

The rule is that of the project's contracts: in some scenario, of PASI or a named read-out. PASI
relative to baseline is used here for all, in a patient with a strong host response to dying cells so
that the pathways of infused cells are seen.
"""

from dataclasses import replace

import numpy as np
import pytest

from koebner.disease import load_model
from koebner.kinetics import Model, NamedMapping, Rule
from koebner.patients import Patient
from koebner.simulation import simulate
from koebner.therapies import Therapy, load

pytestmark = pytest.mark.science

SCENARIOS = (
    load("uc_msc"),
    load("uc_msc", route="intralesional"),
    load("nb_uvb"),
)


def clamped(model: Model, state: str) -> Model:
    held = Rule(variable=state, formula="0 * time", kind="rate")
    return replace(model, rules=NamedMapping("rule", {**model.rules, state: held}))


def course(model: Model, therapy: Therapy) -> np.ndarray:
    return simulate(model, Patient(pasi=20), therapy, weeks=40, outputs=["PASI"])["PASI"].to_numpy()[0] / 20


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model().with_parameters(phagocytosis=5.0)


@pytest.fixture(scope="module")
def free(model: Model) -> list[np.ndarray]:
    return [course(model, therapy) for therapy in SCENARIOS]


@pytest.mark.parametrize("state", load_model().states)
def test_holding_a_state_changes_the_pasi(model: Model, free: list[np.ndarray], state: str) -> None:
    held = clamped(model, state)
    effects = []
    for therapy, reference in zip(SCENARIOS, free, strict=True):
        # A dose into a state that is held has no effect: the state keeps its lesional value, 0.
        given = replace(therapy, regimen=None) if therapy.target == state else therapy
        effects.append(np.max(np.abs(course(held, given) - reference)))
    assert max(effects) > 0.01, (
        f"holding `{state}` changes the PASI by {max(effects):.2%} of baseline at most"
    )
