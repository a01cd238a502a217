"""`koebner validate`: what it prints, what it writes, and its exit status."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from koebner.calibration.protocol import load_protocol
from koebner.calibration.validation.validate import Validation
from koebner.calibration.validation.validate import validate as whole_validate
from koebner.cli import validate as command
from koebner.cli.main import app, run
from koebner.fits import Ensemble

TABLE = """\
trial,arm,drug,dose_regimen,n,week,endpoint,value
A trial,Placebo,Placebo,,100,12,PASI75,{placebo}
A trial,Placebo,Placebo,,100,12,mean_PASI,20
A trial,Alefacept,Alefacept,,100,12,PASI75,21
"""


@pytest.fixture(autouse=True)
def one_member(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command find one fit, of the centres of the priors, and simulate few patients."""
    protocol = load_protocol()
    values = protocol.values(np.zeros(len(protocol.free)))

    def load(name: str) -> Ensemble:
        return Ensemble(
            fingerprint="",
            name=name,
            data="nothing",
            central=values,
            members=(values,),
            costs=(),
            manifest={},
        )

    def validate(ensemble: Ensemble, **options: object) -> Validation:
        return whole_validate(ensemble, **options, n_patients=16)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "load_ensemble", load)
    monkeypatch.setattr(command, "available_ensembles", lambda: ("protocol", "shipped"))
    monkeypatch.setattr(command, "validate", validate)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "trials.csv"
    path.write_text(TABLE.format(placebo=5), encoding="utf-8")
    return path


def test_people_read_marks_then_rows_then_what_was_not_predicted(table: Path) -> None:
    result = CliRunner().invoke(app, ["validate", "--trials", str(table)])
    assert result.exit_code == 0, result.output
    text = result.stdout
    order = [
        text.index(part)
        for part in ("Fit `shipped`", "Marks", "placebo: ", "Not predicted: 1 row", "marks passed")
    ]
    assert order == sorted(order)
    assert "`Alefacept`" in text
    assert "not judged" in text


def test_json_is_all_that_stands_on_standard_output(table: Path) -> None:
    result = CliRunner().invoke(app, ["validate", "--trials", str(table), "--fit", "protocol", "--json"])
    content = json.loads(result.stdout)
    assert list(content) == ["arms", "not_predicted", "withdrawal", "summary"]
    assert content["summary"]["fit"] == "protocol"
    assert 0 <= content["arms"][0]["predicted"] <= 100
    assert len(content["arms"]) == 2


def test_a_missed_mark_is_status_1(tmp_path: Path) -> None:
    path = tmp_path / "trials.csv"
    path.write_text(TABLE.format(placebo=90), encoding="utf-8")  # no placebo arm reaches 90 %
    result = CliRunner().invoke(app, ["validate", "--trials", str(path)])
    assert result.exit_code == 1
    assert "MISSED" in result.stdout


def test_tables_are_written_where_nothing_is_yet(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["validate", "--trials", str(table), "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads((out / "validation.json").read_text(encoding="utf-8")) == json.loads(result.stdout)
    assert len((out / "arms.csv").read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trials", "absent.csv"], "absent.csv"),
        (["--trials", "{table}", "--out", "{folder}"], "exists already"),
    ],
)
def test_bad_input_is_status_2(
    arguments: list[str],
    message: str,
    table: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [each.format(table=table, folder=table.parent) for each in arguments]
    monkeypatch.setattr("sys.argv", ["koebner", "validate", *given])
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code == 2
    assert message in capsys.readouterr().err
