"""The page of a validation says what was missed first, shows every row, and is built without simulating."""

import importlib
import re
import sys
from collections.abc import Iterator
from types import ModuleType

import pandas as pd
import pytest
from tests.test_docs import ROOT

from koebner.calibration.protocol import load_protocol
from koebner.fits import ensemble_folder

FOLDER = ensemble_folder("protocol")
FIGURES = 5  # predicted against observed, errors, coverage, withdrawal, spectrum


@pytest.fixture(scope="module")
def pages() -> Iterator[ModuleType]:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        yield importlib.import_module("validation_pages")
    finally:
        sys.path.remove(str(ROOT / "docs"))


@pytest.fixture(scope="module")
def page(pages: ModuleType) -> str:
    text: str = pages.validation_page("protocol")
    return text


@pytest.fixture(scope="module")
def marks() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "validation" / "marks.csv")


def prose(page: str) -> str:
    """Return a page without its drawings."""
    return re.sub(r"```\{raw\} html.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)


def section(page: str, title: str) -> str:
    """Return the text below a heading."""
    return page.split(f"## {title}\n")[1].split("\n## ", maxsplit=1)[0]


def test_misses_stand_first_and_all_of_them(page: str, marks: pd.DataFrame) -> None:
    titles = re.findall(r"^## (.*)$", page, re.MULTILINE)
    assert titles[0] == "What it misses"
    missed = (marks["passed"].astype(str) == "False").sum()
    assert section(page, "What it misses").count("**MISSED.**") == missed
    assert section(page, "Marks").count("**MISSED**") == missed


def test_every_mark_is_in_the_table(page: str, marks: pd.DataFrame) -> None:
    rows = [line for line in section(page, "Marks").splitlines() if line.startswith("|")]
    assert len(rows) - 2 == len(marks)  # less the heads


def test_every_missed_mark_would_have_a_sentence(pages: ModuleType, marks: pd.DataFrame) -> None:
    for mark in marks[marks["needed"].notna() & (marks["needed"] != "reported")].to_dict("records"):
        told = pages.missed_sentence({**mark, "passed": False, "note": ""})
        assert str(mark["mark"]) not in told
        assert str(mark["needed"]) in told


def test_every_row_of_the_validation_is_on_the_page(page: str) -> None:
    arms = pd.read_csv(FOLDER / "validation" / "arms.csv")
    body = section(page, "Every row, by drug")
    assert len(re.findall(r"^\| `", body, re.MULTILINE)) == len(arms)
    assert body.count("<details>") == arms["therapy"].nunique()
    withdrawal = pd.read_csv(FOLDER / "validation" / "withdrawal.csv")
    assert len(re.findall(r"^\| `", section(page, "Withdrawal"), re.MULTILINE)) == len(withdrawal)


def test_every_figure_has_words_and_a_caption(page: str) -> None:
    labels = re.findall(r'role="img" aria-label="([^"]+)"', page)
    assert len(labels) == page.count("<figcaption>") == page.count("<figure ") == FIGURES
    assert all(len(label) > 60 for label in labels)


def test_figures_do_not_take_the_names_of_headings(page: str) -> None:
    headings = {title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", page, re.MULTILINE)}
    drawn = re.findall(r'<div id="([^"]+)"', page)
    assert len(drawn) == FIGURES
    assert not headings & set(drawn)


def test_a_later_protocol_is_said_to_be_no_blind_test(page: str) -> None:
    version = load_protocol().version
    assert ("**Not a blind test.**" in page) == (version > 1)


def test_intervals_that_were_widened_after_a_miss_are_said_to_be(page: str) -> None:
    # 74.4 % of 293 rows: the validation before `model_sd` was added to the protocol.
    assert ("first held 74 % of 293" in page) == (load_protocol().likelihood.model_sd > 0)


def test_numbers_without_information_and_endotypes_are_said(page: str) -> None:
    numbers = pd.read_csv(FOLDER / "numbers.csv")
    text = section(page, "What no figure informs")
    for name in numbers.loc[numbers["says"].str.startswith("not informed"), "number"]:
        assert f"`{name}`" in text
    # Widths that the population file gives and the protocol does not free.
    assert all(f"| `{name}` |" in text for name in ("w_IL17", "w_TNF", "e_IL23", "f_IL17F"))
    assert "| `K_KC` |" not in text
    assert "| `pace` |" not in text


def test_tables_are_whole(page: str) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", prose(page), re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_a_missed_mark_is_told_in_the_right_direction(pages: ModuleType) -> None:
    mark = {"mark": "90 % intervals: rows inside", "needed": "80 to 97 %", "rows": 9, "note": ""}
    assert "too narrow" in pages.missed_sentence({**mark, "reached": 70.0})
    assert "too wide" in pages.missed_sentence({**mark, "reached": 99.0})


def test_pages_of_fits_that_are_gone_go(pages: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("generated")
    (folder / "validation_gone.md").write_text("# Gone\n", encoding="utf-8")
    pages.write(folder)
    names = {path.stem for path in folder.iterdir()}
    assert "validation" in names
    assert "validation_gone" not in names
