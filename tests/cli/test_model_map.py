"""`koebner model map` writes the format that the file's ending names, and says what it drew."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from koebner.cli.model_map import map_command
from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.plots.model_map import model_map


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(map_command)
    return app


@pytest.mark.parametrize("ending", ["svg", "html", "sbgn"])
def test_the_ending_names_the_format(app: typer.Typer, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"map.{ending}"
    result = CliRunner().invoke(app, ["--out", str(out)])
    assert result.exit_code == 0
    assert out.read_text(encoding="utf-8") == model_map(load_model(), ending)  # type: ignore[arg-type]
    assert "influences" in result.stdout


def test_another_ending_is_refused_before_anything_is_written(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "map.png"
    result = CliRunner().invoke(app, ["--out", str(out)])
    assert isinstance(result.exception, InvalidValueError)
    assert ".svg, .html or .sbgn" in str(result.exception)
    assert not out.exists()
