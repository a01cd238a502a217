"""Single fields: numbers of patients, weeks, units, levels, source keys, and the header itself."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from koebner.errors import UnitError
from koebner.evidence.findings import Finding
from koebner.evidence.grades import Level
from koebner.evidence.reading import Line, Table
from koebner.evidence.rules.identifiers import is_identifier
from koebner.evidence.rules.report import finding, limits, number
from koebner.evidence.shapes import misspelt_columns, shape_of
from koebner.evidence.shipped import ROW_TYPES
from koebner.evidence.sources import load_sources
from koebner.units import parse_unit

_WEEK_TEXT = ("", "end of course")
_UNIT_END = re.compile(r"\s*[(;,].*$|\s+(?:after|of|vs|on|to)\s.*$")
_FLAGGED = re.compile(r"\bFLAGGED\b|do not use", re.IGNORECASE)
_STATEMENTS = ("yes", "no", "partly")


def field_findings(table: Table) -> Iterator[Finding]:
    """Yield fields that are not what their column asks for."""
    shape = shape_of(table)
    header = Line(number=1, cells={})
    for column, meant in misspelt_columns(table).items():
        explanation = "no rule reads a column of this name."
        yield finding(
            table, header, column, "column", given=column, expected=f"`{meant}`", explanation=explanation
        )
    for line in table.lines:
        yield from _patients(table, line)
        yield from _week(table, line)
        yield from _unit(table, line)
        yield from _standing(table, line)
        if shape in ROW_TYPES:
            yield from _source(table, line)


def _patients(table: Table, line: Line) -> Iterator[Finding]:
    for column in (c for c in ("n", "responders_of", "completed", "followed") if c in table.columns):
        text = line[column]
        if text and not (text.isdecimal() and int(text) > 0):
            explanation = "patients are counted in whole numbers."
            yield finding(
                table, line, column, "patients", expected="a whole number above 0", explanation=explanation
            )
    k, n = number(line["responders"]), number(line["responders_of"])
    if k is not None and n is not None and k > n:
        explanation = f"{k:g} of {n:g} patients cannot have responded."
        yield finding(table, line, "responders", "count", expected=f"at most {n:g}", explanation=explanation)


def _week(table: Table, line: Line) -> Iterator[Finding]:
    text, high = line["week"], limits()["week"]["high"]
    value = number(text)
    if text in _WEEK_TEXT or (value is not None and 0 <= value <= high):
        return
    yield finding(
        table,
        line,
        "week",
        "week",
        expected=f'0 to {high:g}, or "end of course"',
        explanation="a visit is given in weeks since the first dose.",
    )


def _unit(table: Table, line: Line) -> Iterator[Finding]:
    text = line["unit"]
    head = _UNIT_END.sub("", text).strip()
    clinical = limits()["units"]["clinical"]
    if not head or any(re.match(rf"{re.escape(unit)}(?!\w)", head) for unit in clinical):
        return
    try:
        parse_unit(head)
    except UnitError:
        close = get_close_matches(head, clinical, n=2, cutoff=0.6)
        offer = " or ".join(f"`{c}`" for c in close) or "`%`, `PASI points`, `week`, `ug/mL`"
        explanation = "it is neither a clinical unit nor one of physics."
        yield finding(
            table, line, "unit", "unit", expected=f"a unit such as {offer}", explanation=explanation
        )


def _standing(table: Table, line: Line) -> Iterator[Finding]:
    if "level" in table.columns and line["level"] not in set(Level):
        yield finding(
            table,
            line,
            "level",
            "level",
            expected="paper, secondary or memory",
            explanation="the level says where the number was seen.",
        )
    verified = line["verified"]
    if _FLAGGED.search(verified):
        explanation = "the table itself marks this row as wrong; it must not be used."
        yield finding(
            table, line, "verified", "flagged", expected="a row without flag", explanation=explanation
        )
    elif verified and not verified.lower().startswith(_STATEMENTS):
        explanation = "it says whether the number was seen in its source."
        yield finding(
            table, line, "verified", "verified", expected="yes, partly or no", explanation=explanation
        )


def _source(table: Table, line: Line) -> Iterator[Finding]:
    for column in (c for c in ("source", "sources", "contradicted_by") if c in table.columns):
        required = column != "contradicted_by"
        keys = [key for key in line[column].split(";") if key]
        for key in keys or ([""] if required else []):
            if key in load_sources() or is_identifier(key):
                continue
            close = get_close_matches(key, load_sources(), n=2, cutoff=0.5)
            offer = (
                " or ".join(f"`{c}`" for c in close)
                or "a DOI, a PubMed id, an NCT number or a key of sources.toml"
            )
            explanation = "a row without a citable source is not evidence."
            yield finding(table, line, column, "source", given=key, expected=offer, explanation=explanation)
