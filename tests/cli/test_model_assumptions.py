"""`koebner model assumptions`: a small run under one therapy, for people and for programs."""

import json

import pytest
from tests.cli.test_main import run

from koebner.analysis.influence import assumptions
from koebner.disease import countable, load_model, load_pack
from koebner.populations import load_population
from koebner.therapies import load
from koebner.trials import Trial, record_trial

SMALL = ("--patients", "2", "--therapy", "guselkumab")


def test_every_assumption_is_ranked_or_said_why_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "model", "assumptions", *SMALL, "--json") == 0
    content = json.loads(capsys.readouterr().out)
    ranked = [row["id"] for row in content["assumptions"]]
    apart = {row["id"]: row["reason"] for row in content["not_ranked"]}
    assumed = {row.id for row in load_pack() if row.source.startswith("assumption")}
    assert {*ranked, *apart} == assumed
    assert content["n_assumptions"] == len(assumed)
    assert apart["n_IL23"] == "no prior"
    assert "visit" in apart["DLQI_noise_sd"]
    sizes = [
        max(map(abs, (row["pasi75_points"]["down"], row["pasi75_points"]["up"])))
        for row in content["assumptions"]
    ]
    assert sizes == sorted(sizes, reverse=True)


def test_the_report_of_a_trial_counts_the_same() -> None:
    model = load_model()
    trial = Trial(name="two arms", arms={"placebo": load("placebo")}, n_per_arm=2, visits=[0, 4], seed=1)
    recorded = record_trial(trial, model, load_population()).model_parameters
    assert (recorded.total, recorded.assumed) == (len(countable(model)), len(assumptions(model)))


def test_the_table_says_what_was_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "model", "assumptions", *SMALL, "--top", "3", "--by", "relapse") == 0
    text = " ".join(capsys.readouterr().out.split())
    n_assumed = sum(row.source.startswith("assumption") for row in load_pack())
    assert f"3 of {n_assumed - text.count('no prior') - text.count('not on the skin')} assumptions" in text
    n_all = sum(row.source != "definition" for row in load_pack())
    assert f"{n_assumed} of {n_all} parameters of the disease, definitions apart, are assumptions" in text
    assert "2 patients, seed 1" in text
    assert "guselkumab" in text
