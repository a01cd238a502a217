"""Clamp effects: a state is credited with what holding it changes, where it changes it, and no more."""

import numpy as np
import pytest
from pydantic import ValidationError

from koebner.analysis.clamping import READ_OUTS, Scenario, clamp_effects, load_scenarios
from koebner.disease import load_model
from koebner.errors import UnknownNameError
from koebner.kinetics import Model
from koebner.patients import Patient
from koebner.simulation import simulate
from koebner.therapies import load


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


def test_holding_the_exposure_undoes_the_therapy(model: Model) -> None:
    effects = clamp_effects(model, {"uvb": Scenario(title="UVB", therapy="nb_uvb", weeks=12)})
    # Origin: without UVB the plaque rests, so the effect is all that UVB does, as `simulate` has it.
    treated = simulate(model, Patient(pasi=20), load("nb_uvb"), weeks=12, every_days=1.0, outputs=["PASI"])
    expected = np.abs(1 - treated["PASI"].to_numpy() / 20).max()
    assert effects.loc["UVB", "PASI"] == pytest.approx(expected, rel=1e-3)
    assert effects.loc["UVB", "scenario"] == "uvb"


def test_a_state_has_no_effect_on_what_does_not_depend_on_it(model: Model) -> None:
    effects = clamp_effects(model, {"uvb": Scenario(title="UVB", therapy="nb_uvb", weeks=12)})
    # By the equations nothing but the quality of life reads the itch.
    untouched = [name for name in READ_OUTS if name != "DLQI_mean"]
    assert effects.loc["Itch", untouched].max() < 1e-6
    assert effects.loc["Itch", "read_out"] == "DLQI_mean"
    # No cell is infused here, and a lung without cells is no different when it is held.
    assert effects.loc["MSC_lung", "effect"] == 0


def test_the_largest_scenario_is_named(model: Model) -> None:
    small, large = (Scenario(title=f"{size:g} units", doses={"Trauma": size}, weeks=4) for size in (0.5, 5.0))
    effects = clamp_effects(model, {"large": large, "small": small})
    assert effects.loc["Trauma", "scenario"] == "large"
    assert list(effects.index) == list(model.states)


def test_a_scenario_may_be_about_some_states_and_another_pack(model: Model) -> None:
    told: list[str] = []
    mouse = {"imiquimod": load_scenarios()["imiquimod"]}
    effects = clamp_effects(model, mouse, progress=told.append)
    assert effects["effect"].gt(0).sum() == 1
    # Without imiquimod the skin of the mouse stays as it was, so nearly all of the course is lost.
    assert effects.loc["Imiquimod", "PASI"] > 0.9
    assert told == [mouse["imiquimod"].title]


def test_a_scenario_needs_something_that_moves() -> None:
    with pytest.raises(ValidationError, match="a therapy or doses"):
        Scenario(title="nothing", weeks=4)


def test_an_unknown_state_is_refused(model: Model) -> None:
    wrong = Scenario(title="wrong", doses={"Trauma": 1.0}, states=("Traum",), weeks=4)
    with pytest.raises(UnknownNameError, match="Closest: `Trauma`"):
        clamp_effects(model, {"wrong": wrong})
