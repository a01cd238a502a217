"""`koebner product`: a table or JSON, status 1 when the science says no, 2 for a file that cannot be read."""

import json
from pathlib import Path

import pytest
from tests.cli.test_main import run as run_whole
from typer.testing import CliRunner, Result

from koebner.cli.product import app
from koebner.therapies.product_check import load_criteria

EXAMPLE = Path(__file__).parents[2] / "examples" / "product_uc_msc.toml"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    file = tmp_path / "product.toml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8").replace("CD73 = 0.99", "CD73 = 0.60"))
    return file


def test_a_product_that_passes_is_printed_with_the_source_of_each_criterion() -> None:
    result = run("check", str(EXAMPLE))
    assert result.exit_code == 0
    assert result.stdout.count("dominici-2006") >= 12  # eight markers, adherence, three lineages
    assert "10.1080/14653240600855905" in result.stdout
    assert "12 passed." in result.stdout


def test_a_product_that_fails_leaves_with_1_and_says_why(failing: Path) -> None:
    result = run("check", str(failing))
    assert result.exit_code == 1
    assert "CD73 positive in 60 %, expected at least 95 %" in result.stdout


def test_what_is_not_stated_is_listed_with_how_much_it_widens(tmp_path: Path) -> None:
    file = tmp_path / "product.toml"
    file.write_text('name = "Bare"\nsource = "adipose"\n')
    result = run("check", str(file))
    assert result.exit_code == 0
    for field in ("passage", "viability", "CD105", "chondro"):
        assert field in result.stdout
    assert "Together: potency_MSC" in result.stdout


def test_json_has_what_the_table_has(failing: Path) -> None:
    result = run("check", str(failing), "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["passed"] is False
    failed = [each for each in found["criteria"] if each["result"] == "failed"]
    assert [(each["id"], each["value"], each["limit"]) for each in failed] == [("CD73", 0.6, 0.95)]


def test_criteria_are_listed_all() -> None:
    shown = run("criteria").stdout
    assert all(name in shown for name in load_criteria())
    assert set(json.loads(run("criteria", "--json").stdout)) == set(load_criteria())


def test_a_file_with_an_unknown_key_leaves_with_2_and_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "product.toml"
    file.write_text('name = "x"\nmarker = 1\n')
    assert run_whole(monkeypatch, "product", "check", str(file)) == 2
    told = capsys.readouterr().err
    assert f"{file}:2: No key `marker`. Closest: `markers`" in told
    assert told.count("\n") == 1


def test_a_file_that_is_not_there_leaves_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_whole(monkeypatch, "product", "check", str(tmp_path / "x.toml")) == 2
    assert "The product file cannot be read (No such file or directory)" in capsys.readouterr().err


def test_what_the_preparation_changes_is_told(tmp_path: Path) -> None:
    text = 'name = "Mine"\nviability = 0.8\ndose_counts = "total"\nengineering = ["CXCR4"]\n'
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    found = json.loads(run("check", str(file), "--json").stdout)
    assert found["viable_share"] == 0.8
    assert [change["parameter"] for change in found["changes"]] == ["homing_MSC"]
    told = run("check", str(file)).stdout
    assert "80 % of the cells that a dose counts" in told
    assert "homing_MSC" in told
