"""Every state counts: held at its lesional value it changes PASI or a named read-out by more than 1 %.

The rule is that of the project's contracts: in some scenario. Those of `analysis/clamping.toml` are
infused cells by two routes, phototherapy, two antibodies stopped at week 16, three triggers and, for
imiquimod alone, the mouse.
"""

from dataclasses import replace

import pandas as pd
import pytest

from koebner.analysis import clamp_effects, coverage, load_scenarios
from koebner.disease import load_model
from koebner.kinetics import Model, NamedMapping, Rule, Species

pytestmark = pytest.mark.science

COUNTS = 0.01  # the rule of the project's contracts


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


@pytest.fixture(scope="module")
def effects(model: Model) -> pd.DataFrame:
    return clamp_effects(model)


@pytest.mark.parametrize("state", load_model().states)
def test_holding_a_state_changes_pasi_or_a_read_out(effects: pd.DataFrame, state: str) -> None:
    row = effects.loc[state]
    assert row["effect"] > COUNTS, (
        f"holding `{state}` changes {row['read_out']} by {row['effect']:.2%} at most ({row['scenario']})"
    )


def test_states_of_man_count_in_man() -> None:
    # The mouse is there for imiquimod, which no patient meets; it may not lend its effects to other states.
    mouse = [scenario for scenario in load_scenarios().values() if scenario.pack is not None]
    assert [scenario.states for scenario in mouse] == [("Imiquimod",)]


def test_a_state_that_nothing_reads_would_be_found(model: Model) -> None:
    # Negative control: a state that follows the plaque, and on which nothing depends.
    idle = Species(id="Idle", initial=1.0, unit="dimensionless", compartment="dermis")
    follows = Rule(variable="Idle", formula="(KC - Idle)/tau_KC", kind="rate")
    larger = replace(
        model,
        species=NamedMapping("species", {**model.species, "Idle": idle}),
        rules=NamedMapping("rule", {**model.rules, "Idle": follows}),
    )
    secukinumab = {"secukinumab": load_scenarios()["secukinumab"]}
    # Origin: no equation names it; what is left is the tolerance of the integration, 1e-7.
    assert clamp_effects(larger, secukinumab).loc["Idle", "effect"] < 1e-5


def test_the_model_covers_every_element_that_is_due(model: Model, effects: pd.DataFrame) -> None:
    # The rows of the project's list of elements; the command `koebner model coverage` prints them.
    faults = {each.element.row: each.faults for each in coverage(model, effects=effects) if each.faults}
    assert faults == {}
