"""Each rule finds its error, says where and what is meant, and leaves good rows alone."""

from pathlib import Path

import pytest
from tests.evidence.tables import msc, trial, write

from koebner.evidence import Finding, check_file


def found(folder: Path, rule: str, *rows: dict[str, str]) -> list[Finding]:
    return [f for f in check_file(write(folder, *rows)) if f.rule == rule]


def only(folder: Path, rule: str, *rows: dict[str, str]) -> Finding:
    findings = check_file(write(folder, *rows))
    assert [f.rule for f in findings] == [rule], [str(f) for f in findings]
    return findings[0]


def test_good_rows_keep_every_rule(tmp_path: Path) -> None:
    assert check_file(write(tmp_path, trial())) == []
    assert check_file(write(tmp_path, msc())) == []


# Identifiers


@pytest.mark.parametrize("column", ["registration", "source_id"])
def test_a_pubmed_id_as_registry_number_is_explained(tmp_path: Path, column: str) -> None:
    # 34988162 is the PubMed id of Yao 2021, registered as NCT03265613 (doi:10.21037/atm-21-5028).
    finding = only(tmp_path, "registry-number", msc(**{column: "NCT34988162"}))
    assert finding.line == 2
    assert finding.given == "NCT34988162"
    assert "34988162 is the PubMed id of Yao 2021" in finding.explanation
    assert "NCT03265613" in finding.explanation


def test_a_registry_number_equal_to_a_pmid_in_its_row_is_found(tmp_path: Path) -> None:
    row = msc(registration="NCT01234567", source_id="PMID 01234567; PMID 1234567")
    findings = found(tmp_path, "registry-number", row)
    assert "PubMed id of the paper in the same row" in findings[0].explanation


def test_a_registry_number_beyond_those_issued_is_found(tmp_path: Path) -> None:
    finding = only(tmp_path, "registry-number", trial(nct="NCT39999999"))
    assert finding.expected == "a registry number below NCT08000000"


@pytest.mark.parametrize(
    "given", ["NCT1365455", "NCT 01365455", "nct01365455", "01365455", "10.1000/xyz", "34988162"]
)
def test_malformed_registry_numbers_are_found(tmp_path: Path, given: str) -> None:
    assert only(tmp_path, "registry-number", trial(nct=given)).column == "nct"


@pytest.mark.parametrize("given", ["", "-", "NCT not stated", "NCT01474512;NCT01597245"])
def test_absent_and_double_registrations_are_fine(tmp_path: Path, given: str) -> None:
    assert check_file(write(tmp_path, trial(nct=given))) == []


@pytest.mark.parametrize("given", ["IRCT20080728001031N24", "ChiCTR2000012345", "IRCT trial 37255"])
def test_other_registries_are_fine(tmp_path: Path, given: str) -> None:
    assert check_file(write(tmp_path, msc(registration=given))) == []


@pytest.mark.parametrize(
    ("rule", "cited"),
    [
        ("doi", "doi:34988162"),
        ("doi", "doi:10.21037"),
        ("doi", "doi:NCT03265613"),
        ("pmid", "PMID 349881621"),
        ("pmid", "PMID PMC8667096"),
        ("pmid", "PMID 10.21037/atm-21-5028"),
    ],
)
def test_identifiers_of_the_wrong_kind_are_found(tmp_path: Path, rule: str, cited: str) -> None:
    assert only(tmp_path, rule, trial(source=cited)).column == "source"


def test_errors_quoted_in_a_commentary_are_not_findings(tmp_path: Path) -> None:
    quoted = "the article cites NCT34988162 and 3x106/kg"
    assert check_file(write(tmp_path, msc(seed_vs_primary=quoted))) == []


# Percentages and counts


def test_a_percentage_that_is_not_its_count_is_found(tmp_path: Path) -> None:
    finding = only(tmp_path, "percentage-of-count", trial(value="86.1"))
    assert finding.expected == "81.6"  # 200/245
    assert str(finding).startswith(f"{finding.file}:2: given value `86.1`, expected 81.6: ")


