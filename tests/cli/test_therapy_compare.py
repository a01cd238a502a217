"""`koebner therapy compare`: a table, JSON, a CSV and a figure, and what must be read with them."""

import json
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import pytest
from typer.testing import CliRunner

from koebner.cli import main, therapy_compare
from koebner.errors import InvalidValueError, UnknownNameError

FEW = ("--patients", "2", "--draws", "2")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main.app, ["therapy", "compare", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def refuse_constant(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def test_the_issue_s_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    text = run("uc_msc", "secukinumab", "--off", "treg,m2,trm", *FEW)
    for word in ("treg", "m2", "trm", "all together", "sum of single shares", "week 52"):
        assert word in text
    assert "uc_msc - secukinumab" in text
    assert "uc_msc: exploratory: rests on 2 to 17 uncontrolled patients" in text
    assert "no therapy recommended" in text
    framed = [line for line in text.splitlines() if line[:1] in "│┃┏└"]
    assert max(map(len, framed)) <= 120


def test_a_potency_that_is_not_drawn_is_named() -> None:
    text = run("calcipotriol", "--off", "treg", "--weeks", "4", *FEW)
    assert "calcipotriol: one published number holds the potency" in text


def test_json_csv_and_figure(tmp_path: Path) -> None:
    csv, figure = tmp_path / "t.csv", tmp_path / "t.html"
    options = (
        "--off",
        "treg,IL10",
        "--weeks",
        "104,12",
        "--out",
        str(csv),
        "--figure",
        str(figure),
        "--json",
    )
    told = json.loads(run("uc_msc", *options, *FEW), parse_constant=refuse_constant)
    assert [row["week"] for row in told["improvement"]] == [12, 104]
    assert told["contributions"][1]["share"] is None  # the cells' effect is gone
    assert told["contributions"][1]["note"].startswith("not defined")
    assert told["targets"]["treg"]["states"] == ["Treg", "Treg_blood"]
    assert told["therapies"][0]["caution"] == "exploratory: rests on 2 to 17 uncontrolled patients"
    table = pd.read_csv(csv)
    assert table["share"].iloc[0] == pytest.approx(told["contributions"][0]["share"], abs=1e-4)
    assert "Share of the improvement that is lost" in figure.read_text(encoding="utf-8")


def test_several_at_once_and_a_course_that_stops() -> None:
    options = ("--off", "trm", "--weeks", "40", *FEW, "--json")
    going, stopped = (
        json.loads(run("secukinumab", "secukinumab+uc_msc", *options, *more))
        for more in ((), ("--stop-week", "12"))
    )
    assert [each["id"] for each in going["therapies"]] == ["secukinumab", "secukinumab+uc_msc"]
    # A plaque whose drug was stopped 28 weeks ago is worse than one under it.
    assert stopped["improvement"][0]["improvement"] < going["improvement"][0]["improvement"] - 0.1


def test_without_a_list_all_named_targets_are_switched_off() -> None:
    told = json.loads(run("uc_msc", "--weeks", "12", "--patients", "1", "--draws", "0", "--json"))
    assert {"efferocytes", "factors", "resident_msc", "th17"} <= set(told["targets"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("uc_msc", "--off", "tregs"), r"No target `tregs`\. Closest: .*`treg`"),
        (("uc_msk",), r"`uc_msc`"),
        (("uc_msc", "--weeks", "12;52"), "--weeks 12;52 was given; expected weeks with commas"),
        (("a", "b", "c", "d", "e"), "5 therapies were given; expected one to 4"),
        (("placebo", "--stop-week", "4"), "nothing has doses"),
        (("uc_msc", "--patients", "0"), "--patients 0 was given"),
        (("uc_msc", "--seed", "-1"), "--seed -1 was given"),
        (("uc_msc", "--out", "targets.txt"), "expected a name in .csv"),
        (("uc_msc", "--figure", "targets.pdf"), "expected a name in .html or .svg or .png"),
        (("uc_msc+uc_msc",), "combined with itself"),
    ],
)
def test_bad_input_is_told(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises((InvalidValueError, UnknownNameError), match=message):
        run(*arguments)


def test_a_picture_needs_what_draws_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(therapy_compare, "find_spec", lambda _name: None)
    with pytest.raises(InvalidValueError, match=r"needs kaleido; install koebner\[docs\]"):
        run("uc_msc", "--figure", str(tmp_path / "t.png"))


def test_a_picture_needs_a_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def without_browser(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("Kaleido requires Google Chrome to be installed.")

    monkeypatch.setattr(therapy_compare, "find_spec", lambda _name: object())
    monkeypatch.setattr(go.Figure, "write_image", without_browser)
    picture = str(tmp_path / "t.png")
    with pytest.raises(InvalidValueError, match=r"needs a Chromium; install one, or give a name in \.html"):
        run("uc_msc", "--off", "trm", "--weeks", "12", "--patients", "1", "--draws", "0", "--figure", picture)
