"""Reviewed arms: what they are given, and what a table with a slip in it says."""

from pathlib import Path

import pytest

from koebner.calibration.published.arms import (
    load_arms,
    load_open_trials,
    read_arms,
    read_open_trials,
    reviewed_arm,
    therapy_of,
)
from koebner.errors import InvalidValueError, KoebnerError, UnknownNameError
from koebner.evidence import load_trials
from koebner.therapies import load

HEAD = "study,arm,therapy,regimen,reason\n"


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "arms.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_regimen_is_that_of_the_catalogue() -> None:
    assert therapy_of("ustekinumab", "") == load("ustekinumab")
    assert therapy_of("placebo", " ") == load("placebo")


def test_a_regimen_replaces_that_of_the_catalogue() -> None:
    # REVEAL gave 80 mg, then 40 mg from week 1 every other week: the catalogue's own regimen.
    assert therapy_of("adalimumab", "80@0; 40@1/2").doses(30) == load("adalimumab").doses(30)
    daily = therapy_of("apremilast", "20x2@0-16").doses(52)
    assert [(dose.amount, dose.until_week) for dose in daily] == [(40.0, 16.0)]  # 20 mg twice a day


def test_a_route_can_be_named() -> None:
    agent = therapy_of("methotrexate", "15@0/1", route="subcutaneous").agents[0]
    assert agent.regimen is not None
    assert agent.regimen.route == "subcutaneous"


@pytest.mark.parametrize(
    ("therapy", "regimen", "kind"),
    [
        ("secukinumap", "", UnknownNameError),
        ("placebo", "80@0", InvalidValueError),
        ("adalimumab", "40 eow", InvalidValueError),
        ("adalimumab", "9000@0", InvalidValueError),  # beyond the range of its catalogue entry
    ],
)
def test_what_cannot_be_given_is_refused(therapy: str, regimen: str, kind: type[KoebnerError]) -> None:
    with pytest.raises(kind):
        therapy_of(therapy, regimen)


def test_a_table_is_read_by_study_and_label(tmp_path: Path) -> None:
    arms = read_arms(
        table(tmp_path, f"{HEAD}a-2001,active,adalimumab,80@0,\na-2001,mixed,,,doses by response\n")
    )
    assert arms["a-2001", "active"].regimen == "80@0"
    assert arms["a-2001", "mixed"].reason == "doses by response"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,b,adalimumap,,", r":2: No therapy `adalimumap`"),
        ("a,b,adalimumab,40 eow,", r":2: regimen segment"),
        ("a,b,,,", r":2: arm `b` has no `therapy`"),
        ("a,b,placebo,,\na,b,placebo,,", r":3: arm `b` of `a` stands twice"),
    ],
)
def test_a_slip_in_a_table_names_its_line(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(KoebnerError, match=message):
        read_arms(table(tmp_path, f"{HEAD}{row}\n"))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match=r"arms.csv:1: column `therapy` is missing"):
        read_arms(table(tmp_path, "study,arm,regimen\na,b,80@0\n"))
    with pytest.raises(InvalidValueError, match="column `label` is missing"):
        read_open_trials(table(tmp_path, "trial,arm,study\na,b,c\n"))


def test_every_arm_of_the_evidence_is_reviewed() -> None:
    missing = {(row.study, row.arm) for row in load_trials()} - load_arms().keys()
    assert not missing


def test_every_open_text_names_a_reviewed_arm() -> None:
    assert set(load_open_trials().values()) <= load_arms().keys()


def test_texts_are_found_in_any_case_and_spacing() -> None:
    # A row of trials.csv of the shared data as written there, but for case and spaces.
    arm = reviewed_arm("  uncover-1 2016 ", "PLACEBO  (n = 431), SC")
    assert arm is not None
    assert (arm.study, arm.therapy) == ("uncover-1-2016", "placebo")
    assert reviewed_arm("a trial of the user", "placebo") is None