@pytest.mark.parametrize("value", ["101", "-3", "816"])
def test_a_share_outside_0_to_100_is_found(tmp_path: Path, value: str) -> None:
    assert only(tmp_path, "percentage", trial(value=value, unit="% responders")).expected == "0 to 100"


def test_a_change_may_be_negative(tmp_path: Path) -> None:
    assert (
        check_file(write(tmp_path, trial(value="-84", endpoint="median_PASI_change_pct", unit="% change")))
        == []
    )


def test_a_count_of_more_than_all_is_found(tmp_path: Path) -> None:
    assert only(tmp_path, "count", trial(unit="% responders (k/n = 250/245)")).given == "250/245"


def test_a_count_over_another_group_size_is_found(tmp_path: Path) -> None:
    finding = only(tmp_path, "group-size", trial(n="240"))
    assert finding.expected == "245"


def test_counts_inside_a_sentence_are_checked(tmp_path: Path) -> None:
    # Cheng 2022: 8/17 are 47.1 % (doi:10.1038/s41392-022-01059-y).
    assert check_file(write(tmp_path, msc(responders="PASI40 47.1% (8/17)"))) == []
    assert only(tmp_path, "percentage-of-count", msc(responders="PASI40 57.1% (8/17)")).expected == "47.1"
    assert only(tmp_path, "percentage-of-count", msc(responders="2/7 (ITT 50.0%)")).expected == "28.6"  # 2/7


def test_a_share_that_no_count_of_a_small_group_gives_is_found(tmp_path: Path) -> None:
    finding = only(tmp_path, "percentage-of-count", trial(n="7", value="50.0", unit="% responders"))
    assert finding.expected == "42.9 or 57.1"  # 3/7 and 4/7


# Responses


def test_a_harder_endpoint_reached_by_more_is_found(tmp_path: Path) -> None:
    rows = [
        trial(endpoint="PASI50", value="90.0", unit="%"),
        trial(value="81.6"),
        trial(endpoint="PASI90", value="85.0", unit="%"),
    ]
    finding = only(tmp_path, "endpoint-order", *rows)
    assert (finding.line, finding.expected) == (4, "at most 81.6")


def test_endpoints_of_other_arms_and_weeks_are_not_compared(tmp_path: Path) -> None:
    rows = [
        trial(),
        trial(endpoint="PASI90", value="90.0", unit="%", week="52"),
        trial(endpoint="PASI100", value="95.0", unit="%", arm="other"),
    ]
    assert check_file(write(tmp_path, *rows)) == []


def test_a_copied_endpoint_is_found(tmp_path: Path) -> None:
    rows = [trial(value="40.9", n="88", unit="%"), trial(value="40.9", n="88", unit="%", endpoint="PASI90")]
    assert only(tmp_path, "copied-endpoint", *rows).line == 3


def test_transposed_dose_arms_are_found(tmp_path: Path) -> None:
    # AMAGINE-1 as one database has it: 210 mg 132/222, 140 mg 185/219; published 83 % and 60 %.
    rows = [
        trial(arm="210", dose_regimen="210 mg", n="222", value="59.5", unit="%"),
        trial(arm="140", dose_regimen="140 mg", n="219", value="84.5", unit="%"),
    ]
    assert only(tmp_path, "transposed-arms", *rows).line == 2


def test_a_higher_dose_that_does_a_little_worse_is_chance(tmp_path: Path) -> None:
    # reSURFACE 1: 200 mg 62.3 %, 100 mg 63.8 % (doi:10.1016/s0140-6736(17)31279-5).
    rows = [
        trial(arm="200", dose_regimen="200 mg", n="308", value="62.3", unit="%"),
        trial(arm="100", dose_regimen="100 mg", n="309", value="63.8", unit="%"),
    ]
    assert check_file(write(tmp_path, *rows)) == []


