import json
from pathlib import Path

import pytest
from tests.evidence.tables import msc, trial, write
from typer.testing import CliRunner

from koebner.cli import evidence as command
from koebner.cli.evidence import app
from koebner.errors import EvidenceError, UnknownNameError
from koebner.evidence import Finding
from koebner.evidence.checks import shipped_files

RUNNER = CliRunner()


def test_check_says_how_much_was_checked() -> None:
    result = RUNNER.invoke(app, ["check"])
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{len(shipped_files())} tables, ")
    assert result.stdout.endswith("sources: no rule broken\n")


def test_check_of_a_good_file_is_clean(tmp_path: Path) -> None:
    file = write(tmp_path, trial())
    result = RUNNER.invoke(app, ["check", str(file)])
    assert (result.exit_code, result.stdout) == (0, f"{file}: no rule broken\n")


def test_check_of_a_bad_file_names_place_and_remedy(tmp_path: Path) -> None:
    file = write(tmp_path, msc(registration="NCT34988162", cells_per_dose="3×106/kg"))
    result = RUNNER.invoke(app, ["check", str(file)])
    assert result.exit_code == 2
    lines = result.stdout.splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"{file}:2: given ") for line in lines[:2])
    assert "PubMed id of Yao 2021" in result.stdout
    assert "3x10^6" in result.stdout
    assert lines[2] == "2 rules broken"


def test_a_broken_shipped_table_is_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding(
        file=Path("trials.csv"),
        line=3,
        column="n",
        rule="patients",
        given="x",
        expected="1",
        explanation="why.",
    )
    monkeypatch.setattr(command, "check_shipped", lambda: [finding])
    result = RUNNER.invoke(app, ["check"])
    assert result.exit_code == 1
    assert "trials.csv:3: given n `x`, expected 1: why." in result.stdout


def test_findings_as_json(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["check", "--json", str(write(tmp_path, trial(value="86.1")))])
    (finding,) = json.loads(result.stdout)["findings"]
    assert (finding["line"], finding["rule"], finding["expected"]) == (2, "percentage-of-count", "81.6")


def test_a_file_that_is_no_table_raises_for_the_main_command(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["check", str(tmp_path / "absent.csv")])
    assert isinstance(result.exception, EvidenceError)


def test_show_tells_the_whole_of_yao_2021() -> None:
    result = RUNNER.invoke(app, ["show", "yao-2021"])
    text = " ".join(result.stdout.split())
    assert result.exit_code == 0
    for fact in (
        "7 enrolled, 4 completed, 2 followed",
        "2 of 7 (28.6 %)",  # 2/7
        "2 of 7 by intention to treat",
        "evidence grade C (uncontrolled series)",
        "NCT03265613",
        "doi:10.21037/atm-21-5028",
    ):
        assert fact in text


def test_show_of_a_trial_has_responses_withdrawal_and_baselines() -> None:
    text = RUNNER.invoke(app, ["show", "voyage-2-2017"]).stdout
    assert "PASI75" in text
    assert "52 weeks after the last dose" in text
    assert "disease duration" in text


@pytest.mark.parametrize(
    "name", ["cheng-2022", "erasure-2014", "watson-2021", "yao-2018", "ozawa-1999", "ou-2025"]
)
def test_show_as_json_is_complete(name: str) -> None:
    record = json.loads(RUNNER.invoke(app, ["show", name, "--json"]).stdout)
    assert record["id"] == name
    assert record["sources"]
    assert any(record[part] for part in ("trials", "msc_studies", "pharmacokinetics", "mechanisms"))


def test_show_of_an_unknown_study_raises_with_the_closest() -> None:
    result = RUNNER.invoke(app, ["show", "yao-2012"])
    assert isinstance(result.exception, UnknownNameError)
    assert "yao-2021" in str(result.exception)


def test_list_is_one_line_a_study() -> None:
    lines = RUNNER.invoke(app, ["list", "--therapy", "msc"]).stdout.splitlines()
    assert lines[0].split() == ["study", "therapy", "n", "design", "grade", "level", "citation"]
    (cheng,) = [line for line in lines if line.startswith("cheng-2022")]
    assert "doi:10.1038/s41392-022-01059-y" in cheng
    assert len(lines) == 1 + len(
        json.loads(RUNNER.invoke(app, ["list", "--therapy", "MSC", "--json"]).stdout)
    )


def test_list_without_therapy_has_all_kinds() -> None:
    names = {entry["id"] for entry in json.loads(RUNNER.invoke(app, ["list", "--json"]).stdout)}
    assert {"yao-2021", "erasure-2014", "watson-2021", "yao-2018"} <= names


def test_list_of_an_unknown_therapy_raises_with_the_closest() -> None:
    result = RUNNER.invoke(app, ["list", "--therapy", "MCS"])
    assert isinstance(result.exception, UnknownNameError)
    assert "`MSC`" in str(result.exception)
