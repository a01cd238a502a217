"""How a rule says what it found, and the limits it works with."""

import tomllib
from collections.abc import Mapping
from functools import cache
from math import isfinite
from types import MappingProxyType
from typing import Any

from koebner.evidence.findings import Finding
from koebner.evidence.reading import Line, Table
from koebner.evidence.sources import TABLES


@cache
def limits() -> Mapping[str, Any]:
    """Return the plausible ranges of `limits.toml`."""
    return MappingProxyType(tomllib.loads((TABLES / "limits.toml").read_text(encoding="utf-8")))


def finding(
    table: Table, line: Line, column: str, rule: str, *, given: str = "", expected: str, explanation: str
) -> Finding:
    """Return a finding about one cell; `given` defaults to the cell's text."""
    return Finding(
        file=table.file,
        line=line.number,
        column=column,
        rule=rule,
        given=given or line[column],
        expected=expected,
        explanation=explanation,
    )


def number(text: str) -> float | None:
    """Return a cell as a finite number, or None when it is not one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
