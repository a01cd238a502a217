"""Cohorts: no patient counted twice, no number given twice with two values."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator

from koebner.evidence.findings import Finding
from koebner.evidence.reading import Line, Table
from koebner.evidence.rules.report import finding
from koebner.evidence.shapes import cell

_REGISTRATION = re.compile(r"NCT\d{8}", re.IGNORECASE)

Key = Callable[[Line], tuple[str, ...] | None]


def cohort_findings(table: Table) -> Iterator[Finding]:
    """Yield repeated results, conflicting results, repeated studies and two spellings of one study."""
    columns = set(table.columns)
    if {"endpoint", "value"} <= columns:
        yield from _results(table, _trial_key)
    elif {"metric", "value"} <= columns:
        yield from _results(table, _withdrawal_key)
    elif {"parameter", "value", "study"} <= columns:
        yield from _results(table, lambda line: (line["study"], line["parameter"]))
    elif {"quantity", "mean"} <= columns:
        yield from _results(table, lambda line: (line["study"], line["arm"], line["quantity"]), value="mean")
    elif {"event", "patient_years", "study"} <= columns:
        yield from _results(table, _event_key, value="patients")
    if "source_tissue" in columns:
        yield from _repeated(
            table, _same_registration, "registration", "another row has the same registration"
        )
        yield from _repeated(table, _same_people, "study", "another row has the same author, year and number")
    if columns & {"study", "trial"}:
        yield from _spellings(table, "study" if "study" in columns else "trial")


def _trial_key(line: Line) -> tuple[str, ...]:
    parts = (cell(line, "study"), line["arm"], cell(line, "dose"), line["week"], line["endpoint"])
    return tuple(part.lower() for part in parts)


def _withdrawal_key(line: Line) -> tuple[str, ...]:
    timing = line["week"], line["clock"], line["time_after_randomisation_to_placebo"]
    course = line["arm"], line["on_treatment_schedule"], line["last_dose_week"]
    people = line["population"], line["population_at_withdrawal"]
    ends = line["definition"], line["definition_of_relapse"], line["metric"], line["unit"]
    parts = (cell(line, "study"), cell(line, "therapy"), *course, *people, *ends, *timing)
    return tuple(part.lower() for part in parts)


def _event_key(line: Line) -> tuple[str, ...]:
    return tuple(line[column].lower() for column in ("study", "arm", "event", "week"))


def _results(table: Table, key: Key, *, value: str = "value") -> Iterator[Finding]:
    first: dict[tuple[str, ...], Line] = {}
    for line in table.lines:
        earlier = first.setdefault(key(line) or (), line)
        if earlier is line:
            continue
        same = earlier[value] == line[value]
        yield finding(
            table,
            line,
            value,
            "duplicate" if same else "conflict",
            expected="each result once" if same else f"the {earlier[value]} of line {earlier.number}",
            explanation=f"line {earlier.number} gives {'the same' if same else 'another'} value "
            "for the same arm, time and endpoint.",
        )


def _same_registration(line: Line) -> tuple[str, ...] | None:
    number = _REGISTRATION.search(line["registration"])
    return (number.group().upper(),) if number else None


def _same_people(line: Line) -> tuple[str, ...] | None:
    year = line["year"] or (re.findall(r"\d{4}", line["study"]) or [""])[-1]
    author = re.split(r"[\s,-]+(?:et|\d{4})\b", line["study"])[0].lower()
    return (author, year, line["n"], line["source_tissue"].lower()) if year and line["n"] else None


def _repeated(table: Table, key: Key, column: str, reason: str) -> Iterator[Finding]:
    groups: dict[tuple[str, ...], list[Line]] = defaultdict(list)
    for line in table.lines:
        found = key(line)
        if found is not None:
            groups[found].append(line)
    for first, *others in groups.values():
        for line in others:
            explanation = f"{reason} (line {first.number}); the patients may be counted twice."
            yield finding(
                table, line, column, "duplicate-cohort", expected="each cohort once", explanation=explanation
            )


def _spellings(table: Table, column: str) -> Iterator[Finding]:
    first: dict[str, Line] = {}
    reported = set()
    for line in table.lines:
        earlier = first.setdefault(line[column].lower(), line)
        if earlier[column] != line[column] and line[column] not in reported:
            reported.add(line[column])
            yield finding(
                table,
                line,
                column,
                "spelling",
                expected=f"`{earlier[column]}` as in line {earlier.number}",
                explanation="the same study is written in two ways, so that its rows fall apart.",
            )