def test_swapped_group_sizes_are_found(tmp_path: Path) -> None:
    # VOYAGE 1: 329 guselkumab, 334 adalimumab (doi:10.1016/j.jaad.2016.11.041); one database swaps them.
    blank = {"unit": "PASI points", "value": "22", "endpoint": "baseline_PASI_mean", "dose_regimen": ""}
    rows = [
        trial(arm="guselkumab", drug="Guselkumab", n="329", **blank),
        trial(arm="adalimumab", drug="Adalimumab", n="334", **blank),
        trial(arm="guselkumab 100 mg", drug="Guselkumab", n="334", **blank),
        trial(arm="adalimumab 40 mg", drug="Adalimumab", n="329", **blank),
    ]
    finding = only(tmp_path, "swapped-sizes", *rows)
    assert "329 and 334" in finding.expected


def test_pasi_above_its_maximum_is_found(tmp_path: Path) -> None:
    row = trial(endpoint="baseline_PASI_mean", value="92", unit="PASI points")
    assert only(tmp_path, "pasi", row).expected == "0 to 72"  # 72 is the largest PASI


def test_a_responder_rate_that_is_no_number_is_found(tmp_path: Path) -> None:
    assert only(tmp_path, "number", trial(value="most", unit="%")).given == "most"
    assert only(tmp_path, "number", trial(value="nan", unit="%")).given == "nan"


# Doses


@pytest.mark.parametrize(
    "given", ["3x106/kg", "3×106/kg", "3 x 106 cells/kg", "3*10 6 cells/kg", "0.5-3.1 x106/kg"]
)
def test_a_lost_exponent_is_found_and_the_likely_dose_offered(tmp_path: Path, given: str) -> None:
    finding = only(tmp_path, "lost-exponent", msc(cells_per_dose=given))
    assert finding.expected.endswith("x10^6")
    assert "exponent was lost" in finding.explanation


def test_the_offered_dose_keeps_its_factor(tmp_path: Path) -> None:
    assert only(tmp_path, "lost-exponent", msc(cells_per_dose="3×106/kg")).expected == "3x10^6"


@pytest.mark.parametrize("given", ["318 cells/kg", "3x10^2/kg", "5x10^9 cells/kg"])
def test_an_implausible_number_of_cells_is_found(tmp_path: Path, given: str) -> None:
    assert only(tmp_path, "cell-dose", msc(cells_per_dose=given)).expected == "1e+04 to 1e+08 cells/kg"


def test_a_power_read_as_a_number_is_recognised(tmp_path: Path) -> None:
    # 3 x 106 = 318
    assert "3x10^6" in only(tmp_path, "cell-dose", msc(cells_per_dose="318 cells/kg")).explanation


@pytest.mark.parametrize(
    "given",
    ["3x10^6/kg", "3 x10⁶/kg", "2e6 cells/kg", "0.5-3.1 x10^6/kg", "3-6 x10^7 total cells", "2 x 100 mg"],
)
def test_plausible_doses_are_fine(tmp_path: Path, given: str) -> None:
    assert check_file(write(tmp_path, msc(cells_per_dose=given))) == []


@pytest.mark.parametrize("given", ["-300 mg", "300 g"])
def test_impossible_drug_doses_are_found(tmp_path: Path, given: str) -> None:
    assert only(tmp_path, "dose", trial(dose_regimen=given)).given == given


# Cohorts


def test_a_result_given_twice_is_found(tmp_path: Path) -> None:
    assert only(tmp_path, "duplicate", trial(), trial()).line == 3


def test_two_values_for_one_result_are_a_conflict(tmp_path: Path) -> None:
    finding = only(tmp_path, "conflict", trial(), trial(value="77.1", unit="%"))
    assert finding.expected == "the 81.6 of line 2"


