"""The reviewed tables of arms: every arm of the evidence, given what its trial says and nothing else."""

import re
from collections import defaultdict

import pytest
from tests.shared_data import shared

from koebner.calibration.published.arms import TABLES, therapy_of
from koebner.evidence import TrialResult, load_trials
from koebner.evidence.reading import Line, read_table
from koebner.therapies import available, load

ARMS = read_table(TABLES / "arms.csv").lines
OPEN = read_table(TABLES / "open_trials.csv").lines
GIVEN = {(line["study"], line["arm"]): line for line in ARMS}
NOT_EXPRESSED = {  # given until clear, or tapered by response
    ("watson-2021", "NB-UVB"),
    ("ryan-2010", "NB-UVB"),
    ("yones-2006", "NB-UVB"),
    ("sandhu-2003", "methotrexate 0.5 mg/kg"),
    ("sandhu-2003", "cyclosporine 3-4 mg/kg a day"),
}


def planned(study: str, arm: str, weeks: float) -> list[tuple[float, float]]:
    line = GIVEN[study, arm]
    doses = therapy_of(line["therapy"], line["regimen"]).doses(weeks)
    return [(dose.week, dose.amount) for dose in doses]


def rows_by_arm() -> dict[tuple[str, str], list[TrialResult]]:
    rows = defaultdict(list)
    for row in load_trials():
        rows[row.study, row.arm].append(row)
    return rows


def test_every_arm_of_the_evidence_stands_once_and_no_other() -> None:
    assert len(GIVEN) == len(ARMS)
    assert set(GIVEN) == set(rows_by_arm())


@pytest.mark.parametrize("arm", sorted(set(GIVEN) - NOT_EXPRESSED), ids="/".join)
def test_an_arm_gets_the_drug_of_its_rows(arm: tuple[str, str]) -> None:
    line, rows = GIVEN[arm], rows_by_arm()[arm]
    assert line["therapy"] in available()
    assert {row.therapy.lower().replace("-", "_") for row in rows} == {line["therapy"]}
    given = therapy_of(line["therapy"], line["regimen"])
    assert given.is_dosed == (line["therapy"] != "placebo")


@pytest.mark.parametrize("arm", sorted(NOT_EXPRESSED), ids="/".join)
def test_an_arm_without_a_fixed_course_says_why(arm: tuple[str, str]) -> None:
    line = GIVEN[arm]
    assert (line["therapy"], line["regimen"]) == ("", "")
    assert line["reason"]


@pytest.mark.parametrize("arm", sorted(key for key, line in GIVEN.items() if line["regimen"]), ids="/".join)
def test_a_regimen_of_its_own_is_not_that_of_the_catalogue(arm: tuple[str, str]) -> None:
    # One that repeats the label would hide a later change of the catalogue.
    line = GIVEN[arm]
    (own,), (labelled,) = therapy_of(line["therapy"], line["regimen"]).agents, load(line["therapy"]).agents
    assert own.regimen is not None
    assert labelled.regimen is not None
    assert own.regimen.phases != labelled.regimen.phases


@pytest.mark.parametrize(
    "arm",
    sorted(
        key
        for key, rows in rows_by_arm().items()
        if GIVEN[key]["therapy"] and re.fullmatch(r"\d+ mg(/kg)?( .*)?", rows[0].dose)
    ),
    ids="/".join,
)
def test_the_dose_of_the_rows_is_among_the_doses_given(arm: tuple[str, str]) -> None:
    # The evidence table and the regimens were written apart; a daily amount counts by intake or by day.
    dose = rows_by_arm()[arm][0].dose
    amount = float(dose.split()[0])
    times = 2 if re.search(r"twice daily", dose) else 1
    half = 0.5 if "every other day" in dose else 1
    assert amount * times * half in {given for _, given in planned(*arm, 60)}


@pytest.mark.parametrize(
    "arm", [key for key, rows in rows_by_arm().items() if GIVEN[key]["regimen"]], ids="/".join
)
def test_treatment_begins_before_the_first_visit(arm: tuple[str, str]) -> None:
    weeks = [row.week for row in rows_by_arm()[arm] if isinstance(row.week, float)]
    assert planned(*arm, 60)[0][0] < min(weeks)


