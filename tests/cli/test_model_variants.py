"""`koebner model packs`, `switches` and `compare`, and the options that choose among them."""

import json
from pathlib import Path
from typing import Any

import libsbml
import numpy as np
import pandas as pd
import pytest
from tests.cli.test_main import run

from koebner.disease import load_pack, load_packs, load_switches, own_parameters


def as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run(monkeypatch, "model", *arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(monkeypatch, "model", *arguments) == 0
    return " ".join(capsys.readouterr().out.split())


def test_packs_are_listed_with_their_statements(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(as_json(monkeypatch, capsys, "packs")) == list(load_packs())
    text = printed(monkeypatch, capsys, "packs")
    assert all(pack.statement in text for pack in load_packs().values())


def test_switches_are_listed_with_their_options(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    switches = as_json(monkeypatch, capsys, "switches")
    assert switches["memory"]["options"]["off"]["values"]["f_TRM"] == 0
    text = printed(monkeypatch, capsys, "switches")
    assert all(
        f"{name}={option}" in text for name, switch in load_switches().items() for option in switch.options
    )


def test_a_comparison_tells_what_differs_and_what_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    content = as_json(monkeypatch, capsys, "compare", "human_plaque", "mouse_imiquimod")
    # The table of the mouse pack lists what differs from its base.
    own = {row.id: row for row in own_parameters("mouse_imiquimod")}
    assert {row["id"] for row in content["differ"]} <= set(own)
    pace = next(row for row in content["differ"] if row["id"] == "pace")
    assert pace["mouse_imiquimod"] == {"value": own["pace"].value, "source": own["pace"].source}
    assert sum(content["same"].values()) + len(content["differ"]) == len(load_pack())


def test_a_comparison_tells_where_each_pack_rests(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rests = as_json(monkeypatch, capsys, "compare", "human_plaque", "onset")["steady states"]
    # packs.toml: the weak switch of the calibrated pack has the plaque alone, `onset` has both.
    assert rests["human_plaque"]["lesion"]["stable"]
    assert rests["human_plaque"]["healthy"].startswith("none")
    assert rests["onset"]["healthy"]["stable"]
    assert rests["onset"]["lesion"]["PASI_relative"] == pytest.approx(1)
    assert rests["onset"]["threshold"]["growing directions"] == 1


def test_the_mouse_has_no_plaque_that_holds_by_itself_and_what_does_not_transfer_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(monkeypatch, capsys, "compare", "human_plaque", "mouse_imiquimod")
    assert "without a stimulus the skin heals" in text
    assert "What does not transfer" in text
    assert load_packs()["mouse_imiquimod"].statement in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["model", "compare", "human_plaque", "mouse_imiq"], "Closest: `mouse_imiquimod`"),
        (["model", "compare", "onset", "onset"], "`onset` was given twice"),
        (["model", "show", "--switch", "memory"], "expected NAME=OPTION"),
        (["model", "show", "--switch", "memory=of"], "Closest: `off`"),
        (["model", "show", "--switch", "memory=on", "--switch", "memory=off"], "given twice"),
        (["model", "assumptions", "--top", "0"], "--top 0 was given"),
        (["model", "assumptions", "--therapy", "guselkumap"], "Closest: `guselkumab`"),
        (["simulate", "--pack", "onsett"], "Closest: `onset`"),
        (["simulate", "--trigger", "Trauma"], "expected NAME=SIZE@WEEK"),
        (["simulate", "--trigger", "Trauma=five@0"], "expected NAME=SIZE@WEEK"),
        (["simulate", "--trigger", "Trauma=5@0x0"], "expected NAME=SIZE@WEEK"),
        (["simulate", "--trigger", "Traum=5@0"], "Closest: `Trauma`"),
        (["simulate", "--model", "m.ant", "--until", "1", "--switch", "memory=off"], "--switch memory=off"),
        (["simulate", "--model", "m.ant", "--until", "1", "--trigger", "Trauma=5@0"], "for the disease"),
    ],
)
def test_a_mistake_is_one_line_that_helps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(monkeypatch, *arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.strip().count("\n") == 0


def course(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *arguments: str) -> pd.DataFrame:
    out = tmp_path / "course.csv"
    assert run(monkeypatch, "simulate", *arguments, "--out", out) == 0
    return pd.read_csv(out, index_col="week")


def test_a_trigger_acts_from_its_week_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = course(monkeypatch, tmp_path, "--pack", "onset", "--weeks", "4", "--trigger", "Trauma=5@2")
    assert table["Trauma"].loc[:2].max() == 0
    assert table["Trauma"].loc[3] > 0
    assert table["PASI"].loc[4] > table["PASI"].loc[1]


def test_a_daily_trigger_is_one_pulse_a_day(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = course(
        monkeypatch, tmp_path, "--pack", "mouse_imiquimod", "--weeks", "3", "--trigger", "Imiquimod=1@0x7"
    )
    # Seven doses at days 0 to 6 into a pulse that fades; day 7 comes a day after the last.
    tau = next(row.value for row in load_pack("mouse_imiquimod") if row.id == "tau_Imiquimod")
    fading = np.exp(-np.arange(1, 8) / tau).sum()
    assert table["Imiquimod"].loc[1] == pytest.approx(fading, rel=1e-4)


def test_a_switch_changes_the_course(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    treated = ("--therapy", "guselkumab", "--stop-week", "16", "--weeks", "60")
    with_memory = course(monkeypatch, tmp_path, *treated)
    without = course(monkeypatch, tmp_path, *treated, "--switch", "memory=off")
    # Without memory the plaque comes back later.
    assert without["PASI"].iloc[-1] < with_memory["PASI"].iloc[-1]


def test_an_export_with_a_switch_holds_its_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "off.xml"
    assert run(monkeypatch, "model", "export", "--sbml", path, "--switch", "memory=off") == 0
    model = libsbml.readSBMLFromFile(str(path)).getModel()
    assert model.getParameter("f_TRM").getValue() == 0
