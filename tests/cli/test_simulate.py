"""`koebner simulate --model`: a file of the user's own, from the file to a CSV that others can read."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.cli.test_main import run
from tests.shared_data import shared

# S is a concentration in a compartment of 2; an event sets `rate` from 0.5 to 0 at time 2.
DRUG = """model drug()
  unit time_unit = 3600 second
  unit mg = 1e-3 gram
  compartment body = 2; species S in body
  S = 3; rate = 0.5; half := S/2; half has mg; half is "half of it"
  elimination: S => ; rate*S*body
  at time >= 2: rate = 0
end
"""

SBML = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model><listOfParameters>
<parameter id="k" value="2" constant="true"/>
</listOfParameters></model></sbml>
"""


@pytest.fixture
def drug(tmp_path: Path) -> Path:
    path = tmp_path / "drug.ant"
    path.write_text(DRUG)
    return path


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.strip().count("\n") == 0
    return captured.err


def test_all_that_changes_is_written_under_its_id(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], drug: Path, tmp_path: Path
) -> None:
    out = tmp_path / "drug.csv"
    assert run(monkeypatch, "simulate", "--model", drug, "--until", "4", "--points", "5", "--out", out) == 0
    table = pd.read_csv(out)
    assert table.columns.tolist() == ["time", "S", "rate", "half"]
    assert table["time"].tolist() == [0, 1, 2, 3, 4]
    # 3 exp(-t/2) to time 2, constant from then on
    expected = 3 * np.exp(-0.5 * np.minimum(table["time"], 2))
    np.testing.assert_allclose(table["S"], expected, rtol=1e-5)
    np.testing.assert_allclose(table["half"], expected / 2, rtol=1e-5)
    assert table["rate"].iloc[[0, -1]].tolist() == [0.5, 0]
    assert "5 times, 3 quantities written to" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drug.ant", "drug.csv"]


def test_outputs_are_chosen_and_ordered_reactions_and_amounts_among_them(
    monkeypatch: pytest.MonkeyPatch, drug: Path, tmp_path: Path
) -> None:
    out = tmp_path / "drug.csv"
    arguments = ("--until", "1", "--points", "2", "--outputs", "elimination, S_amount,body", "--out", out)
    assert run(monkeypatch, "simulate", "--model", drug, *arguments) == 0
    table = pd.read_csv(out, index_col="time")
    assert table.columns.tolist() == ["elimination", "S_amount", "body"]
    # At time 0: rate*S*body = 0.5*3*2, amount 3*2, size 2.
    np.testing.assert_allclose(table.loc[0], [3, 6, 2], rtol=1e-12)


def test_the_legend_tells_unit_and_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], drug: Path, tmp_path: Path
) -> None:
    path = tmp_path / "legend.csv"
    assert run(monkeypatch, "simulate", "--model", drug, "--until", "4", "--legend", path) == 0
    legend = pd.read_csv(path, index_col="column", keep_default_na=False)
    assert legend.index.tolist() == ["time", "S", "rate", "half"]
    assert legend.loc["time", "unit"] == "hour"
    assert legend.loc["half"].tolist() == ["half of it", "0.001 gram"]
    assert "hour" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["decay.sbml", "decay.txt", "decay"])
def test_sbml_is_known_by_its_content(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(SBML)
    out = tmp_path / "k.csv"
    arguments = ("--until", "3", "--points", "2", "--outputs", "k", "--out", out)
    assert run(monkeypatch, "simulate", "--model", path, *arguments) == 0
    assert pd.read_csv(out)["k"].tolist() == [2, 2]


def test_a_failed_integration_says_when_and_why_and_leaves_an_older_file_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model, out = tmp_path / "grows.ant", tmp_path / "grows.csv"
    model.write_text("model grows()\n x = 1; x' = x^2\nend\n")  # 1/(1 - t)
    out.write_text("older")
    assert run(monkeypatch, "simulate", "--model", model, "--until", "2", "--out", out) == 1
    error = one_line(capsys)
    assert f"{model} was not integrated: diverged at time " in error
    # The pole is at time 1.
    assert float(error.split("at time ")[1].split(":")[0]) == pytest.approx(1, abs=1e-3)
    assert out.read_text() == "older"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_that_cannot_be_written_whole_is_not_written(
    monkeypatch: pytest.MonkeyPatch, drug: Path, tmp_path: Path
) -> None:
    def half(table: pd.DataFrame, path: Path, **options: object) -> None:
        path.write_text("time,S\n0,")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", half)
    out = tmp_path / "drug.csv"
    assert run(monkeypatch, "simulate", "--model", drug, "--until", "2", "--out", out) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["drug.ant"]


def test_species_below_0_are_allowed_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model, out = tmp_path / "falls.ant", tmp_path / "falls.csv"
    model.write_text("model falls()\n compartment c = 1; species x in c; x = 1; x' = -1\nend\n")
    arguments = ("simulate", "--model", model, "--until", "3", "--out", out)
    assert run(monkeypatch, *arguments) == 1
    assert "give --allow-negative" in one_line(capsys)
    assert run(monkeypatch, *arguments, "--allow-negative") == 0
    assert pd.read_csv(out)["x"].iloc[-1] == pytest.approx(-2)  # 1 - t


def test_small_amounts_keep_their_digits_or_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model, out = tmp_path / "small.ant", tmp_path / "small.csv"
    model.write_text("model small()\n x = 1e-8; x' = -x; y = 1e-14; y' = -y\nend\n")
    arguments = ("simulate", "--model", model, "--until", "2", "--points", "2", "--out", out)
    assert run(monkeypatch, *arguments) == 0
    assert pd.read_csv(out)["x"].iloc[-1] == pytest.approx(1e-8 * np.exp(-2), rel=1e-3)
    assert "--atol 1e-12 is too large for `y`" in capsys.readouterr().err
    assert run(monkeypatch, *arguments, "--atol", "1e-20") == 0
    assert pd.read_csv(out)["y"].iloc[-1] == pytest.approx(1e-14 * np.exp(-2), rel=1e-3)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--until is missing; expected an end time above 0 [hour]"),
        (["--until", "-3"], "--until -3 was given"),
        (["--until", "3", "--points", "1"], "--points 1 was given; expected 2 to 1,000,000"),
        (["--until", "3", "--outputs", "SS"], "No output `SS`. Closest: `S`"),
        (["--until", "3", "--outputs", "half of it"], "`half of it` is the name of `half`"),
        (["--until", "3", "--outputs", ","], "--outputs holds no id"),
        (["--until", "3", "--method", "referense"], "Closest: `reference`"),
        (["--until", "3", "--rtol", "0"], "`rtol` is 0"),
        (["--until", "3", "--max-steps", "0"], "`max_steps` is 0"),
        (["--until", "3", "--weeks", "4"], "--weeks 4.0 was given; it is for the disease"),
    ],
)
def test_a_mistake_is_one_line_that_helps(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    drug: Path,
    arguments: list[str],
    message: str,
) -> None:
    assert run(monkeypatch, "simulate", "--model", drug, *arguments) == 2
    assert message in one_line(capsys)


