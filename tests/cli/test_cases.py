"""`koebner cases` prints report against prediction against chance, and writes all of it or nothing."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from koebner.cli import main
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.trials.case_series import replay


@pytest.fixture(autouse=True, scope="module")
def few_cohorts_by_chance() -> Iterator[None]:
    """What is printed and written does not depend on how many cohorts there are; their number costs time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("koebner.cli.cases.replay", partial(replay, chance_cohorts=20))
        yield


FEW = ("--case", "wang-2020", "--draws", "1")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main.app, ["cases", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_list_names_all_seven_reports() -> None:
    told = json.loads(run("list", "--json"))
    # Numbers of patients: evidence tables.
    assert {each["case"]: each["n"] for each in told} == {
        "de-jesus-2016": 2,
        "yao-2021": 7,
        "chen-2016": 2,
        "ahn-2021": 1,
        "wang-2020": 1,
        "cheng-2022": 17,
        "bajouri-2023": 5,
    }
    text = run("list")
    assert all(each["case"] in text for each in told)
    assert "prior chosen in view of it" in text


def test_a_run_prints_report_prediction_chance_and_what_it_cannot_show() -> None:
    text = " ".join(run("run", *FEW).split())
    for words in (
        "free of disease for 3 years",
        "1 of 1",
        "best of",
        "used for fitting",
        "No score was given",  # what was assumed
        "Exploratory",
        "agreement is no validation",
        "Remission over years is not forced",
    ):
        assert words in text


def test_json_has_every_number_and_the_assumption_about_selection() -> None:
    told = json.loads(run("run", *FEW, "--json"))
    assert told["reported_of"] == 20
    assert told["reported_of_source"].startswith("assumption")
    rows = told["cases"][0]["outcomes"]
    assert [row["observed"] for row in rows] == [1, 1]
    for row in rows:
        assert 0 <= row["as_good_by_chance"] <= row["best_by_chance"] <= 1
        assert row["lower"] <= row["median"] <= row["upper"]
    given = json.loads(run("run", *FEW, "--json", "--reported-of", "3"))
    assert (given["reported_of"], given["reported_of_source"]) == (3, "given")


def test_a_folder_holds_the_same_bytes_for_the_same_seed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run("run", *FEW, "--out", str(tmp_path / name))
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["cases.csv", "cases.html", "results.json"]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]
    # The figure says by itself what it rests on, and holds the outcomes of the case.
    figure = (tmp_path / "one" / "cases.html").read_text(encoding="utf-8")
    for words in ("Exploratory: uncontrolled reports of 1 to 17 patients", "free of disease for 3 years"):
        assert words in figure


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("--case", "yao"), UnknownNameError, "Closest: `yao-2021`"),
        (("--draws", "0"), InvalidValueError, "--draws 0"),
        (("--reported-of", "0"), InvalidValueError, "--reported-of 0"),
        (("--seed", "-1"), InvalidValueError, "--seed -1"),
    ],
)
def test_bad_input_writes_nothing(
    arguments: tuple[str, ...], error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        run("run", *arguments, "--out", str(tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_content_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidValueError, match="so that nothing is lost"):
        run("run", *FEW, "--out", str(tmp_path))
    with pytest.raises(InvalidValueError, match="does not exist"):
        run("run", *FEW, "--out", str(tmp_path / "no" / "such"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_failure_while_writing_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("koebner.cli.cases.write_json", fail)
    with pytest.raises(OSError, match="No space"):
        run("run", *FEW, "--out", str(tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []
