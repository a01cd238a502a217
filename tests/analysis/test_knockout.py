"""Knock-outs: what is removed, from whom, what is reported, and what has no number."""

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from koebner.analysis.knockout import (
    ABSENT,
    NO_RESPONDER,
    NOT_COMPUTED,
    SIGN,
    TISSUE,
    UNBOUNDED,
    knockout,
    removable,
    states_of,
)
from koebner.analysis.masking import held_solution
from koebner.disease import load_model
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.kinetics import Model, NamedMapping, Rule
from koebner.patients import Patient
from koebner.populations import load_population
from koebner.simulation import simulate
from koebner.solver import Solution, Status
from koebner.therapies import load


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


def test_targets_are_states_groups_or_sums(model: Model) -> None:
    assert states_of(model, "TRM") == ("TRM",)
    assert states_of(model, "IL17") == ("IL17A", "IL17F")
    assert states_of(model, "IL17 + IL17A + TNF") == ("IL17A", "IL17F", "TNF")


def test_an_unknown_target_offers_the_closest(model: Model) -> None:
    with pytest.raises(UnknownNameError, match=r"No node `IL17X`\. Closest: .*`IL17A`"):
        knockout(model, ["TNF", "IL17X"])


def test_no_target_is_refused(model: Model) -> None:
    with pytest.raises(InvalidValueError, match="no target"):
        knockout(model, [])


def test_the_largest_effect_comes_first(model: Model) -> None:
    table = knockout(model, ["C3", "IL17A", "IL10", "TRM"])
    effect = (table["pasi_week_52"] - 1).abs().tolist()
    assert effect == sorted(effect, reverse=True)
    assert table["rank_pasi"].tolist() == [1, 2, 3, 4]
    # Claims: IL-17A carries the plaque (its blockade clears it); IL-10 restrains it.
    assert table.loc["IL17A", "pasi_week_16"] < 0.1
    assert table.loc["IL10", "pasi_week_16"] > 1


def test_removing_what_remembers_delays_the_relapse(model: Model) -> None:
    # Claim: resident memory brings the plaque back after a block (Cheuk 2014, doi:10.4049/jimmunol.1302313).
    trm = knockout(model, ["TRM", "AMP"]).loc["TRM"]
    assert trm["relapse_weeks"] > trm["relapse_weeks_untouched"] + 4
    assert trm["rank_relapse"] == 1


def test_relapse_without_removal_is_that_of_the_treated_patient(model: Model) -> None:
    untouched = knockout(model, ["AMP"]).loc["AMP", "relapse_weeks_untouched"]
    # Origin: the course of `simulate`; the last dose before week 28 is that of week 20 by the label.
    course = simulate(
        model, Patient(pasi=20), load("guselkumab", stop_week=28), weeks=120, outputs=["PASI_relative"]
    )["PASI_relative"].to_numpy()[0]
    first = np.flatnonzero((1 - course <= 0.5 * np.maximum.accumulate(1 - course)) & (np.arange(121) > 20))[0]
    assert first - 1 <= untouched + 20 <= first


def test_a_patient_has_the_same_numbers_in_any_cohort(model: Model) -> None:
    population = load_population()
    alone = knockout(model, ["TNF"], patients=population.sample(1, seed=3))
    many = knockout(model, ["TNF", "B"], patients=population.sample(5, seed=3))
    # With one patient the range is that patient; the median of five need not be.
    assert alone.loc["TNF", "pasi_week_52_low"] == alone.loc["TNF", "pasi_week_52_high"]
    low, high = many.loc["TNF", "pasi_week_52_low"], many.loc["TNF", "pasi_week_52_high"]
    assert low < high
    assert low * (1 - 1e-9) <= alone.loc["TNF", "pasi_week_52"] <= high * (1 + 1e-9)


def test_what_is_absent_changes_nothing_and_says_so(model: Model) -> None:
    row = knockout(model, ["MSC_lung"]).loc["MSC_lung"]
    assert row["note"] == ABSENT
    assert row["pasi_week_52"] == pytest.approx(1, abs=1e-3)  # the plaque as it was
    assert row["relapse_weeks"] == pytest.approx(row["relapse_weeks_untouched"], rel=1e-6)


