"""What texts of arms are taken to mean; every expectation is read by hand from the words themselves."""

import csv
import random
from pathlib import Path

import pytest
from tests.shared_data import shared

from koebner.calibration.published.arms import reviewed_arm, therapy_of
from koebner.calibration.published.words import Resolved, Unresolved, read_arm, resolve
from koebner.therapies import Therapy, load

# Texts of arms with the regimen that they tell in one line ("" is that of the catalogue), and whether the
# texts leave something open. The first rows are wordings of the open tables, then others of the same kind;
# where words leave the loading doses open ("80 mg Q2W") the expected ones are those of the label.
TEXTS = list(
    csv.DictReader((Path(__file__).parent / "arm_texts.csv").read_text(encoding="utf-8").splitlines())
)

# Pieces of texts, to be shaken together.
NAMES = "secukinumab ixekizumab Humira placebo methotrexate NB-UVB calcipotriol puva uc_msc"
SIGNS = (
    "+ plus and / , ; : ( ) 0 1 2 4 12 45 90 300 2.5 mg mg/kg week weeks wk q4w q0w eow every weekly biw "
    "bid daily then to until from through injections x4 once label for 99999999 ... → ² N=12 days 2nd if"
)


@pytest.mark.parametrize(
    "text", TEXTS, ids=lambda text: f"{text['arm'] or text['drug']} {text['dose_regimen']}"
)
def test_doses_are_read_and_what_is_assumed_is_said(text: dict[str, str]) -> None:
    read = read_arm(text["arm"], text["drug"], text["dose_regimen"])
    assert isinstance(read, Resolved)
    assert (read.regimen, read.regimen_assumed) == (text["regimen"], text["assumed"] == "yes")
    assert read.therapy.doses(60) == therapy_of(read.therapy_id, text["regimen"]).doses(60)


@pytest.mark.parametrize(
    ("drug", "arm"),
    [
        ("Placebo", "Placebo, SC (n = 398), week 0: 2 injections/week 1: eow, 16 weeks"),
        ("Placebo", "Placebo, SC, weeks 0 to 4 + ustekinumab 45 mg weeks 12 to 16 (n = 60)"),
        ("Vehicle", "vehicle (other side)"),
        ("", "Sham injection"),
        ("placebo", ""),
    ],
)
def test_placebo_in_any_form_is_placebo(drug: str, arm: str) -> None:
    assert read_arm(arm, drug, "45 mg") == Resolved(
        therapy=load("placebo"), therapy_id="placebo", regimen_assumed=False
    )


@pytest.mark.parametrize(
    ("drug", "therapy"),
    [
        ("Ciclosporin", "cyclosporine"),
        ("cyclosporin a", "cyclosporine"),
        ("Stelara", "ustekinumab"),
        ("LY2439821", "ixekizumab"),
        ("CP-690,550", "tofacitinib"),
        ("Certolizumab pegol", "certolizumab"),
        ("Calcipotriol+betamethasone", "calcipotriol_betamethasone"),
        ("NBUVB phototherapy", "nb_uvb"),
        ("Narrow-band UVB", "nb_uvb"),
        ("Phototherapy", "nb_uvb"),
        ("Umbilical cord MSC", "uc_msc"),
        ("UC-MSC", "uc_msc"),
    ],
)
def test_names_brands_and_codes_are_known(drug: str, therapy: str) -> None:
    read = read_arm("an arm", drug, "")
    assert isinstance(read, Resolved)
    assert read.therapy_id == therapy


def test_a_route_is_read_where_the_drug_has_it() -> None:
    read = read_arm("Methotrexate (n = 91), SC, 17.5 mg/week for 24 weeks", "Methotrexate", "17.5 mg")
    assert isinstance(read, Resolved)
    assert read.therapy == therapy_of("methotrexate", "17.5@0/1", route="subcutaneous")


@pytest.mark.parametrize(
    ("words", "days", "until_week"),
    [
        ("3x/week", (0, 2, 4), 10.0),
        ("twice weekly, max 30", (0, 3), 15.0),
        ("5 times a week", (0, 1, 2, 3, 4), 6.0),
    ],
)
def test_sessions_of_light_are_read(words: str, days: tuple[int, ...], until_week: float) -> None:
    # Thirty sessions in all, as in the catalogue.
    read = read_arm("NB-UVB", "NB-UVB", words)
    assert isinstance(read, Resolved)
    assert not read.regimen_assumed
    regimen = read.therapy.agents[0].regimen
    assert regimen is not None
    assert [(phase.on_days, phase.until_week) for phase in regimen.phases] == [(days, until_week)]


