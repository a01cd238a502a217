"""`koebner trial run` and `koebner trial show`, with the simulation replaced by a formula."""

import json
from pathlib import Path

import pytest
from tests.trials.fakes import FakeSimulation, fake_model, install
from typer.testing import CliRunner, Result

from koebner.cli.trial import app
from koebner.errors import KoebnerError

FILE = """
[trial]
name = "A small trial"
seed = 7
n_per_arm = 5
visits_weeks = [0, 4, 8, 12, 16, 20, 24]
endpoints = ["PASI50", "PASI75", "PASI mean"]
parameter_draws = 2
[population]
name = "moderate-to-severe"
[arms.UC-MSC]
therapy = "uc_msc"
[arms.placebo]
therapy = "placebo"
"""


PRIOR_CHECK = {"title": "The check of the prior", "statement": "As it is.", "rows": []}


@pytest.fixture
def trial_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("koebner.cli.trial.load_model", fake_model)
    monkeypatch.setattr("koebner.cli.trial.prior_check", lambda model, population, *, seed: PRIOR_CHECK)
    install(monkeypatch)
    path = tmp_path / "small.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_run_prints_the_table_the_rule_and_the_report(trial_file: Path) -> None:
    result = invoke("run", trial_file)
    assert result.exit_code == 0
    assert result.stderr.count("30/30 patients") == 1  # 2 arms x 5 patients x (1 + 2 draws)
    for words in (
        "PASI75",
        "5 of 5",
        "57 to 100",  # Wilson, in R: prop.test(5, 5, correct = FALSE)
        "14 (14 to 14)",
        "Never responders",
        "Dropout and missing visits count as non-response.",
        "All patients could be simulated.",
        "UC-MSC: evidence grade C (prior only)",
        "Report: runs/small/report.html",
    ):
        assert words in result.stdout
    folder = trial_file.parent / "runs" / "small"
    assert {path.name for path in folder.iterdir()} == {
        "means.csv",
        "parameter_draws.csv",
        "patients.csv",
        "provenance.json",
        "relapse.csv",
        "report.html",
        "responses.csv",
        "results.json",
        "run.json",
        "visits.csv",
    }


def test_a_trial_of_cells_is_reported_with_the_check_of_their_prior(trial_file: Path) -> None:
    invoke("run", trial_file)
    report = (trial_file.parent / "runs" / "small" / "report.html").read_text(encoding="utf-8")
    assert "The check of the prior" in report
    trial_file.write_text(FILE.replace("uc_msc", "secukinumab"), encoding="utf-8")
    invoke("run", trial_file, "--out", "other")
    assert "The check of the prior" not in (trial_file.parent / "other" / "report.html").read_text(
        encoding="utf-8"
    )


def test_time_and_host_stand_apart_from_the_results(trial_file: Path) -> None:
    for name in ("a", "b"):
        assert invoke("run", trial_file, "--out", name).exit_code == 0
    folders = [trial_file.parent / name for name in ("a", "b")]
    apart = {"provenance.json", "report.html"}
    for path in folders[0].iterdir():
        if path.name not in apart:
            assert path.read_bytes() == (folders[1] / path.name).read_bytes()
    provenance = json.loads((folders[0] / "provenance.json").read_text(encoding="utf-8"))
    assert {"started", "seconds", "host"} <= provenance.keys()


def test_a_repeated_run_shows_the_results_and_computes_nothing(
    trial_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = invoke("run", trial_file)
    simulation = install(monkeypatch)
    again = invoke("run", trial_file)
    assert simulation.calls == 0
    assert "nothing was computed anew" in again.stderr
    assert again.stdout == first.stdout
    assert invoke("run", trial_file, "--overwrite").exit_code == 0
    assert simulation.calls == 6


def test_an_interrupted_run_says_how_to_go_on_and_does(
    trial_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, FakeSimulation(interrupt_at=3))
    stopped = invoke("run", trial_file)
    assert stopped.exit_code == 130
    assert "repeat the command to go on" in stopped.stderr
    simulation = install(monkeypatch)
    resumed = invoke("run", trial_file)
    assert "Resuming the unfinished run" in resumed.stderr
    assert resumed.exit_code == 0
    assert simulation.calls == 4


def test_failed_patients_end_with_status_1(trial_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeSimulation(failing=[3]))
    result = invoke("run", trial_file)
    assert result.exit_code == 1
    assert "1 patient could not be simulated and is left out of every rate" in result.stdout


def test_json_is_the_results_file(trial_file: Path) -> None:
    result = invoke("run", trial_file, "--json", "--no-report")
    folder = trial_file.parent / "runs" / "small"
    assert json.loads(result.stdout) == json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert not (folder / "report.html").exists()


def test_bad_input_leaves_nothing_behind(trial_file: Path) -> None:
    trial_file.write_text(FILE.replace("uc_msc", "uc_mcs"), encoding="utf-8")
    result = invoke("run", trial_file)
    assert isinstance(result.exception, KoebnerError)
    assert str(result.exception).startswith(f"{trial_file}:12: ")
    assert [path.name for path in trial_file.parent.iterdir()] == ["small.toml"]


def test_show_prints_any_endpoint_at_any_visit(trial_file: Path) -> None:
    invoke("run", trial_file)
    shown = invoke("show", "runs/small", "--endpoint", "PASI90", "--week", 8)
    assert shown.exit_code == 0
    assert "0 of 5" in shown.stdout
    mean = json.loads(
        invoke("show", "runs/small", "--endpoint", "PASI change", "--week", 12, "--json").stdout
    )
    assert mean["rows"][0]["mean"] == pytest.approx(-80, abs=0.5)
    assert "PASI change [percent]" in invoke("show", "runs/small", "--endpoint", "PASI change").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("runs/nowhere",), "a finished run"),
        (("runs/small", "--endpoint", "PASI7"), "Closest: `PASI75`"),
        (("runs/small", "--week", "13"), "expected a visit of the trial"),
    ],
)
def test_show_refuses_what_is_not_there(trial_file: Path, arguments: tuple[str, ...], message: str) -> None:
    invoke("run", trial_file)
    assert message in str(invoke("show", *arguments).exception)
