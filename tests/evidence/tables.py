"""Small evidence tables for the tests of the rules."""

import csv
from pathlib import Path

EXTRACTED_TRIAL = {
    "trial": "TEST 2020",
    "nct": "NCT01365455",
    "year": "2020",
    "arm": "drug 300 mg",
    "drug": "Drug",
    "dose_regimen": "300 mg",
    "n": "245",
    "week": "12",
    "endpoint": "PASI75",
    "value": "81.6",
    "unit": "% responders (k/n = 200/245)",
    "population_notes": "",
    "source": "doi:10.1056/nejmoa1314258",
    "verified": "yes",
    "verified_where": "abstract",
}
"""A row that keeps every rule: ERASURE, secukinumab 300 mg, 200 of 245 are 81.6 %."""

EXTRACTED_MSC = dict.fromkeys(
    (
        *("study", "year", "type", "registration", "source_tissue", "donor", "n", "population"),
        *("cells_per_dose", "route", "schedule", "co_treatment_or_confounder", "PASI_over_time"),
        *("DLQI_over_time", "responders", "remission_or_relapse", "adverse_events", "mechanism_biomarkers"),
        *("source_id", "verified", "verified_where", "seed_vs_primary"),
    ),
    "",
) | {
    "study": "Wang et al.",
    "year": "2020",
    "source_tissue": "gingiva",
    "n": "1",
    "cells_per_dose": "3 x10^6/kg",
    "source_id": "doi:10.1155/2020/4617520",
    "verified": "yes",
}


def trial(**cells: str) -> dict[str, str]:
    """Return the good trial row with some cells changed."""
    return EXTRACTED_TRIAL | cells


def msc(**cells: str) -> dict[str, str]:
    """Return the good MSC row with some cells changed."""
    return EXTRACTED_MSC | cells


def write(folder: Path, *rows: dict[str, str], name: str = "table.csv") -> Path:
    """Write rows of one shape to a CSV file."""
    file = folder / name
    with file.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return file
