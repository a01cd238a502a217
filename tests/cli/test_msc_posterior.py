"""The command shows the posterior beside its prior, with the words that keep it exploratory."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from koebner.calibration.msc.posterior import EXPLORATORY
from koebner.cli.msc_posterior import posterior_command
from koebner.errors import InvalidValueError

APP = typer.Typer()
APP.command()(posterior_command)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("msc") / "msc.json"
    result = CliRunner().invoke(APP, ["--refit", "--draws", "8", "--seed", "2", "--out", str(file)])
    assert result.exit_code == 0, result.output
    assert f"({EXPLORATORY})" in result.output
    return file


def test_a_saved_posterior_is_shown_with_what_it_rests_on(saved: Path, tmp_path: Path) -> None:
    figure = tmp_path / "msc.html"
    result = CliRunner().invoke(APP, ["--fit", str(saved), "--figure", str(figure)])
    assert result.exit_code == 0, result.output
    for said in (
        EXPLORATORY,
        "share of prior",
        "not informed by MSC data",
        "no claim of efficacy",
        "8 of 17",
    ):
        assert said in " ".join(result.output.split())
    assert "Exploratory: 17 uncontrolled patients" in figure.read_text(encoding="utf-8")


def test_json_holds_the_same(saved: Path) -> None:
    result = CliRunner().invoke(APP, ["--fit", str(saved), "--json"])
    content = json.loads(result.stdout)
    assert content["draws"] == 8
    assert [row["observed"] for row in content["counts"]] == [8, 3]


def test_a_folder_that_is_not_there_is_named_before_anything_is_computed(tmp_path: Path) -> None:
    result = CliRunner().invoke(APP, ["--refit", "--out", str(tmp_path / "none" / "msc.json")])
    assert isinstance(result.exception, InvalidValueError)
    assert "none" in str(result.exception)
