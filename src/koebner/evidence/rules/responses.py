"""Responses: the harder endpoint is reached by fewer, and arms are not mixed up.

Found by rule: an order that cannot be, a column copied into another, a dose order reversed by more than
chance allows (arms transposed), and two arms that carry each other's size. Not found by rule: results
transposed between two different drugs, where nothing in the table tells the right order.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise
from math import sqrt

from koebner.evidence.findings import Finding
from koebner.evidence.reading import Line, Table
from koebner.evidence.rules.report import finding, limits, number
from koebner.evidence.shapes import cell

_THRESHOLD = re.compile(r"PASI(\d+)")
_DOSE = re.compile(r"(\d+(?:\.\d+)?)\s*mg(?!/)")
_MEAN = re.compile(r"(?:baseline|mean|median)_PASI(?:_mean|_median)?")
_COPIED_FROM = 5.0
"""Percent from which two endpoints with the same count are suspicious; below, few patients respond."""
_LARGE_GROUP = 30

Arm = tuple[str, str, str, str]


def response_findings(table: Table) -> Iterator[Finding]:
    """Yield endpoints in an impossible order, copied endpoints and transposed arms."""
    if "endpoint" not in table.columns or "value" not in table.columns:
        return
    arms: dict[Arm, dict[int, Line]] = defaultdict(dict)
    for line in table.lines:
        threshold = _THRESHOLD.fullmatch(line["endpoint"])
        if threshold and number(line["value"]) is None:
            explanation = "a responder rate is a number."
            yield finding(table, line, "value", "number", expected="0 to 100", explanation=explanation)
        elif threshold:
            arms[_arm(line)][int(threshold.group(1))] = line
        yield from _points(table, line)
    for endpoints in arms.values():
        yield from _ordered(table, endpoints)
    yield from _dose_order(table)
    yield from _swapped_sizes(table)


def _arm(line: Line) -> Arm:
    return (cell(line, "study").lower(), line["arm"].lower(), line["week"], line["n"])


def _points(table: Table, line: Line) -> Iterator[Finding]:
    value, high = number(line["value"]), limits()["pasi"]["high"]
    if value is not None and _MEAN.fullmatch(line["endpoint"]) and not 0 <= value <= high:
        explanation = "PASI is a score of 0 to 72."
        yield finding(table, line, "value", "pasi", expected=f"0 to {high:g}", explanation=explanation)


def _ordered(table: Table, endpoints: dict[int, Line]) -> Iterator[Finding]:
    for easier, harder in pairwise(sorted(endpoints)):
        low, high = float(endpoints[easier]["value"]), float(endpoints[harder]["value"])
        if high > low:
            yield finding(
                table,
                endpoints[harder],
                "value",
                "endpoint-order",
                expected=f"at most {low:g}",
                explanation=f"PASI{harder} cannot be reached by more patients than PASI{easier}.",
            )
        elif high == low and _copied(endpoints[harder], low):
            yield finding(
                table,
                endpoints[harder],
                "value",
                "copied-endpoint",
                expected=f"fewer than the {low:g} % of PASI{easier}",
                explanation=f"PASI{harder} equals PASI{easier}; one may be a copy of the other.",
            )


def _copied(line: Line, percent: float) -> bool:
    n = number(line["n"])
    return n is not None and n >= _LARGE_GROUP and _COPIED_FROM <= percent < 100


def _dose_order(table: Table) -> Iterator[Finding]:
    groups: dict[tuple[str, ...], list[Line]] = defaultdict(list)
    for line in table.lines:
        if _THRESHOLD.fullmatch(line["endpoint"]) and _dose(line) and number(line["value"]) is not None:
            key = (cell(line, "study").lower(), cell(line, "therapy").lower(), line["week"], line["endpoint"])
            groups[key].append(line)
    for lines in groups.values():
        for one, other in combinations(lines, 2):
            low, high = sorted((one, other), key=lambda line: _dose(line) or 0.0)
            yield from _reversed(table, low, high)


def _dose(line: Line) -> float | None:
    doses = _DOSE.findall(cell(line, "dose"))
    return float(doses[0]) if len(doses) == 1 else None


def _reversed(table: Table, low: Line, high: Line) -> Iterator[Finding]:
    n_low, n_high = number(low["n"]), number(high["n"])
    if _dose(low) == _dose(high) or not n_low or not n_high:
        return
    p_low, p_high = float(low["value"]) / 100, float(high["value"]) / 100
    error = sqrt(p_low * (1 - p_low) / n_low + p_high * (1 - p_high) / n_high)
    if error and (p_low - p_high) / error > limits()["transposed_arms"]["standard_errors"]:
        yield finding(
            table,
            high,
            "value",
            "transposed-arms",
            expected=f"about the {low['value']} % of {cell(low, 'dose')} or more",
            explanation=f"the higher dose ({cell(high, 'dose')}) does worse than chance allows; "
            "the arms may be transposed.",
        )


def _swapped_sizes(table: Table) -> Iterator[Finding]:
    sizes: dict[str, dict[str, dict[str, Line]]] = defaultdict(lambda: defaultdict(dict))
    for line in table.lines:
        if line["n"] and cell(line, "therapy"):
            sizes[cell(line, "study").lower()][cell(line, "therapy").lower()].setdefault(line["n"], line)
    for arms in sizes.values():
        for one, other in combinations(sorted(arms), 2):
            shared = sorted(arms[one].keys() & arms[other].keys())
            if len(shared) > 1:
                line = max((arms[one][n] for n in shared), key=lambda found: found.number)
                yield finding(
                    table,
                    line,
                    "n",
                    "swapped-sizes",
                    expected=f"one of {' and '.join(shared)} for {one}, the other for {other}",
                    explanation="both sizes stand for both arms; in some rows they are swapped.",
                )
