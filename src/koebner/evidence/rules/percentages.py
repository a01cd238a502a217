"""Percentages: between 0 and 100, and equal to the counts that stand beside them."""

import re
from collections.abc import Iterator
from math import floor

from koebner.evidence.findings import Finding
from koebner.evidence.reading import Line, Table
from koebner.evidence.rules.report import finding, number
from koebner.evidence.shapes import COMMENTARY

_COUNT = r"(\d+)\s*/\s*(\d+)"
_COUNT_IN_UNIT = re.compile(rf"%.*?\((?:[^()\d]*=\s*)?{_COUNT}(?!\s*(?:vs|and))")
_PERCENT_THEN_COUNT = re.compile(rf"(\d+(?:\.\d+)?)\s*%\s*\({_COUNT}\)")
_COUNT_THEN_PERCENT = re.compile(rf"(?<![\d.]){_COUNT}\s*\((?:[A-Za-z ]*\s)?(\d+(?:\.\d+)?)\s*%\s*\)")
_SHARE = re.compile(r"%(?: responders| cleared| of (?:withdrawn|patients))?(?: *\(.*)?$")
_SMALL_GROUP = 20
"""Up to this size every patient counts 5 points and more, and a share that no count gives is an error."""


def percentage_findings(table: Table) -> Iterator[Finding]:
    """Yield every percentage out of range or inconsistent with its counts."""
    for line in table.lines:
        value = number(line["value"])
        if value is not None and _is_share(line):
            yield from _share(table, line, value)
        yield from _in_text(table, line)


def _is_share(line: Line) -> bool:
    measured = f"{line['endpoint']} {line['metric']}".lower()
    return bool(_SHARE.match(line["unit"])) and not any(w in measured for w in ("change", "median", "mean"))


def _share(table: Table, line: Line, value: float) -> Iterator[Finding]:
    if not 0 <= value <= 100:
        yield finding(
            table, line, "value", "percentage", expected="0 to 100", explanation="it is a share of patients."
        )
        return
    counts = _counts(line)
    if counts is None:
        yield from _reachable(table, line, value)
        return
    k, n = counts
    yield from _agrees(table, line, "value", line["value"], k, n)
    in_column = number(line["n"])
    if in_column is not None and in_column != n:
        yield finding(
            table,
            line,
            "n",
            "group-size",
            expected=f"{n}",
            explanation=f"the count in the same row is {k} of {n}.",
        )


def _counts(line: Line) -> tuple[int, int] | None:
    in_unit = _COUNT_IN_UNIT.search(line["unit"])
    if in_unit:
        return int(in_unit.group(1)), int(in_unit.group(2))
    k, n = number(line["responders"]), number(line["n"])
    return (int(k), int(n)) if k is not None and n is not None else None


def _agrees(table: Table, line: Line, column: str, percent: str, k: int, n: int) -> Iterator[Finding]:
    if n == 0 or k > n:
        explanation = f"{k} of {n} cannot be counted."
        yield finding(
            table, line, column, "count", given=f"{k}/{n}", expected="k of n, k <= n", explanation=explanation
        )
    elif abs(float(percent) - 100 * k / n) > _half_unit(percent):
        yield finding(
            table,
            line,
            column,
            "percentage-of-count",
            given=percent,
            expected=f"{100 * k / n:.1f}",
            explanation=f"{k} of {n} are {100 * k / n:.1f} %.",
        )


def _half_unit(percent: str) -> float:
    decimals = len(percent.partition(".")[2])
    # A little more than half a unit of the last place: halves are rounded either way.
    return float(0.51 * 10.0**-decimals)


def _reachable(table: Table, line: Line, value: float) -> Iterator[Finding]:
    n = number(line["n"])
    if n is None or not n.is_integer() or not 0 < n <= _SMALL_GROUP:
        return
    below = floor(value * n / 100)
    shares = [100 * k / n for k in (below, below + 1)]
    if min(abs(value - share) for share in shares) > _half_unit(line["value"]):
        near = " or ".join(f"{share:.1f}" for share in shares)
        explanation = f"no whole number of {n:g} patients is {value:g} %."
        yield finding(table, line, "value", "percentage-of-count", expected=near, explanation=explanation)


def _in_text(table: Table, line: Line) -> Iterator[Finding]:
    for column in table.columns:
        if column in COMMENTARY or column in ("unit", "value"):
            continue
        for match in _PERCENT_THEN_COUNT.finditer(line[column]):
            yield from _agrees(table, line, column, match.group(1), int(match.group(2)), int(match.group(3)))
        for match in _COUNT_THEN_PERCENT.finditer(line[column]):
            yield from _agrees(table, line, column, match.group(3), int(match.group(1)), int(match.group(2)))