def test_a_registration_used_twice_is_a_double_cohort(tmp_path: Path) -> None:
    rows = [
        msc(registration="NCT03265613"),
        msc(study="Yao et al.", year="2021", n="7", registration="NCT03265613"),
    ]
    assert only(tmp_path, "duplicate-cohort", *rows).line == 3


def test_the_same_author_year_and_number_is_a_double_cohort(tmp_path: Path) -> None:
    assert only(tmp_path, "duplicate-cohort", msc(), msc(donor="allogeneic")).column == "study"


def test_two_spellings_of_one_trial_are_found(tmp_path: Path) -> None:
    rows = [trial(trial="ReSURFACE-1"), trial(trial="reSURFACE-1", arm="other")]
    assert only(tmp_path, "spelling", *rows).expected == "`ReSURFACE-1` as in line 2"


# Single fields


@pytest.mark.parametrize("given", ["0", "-5", "12.5", "17 studies", "end of course"])
def test_a_number_of_patients_is_whole_and_positive(tmp_path: Path, given: str) -> None:
    assert only(tmp_path, "patients", trial(n=given, unit="%")).given == given


@pytest.mark.parametrize("given", ["twelve", "-1", "12 weeks", "10-14", "9999"])
def test_a_week_is_a_number_or_the_end_of_a_course(tmp_path: Path, given: str) -> None:
    assert only(tmp_path, "week", trial(week=given)).given == given
    assert check_file(write(tmp_path, trial(week="end of course"))) == []


@pytest.mark.parametrize("given", ["bananas", "mg per", "PASY points"])
def test_unknown_units_are_found(tmp_path: Path, given: str) -> None:
    assert only(tmp_path, "unit", trial(unit=given, endpoint="dose")).given == given


@pytest.mark.parametrize(
    "given", ["%", "PASI points (sd 9.2)", "ug/mL", "weeks after last dose", "1/day", "mg/kg", "cells/mm2"]
)
def test_clinical_and_physical_units_are_fine(tmp_path: Path, given: str) -> None:
    assert check_file(write(tmp_path, trial(unit=given, endpoint="median of something"))) == []


def test_rows_that_their_own_table_marks_as_wrong_are_found(tmp_path: Path) -> None:
    assert only(tmp_path, "flagged", trial(verified="yes (count read, but FLAGGED)")).column == "verified"


def test_a_misspelt_column_is_found(tmp_path: Path) -> None:
    row = trial()
    row["endpont"] = row.pop("endpoint")
    finding = only(tmp_path, "column", row)
    assert (finding.line, finding.expected) == (1, "`endpoint`")


SHIPPED_ROW = {
    "study": "erasure-2014",
    "arm": "secukinumab 300",
    "therapy": "secukinumab",
    "dose": "300 mg",
    "n": "245",
    "week": "12",
    "endpoint": "PASI75",
    "value": "81.6",
    "responders": "",
    "unit": "%",
    "source": "langley-2014",
    "level": "paper",
}


def test_the_shape_of_shipped_tables_is_checked_too(tmp_path: Path) -> None:
    assert check_file(write(tmp_path, SHIPPED_ROW)) == []


def test_an_unknown_source_key_offers_the_closest(tmp_path: Path) -> None:
    finding = only(tmp_path, "source", SHIPPED_ROW | {"source": "langly-2014"})
    assert "`langley-2014`" in finding.expected
    assert only(tmp_path, "source", SHIPPED_ROW | {"source": ""}).explanation.startswith("a row without")


def test_an_unknown_level_is_found(tmp_path: Path) -> None:
    assert only(tmp_path, "level", SHIPPED_ROW | {"level": "certain"}).given == "certain"


def test_responders_that_do_not_give_the_percentage_are_found(tmp_path: Path) -> None:
    assert (
        only(tmp_path, "percentage-of-count", SHIPPED_ROW | {"responders": "150"}).expected == "61.2"
    )  # 150/245
