"""`koebner model coverage` prints each element with its effect, and fails where one is empty or idle."""

import json

import pytest
import typer
from typer.testing import CliRunner

from koebner.analysis.coverage import Covered, Element, load_elements
from koebner.cli import coverage as command


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(command.coverage_command)
    return app


def covered(element: Element, *faults: str) -> Covered:
    seen_in = ("Th17", "PASI", "guselkumab") if element.states else ()
    return Covered(element=element, effect=0.25 if seen_in else 0.0, seen_in=seen_in, faults=faults)


@pytest.fixture
def without_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tuple(covered(element) for element in load_elements())
    monkeypatch.setattr(command, "coverage", lambda _model, progress: found)


@pytest.fixture
def with_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tuple(
        covered(element, *(("names no states; expected one or more.",) if element.row == 7 else ()))
        for element in load_elements()
    )
    monkeypatch.setattr(command, "coverage", lambda _model, progress: found)


@pytest.mark.usefixtures("without_faults")
def test_each_element_stands_with_what_realises_it(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 0
    for element in load_elements():
        for name in (*element.states, *element.parameters, *element.mechanisms, *element.read_outs):
            assert name in result.stdout
    assert "25.0%: PASI with Th17 held, guselkumab, stopped at week 16" in result.stdout
    assert "22 rows, 15 of them due; no fault." in result.stdout  # rows 1-13, 15 and 18 of 1-22


@pytest.mark.usefixtures("with_a_fault")
def test_a_fault_is_named_and_is_status_1(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 1
    assert "row 7 names no states; expected one or more." in result.stdout
    assert "; 1 fault." in result.stdout


@pytest.mark.usefixtures("with_a_fault")
def test_json_holds_the_same(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["--json"])
    assert result.exit_code == 1
    rows = json.loads(result.stdout)
    assert [row["row"] for row in rows] == list(range(1, 23))
    assert rows[6]["faults"] == ["names no states; expected one or more."]
    assert rows[2]["effect"] == 0.25


@pytest.mark.science
def test_the_shipped_model_is_covered(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["--json"])
    # Progress goes to stderr, so that stdout is JSON alone.
    assert [row["row"] for row in json.loads(result.stdout) if row["faults"]] == []
    assert result.exit_code == 0
