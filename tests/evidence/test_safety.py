"""Adverse events: counts of the papers, intervals from closed forms, and the rules of their table."""

from math import sqrt
from pathlib import Path

import pytest
from tests.evidence.tables import write

from koebner.evidence import (
    AdverseEvent,
    Finding,
    adverse_events,
    check_file,
    load_safety,
    load_trials,
    placebo_beside,
    studies,
    study,
)
from koebner.evidence.safety import rate_interval, share_interval

ROW = {
    "study": "erasure-2014",
    "arm": "secukinumab 300",
    "therapy": "secukinumab",
    "event": "serious adverse event",
    "patients": "6",
    "n": "245",
    "week": "12",
    "events": "",
    "patient_years": "",
    "rate": "",
    "low": "",
    "high": "",
    "source": "langley-2014",
    "level": "secondary",
}
"""A row that keeps every rule: ERASURE, 6 of 245 (doi:10.1056/NEJMoa1314258)."""

NO_COUNT = {"patients": "", "n": "", "week": ""}


def only(folder: Path, row: dict[str, str]) -> Finding:
    (finding,) = check_file(write(folder, row))
    return finding


def adverse_event(**cells: str) -> AdverseEvent:
    return AdverseEvent.model_validate(ROW | cells)


# Intervals


def test_the_share_has_its_wilson_interval() -> None:
    # Wilson's formula for 6 of 245 with z = 1.959964, written out.
    z, p, n = 1.959964, 6 / 245, 245
    centre, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    expected = [100 * (centre + sign * half) / (1 + z * z / n) for sign in (-1, 1)]
    assert adverse_event().interval == pytest.approx(expected, rel=1e-6)
    assert adverse_event().value == pytest.approx(100 * p)


def test_no_event_leaves_an_upper_limit() -> None:
    # The upper limit of Wilson for 0 of n is z^2 / (n + z^2); of 0 events it is ln(40) / exposure.
    assert share_interval(0, 41) == pytest.approx((0, 100 * 3.841459 / (41 + 3.841459)), rel=1e-6)
    assert rate_interval(0, 59) == pytest.approx((0, 100 * 3.688879 / 59), rel=1e-6)


def test_the_rate_has_its_exact_poisson_interval() -> None:
    # Limits of 10 events: 4.795 to 18.390 (Garwood 1936, doi:10.1093/biomet/28.3-4.437).
    assert rate_interval(10, 100) == pytest.approx((4.795, 18.390), abs=1e-3)


def test_a_printed_interval_is_kept_as_printed() -> None:
    # Certolizumab over 3 years: 7.5 (6.4 to 8.8) per 100 patient-years (doi:10.1111/bjd.19314, abstract).
    (row,) = [
        r for r in load_safety() if r.id == "blauvelt-2021-certolizumab/certolizumab/serious-adverse-event"
    ]
    assert (row.value, row.interval, row.unit) == (7.5, (6.4, 8.8), "per 100 patient-years")
    assert row.frequency == "7.5 per 100 patient-years (95 % interval 6.4 to 8.8)"


def test_events_without_exposure_have_no_interval() -> None:
    # Yao 2021: 16 events in 7 patients (doi:10.21037/atm-21-5028); their patient-years were not given.
    (row,) = [r for r in study("yao-2021").safety if r.event == "any adverse event"]
    assert (row.value, row.interval) == (None, None)
    assert row.count == "16 events in 7 patients in 52 weeks"
    assert row.frequency == "no rate: the exposure was not published"


# What is shipped


@pytest.mark.parametrize(
    ("name", "patients", "n"),
    [
        ("erasure-2014/secukinumab-300/serious-adverse-event/12", 6, 245),  # doi:10.1056/NEJMoa1314258
        ("phoenix-1-2008/placebo/serious-infection/12", 1, 255),  # doi:10.1016/S0140-6736(08)60725-4
        ("be-radiant-2021/bimekizumab-320/oral-candidiasis/48", 72, 373),  # 19.3 %, doi:10.1056/NEJMoa2102383
    ],
)
def test_counts_are_those_of_the_trials(name: str, patients: int, n: int) -> None:
    assert [(r.patients, r.n) for r in load_safety() if r.id == name] == [(patients, n)]


@pytest.mark.parametrize(
    "therapy",
    [
        *(
            "adalimumab",
            "etanercept",
            "infliximab",
            "certolizumab",
            "ustekinumab",
            "secukinumab",
            "ixekizumab",
        ),
        *("brodalumab", "bimekizumab", "guselkumab", "risankizumab", "tildrakizumab", "mirikizumab"),
        *("methotrexate", "cyclosporine", "acitretin", "apremilast", "deucravacitinib", "tofacitinib"),
        *("nb_uvb", "ad_msc", "placebo"),
    ],
)
def test_every_therapy_with_published_counts_has_rows(therapy: str) -> None:
    assert adverse_events(therapy)


@pytest.mark.parametrize("therapy", ["calcipotriol", "betamethasone", "uc_msc"])
def test_where_no_count_was_found_none_is_invented(therapy: str) -> None:
    assert adverse_events(therapy) == ()


def test_names_are_found_as_table_and_catalogue_write_them() -> None:
    assert adverse_events("NB-UVB") == adverse_events("nb_uvb")
    assert {row.therapy for row in adverse_events("NB-UVB")} == {"NB-UVB"}


