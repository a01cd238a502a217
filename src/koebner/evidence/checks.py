"""The evidence check: every row of a table against every rule.

`check_shipped` holds Koebner's own tables to the rules, `check_file` any table of the same kind. A file
that cannot be read as a table raises `EvidenceError`; a row that breaks a rule is a `Finding`.
"""

from collections.abc import Iterator
from pathlib import Path

from koebner.evidence.findings import Finding
from koebner.evidence.reading import read_table, typed_rows
from koebner.evidence.rules import (
    cohort_findings,
    dose_findings,
    field_findings,
    identifier_findings,
    percentage_findings,
    response_findings,
    safety_findings,
)
from koebner.evidence.rules.identifiers import malformed_identifiers
from koebner.evidence.shapes import shape_of
from koebner.evidence.shipped import ROW_TYPES
from koebner.evidence.sources import TABLES, Source, load_sources, read_sources

_RULES = (
    field_findings,
    identifier_findings,
    percentage_findings,
    response_findings,
    dose_findings,
    cohort_findings,
    safety_findings,
)


def check_file(path: Path | str) -> list[Finding]:
    """Return every broken rule of one evidence table, in the order of its lines.

    Parameters
    ----------
    path
        A CSV file with the columns of a shipped table or of a table of extracted results, or a TOML
        file of sources.

    Raises
    ------
    EvidenceError
        When the file is not a table, or has no columns that a rule reads.
    """
    file = Path(path)
    if file.suffix == ".toml":
        return list(_source_findings(file))
    table = read_table(file)
    shape_of(table)
    found = [finding for rule in _RULES for finding in rule(table)]
    return sorted(dict.fromkeys(found), key=lambda f: f.line)


def shipped_files() -> tuple[Path, ...]:
    """Return the files of evidence that Koebner ships."""
    return (TABLES / "sources.toml", *(TABLES / f"{name}.csv" for name in ROW_TYPES))


def check_shipped() -> list[Finding]:
    """Return every rule that a shipped table breaks; an empty list is the only good answer.

    Raises
    ------
    EvidenceError
        When a shipped row has not the type of its table.
    """
    for name, row_type in ROW_TYPES.items():
        typed_rows(TABLES / f"{name}.csv", row_type)
    return [finding for file in shipped_files() for finding in check_file(file)]


def count_rows() -> tuple[int, int, int]:
    """Return how many tables, rows and sources are shipped."""
    rows = sum(len(read_table(TABLES / f"{name}.csv").lines) for name in ROW_TYPES)
    return len(ROW_TYPES) + 1, rows, len(load_sources())


def _source_findings(file: Path) -> Iterator[Finding]:
    sources = read_sources(file)
    headings = file.read_text(encoding="utf-8").splitlines()
    for key, source in sources.items():
        line = next((i for i, row in enumerate(headings, 1) if row.strip() == f"[{key}]"), 1)
        for column, given, expected, explanation in _source_faults(source):
            yield Finding(
                file=file,
                line=line,
                column=column,
                rule="source",
                given=given,
                expected=expected,
                explanation=explanation,
            )


def _source_faults(source: Source) -> Iterator[tuple[str, str, str, str]]:
    if not source.identifier:
        yield "source", source.key, "a doi, pmid or nct", "a source that cannot be found is not one."
    yield from malformed_identifiers(source)
