"""`koebner model packs`, `switches` and `compare`, and the options that choose among them."""

import json
from pathlib import Path
from typing import Any

import libsbml
import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from tests.cli.test_main import run

from koebner.cli import printing
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
        (["model", "assumptions", "--patients", "0"], "--patients 0 was given"),
        (["knockout", "--targets", "TRM", "--patients", "0"], "--patients 0 was given"),
        (["model", "list"], "expected `koebner model show`"),
        (["model", "show", "IL17"], "it stands for IL17A and IL17F"),
        (["model", "export", "--sbml", "m.ant"], "--sbml m.ant was given; expected a name in .xml or .sbml"),
        (["model", "export", "--sbml", "/"], "such as --sbml /model.xml"),
        (["simulate", "--start", "healthy"], "has no healthy resting state"),
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


def test_the_skin_at_the_start_is_named_and_a_treatment_is_cautioned(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    statement = load_packs()["onset"].statement
    onset = ("simulate", "--pack", "onset", "--weeks", "2")
    assert run(monkeypatch, *onset, "--therapy", "secukinumab") == 0
    text = capsys.readouterr().out
    assert "healthy skin, whose plaque would score PASI 20" in text
    assert f"Caution: {statement}" in text
    assert run(monkeypatch, *onset, "--start", "lesion") == 0
    text = capsys.readouterr().out
    assert "onset, lesion of PASI 20" in text
    assert "│    0 │   20 │" in text
    assert "Caution" not in text


def test_a_mouse_is_told_by_its_signs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "simulate", "--pack", "mouse_imiquimod", "--weeks", "1") == 0
    text = capsys.readouterr().out
    assert "PASI" not in text
    assert all(sign in text for sign in ("erythema", "induration", "scale"))


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        (12, list(range(13))),
        (16, list(range(0, 17, 2))),
        (52, list(range(0, 53, 4))),
        (50, [*range(0, 49, 4), 50]),
        (104, [0, 8, 12, 16, 24, 32, 40, 48, 52, 56, 64, 72, 80, 88, 96, 104]),
    ],
)
def test_whole_multiples_of_weeks_and_the_visits_of_trials_are_printed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    weeks: int,
    expected: list[int],
) -> None:
    assert run(monkeypatch, "simulate", "--weeks", str(weeks)) == 0
    rows = [line.split("│")[1] for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert [int(row) for row in rows] == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["model", "switches"],
        ["model", "compare", "human_plaque", "onset"],
        ["simulate", "--pack", "onset", "--weeks", "4"],
    ],
)
def test_a_narrow_terminal_cuts_neither_names_nor_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    wide = printed_by(monkeypatch, capsys, arguments, width=300)
    narrow = printed_by(monkeypatch, capsys, arguments, width=80)
    firsts = {line.split("│")[1].strip() for line in wide.splitlines() if line.startswith("│")}
    assert len(firsts) > 3
    assert firsts <= set(narrow.split())
    assert "…" not in narrow
    rows = [line for line in narrow.splitlines() if firsts & {*line.strip("│ ").split()[:1]}]
    assert all(len(line) <= 80 for line in rows)


def printed_by(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], *, width: int
) -> str:
    monkeypatch.setattr(printing, "console", lambda: Console(width=width, color_system=None))
    assert run(monkeypatch, *arguments) == 0
    return capsys.readouterr().out


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
