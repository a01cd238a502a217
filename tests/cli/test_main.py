"""The command line as a person meets it: what it prints, and one line with exit status 2 for a mistake."""

import json
import subprocess
import sys
from pathlib import Path

import libsbml
import pandas as pd
import pytest

from koebner.cli import main

HERE = Path(__file__).resolve().parents[2]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """Run the command in this process and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["koebner", *map(str, arguments)])
    try:
        main.run()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["therapy", "show", "secukinumap"], "Closest: `secukinumab`"),
        (
            ["model", "show", "k_kc_proliferation"],
            "No symbol `k_kc_proliferation`. Closest: `KC",
        ),
        (["model", "show", "tau_TMR"], "Closest: `tau_TRM`"),
        (["simulate", "--therapy", "placeboo"], "Closest: `placebo`"),
        (["simulate", "--pasi", "99"], "pasi 99 was given; expected 0.1 to 72"),
        (["simulate", "--weeks", "-4"], "weeks -4 was given"),
        (["simulate", "--model", "missing.xml", "--until", "3"], "missing.xml: no such file"),
        (["population", "sample", "--n", "0"], "n 0"),
        (["population", "sample", "--n", "3", "--out", "no/such/folder/p.csv"], "does not exist"),
        (["model", "export", "--sbml", "no/such/folder/m.xml"], "does not exist"),
        (["model", "export", "--sbml", "/"], "/ is a folder; expected a file"),
        (["simulate", "--out", "/"], "/ is a folder; expected a file"),
        (["simulate", "--weeks", "1e9"], "at most 5200"),
        (["simulate", "--until", "3"], "--until 3.0 was given; it goes with --model"),
        (["simulate", "--model", "x.xml", "--until", "3", "--pasi", "9"], "--pasi 9.0 was given"),
        (["evidence", "show", "yao-2012"], "Closest: `yao-2021`"),
        (["trial", "run", "missing.toml"], "missing.toml"),
    ],
)
def test_a_mistake_is_one_line_and_exit_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(monkeypatch, *arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.strip().count("\n") == 0


def test_a_file_that_is_not_sbml_is_named_with_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "letter.xml"
    path.write_text("Dear editor,\n")
    assert run(monkeypatch, "simulate", "--model", path, "--until", "3") == 2
    error = capsys.readouterr().err
    assert error.startswith(f"koebner: {path}:1")
    assert error.strip().count("\n") == 0


def test_the_version_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.startswith("koebner 0.")


def test_a_course_is_printed_to_its_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "simulate", "--weeks", "52") == 0
    assert "│   52 │" in capsys.readouterr().out


def test_help_says_what_it_is_not_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--help") == 0
    assert "not for diagnosis" in " ".join(capsys.readouterr().out.split())


def test_therapies_are_listed_with_grade_and_calibration(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "therapy", "list", "--json") == 0
    listed = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    # The seven therapies that the first version must have.
    assert {"placebo", "secukinumab", "guselkumab", "adalimumab", "nb_uvb", "ad_msc", "uc_msc"} <= set(listed)
    assert listed["uc_msc"]["calibration"] == "prior only"


def test_a_therapy_shows_regimen_and_sources(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "therapy", "show", "guselkumab") == 0
    shown = capsys.readouterr().out
    assert "100 mg at weeks 0 and 4, then 100 mg every 8 weeks from week 12" in shown
    assert "10.1002/jcph.1063" in shown  # Yao 2018, the population pharmacokinetics


def test_a_parameter_shows_value_unit_source_and_meaning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "model", "show", "tau_TRM", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["unit"] == "day"
    assert shown["source"].startswith("assumption")
    assert "memory" in shown["meaning"]


def test_the_whole_model_is_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "model", "show", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert "TRM" in shown["states"]
    assert "PASI" in shown["rules"]
    assert shown["parameters"]["share_legs"] == 0.4  # weight of the legs in the PASI


def test_exported_sbml_is_valid_with_a_therapy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "plaque.xml"
    assert run(monkeypatch, "model", "export", "--sbml", path, "--therapy", "guselkumab") == 0
    document = libsbml.readSBMLFromFile(str(path))
    document.checkConsistency()
    assert document.getNumErrors() == 0
    assert document.getModel().getSpecies("guselkumab_central") is not None


def test_simulate_writes_a_course(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "course.csv"
    assert run(monkeypatch, "simulate", "--therapy", "uc_msc", "--weeks", "12", "--out", path) == 0
    course = pd.read_csv(path, index_col="week")
    assert course.index.tolist() == list(range(13))
    assert course["PASI"].iloc[0] == 20
    assert course["PASI"].iloc[-1] < 20


def test_simulate_runs_a_model_of_the_users_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model, out = tmp_path / "decay.ant", tmp_path / "decay.csv"
    model.write_text("model decay()\n  x = 1; k = 0.5; x' = -k*x\nend\n")
    assert run(monkeypatch, "simulate", "--model", model, "--until", "2", "--points", "3", "--out", out) == 0
    values = pd.read_csv(out)["x"].tolist()
    assert values == pytest.approx([1, 0.60653066, 0.36787944], rel=1e-5)  # exp(-k t)


def test_population_sample_writes_patients(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "patients.csv"
    assert run(monkeypatch, "population", "sample", "--n", "7", "--seed", "3", "--out", path) == 0
    assert len(pd.read_csv(path)) == 7
    assert "published mean" in capsys.readouterr().out


def test_the_installed_command_starts() -> None:
    command = [str(Path(sys.executable).with_name("koebner")), "--help"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE)
    assert finished.returncode == 0, finished.stderr
