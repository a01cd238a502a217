"""`koebner model show`: what it tells of a state, a rule and a parameter."""

import json
from typing import Any

import pytest
from tests.cli.test_main import run

from koebner.disease import load_model, load_pack


def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run(monkeypatch, "model", "show", *arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(monkeypatch, "model", "show", *arguments) == 0
    return capsys.readouterr().out


def test_a_state_shows_its_equation_identifiers_and_neighbours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = shown(monkeypatch, capsys, "IL23")
    assert facts["equation"] == "d[IL23]/dt = (IL23_target - IL23) / tau_IL23"
    assert set(facts["where"]) == {"IL23_target"}
    assert facts["at start"] == 1  # the lesion, to which all cytokines are relative
    assert "http://identifiers.org/uniprot/Q9NPF7" in facts["parts"]  # IL-23 subunit p19
    assert facts["pathway"] == "cytokines"
    makers = {row["id"]: row for row in facts["acted on by"]}
    assert makers["mDC"]["sign"] == "+"
    # Lee 2004: dendritic cells of the lesion make IL-23.
    assert any("14707118" in paper for claim in makers["mDC"]["mechanisms"] for paper in claim["papers"])
    assert "Th17" in [row["id"] for row in facts["acts on"]]


def test_text_for_people_holds_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(monkeypatch, capsys, "IL23")
    assert "where  IL23_target = " in text
    assert "\nacted on by\n" in text
    assert "Lee E 2004, PMID 14707118" in text


def test_a_start_that_a_formula_gives_is_a_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = shown(monkeypatch, capsys, "KC_proliferating")
    # keratinocytes.ant: KC_proliferating = N_proliferating_lesion
    assert facts["at start"] == load_model().parameters["N_proliferating_lesion"].value


def test_the_start_is_that_of_the_pack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The pack `onset` starts with healthy skin, where little is left of the keratinocyte programme.
    assert shown(monkeypatch, capsys, "KC", "--pack", "onset")["at start"] < 0.1


def test_a_switch_changes_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = shown(monkeypatch, capsys, "IL23", "--switch", "cytokines=quasi_steady")
    assert facts["equation"] == "IL23 = IL23_target"
    off = shown(monkeypatch, capsys, "f_TRM", "--switch", "memory=off", "--switch", "resident_msc=cause")
    assert (off["value"], off["drawn"]) == (0, False)


def test_a_rule_shows_value_and_users(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = shown(monkeypatch, capsys, "PASI_relative")
    assert (facts["kind"], facts["pathway"]) == ("rule", "severity")
    assert facts["meaning"] == load_model().parameters["PASI_relative"].meaning != ""
    assert facts["at start"] == pytest.approx(1)  # relative to the patient's own lesion
    assert "PASI_relative" in shown(monkeypatch, capsys, "PASI")["used in"]


def test_a_sourced_parameter_shows_the_whole_citation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = shown(monkeypatch, capsys, "tau_MSC_death")
    assert facts["source"] == "eggenhofer-2012"
    citation = facts["citations"][0]
    for part in ("2012", "Frontiers in Immunology", "https://doi.org/10.3389/fimmu.2012.00297"):
        assert part in citation
    assert "MSC_lung" in facts["used in"]


def test_a_parameter_shows_prior_other_packs_and_switches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = shown(monkeypatch, capsys, "f_TRM")
    onset = next(row.value for row in load_pack("onset") if row.id == "f_TRM")
    assert facts["other packs"]["onset"] == onset
    assert facts["switches"] == {"memory=off": 0}
    assert facts["prior"].startswith("logitnormal")
    assert facts["drawn"] is False  # held by the fit
    text = printed(monkeypatch, capsys, "f_TRM")
    assert "switches  memory=off = 0" in text
    assert "drawn  no, held at its value" in text


def test_an_unknown_symbol_offers_the_closest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "model", "show", "IL32") == 2
    error = capsys.readouterr().err
    assert error.startswith("koebner: No symbol `IL32`. Closest: ")
    assert "`IL23`" in error


def test_the_list_names_states_rules_and_parameters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(monkeypatch, capsys)
    for name in ("Th17", "PASI_relative", "tau_TRM"):
        assert name in text