def test_the_placebo_arm_of_the_same_trial_stands_beside() -> None:
    (row,) = [r for r in load_safety() if r.id == "reveal-2008/adalimumab/serious-infection/16"]
    beside = placebo_beside(row)
    assert beside is not None
    assert (beside.patients, beside.n) == (4, 398)  # doi:10.1016/j.jaad.2007.09.010
    (alone,) = [r for r in load_safety() if r.id == "reich-2020/methotrexate/serious-adverse-event/24"]
    assert placebo_beside(alone) is None


def test_every_study_of_a_row_is_registered() -> None:
    known = {record.id for record in studies()}
    assert {r.study for r in load_safety()} | {r.study for r in load_trials()} <= known
    assert all(record.design for record in studies())


# Anchors of potency: phase 2, and the phase-3 arms that the plan names for calibration


@pytest.mark.parametrize(
    ("therapy", "name", "endpoint", "share"),
    [
        ("ixekizumab", "leonardi-2012", "PASI75", 24 / 29),  # doi:10.1056/NEJMoa1109997, 75 mg
        ("brodalumab", "papp-2012", "PASI75", 33 / 40),  # doi:10.1056/NEJMoa1109017, 210 mg
        ("bimekizumab", "be-able-1-2018", "PASI90", 34 / 43),  # doi:10.1016/j.jaad.2018.03.037
        ("tildrakizumab", "papp-2015", "PASI75", 59 / 89),  # doi:10.1111/bjd.13932, 100 mg
        ("infliximab", "gottlieb-2004", "PASI75", 87 / 99),  # doi:10.1016/j.jaad.2004.02.021, 5 mg/kg
        ("certolizumab", "reich-2012", "PASI75", 44 / 59),  # doi:10.1111/j.1365-2133.2012.10941.x, 200 mg
        ("ustekinumab", "phoenix-1-2008", "PASI90", 106 / 255),  # doi:10.1016/S0140-6736(08)60725-4, 45 mg
        ("etanercept", "leonardi-2003", "PASI75", 55 / 167),  # doi:10.1056/NEJMoa030409, 25 mg twice weekly
    ],
)
def test_an_anchor_stands_beside_its_placebo(therapy: str, name: str, endpoint: str, share: float) -> None:
    rows = [r for r in study(name).trials if r.endpoint == endpoint]
    assert round(100 * share, 1) in {r.value for r in rows if r.therapy == therapy}
    assert any(r.therapy == "placebo" for r in rows)


# Rules


def test_a_good_row_keeps_every_rule(tmp_path: Path) -> None:
    assert check_file(write(tmp_path, ROW)) == []


def test_more_patients_than_were_treated_are_found(tmp_path: Path) -> None:
    finding = only(tmp_path, ROW | {"patients": "246"})
    assert (finding.rule, finding.expected) == ("count", "at most 245")


@pytest.mark.parametrize("given", ["-1", "2.5", "few"])
def test_a_count_is_whole(tmp_path: Path, given: str) -> None:
    assert only(tmp_path, ROW | {"patients": given}).expected == "a whole number"


def test_a_row_without_any_count_is_found(tmp_path: Path) -> None:
    assert only(tmp_path, ROW | NO_COUNT).explanation == "the row counts nothing."


@pytest.mark.parametrize("cells", [{"week": ""}, {"n": ""}])
def test_patients_need_their_number_and_time(tmp_path: Path, cells: dict[str, str]) -> None:
    assert only(tmp_path, ROW | cells).rule == "exposure"


def test_events_need_exposure(tmp_path: Path) -> None:
    finding = only(tmp_path, ROW | NO_COUNT | {"events": "5"})
    assert (finding.rule, finding.column) == ("exposure", "patient_years")


@pytest.mark.parametrize("given", ["0", "-3", "long"])
def test_exposure_is_a_time(tmp_path: Path, given: str) -> None:
    row = ROW | NO_COUNT | {"events": "5", "patient_years": given}
    assert only(tmp_path, row).expected == "a number above 0"


def test_a_rate_agrees_with_its_events(tmp_path: Path) -> None:
    row = ROW | NO_COUNT | {"events": "20", "patient_years": "2009", "rate": "1.10"}
    assert only(tmp_path, row).expected == "1.00"  # 20/2009


def test_a_rate_alone_has_no_interval(tmp_path: Path) -> None:
    assert only(tmp_path, ROW | NO_COUNT | {"rate": "7.5"}).explanation == "a rate alone has no interval."


def test_an_interval_holds_its_rate(tmp_path: Path) -> None:
    row = ROW | NO_COUNT | {"patient_years": "2231.3", "rate": "7.5", "low": "8.4", "high": "8.8"}
    assert only(tmp_path, row).rule == "interval"


def test_an_unknown_therapy_offers_the_closest(tmp_path: Path) -> None:
    finding = only(tmp_path, ROW | {"therapy": "secukinumap"})
    assert (finding.rule, finding.expected) == ("therapy", "`secukinumab` or `ustekinumab`")


def test_a_row_without_a_citable_source_is_found(tmp_path: Path) -> None:
    assert only(tmp_path, ROW | {"source": ""}).rule == "source"


def test_one_event_of_one_arm_stands_once(tmp_path: Path) -> None:
    same, other = write(tmp_path, ROW, ROW), write(tmp_path, ROW, ROW | {"patients": "7"}, name="two.csv")
    assert [f.rule for f in check_file(same)] == ["duplicate"]
    assert [f.rule for f in check_file(other)] == ["conflict"]
