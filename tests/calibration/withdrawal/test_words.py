"""Published withdrawals as tables word them: every row becomes a study or a reason, and never an error.

The wordings are of the kind that tables use; their values are made up.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shared_data import shared

from koebner.calibration.published.words import Unresolved
from koebner.calibration.withdrawal.losses import HALF_OF_REFERENCE, SIX_POINTS
from koebner.calibration.withdrawal.numbers import read_n, read_stop, read_time, read_unit, read_value
from koebner.calibration.withdrawal.rows import (
    WithdrawalRow,
    figure_of,
    read_withdrawals,
    study_of,
)
from koebner.calibration.withdrawal.studies import Entry, Figure, treatment_of
from koebner.calibration.withdrawal.words import read_entry_words, read_loss, read_measure
from koebner.errors import InvalidValueError
from koebner.trials.relapse import COMMON_DEFINITION

ROW = WithdrawalRow(
    line=2,
    trial="A withdrawal",
    drug="risankizumab",
    schedule="150 mg wk 0, 4, 16",
    last_dose_week="16 (re-randomised wk 28)",
    population="sPGA 0/1 at wk 28",
    n="225",
    definition="sPGA >=3",
    metric="relapse-free 1 year after last dose",
    value="40",
    unit="%",
    time="",
    verified="yes",
)


def resolved(**changes: str) -> Figure:
    figure = figure_of(replace(ROW, **changes))
    assert isinstance(figure, Figure), figure
    return figure


def reason(**changes: str) -> str:
    figure = figure_of(replace(ROW, **changes))
    assert isinstance(figure, Unresolved), figure
    return figure.reason


@pytest.mark.parametrize(
    ("text", "last_dose", "randomised"),
    [
        ("20 (re-randomised wk 28)", 20, 28),
        ("20", 20, None),
        ("31-32 (re-randomised wk 33)", 32, 33),
        ("last dose wk 48; randomised wk 52", 48, 52),
        ("12 (rerandomized at week 16)", 12, 16),
        ("14 (placebo from wk 16)", 14, 16),
        ("to wk 32", 32, None),
        ("<=12", 12, None),
        ("~22 (wk 22 infusion)", 22, None),
        ("1 year", 52, None),
    ],
)
def test_the_week_of_the_last_dose(text: str, last_dose: float, randomised: float | None) -> None:
    told = read_stop(text, "")
    assert told is not None
    assert (told.last_dose, told.randomised) == (last_dose, randomised)


def test_the_schedule_tells_when_the_column_does_not() -> None:
    assert read_stop("-", "") is None
    for schedule in ("for 24 weeks", "25 mg biw, 24 wk", "wk 0,4,12,24"):
        told = read_stop("-", schedule)
        assert told is not None
        assert told.last_dose == 24


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("PASI90 responders at wk 28", [("PASI90", 28)]),
        ("PASI 90 responders at Week 28", [("PASI90", 28)]),
        ("\u2265PASI-75 at wk28", [("PASI75", 28)]),
        ("PASI75 at wk 16 and 33", [("PASI75", 16), ("PASI75", 33)]),
        ("week 28 sPGA (0,1) responders", [("sPGA 0/1", 28)]),
        ("clear or almost clear (IGA) at w52", [("sPGA 0/1", 52)]),
        ("PASI75 and PGA 0/1 at wk 24", [("PASI75", 24), ("sPGA 0/1", 24)]),
        ("at least 75% improvement in PASI at week 12", [("PASI75", 12)]),
        ("PASI100 responders", [("PASI100", 40)]),
        ("responders", [("PASI75", 40)]),
        ("cleared", [("PASI90", 40)]),
        ("all treated", []),
    ],
)
def test_who_entered(text: str, entry: list[tuple[str, float]]) -> None:
    told = read_entry_words(text, 40)
    assert told.entry == tuple(Entry(endpoint=name, week=week) for name, week in entry)


def test_a_population_may_be_those_without_a_response() -> None:
    (entry,) = read_entry_words("less than PASI90", 10).entry
    assert entry == Entry(endpoint="PASI90", week=10, holds=False)


@pytest.mark.parametrize(
    ("text", "definition", "reference"),
    [
        ("loss of PASI90", "loss of PASI90", None),
        ("loss of PASI 75 response", "loss of PASI75", None),
        ("PASI <75", "loss of PASI75", None),
        ("PASI response <75%", "loss of PASI75", None),
        ("PASI >50% of baseline", "loss of PASI50", None),
        ("sPGA \u2265 3", "sPGA>=3", None),
        ("relapse (sPGA of 3 or higher)", "sPGA>=3", None),
        ("loss of sPGA 0/1", "loss of sPGA 0/1", None),
        ("PASI >=3", "PASI>=3", None),
        ("loss of >=50% of the maximal improvement", COMMON_DEFINITION, None),
        ("50% reduction in maximum PASI improvement", COMMON_DEFINITION, None),
        ("loss of >=50% of the wk-28 PASI improvement", HALF_OF_REFERENCE, 28),
        ("loss of half of the improvement at randomisation", HALF_OF_REFERENCE, 24),
        ("<PASI50 vs baseline AND >=6-point rise vs wk 33", SIX_POINTS, 33),
        ("return to 50% of starting area", "loss of PASI50", None),
        ("<50% reduction from baseline PASI", "loss of PASI50", None),
        ("loss of response", "loss of PASI90", None),
        ("relapse as defined in paper", COMMON_DEFINITION, None),
        ("-", COMMON_DEFINITION, None),
    ],
)
def test_what_counts_as_loss(text: str, definition: str, reference: float | None) -> None:
    told = read_loss(text, "median time to relapse", (Entry(endpoint="PASI90", week=24),), 24)
    assert told.definition == definition
    assert reference is None or told.reference_week == reference


def test_the_metric_may_name_the_loss() -> None:
    assert read_loss("", "median time to loss of PASI90", (), 28).definition == "loss of PASI90"
    assert read_loss("relapse", "relapsed", (), 28).assumptions


@pytest.mark.parametrize(
    ("metric", "unit", "measure"),
    [
        ("median time to relapse", "days", ("median", "")),
        ("time to relapse (median)", "weeks", ("median", "")),
        ("relapse-free 1 year after last dose", "%", ("relapse-free", "")),
        ("not relapsed", "%", ("relapse-free", "")),
        ("did not relapse, placebo vs continued", "%", ("relapse-free", "")),
        ("in remission 6 months after stopping", "%", ("relapse-free", "")),
        ("relapsed by wk 60 on placebo", "%", ("relapsed", "")),
        ("lost adequate response by week 52", "%", ("relapsed", "")),
        ("retreated for relapse before wk 72", "%", ("relapsed", "")),
        ("PASI90 still present", "%", ("still responding", "PASI90")),
        ("sPGA 0/1 at wk 52 on placebo", "%", ("still responding", "sPGA 0/1")),
        ("maintained at wk 60 on placebo", "%", ("still responding", "PASI75")),
    ],
)
def test_what_was_measured(metric: str, unit: str, measure: tuple[str, str]) -> None:
    assert read_measure(metric, read_unit(unit), (Entry(endpoint="PASI75", week=12),)) == measure


@pytest.mark.parametrize(
    ("text", "week", "clock"),
    [
        ("wk 72 (44 wk after re-randomisation; 52 wk after last dose)", 44, "randomisation"),
        ("1 year after last dose", 52, "last dose"),
        ("by week 52", 52, None),
        ("wk 28-72", 72, None),
        ("PASI90 at wk 64 off drug", 64, None),
        ("at week 24 after withdrawal", 24, "randomisation"),
        ("48 wk", 48, "randomisation"),
        ("20 wk after stopping (wk 52-72)", 20, "last dose"),
        ("two years", 104, "randomisation"),
    ],
)
def test_when(text: str, week: float, clock: str | None) -> None:
    told = read_time(text, "randomisation")
    assert told is not None
    assert (told.week, told.clock) == (week, clock)


@pytest.mark.parametrize(
    ("value", "unit", "metric", "number"),
    [
        ("20.8", "% (25/120)", "relapse-free", 20.8),
        ("about 3", "months", "median", 3),
        ("35 vs 68", "%", "in remission (NB-UVB vs PUVA)", 35),
        ("80 vs 20", "%", "PASI75, continued vs placebo", 20),
        ("117", "patients (64% of 182)", "retreated for relapse", 64),
        ("46% (46/100)", "%", "relapsed", 46),
    ],
)
def test_the_number_of_a_value(value: str, unit: str, metric: str, number: float) -> None:
    assert read_value(value, unit, metric) == number


@pytest.mark.parametrize("value", ["1e400", "not reached", "45/71/79", "6 to 12", "82 then 26", ">30", ""])
def test_no_single_number_is_no_value(value: str) -> None:
    with pytest.raises(InvalidValueError, match="value"):
        read_value(value, "%", "relapsed")


def test_numbers_of_patients() -> None:
    assert [read_n(text) for text in ("182", "30 per arm", "33.5% of 331", "", "0")] == [
        182,
        30,
        None,
        None,
        None,
    ]


def test_a_row_becomes_a_study_on_its_own_clock() -> None:
    figure = resolved(metric="sPGA 0/1 maintained at wk 52 on placebo")
    study = figure.study
    assert (figure.measure, figure.endpoint, figure.week) == ("still responding", "sPGA 0/1", 24)
    assert (study.clock, study.clock_week, study.last_dose_week) == ("randomisation", 28, 16)
    assert (study.visits[-1], figure.n) == (52, 225)
    assert treatment_of(study).last_dose_week(100) == 16
    after = resolved()
    assert (after.study.clock, after.study.clock_week, after.week) == ("last dose", 16, 52)
    assert study_of(ROW) == after.study


def test_rows_of_the_same_words_are_studies_apart() -> None:
    # Two schedules of one drug under the same metric must not share a course.
    assert resolved().study.id != figure_of_line(3).study.id


def figure_of_line(line: int) -> Figure:
    figure = figure_of(replace(ROW, line=line))
    assert isinstance(figure, Figure)
    return figure


def test_the_unit_may_say_that_a_time_is_a_median() -> None:
    assert resolved(metric="time to relapse", unit="weeks (median)").measure == "median"


def test_the_dose_may_stand_with_the_drug() -> None:
    study = resolved(drug="tildrakizumab 200 mg", schedule="wk 0,4,16").study
    assert study.regimen == "200@0,4,16"
    assert resolved(drug="Skyrizi 75 mg", schedule="wk 0, 4, 16").study.regimen == "75@0,4,16"


def test_treatment_to_the_week_of_randomisation_leaves_that_dose_out() -> None:
    changes = {"drug": "ixekizumab", "schedule": "160 mg then 80 mg q2w to wk 12", "last_dose_week": "12"}
    study = resolved(**changes, population="sPGA 0/1 at wk 12", metric="relapsed", time="48 wk").study
    assert (study.last_dose_week, study.clock, study.clock_week) == (10, "randomisation", 12)
    daily = {"drug": "apremilast", "schedule": "30 mg bid", "last_dose_week": "32", "population": "PASI75"}
    assert treatment_of(resolved(**daily).study).last_dose_week(100) == 32


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"drug": "alefacept"}, "catalogue"),
        ({"drug": ""}, "therap"),
        ({"unit": "qualitative"}, "unit"),
        ({"value": "not reached"}, "no number"),
        ({"population": "PGA 0-2"}, "population"),
        ({"population": "responders continuing"}, "went on"),
        ({"definition": "(continued comparator arm)"}, "went on"),
        ({"definition": "PASI rise >=5"}, "definition"),
        ({"definition": "gibberish"}, "cannot be read"),
        ({"metric": "PASI90 within 6 months of retreatment"}, "second treatment"),
        ({"metric": "retreatment as needed"}, "by a rule"),
        ({"metric": "mean time to relapse", "unit": "weeks"}, "median"),
        ({"metric": "happiness"}, "words"),
        ({"metric": "relapsed"}, "week of the figure"),
        ({"schedule": "", "last_dose_week": "-"}, "last dose"),
        ({"metric": "relapsed by week 99999"}, "later than any"),
    ],
)
def test_what_cannot_be_read_says_why(changes: dict[str, str], why: str) -> None:
    assert why in reason(**changes)


WORDS = st.sampled_from(
    [
        *(
            "wk 12",
            "PASI75",
            "sPGA 0/1",
            "loss of",
            ">=50%",
            "maximal improvement",
            "relapsed",
            "median",
            "12",
        ),
        *(
            "28 (re-randomised wk 40)",
            "days",
            "%",
            "not",
            "vs",
            "secukinumab 300 mg",
            "UVB",
            "q4w",
            "to wk 52",
        ),
        *(
            "1 year after last dose",
            "12",
            "to wk 52",
            "0",
            "999999",
            "-",
            "(",
            "<",
            "25 mg biw",
            "retreated",
            "all",
            "PASI<3",
        ),
    ]
)
CELL = st.lists(WORDS, max_size=4).map(" ".join) | st.text(max_size=20)


@settings(max_examples=150, deadline=None)
@given(st.tuples(*[CELL] * 10))
def test_no_wording_raises(cells: tuple[str, ...]) -> None:
    names = ("drug", "schedule", "last_dose_week", "population", "n", "definition", "metric", "value", "unit")
    answer = figure_of(replace(ROW, **dict(zip((*names, "time"), cells, strict=True))))
    assert isinstance(answer, Figure) or answer.reason


def test_a_table_is_read_row_by_row_with_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "withdrawal.csv"
    file.write_text("trial,drug,metric,value,unit\nA,guselkumab,relapsed,50,%\nB,,,,\n", encoding="utf-8")
    rows = read_withdrawals(file)
    assert [(row.trial, row.line) for row in rows] == [("A", 2), ("B", 3)]
    assert all(isinstance(figure_of(row), Unresolved) for row in rows)
    file.write_text("trial,drug,metric,value\nA,guselkumab,relapsed,50\n", encoding="utf-8")
    with pytest.raises(InvalidValueError, match="column `unit` is missing"):
        read_withdrawals(file)


def test_every_open_row_is_resolved_or_has_its_reason() -> None:
    rows = read_withdrawals(shared("data/clinical/withdrawal.csv"))
    answers = [figure_of(row) for row in rows]
    assert len(answers) == len(rows)
    assert all(answer.reason for answer in answers if isinstance(answer, Unresolved))
    figures = [answer for answer in answers if isinstance(answer, Figure)]
    # A reviewed row is the figure of the evidence table; another one is read from its words.
    named = {figure.study.id for figure in figures}
    assert {"voyage-2-2017/guselkumab", "lebwohl-2024/secukinumab 300", "reveal-2008/adalimumab"} <= named
    assert any(figure.study.therapy == "brodalumab" for figure in figures)
    assert len(figures) >= 40
