"""Safety: a count is of patients or over an exposure, agrees with its rate, and names a known therapy."""

from collections.abc import Iterator
from difflib import get_close_matches

from koebner.evidence.findings import Finding
from koebner.evidence.reading import Line, Table
from koebner.evidence.rules.report import finding, number
from koebner.evidence.shapes import shape_of
from koebner.evidence.studies import THERAPY_CLASSES

THERAPIES = tuple(dict.fromkeys(("placebo", *(t for group in THERAPY_CLASSES.values() for t in group))))


def safety_findings(table: Table) -> Iterator[Finding]:
    """Yield counts that cannot be, events without exposure, wrong rates and unknown therapies."""
    if shape_of(table) != "safety":
        return
    for line in table.lines:
        yield from _count(table, line)
        yield from _exposure(table, line)
        yield from _rate(table, line)
        yield from _therapy(table, line)


def _count(table: Table, line: Line) -> Iterator[Finding]:
    for column in ("patients", "events"):
        if line[column] and not line[column].isdecimal():
            explanation = "patients and events are counted in whole numbers."
            yield finding(table, line, column, "count", expected="a whole number", explanation=explanation)
    k, n = number(line["patients"]), number(line["n"])
    if k is not None and n is not None and k > n:
        explanation = f"{k:g} of {n:g} patients cannot have had it."
        yield finding(table, line, "patients", "count", expected=f"at most {n:g}", explanation=explanation)
    if not (line["patients"] or line["events"] or line["rate"]):
        explanation = "the row counts nothing."
        yield finding(
            table, line, "patients", "count", expected="patients, events or a rate", explanation=explanation
        )


def _exposure(table: Table, line: Line) -> Iterator[Finding]:
    among = bool(line["n"] and line["week"])
    if line["patients"] and not among:
        explanation = "a count of patients needs the number treated and the week until which it was taken."
        yield finding(table, line, "n", "exposure", expected="n and week", explanation=explanation)
    years = number(line["patient_years"])
    if line["patient_years"] and not (years is not None and years > 0):
        explanation = "exposure is a time."
        yield finding(
            table, line, "patient_years", "exposure", expected="a number above 0", explanation=explanation
        )
    if line["events"] and not (line["patient_years"] or among):
        explanation = "events without exposure say nothing about how often they happen."
        yield finding(
            table,
            line,
            "patient_years",
            "exposure",
            expected="patient_years, or n and week",
            explanation=explanation,
        )


def _rate(table: Table, line: Line) -> Iterator[Finding]:
    rate, low, high = (number(line[column]) for column in ("rate", "low", "high"))
    events, years = number(line["events"]), number(line["patient_years"])
    if rate is None:
        return
    if events is not None and years:
        exact = 100 * events / years
        decimals = len(line["rate"].partition(".")[2])
        # A little more than half a unit of the last place: halves are rounded either way.
        if abs(rate - exact) > 0.51 * 10.0**-decimals:
            expected = f"{exact:.{decimals}f}"
            explanation = f"{events:g} events in {years:g} patient-years are {expected} per 100."
            yield finding(table, line, "rate", "rate-of-count", expected=expected, explanation=explanation)
    elif low is None or high is None or not years:
        explanation = "a rate alone has no interval."
        yield finding(
            table,
            line,
            "low",
            "exposure",
            expected="events and patient_years, or patient_years with low and high",
            explanation=explanation,
        )
    if low is not None and high is not None and not 0 <= low <= rate <= high:
        explanation = "the interval does not hold the rate."
        yield finding(
            table, line, "rate", "interval", expected=f"{low:g} to {high:g}", explanation=explanation
        )


def _therapy(table: Table, line: Line) -> Iterator[Finding]:
    if line["therapy"] not in THERAPIES:
        close = get_close_matches(line["therapy"], THERAPIES, n=2, cutoff=0.5)
        offer = " or ".join(f"`{name}`" for name in close) or "a therapy of THERAPY_CLASSES, or placebo"
        explanation = "no other table or catalogue file writes a therapy so."
        yield finding(table, line, "therapy", "therapy", expected=offer, explanation=explanation)
