"""Which tables the checks know, by their header.

The shapes of the shipped tables are those of their rows. Tables of extracted trial results as modellers
keep them are known by their columns too; any other table is checked as far as its columns are known.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from koebner.errors import EvidenceError
from koebner.evidence.reading import Line, Table
from koebner.evidence.shipped import ROW_TYPES

_PROVENANCE = ("source", "verified", "verified_where")
_EXTRACTED = {
    "extracted trials": (
        *("trial", "nct", "year", "arm", "drug", "dose_regimen", "n", "week", "endpoint", "value", "unit"),
        *("population_notes", *_PROVENANCE),
    ),
    "extracted withdrawal": (
        *("trial", "nct", "drug", "on_treatment_schedule", "last_dose_week", "population_at_withdrawal"),
        *("n_withdrawn", "definition_of_relapse", "metric", "value", "unit"),
        *("time_after_randomisation_to_placebo", *_PROVENANCE, "notes"),
    ),
    "extracted MSC studies": (
        *("study", "year", "type", "registration", "source_tissue", "donor", "n", "population"),
        *("cells_per_dose", "route", "schedule", "co_treatment_or_confounder", "PASI_over_time"),
        *("DLQI_over_time", "responders", "remission_or_relapse", "adverse_events", "mechanism_biomarkers"),
        *("source_id", "verified", "verified_where", "seed_vs_primary"),
    ),
}

SHAPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {**{name: tuple(row.model_fields) for name, row in ROW_TYPES.items()}, **_EXTRACTED}
)
"""Columns of every known table, by its name."""

COMMENTARY = frozenset(
    {
        "notes",
        "note",
        "population_notes",
        "verified_where",
        "seed_vs_primary",
        "contradictions",
        "contradiction",
    }
)
"""Columns in which errors of others are quoted, so that the rules do not read them."""

KNOWN_COLUMNS = frozenset(c for columns in SHAPES.values() for c in columns) | COMMENTARY | {"doi", "pmid"}

_SYNONYMS = {
    "study": ("study", "trial"),
    "therapy": ("therapy", "drug"),
    "dose": ("dose", "dose_regimen"),
    "registration": ("registration", "nct"),
}
_ENOUGH = 3
"""A table with fewer known columns than these is not an evidence table."""


def cell(line: Line, meaning: str) -> str:
    """Return a cell by what it means, whichever of its names the table uses."""
    return next((line[name] for name in _SYNONYMS.get(meaning, (meaning,)) if name in line.cells), "")


def shape_of(table: Table) -> str:
    """Return the name of the table's shape, or "free" when only some columns are known.

    Raises
    ------
    EvidenceError
        When too few columns are known for any rule to apply.
    """
    columns = set(table.columns)
    for name, expected in SHAPES.items():
        if columns >= set(expected):
            return name
    if len(columns & KNOWN_COLUMNS) < _ENOUGH:
        shapes = "; ".join(f"{name} ({', '.join(expected[:5])}, ...)" for name, expected in SHAPES.items())
        message = f"the columns {', '.join(table.columns[:6])} were given; expected one of: {shapes}."
        raise EvidenceError(message, file=table.file, line=1)
    return "free"


def misspelt_columns(table: Table) -> dict[str, str]:
    """Return the unknown columns that look like a known one which is missing."""
    unknown = [c for c in table.columns if c not in KNOWN_COLUMNS]
    missing = sorted(KNOWN_COLUMNS - set(table.columns))
    close = {column: get_close_matches(column, missing, n=1, cutoff=0.85) for column in unknown}
    return {column: matches[0] for column, matches in close.items() if matches}
