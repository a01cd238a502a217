"""`koebner therapy list` and `show`: the catalogue in short, one therapy whole, and mistakes in one line."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.cli.test_main import run

from koebner.cli import printing, therapy, therapy_show
from koebner.cli.therapy_facts import CLOSING, catalog_rows, therapy_facts
from koebner.cli.therapy_regimens import doses_of_patient, short_regimen, text_timeline
from koebner.errors import InvalidValueError
from koebner.therapies import Regimen, available, load
from koebner.therapies.entries import entry


def regimen_of(name: str) -> Regimen:
    regimen = load(name).agents[0].regimen
    assert regimen is not None
    return regimen


def printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str, width: int = 160
) -> str:
    for module in (printing, therapy, therapy_show):
        monkeypatch.setattr(
            module, "console", lambda: Console(width=width, color_system=None, highlight=False)
        )
    assert run(monkeypatch, "therapy", *arguments) == 0
    return capsys.readouterr().out


def squeezed(text: str) -> str:
    """Return the words alone, as lines and cells break them up."""
    return "".join(char for char in text if not char.isspace() and char not in "│┃")


def test_the_list_holds_all_and_fits_a_hundred_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = printed(monkeypatch, capsys, "list", width=100)
    lines = shown.splitlines()
    assert [name for name in available() if not any(line.startswith(f"{name} ") for line in lines)] == []
    assert max(map(len, lines)) <= 100
    assert CLOSING in shown
    exosomes = next(line for line in lines if line.startswith("uc_exosomes"))
    assert " none " in exosomes  # no study of them in people with psoriasis is in the tables


def test_one_kind_is_listed_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "therapy", "list", "--kind", "cell-product", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert {row["id"] for row in listed} == {n for n in available() if entry(n).kind == "cell product"}


def test_a_short_regimen_is_short() -> None:
    assert max(len(row["regimen"]) for row in catalog_rows()) <= 70


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("ustekinumab", "45 mg every 12 weeks (above 100 kg 90 mg) after loading"),
        ("bimekizumab", "320 mg every 8 weeks after loading"),
        ("cyclosporine", "2 mg/kg twice a day after smaller doses"),
        ("nb_uvb", "0.7 to 3.5 MED 3 times a week for 10 weeks"),
        ("deucravacitinib", "6 mg once a day"),
    ],
)
def test_a_regimen_in_short(name: str, short: str) -> None:
    assert short_regimen(regimen_of(name)) == short  # the regimens of the catalogue files


@pytest.mark.parametrize(
    ("name", "weight_kg", "words"),
    [
        ("ustekinumab", 110, "90 mg at weeks 0, 4 and 16: 3 doses, 270 mg in all"),
        ("ustekinumab", 100, "45 mg at weeks 0, 4 and 16: 3 doses, 135 mg in all"),
        ("infliximab", 80, "400 mg at weeks 0, 2, 6, 14 and 22: 5 doses, 2000 mg in all"),
        ("uc_msc", 80, "160×10⁶ cells at weeks 0, 2, 4 and 6: 4 doses"),
        ("deucravacitinib", 80, "6 mg a day from week 0 on"),
        ("nb_uvb", 80, "from 0.7 MED at week 0 to 3.5 MED from week 3: 30 doses"),
    ],
)
def test_the_doses_of_a_patient(name: str, weight_kg: float, words: str) -> None:
    assert doses_of_patient(regimen_of(name), weeks=26, weight_kg=weight_kg) == words


def test_the_line_of_marks_stands_over_its_weeks() -> None:
    sequence = load("secukinumab").stop(week=8).then(load("deucravacitinib"))
    first, second, axis = text_timeline(sequence.agents, weeks=12, weight_kg=88, width=80)
    at = {week: axis.index(f" {week} ") + 1 for week in (2, 4, 8)}
    assert [first[at[week]] for week in (2, 4)] == ["█", "█"]
    assert len(first) <= at[8]  # nothing at the stop or later
    assert second[at[8] - 1 : at[8] + 1] == " ▓"
    assert max(map(len, (first, second, axis))) <= 80


def test_the_height_of_a_mark_is_the_dose() -> None:
    line = text_timeline(load("nb_uvb").agents, weeks=12, weight_kg=88, width=80)[0]
    marks = [mark for mark in line if mark in "▁▂▃▄▅▆▇█"]
    assert marks == sorted(marks)
    assert marks[0] == "▂"  # 0.7 of 3.5 MED: a fifth, of eight heights the second


@pytest.mark.parametrize("weeks", [0.5, 26.0, 104.0, 5200.0])
def test_any_length_fits_the_width(weeks: float) -> None:
    lines = text_timeline(load("secukinumab").agents, weeks=weeks, weight_kg=88, width=60)
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "name", ["secukinumab", "cyclosporine", "uc_msc", "nb_uvb", "mirikizumab", "placebo"]
)
def test_nothing_is_cut_in_a_narrow_terminal(
    name: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = printed(monkeypatch, capsys, "show", name, width=width)
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= width
    whole = squeezed(shown)
    assert squeezed(entry(name).statement) in whole
    assert [symbol for symbol in entry(name).numbers if symbol not in whole] == []


def test_show_says_what_is_known_and_what_is_not_claimed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("show", "secukinumab", "--weight-kg", "110", "--weeks", "12")
    shown = printed(monkeypatch, capsys, *arguments, width=240)  # so that no cell is folded
    for words in (
        "A patient of 110 kg in 12 weeks: 300 mg at weeks 0, 1, 2, 3, 4 and 8",
        "fitted: potency from the fit to open trial arms",
        "grade A: randomised and controlled",
        "Published pharmacokinetics",
        "6 of 245 patients in 12 weeks: 2.4 % (1.1 to 5.2)",  # ERASURE, 300 mg
        "4 of 248 patients in 12 weeks: 1.6 % (0.6 to 4.1)",  # its placebo
        "A table of counts, not a mechanism",
        CLOSING,
    ):
        assert words in shown, words


def test_no_published_count_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no published count in the tables" in printed(monkeypatch, capsys, "show", "uc_exosomes")


def test_json_holds_the_facts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "therapy", "show", "tildrakizumab", "--json") == 0
    facts: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert facts["regimen"]["of_this_patient"] == "100 mg at weeks 0, 4 and 16: 3 doses, 300 mg in all"
    half_life = next(row for row in facts["pharmacokinetics"] if row["parameter"] == "half-life")
    assert half_life["of_the_model"] == pytest.approx(half_life["value"], rel=0.05)


@pytest.mark.parametrize("name", available())
def test_every_therapy_has_its_facts(name: str) -> None:
    facts = therapy_facts(name, weight_kg=88, weeks=26)
    json.dumps(facts)
    assert {row["id"] for row in facts["numbers"]} == set(entry(name).numbers)
    if name != "placebo":
        assert facts["target"]
        assert facts["mechanism"]
        assert facts["regimen"]["of_this_patient"]


def test_the_timeline_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "doses.html"
    shown = printed(monkeypatch, capsys, "show", "nb_uvb", "--timeline", str(path))
    assert "Narrow-band UVB" in path.read_text(encoding="utf-8")
    assert "the doses over 26 weeks" in shown


def test_a_picture_without_its_tools_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("Kaleido requires Google Chrome to be installed.")

    monkeypatch.setattr("plotly.graph_objects.Figure.write_image", fails)
    with pytest.raises(InvalidValueError, match=r"\.html, which needs neither"):
        therapy.show_command("nb_uvb", timeline_file=tmp_path / "a.svg")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "secukinumap"), "Closest: `secukinumab`"),
        (("show", "secukinumab", "--weight-kg", "500"), "expected 30 to 300"),
        (("show", "secukinumab", "--weeks", "-3"), "--weeks -3 was given"),
        (("show", "secukinumab", "--timeline", "x.pdf"), ".svg or .png or .html"),
        (("list", "--kind", "tablets"), "No kind `tablets`"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: tuple[str, ...],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, "therapy", *arguments) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
