"""Doses: of a plausible size, with their exponent.

"3×106/kg" is 3x10^6 cells/kg whose superscript was lost in copying; taken as printed it is 318 cells.
"""

import re
from collections.abc import Iterator

from koebner.evidence.findings import Finding
from koebner.evidence.reading import Line, Table
from koebner.evidence.rules.report import finding, limits, number
from koebner.evidence.shapes import COMMENTARY

_TIMES = r"[x×*·]"
_FACTOR = r"(\d+(?:\.\d+)?(?:\s*(?:-|to|or|,)\s*\d+(?:\.\d+)?)*)"
_EXPONENT = r"([4-9]|1[0-2])"
_NOT_CELLS = r"(?!\s*(?:mg|ug|g|mL|h|weeks?|wk|days?|patients)\b)"
_LOST = re.compile(
    rf"{_FACTOR}\s*{_TIMES}\s*10(?:\s{_EXPONENT}(?=\s*(?:/|cells))|{_EXPONENT}(?![\d^.*]){_NOT_CELLS})"
)
_POWER = re.compile(rf"{_FACTOR}\s*{_TIMES}\s*10\s*(?:\^|\*\*)\s*(\d{{1,2}})\s*(?:cells?)?\s*(?:/|per)\s*kg")
_PLAIN = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?(?:[eE]\+?\d+)?)\s*cells?\s*(?:/|per)\s*kg")
_MASS = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?)\s*(ug|µg|μg|mg|g)\b(?!\s*/\s*(?:m?L|dL|kg))")
_MG = {"ug": 1e-3, "µg": 1e-3, "μg": 1e-3, "mg": 1.0, "g": 1e3}
_DOSE_COLUMNS = ("dose", "dose_regimen", "cells_per_dose", "cells_per_kg", "schedule", "arm")


def dose_findings(table: Table) -> Iterator[Finding]:
    """Yield every dose that lost its exponent, is negative or is far from any that is given."""
    for line in table.lines:
        for column in (c for c in table.columns if c not in COMMENTARY):
            yield from _lost_exponents(table, line, column)
        for column in (c for c in _DOSE_COLUMNS if c in table.columns):
            yield from _cells(table, line, column)
            yield from _masses(table, line, column)
        for column in (c for c in table.columns if c.startswith("cells_per_kg_")):
            yield from _in_range(table, line, column, number(line[column]), line[column])


def _lost_exponents(table: Table, line: Line, column: str) -> Iterator[Finding]:
    for match in _LOST.finditer(line[column]):
        factor, power = match.group(1), match.group(2) or match.group(3)
        yield finding(
            table,
            line,
            column,
            "lost-exponent",
            given=match.group(),
            expected=f"{factor}x10^{power}",
            explanation=f"the exponent was lost: 10{power} is most likely 10 to the power of {power}.",
        )


def _cells(table: Table, line: Line, column: str) -> Iterator[Finding]:
    text = _LOST.sub("", line[column])
    for match in _POWER.finditer(text):
        for factor in re.findall(r"\d+(?:\.\d+)?", match.group(1)):
            cells = float(factor) * 10.0 ** int(match.group(2))
            yield from _in_range(table, line, column, cells, match.group())
    for match in _PLAIN.finditer(text):
        if not text[: match.start()].rstrip().endswith(("^", "**")):
            yield from _in_range(table, line, column, float(match.group(1)), match.group())
    if column == "cells_per_kg":
        yield from _in_range(table, line, column, number(text), text)


def _in_range(table: Table, line: Line, column: str, cells: float | None, given: str) -> Iterator[Finding]:
    low, high = limits()["cells_per_kg"]["low"], limits()["cells_per_kg"]["high"]
    if cells is None or low <= cells <= high:
        return
    offer = _offer(cells)
    yield finding(
        table,
        line,
        column,
        "cell-dose",
        given=given,
        expected=f"{low:.0e} to {high:.0e} cells/kg",
        explanation=f"no such dose is given to people{offer}.",
    )


def _offer(cells: float) -> str:
    """A power that was read as a number: 3x106 is 318."""
    for power in (5, 6, 7, 8):
        factor = cells / (100 + power)
        if 0 < factor < 10 and abs(factor * 10 - round(factor * 10)) < 1e-9:
            return f"; {factor:g}x10^{power} may be meant"
    return ""


def _masses(table: Table, line: Line, column: str) -> Iterator[Finding]:
    low, high = limits()["dose_mg"]["low"], limits()["dose_mg"]["high"]
    for match in _MASS.finditer(line[column]):
        mg = abs(float(match.group(1))) * _MG[match.group(2)]
        negative = match.group(1).startswith("-")
        if negative or not (low <= mg <= high or mg == 0):
            explanation = "a dose cannot be negative." if negative else "no such mass is given as one dose."
            yield finding(
                table,
                line,
                column,
                "dose",
                given=match.group(),
                expected=f"{low:g} to {high:g} mg",
                explanation=explanation,
            )
