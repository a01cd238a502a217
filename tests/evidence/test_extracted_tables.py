"""The rules on the collected clinical tables: no crash, few false alarms, the known errors found."""

from collections import Counter

import pytest
from tests.shared_data import shared

from koebner.evidence import check_file

TABLES = (
    *("biomarkers", "dose_ranging", "msc_biodistribution", "msc_preclinical", "msc_studies", "nct_check"),
    *("parameters_literature", "pk", "regimens", "safety_rates", "time_courses", "trial_baseline"),
    *("trial_dlqi", "trial_safety", "trials", "trials_flagged_do_not_use", "withdrawal"),
)


@pytest.mark.parametrize("name", TABLES)
def test_every_collected_table_can_be_checked(name: str) -> None:
    for finding in check_file(shared(f"data/clinical/{name}.csv")):
        assert "\n" not in str(finding)


def test_the_trial_table_gives_only_its_known_faults() -> None:
    findings = check_file(shared("data/clinical/trials.csv"))
    # VOYAGE 1 with swapped sizes among the database rows, and two sizes that are text.
    assert Counter(f.rule for f in findings) == {"swapped-sizes": 1, "patients": 2}


@pytest.mark.parametrize("name", ["msc_studies", "withdrawal", "pk"])
def test_tables_without_known_faults_give_no_alarm(name: str) -> None:
    assert check_file(shared(f"data/clinical/{name}.csv")) == []


def test_flagged_rows_are_found_by_rule_where_a_rule_can_find_them() -> None:
    findings = check_file(shared("data/clinical/trials_flagged_do_not_use.csv"))
    rules = Counter(f.rule for f in findings)
    assert rules["flagged"] == 31  # every row of that table
    transposed = [f for f in findings if f.rule == "transposed-arms"]
    # AMAGINE 1 at three endpoints and etanercept of Papp 2005, as the reasons in the table say.
    assert len(transposed) == 4
    # Das 2023: PASI50, 75 and 90 with one count, in two arms.
    assert rules["copied-endpoint"] == 4