@pytest.mark.parametrize("option", [["--points", "9"], ["--allow-negative"], ["--max-steps", "9"]])
def test_options_of_a_model_are_not_for_the_disease(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    assert run(monkeypatch, "simulate", *option) == 2
    assert f"{' '.join(option)} was given; it goes with --model" in one_line(capsys)


def test_a_folder_and_a_missing_value_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "simulate", "--model", tmp_path, "--until", "3") == 2
    assert "this is a folder" in one_line(capsys)
    model = tmp_path / "open.ant"
    model.write_text("model open()\n x = 1; x' = -k*x\nend\n")
    assert run(monkeypatch, "simulate", "--model", model, "--until", "3") == 2
    assert f"{model}: `k` without a value" in one_line(capsys)


def test_a_published_model_with_events_is_reproduced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = json.loads(shared("data/sbml-models/reference_values.json").read_text())
    reference = next(value for value in values if value["id"] == "felixgarza_total")
    out = tmp_path / "course.csv"
    arguments = (
        "--model",
        shared(f"data/sbml-models/{reference['model']}"),
        "--until",
        "140",
        "--points",
        "141",
    )
    assert run(monkeypatch, "simulate", *arguments, "--out", out) == 0
    course = pd.read_csv(out, index_col="time")
    total = course[[f"xFinal_{i}" for i in range(1, 13)]].sum(axis=1)
    for day, expected in reference["expected"].items():
        assert total[float(day)] == pytest.approx(expected, rel=reference["rtol"])


def test_a_sequence_a_combination_and_a_rule_can_be_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--therapy", "methotrexate+adalimumab", "--then", "uc_msc@24", "--weeks", "30"]
    assert run(monkeypatch, "simulate", *asked) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Methotrexate" in told
    assert "begun at week 24" in told
    again = ["--therapy", "guselkumab", "--stop-week", "20", "--retreat", "0.5", "--weeks", "30"]
    assert run(monkeypatch, "simulate", *again) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "regained 50 %" in told
    assert "Given 1 time by the rule." in told


def test_what_a_therapy_rests_on_stands_below_its_course(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "simulate", "--therapy", "uc_msc", "--weeks", "2") == 0
    assert "prior only: Exploratory" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["--therapy", "adalimumab+adalimumab"], "combined with itself"),
        (["--therapy", "secukinumab", "--then", "uc_msc"], "expected NAME@WEEK"),
        (["--therapy", "secukinumab", "--retreat", "0.5"], "goes on without end"),
        (["--stop-week", "3"], "placebo, which has no doses"),
        (["--therapy", "uc_msc", "--outputs", "PASSI"], "Closest: `PASI`"),
        (["--therapy", "uc_msc", "--product", "mine.toml"], "expected one of them"),
    ],
)
def test_a_therapy_that_cannot_be_given_is_one_line_that_helps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: list[str], message: str
) -> None:
    assert run(monkeypatch, "simulate", *asked) == 2
    assert message in one_line(capsys)


def test_chosen_quantities_are_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run(monkeypatch, "simulate", "--therapy", "uc_msc", "--weeks", "2", "--outputs", "PASI,MSC_lung") == 0
    )
    told = capsys.readouterr().out
    assert "MSC_lung" in told
    assert "Th17" not in told