def test_the_skin_itself_cannot_be_removed(model: Model) -> None:
    table = knockout(model, ["KC_proliferating", "KC"])
    assert table.loc["KC_proliferating", "note"] == TISSUE
    assert np.isnan(table.loc["KC_proliferating", "pasi_week_52"])
    assert knockout(model, ["Corneocyte"])["note"].tolist() == [TISSUE]


def test_a_follow_up_that_is_too_short_is_not_a_cure(model: Model) -> None:
    row = knockout(model, ["AMP"], follow_up_weeks=4).loc["AMP"]
    assert np.isinf(row["relapse_weeks"])
    assert row["relapse"] == "beyond follow-up"
    assert row["note"] == "no relapse within 4 weeks in 1 of 1"


def test_who_does_not_respond_cannot_relapse(model: Model) -> None:
    untouchable = model.with_parameters(w_basal=1.0)  # all of the drive is carried by no cytokine
    row = knockout(untouchable, ["AMP"]).loc["AMP"]
    assert np.isnan(row["relapse_weeks"])
    assert row["note"] == NO_RESPONDER
    assert row["relapse"] == "nobody at risk"


def test_a_removal_that_runs_away_is_said(model: Model) -> None:
    # Vessels rest while IL-6 is there; without it Vessel' = Vessel^2 is infinite within days.
    rule = Rule(variable="Vessel", formula="(1 - IL6) * Vessel^2 / tau_IL6", kind="rate")
    explosive = replace(model, rules=NamedMapping("rule", {**model.rules, "Vessel": rule}))
    table = knockout(explosive, ["IL6"])
    assert np.isnan(table.loc["IL6", "pasi_week_16"])
    assert table.loc["IL6", "note"].startswith(UNBOUNDED)


def test_only_the_solver_says_that_something_grows(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def gives_up(*arguments: Any, **options: Any) -> Solution:
        found = held_solution(*arguments, **options)
        values, status = found.values.copy(), found.status.copy()
        values[1:], status[1:] = np.nan, Status.STEP_LIMIT
        return replace(found, values=values, status=status)

    # The package's `knockout` is the function, so the module is taken from where Python keeps it.
    monkeypatch.setattr(sys.modules[knockout.__module__], "held_solution", gives_up)
    row = knockout(model, ["IL6"]).loc["IL6"]
    assert row["note"] == f"{NOT_COMPUTED} (1 of 1 patients, left out)"
    assert row["relapse"] == "not computed"


def test_the_signs_of_the_score_have_no_numbers(model: Model) -> None:
    # severity.ant: erythema is Vessel, scaling mostly Parakeratosis; without them the score is lower by sum.
    table = knockout(model, ["Vessel", "Parakeratosis", "TNF"])
    assert table.index.tolist()[0] == "TNF"
    assert table.loc["Vessel", "note"] == table.loc["Parakeratosis", "note"] == SIGN
    assert table.loc[["Vessel", "Parakeratosis"], "pasi_week_52"].isna().all()
    assert {"Vessel", "Parakeratosis"}.isdisjoint(removable(model))


def test_what_a_switch_made_a_rule_is_no_target() -> None:
    followed = load_model(switches={"cytokines": "quasi_steady"})
    with pytest.raises(InvalidValueError, match=r"`IL23`.*a rule computes.*cytokines=dynamic"):
        knockout(followed, ["IL23"])
    with pytest.raises(InvalidValueError, match=r"`PASI`.*a rule computes.*expected a state\."):
        knockout(followed, ["PASI"])


def test_a_model_without_a_lasting_plaque_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"mouse_imiquimod.*lasting plaque"):
        knockout(load_model("mouse_imiquimod", start="lesion"), ["IL23"])


def test_a_drug_without_doses_is_refused(model: Model) -> None:
    with pytest.raises(InvalidValueError, match=r"`placebo`.*no doses"):
        knockout(model, ["IL23"], drug="placebo")


def test_all_means_cells_and_molecules_of_the_plaque(model: Model) -> None:
    nodes = removable(model)
    assert {"IL17A", "TRM", "Treg", "C3", "Th17_blood"} <= set(nodes)
    # What acts from outside, infused cells, scores and the skin itself are not nodes one can remove.
    assert {"UVB", "Trauma", "MSC_lung", "Efferocyte", "Area_head", "Itch", "Corneocyte"}.isdisjoint(nodes)
