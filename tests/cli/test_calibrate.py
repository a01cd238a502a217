"""`koebner calibrate`: bad files end in one line; a small calibration runs, and is not repeated."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from koebner.calibration.calibration_file import load_calibration
from koebner.calibration.protocol import load_protocol
from koebner.cli.main import app
from koebner.errors import InvalidValueError, UnknownNameError

EXAMPLES = Path(__file__).parents[2] / "examples"
RUNNER = CliRunner()


@pytest.mark.parametrize("name", ["calibration.toml", "calibration_open.toml"])
def test_the_examples_are_read(name: str) -> None:
    file = load_calibration(EXAMPLES / name)
    assert file.searched(load_protocol()).members >= 5  # of the issue: at least five fits


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "calibration.toml"
    path.write_text(text)
    return path


def test_a_misspelt_key_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, '[calibration]\nname = "x"\ndata = "open"\n[search]\nmember = 5\n')
    with pytest.raises(UnknownNameError, match="members") as raised:
        load_calibration(path)
    assert raised.value.line == 5


def test_a_number_of_patients_that_is_no_power_of_two_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, '[calibration]\nname = "x"\ndata = "open"\n[search]\npatients = 500\n')
    with pytest.raises(InvalidValueError, match="power of two"):
        load_calibration(path)


def test_other_data_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, '[calibration]\nname = "x"\ndata = "all"\n')
    with pytest.raises(InvalidValueError, match="'protocol' or 'open'"):
        load_calibration(path)


def test_one_part_that_would_leave_out_every_trial_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, '[calibration]\nname = "x"\ndata = "open"\nfolds = 1\n')
    with pytest.raises(InvalidValueError, match="give 2 or more, or 0 for none") as raised:
        load_calibration(path)
    assert raised.value.line == 4


@pytest.mark.science
def test_a_small_calibration_runs_and_is_not_repeated(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '[calibration]\nname = "small"\ndata = "protocol"\nablation = true\nfolds = 2\n'
        "[search]\nmembers = 1\npatients = 16\npatients_first = 16\ngenerations = 0\npolish = 1\n",
    )
    out = tmp_path / "run"
    first = RUNNER.invoke(app, ["calibrate", str(path), "--out", str(out), "--workers", "2"])
    assert first.exit_code == 0, first.output
    content = json.loads((out / "results.json").read_text())
    assert len(content["members"]) == 1
    assert content["manifest"]["seed"] == load_protocol().seed
    assert len(pd.read_csv(out / "numbers.csv")) == len(load_protocol().free)
    blocks = pd.read_csv(out / "ablation.csv")
    assert list(blocks["block"])[1:] == [block.name for block in load_protocol().ablated]
    assert set(pd.read_csv(out / "left_out.csv")["fold"]) == {0, 1}
    assert not (out / "checkpoints").exists()
    again = RUNNER.invoke(app, ["calibrate", str(path), "--out", str(out)])
    assert again.exit_code == 0
    assert "already holds" in again.output
