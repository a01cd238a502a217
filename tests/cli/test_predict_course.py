"""`koebner predict-course`: the same bytes whatever came later, one line for a file that cannot be read."""

import json
from pathlib import Path

import pytest
from tests.calibration.light_patients import told, write
from tests.cli.test_main import run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(told(5), tmp_path / "patients.csv")


def printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> str:
    assert run(monkeypatch, "predict-course", *arguments) == 0
    return capsys.readouterr().out


def test_json_has_one_entry_a_patient_in_their_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    found = json.loads(printed(monkeypatch, capsys, file, "--weeks-known", "3", "--json"))
    assert [list(each) for each in found] == [["id", "predicted", "lower", "upper"]] * 5
    assert [each["id"] for each in found] == ["p0", "p1", "p2", "p3", "p4"]
    assert all(0 <= each["lower"] <= each["predicted"] <= each["upper"] for each in found)


@pytest.mark.parametrize("known", [1, 3, 6])
def test_everything_later_may_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path, known: int
) -> None:
    before = printed(monkeypatch, capsys, file, "--weeks-known", str(known), "--json")
    header, *rows = (line.split(",") for line in file.read_text().splitlines())
    early = {"ID", "PASI_PRE_TREATMENT"}
    early |= {f"PASI_END_WEEK_{week}" for week in range(1, known + 1)}
    early |= {f"UVB_DOSE_{session}" for session in range(1, 3 * known + 1)}
    changed = [
        [cell if column in early else "unknown" for column, cell in zip(header, row, strict=True)]
        for row in rows
    ]
    file.write_text("\n".join(",".join(line) for line in [header, *changed]) + "\n")
    assert printed(monkeypatch, capsys, file, "--weeks-known", str(known), "--json") == before


def test_the_table_says_what_it_is_not_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    assert run(monkeypatch, "predict-course", file) == 0
    captured = capsys.readouterr()
    assert "p4" in captured.out
    assert "not for choosing a treatment" in captured.err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("PASI_END_WEEK_2", "WEEK_2", ("PASI_END_WEEK_2", ":1:")),
        ("\np1,", "\np1,-", ("PASI_PRE_TREATMENT", ":3:", "p1")),
        ("\np1,", "\np1,much", ("PASI_PRE_TREATMENT", ":3:", "p1")),
        ("\np1,8.750", "\np1,0", ("PASI_PRE_TREATMENT", ":3:", "above 0")),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_printed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: Path,
    old: str,
    new: str,
    words: tuple[str, ...],
) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    assert run(monkeypatch, "predict-course", file, "--json") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.strip().count("\n") == 0
    assert all(word in captured.err for word in words)


@pytest.mark.parametrize("weeks", ["0", "10"])
def test_weeks_beyond_a_course_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path, weeks: str
) -> None:
    assert run(monkeypatch, "predict-course", file, "--weeks-known", weeks) == 2
    assert "expected 1 to 9" in capsys.readouterr().err
