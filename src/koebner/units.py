"""Units at the border.

Inside, Koebner computes on plain arrays in days, milligrams and millions of cells per kg. What enters in
another unit passes through `convert` here. Temperatures and offsets are left out.
"""

import re
from functools import cache
from pathlib import Path
from tokenize import TokenError

import pint

from koebner.errors import UnitError

DAYS_PER_WEEK = 7.0

# Pint lets the errors of its tokeniser, of its assertions and of its arithmetic through.
_NOT_A_UNIT = (
    *(pint.PintError, TokenError, AssertionError, SyntaxError, TypeError, ValueError),
    *(ArithmeticError, RecursionError),
)
# Pint would compute a power of numbers, such as 9**9**9, for hours.
_POWER_OF_NUMBER = re.compile(r"[\d)]\s*(?:\*\*|\^|[⁰¹²³⁴⁵⁶⁷⁸⁹])")
_LONGEST = 80


@cache
def registry() -> pint.UnitRegistry[float]:
    """Return the one registry of units, with cells and PASI points as units of their own."""
    units: pint.UnitRegistry[float] = pint.UnitRegistry(preprocessors=[_with_powers])
    units.define("cell = [cells] = cells")
    units.define("PASI_point = [PASI] = PASI_points")
    return units


def _with_powers(text: str) -> str:
    """Areas and volumes as the field writes them: cells/mm2 is cells/mm**2."""
    return re.sub(r"(?<=m)([23])\b", r"**\1", text)


def parse_unit(text: str, *, file: Path | str | None = None, line: int | None = None) -> pint.Unit:
    """Return the unit that `text` names, such as "ug/mL" or "1/day".

    Raises
    ------
    UnitError
        When `text` is not a unit.
    """
    message = f"unit `{text}` was given; expected a unit such as `ug/mL` or `1/day`."
    if not text.strip() or len(text) > _LONGEST or _POWER_OF_NUMBER.search(text):
        raise UnitError(message, file=file, line=line)
    try:
        return registry().parse_units(text)
    except _NOT_A_UNIT as error:
        raise UnitError(message, file=file, line=line) from error


def convert(
    value: float, given: str, expected: str, *, file: Path | str | None = None, line: int | None = None
) -> float:
    """Return `value` [`given`] in the unit `expected`.

    Raises
    ------
    UnitError
        When one of the two is not a unit, or when they do not measure the same thing.

    Examples
    --------
    >>> convert(2, "week", "day")
    14.0
    """
    source = parse_unit(given, file=file, line=line)
    target = parse_unit(expected, file=file, line=line)
    try:
        return float(registry().Quantity(value, source).to(target).magnitude)
    except pint.DimensionalityError as error:
        message = (
            f"a value in `{given}` ({source.dimensionality}) was given; "
            f"expected a unit that converts to `{expected}` ({target.dimensionality})."
        )
        raise UnitError(message, file=file, line=line) from error