@pytest.mark.parametrize(
    ("drug", "arm", "dose_regimen", "parts"),
    [
        (
            "Etanercept",
            "Etanercept (n = 239), SC, 50 mg twice weekly + methotrexate 15 mg/week",
            "",
            {"etanercept": "50@0/0.5", "methotrexate": "15@0/1"},
        ),
        (
            "Etanercept + methotrexate",
            "combination",
            "50 mg biw + 10 mg weekly",
            {"etanercept": "50@0/0.5", "methotrexate": "10@0/1"},
        ),
        ("Placebo + methotrexate", "", "10 mg weekly", {"methotrexate": "10@0/1"}),
    ],
)
def test_drugs_given_at_once_are_combined(
    drug: str, arm: str, dose_regimen: str, parts: dict[str, str]
) -> None:
    read = read_arm(arm, drug, dose_regimen)
    assert isinstance(read, Resolved)
    assert read.therapy_id == "+".join(parts)
    expected = [agent for name, regimen in parts.items() for agent in therapy_of(name, regimen).agents]
    assert list(read.therapy.agents) == expected


def test_a_drug_after_placebo_begins_when_the_text_says() -> None:
    read = read_arm("Placebo, then secukinumab 300 mg at week 12", "Secukinumab", "300 mg")
    assert isinstance(read, Resolved)
    assert read.therapy.start_week == 12


@pytest.mark.parametrize(
    ("drug", "arm", "reason"),
    [
        ("Alefacept", "Alefacept 10 mg weekly", "`Alefacept` is not in the catalogue"),
        ("Fumaric acid esters", "Fumarate (n = 30), orally, 720 mg", "`Fumaric acid esters` is not in the"),
        ("Foomab", "Foomab 140 mg versus etanercept", "`Foomab` is not in the catalogue"),
        ("Adalimumab + alefacept", "both", "`alefacept` is not in the catalogue"),
        ("Adalimumab + fish oil", "both", "`fish oil`, part of a combination"),
        ("Adalimumab, infliximab", "pooled", "names several treatments that are not combined"),
        ("UC-MSC + BM-MSC", "two products", "two cell products"),
        ("", "", "no therapy of the catalogue is named"),
    ],
)
def test_what_cannot_be_resolved_says_why(drug: str, arm: str, reason: str) -> None:
    read = read_arm(arm, drug, "")
    assert isinstance(read, Unresolved)
    assert reason in read.reason
    assert "\n" not in read.reason


def test_no_text_raises() -> None:
    words = f"{NAMES} {SIGNS}".split()
    drawn = random.Random(1)
    for _ in range(400):
        arm, drug, dose = (" ".join(drawn.choices(words, k=drawn.randint(0, k))) for k in (14, 3, 8))
        assert isinstance(read_arm(arm, drug, dose), Resolved | Unresolved)


def test_a_reviewed_arm_comes_from_the_table() -> None:
    # X-PLORE gave 100 mg every 8 weeks from the start; the text of its arm says weeks 0, 4 and 16.
    arm = "Guselkumab (n = 42), SC, 100 mg weeks 0, 4, 16"
    read = resolve("X-PLORE 2015", arm, "Guselkumab", "100 mg")
    assert isinstance(read, Resolved)
    assert not read.regimen_assumed
    assert read.regimen != "100@0,4,16"
    assert resolve("A new trial", arm, "Guselkumab", "100 mg") == read_arm(arm, "Guselkumab", "100 mg")


def doses_until(therapy: Therapy, week: float) -> list[tuple[float, ...]]:
    """Administrations before a week, a few days up or down."""
    return [
        (dose.week, dose.amount, min(week, dose.until_week or 0.0), dose.up_to_kg)
        for dose in therapy.doses(week)
    ]


def alike(read: Therapy, reviewed: Therapy, week: float) -> bool:
    one, other = doses_until(read, week), doses_until(reviewed, week)
    # Twice a week is every 3.5 days for the one and on two days of each week for the other.
    return len(one) == len(other) and all(
        a == pytest.approx(b, abs=0.1) for a, b in zip(one, other, strict=True)
    )


def test_the_parser_agrees_with_the_reviewed_arms(capsys: pytest.CaptureFixture[str]) -> None:
    last_week: dict[tuple[str, ...], float] = {}
    for name in ("trials", "time_courses", "dose_ranging"):
        with shared(f"data/clinical/{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                texts = (row["trial"], row["arm"], row["drug"], row["dose_regimen"] or "")
                week = float(row["week"]) if row["week"].replace(".", "", 1).isdigit() else 0.0
                last_week[texts] = max(last_week.get(texts, 0.0), min(week, 16.0))
    judged, rest = 0, []
    for (trial, arm, drug, dose), week in last_week.items():
        reviewed = reviewed_arm(trial, arm)
        if reviewed is None or not reviewed.therapy:
            continue
        judged += 1
        read = read_arm(arm, drug, dose)
        if isinstance(read, Unresolved):
            rest.append(f"{trial} | {arm}: {read.reason}")
        elif not read.regimen_assumed and not alike(
            read.therapy, therapy_of(reviewed.therapy, reviewed.regimen), week
        ):
            rest.append(f"{trial} | {arm}: `{read.regimen}`, reviewed `{reviewed.regimen}`")
    with capsys.disabled():
        print("", *rest, sep="\n")
    assert judged > 100
    assert len(rest) <= 0.1 * judged