@pytest.mark.parametrize(
    ("study", "arm", "weeks", "doses"),
    [
        # 25 mg once and twice a week are two arms: doi:10.1056/NEJMoa030409.
        ("leonardi-2003", "etanercept 25 weekly", 2, [(0, 25), (1, 25)]),
        ("leonardi-2003", "etanercept 25 twice weekly", 1, [(0, 25), (0.5, 25)]),
        # 400 mg at weeks 0, 2 and 4 load the arm of 200 mg: doi:10.1016/j.jaad.2018.04.012.
        ("cimpasi-1-2018", "certolizumab 200", 9, [(0, 400), (2, 400), (4, 400), (6, 200), (8, 200)]),
        ("cimpact-2018", "certolizumab 200", 7, [(0, 400), (2, 400), (4, 400), (6, 200)]),
        # In phase 2 only week 0 loads: doi:10.1111/j.1365-2133.2012.10941.x.
        ("reich-2012", "certolizumab 200", 5, [(0, 400), (2, 200), (4, 200)]),
        # Guselkumab from week 16 after placebo: doi:10.1016/j.jaad.2016.11.042.
        ("voyage-2-2017", "placebo then guselkumab", 29, [(16, 100), (20, 100)]),
        # Day 1 and weeks 1, 2, 4, 6, 8, 10: doi:10.1056/NEJMoa1109017.
        ("papp-2012", "brodalumab 140", 5, [(0, 140), (1, 140), (2, 140), (4, 140)]),
        # Every 4 weeks after 160 mg, against every 2 weeks: doi:10.1016/S0140-6736(15)60125-8.
        ("uncover-2-2015", "ixekizumab 80 every 4 weeks", 9, [(0, 160), (4, 80), (8, 80)]),
        ("uncover-2-2015", "ixekizumab 80 every 2 weeks", 5, [(0, 160), (2, 80), (4, 80)]),
        # One dose each: doi:10.1056/NEJMoa062382.
        ("krueger-2007", "ustekinumab 90 once", 60, [(0, 90)]),
    ],
)
def test_doses_are_those_of_the_papers(
    study: str, arm: str, weeks: float, doses: list[tuple[float, float]]
) -> None:
    assert planned(study, arm, weeks) == doses


def test_texts_of_open_trials_lead_to_reviewed_arms() -> None:
    texts = [(line["trial"], line["arm"]) for line in OPEN]
    assert len(set(texts)) == len(texts)
    assert {(line["study"], line["label"]) for line in OPEN} <= set(GIVEN)


@pytest.mark.parametrize(
    ("trial", "arm", "study", "label"),
    [
        ("Leonardi 2003", "Etanercept 25 mg qw", "leonardi-2003", "etanercept 25 weekly"),
        ("Leonardi 2003", "Etanercept 25 mg biw", "leonardi-2003", "etanercept 25 twice weekly"),
        (
            "Certolizumab phase 2 Reich 2012",
            "Certolizumab 400 mg then 200 mg q2w",
            "reich-2012",
            "certolizumab 200",
        ),
        ("VOYAGE-2 2017", "Placebo to guselkumab at wk 16", "voyage-2-2017", "placebo then guselkumab"),
        ("VOYAGE-2 2017", "Placebo (n = 248)", "voyage-2-2017", "placebo"),
    ],
)
def test_texts_that_look_alike_are_told_apart(trial: str, arm: str, study: str, label: str) -> None:
    assert [(x["study"], x["label"]) for x in OPEN if (x["trial"], x["arm"]) == (trial, arm)] == [
        (study, label)
    ]


CONTRADICTED = {
    # Two sources that differ by more than 1 point; the shipped one is told in the comment.
    ("express-2005", "infliximab 5", 24.0, "PASI75"),  # paper, of evaluable patients; the other of all 301
    ("express-2005", "infliximab 5", 24.0, "PASI90"),  # the same
    ("leonardi-2003", "etanercept 25 twice weekly", 12.0, "PASI75"),  # counts; the abstract gives 34
    ("papp-2005", "etanercept 25 twice weekly", 12.0, "PASI75"),  # all 204; the other of 196
    ("papp-2005", "etanercept 50 twice weekly", 12.0, "PASI75"),  # all 203; the other of 194
}


def test_shipped_responses_are_those_of_the_open_tables() -> None:
    # Each verified response of a mapped text is shipped with its value, whatever arm it was mapped to.
    shipped = {(r.study, r.arm, r.week, r.endpoint): r.value for r in load_trials()}
    arms = {(line["trial"], line["arm"]): (line["study"], line["label"]) for line in OPEN}
    compared, apart = 0, set()
    for line in _open_responses():
        name = arms.get((line["trial"], line["arm"]))
        if name is None:
            continue
        key = (*name, float(line["week"]), line["endpoint"])
        if key in shipped:
            compared += 1
            if abs(shipped[key] - float(line["value"])) > 1:
                apart.add(key)
    assert compared > 400
    assert apart == CONTRADICTED


def _open_responses() -> list[Line]:
    lines = []
    for name in ("trials", "time_courses", "dose_ranging"):
        table = read_table(shared(f"data/clinical/{name}.csv"))
        lines += [
            line
            for line in table.lines
            if line["endpoint"] in ("PASI50", "PASI75", "PASI90", "PASI100")
            and line["verified"].startswith("yes")
            and re.fullmatch(r"\d+(\.\d+)?", line["week"])
        ]
    return lines
