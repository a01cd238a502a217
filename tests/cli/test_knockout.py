"""`koebner knockout` prints a ranking, and JSON that any program can read."""

import json

import pytest
from typer.testing import CliRunner

from koebner.cli import main
from koebner.disease import load_packs
from koebner.errors import InvalidValueError, UnknownNameError


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main.app, ["knockout", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def refuse_constant(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def test_the_issue_s_example() -> None:
    text = run("--targets", "IL17A,TNF,TRM")
    # Claims: without IL-17A or TNF the plaque goes; without resident memory less of it goes.
    assert text.index("IL17A") < text.index("TRM")
    assert "> 208" in text  # without IL-17A there is no relapse within the four years of follow-up
    assert "weeks from the last dose of guselkumab" in text
    assert "ranked by the change of PASI at week 52" in text
    assert "Caution" not in text


def test_json_has_null_and_a_note_where_there_is_no_number() -> None:
    told = json.loads(run("--targets", "IL17A,Corneocyte,MSC_lung", "--json"), parse_constant=refuse_constant)
    rows = {row["target"]: row for row in told["results"]}
    assert told["drug"] == "guselkumab"
    assert rows["IL17A"]["relapse_weeks"] is None
    assert rows["IL17A"]["relapse"] == "beyond follow-up"
    assert told["follow_up_weeks"] == 208
    assert told["caution"] is None
    assert rows["IL17A"]["note"] == "no relapse within 208 weeks in 1 of 1"
    assert rows["Corneocyte"]["pasi_week_52"] is None
    assert "skin itself" in rows["Corneocyte"]["note"]
    assert "absent" in rows["MSC_lung"]["note"]


def test_a_cohort_has_ranges_and_a_seed() -> None:
    one, again, other = (
        json.loads(run("--targets", "TRM", "--patients", "4", "--seed", seed, "--json"))
        for seed in ("1", "1", "2")
    )
    row = one["results"][0]
    assert row["pasi_week_52_low"] < row["pasi_week_52_high"]
    assert one == again
    assert row["pasi_week_52"] != other["results"][0]["pasi_week_52"]


def test_without_numbers_the_table_still_prints() -> None:
    assert "skin itself" in run("--targets", "KC_differentiating")


def test_a_pack_without_treatments_is_cautioned() -> None:
    statement = load_packs()["onset"].statement
    onset = ("--targets", "TRM", "--pack", "onset")
    assert f"Caution: {statement}" in run(*onset)
    assert json.loads(run(*onset, "--json"))["caution"] == f"Caution: {statement}"


@pytest.mark.parametrize("arguments", [[], ["--targets", "TNF", "--all"], ["--targets", ","]])
def test_targets_or_all_but_not_both(arguments: list[str]) -> None:
    with pytest.raises(InvalidValueError, match="expected one of them"):
        CliRunner().invoke(main.app, ["knockout", *arguments], catch_exceptions=False)


def test_an_unknown_target_offers_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="Closest: `IL17A`"):
        CliRunner().invoke(main.app, ["knockout", "--targets", "IL17Aa"], catch_exceptions=False)


@pytest.mark.science
def test_all_nodes_are_ranked_once() -> None:
    told = json.loads(run("--all", "--json"))
    targets = [row["target"] for row in told["results"]]
    assert len(targets) == len(set(targets)) > 35  # cells and molecules of a model of some 60 states
    ranked = [row for row in told["results"] if row["pasi_week_52"] is not None]
    effect = [abs(row["pasi_week_52"] - 1) for row in ranked]
    assert effect == sorted(effect, reverse=True)
