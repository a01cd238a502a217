"""Units of a model: written as text, compared, and turned into SBML's unit factors.

A definition is a product of numbers and base units with powers, such as `1/day`, `(86400*second)**-1`
or `1e-9*mole/litre`. Base units are SBML's (second, litre, mole, gram, item, dimensionless, ...) and
minute, hour, day and week.
"""

import ast
import math
from collections.abc import Mapping
from typing import NamedTuple

import libsbml

from koebner.errors import UnitError

_TIMES = {"minute": 60.0, "hour": 3600.0, "day": 86400.0, "week": 604800.0}
KINDS = frozenset(libsbml.UnitKind_toString(kind) for kind in range(libsbml.UNIT_KIND_INVALID))
"""The base units of SBML, by their names."""


class Factor(NamedTuple):
    """One factor of a unit: `(multiplier kind)**exponent`."""

    kind: str
    multiplier: float
    exponent: float


def factors(unit: str, units: Mapping[str, str]) -> tuple[Factor, ...]:
    """Return the factors of a unit, given the definitions of the model.

    Parameters
    ----------
    unit
        Id of a unit, or a definition.
    units
        Definitions by id.

    Raises
    ------
    UnitError
        When the text is not a unit.

    Examples
    --------
    >>> factors("1/day", {})
    (Factor(kind='second', multiplier=86400.0, exponent=-1.0),)
    """
    text = units.get(unit, unit)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise _not_a_unit(text) from None
    others = {name: text for name, text in units.items() if name != unit}
    return _read(tree, others, text)


def _not_a_unit(text: str) -> UnitError:
    return UnitError(
        f"`{text}` is not a unit; a product of units is expected, such as `1/day` or `1e-9*mole/litre`."
    )


def _read(node: ast.expr, units: Mapping[str, str], text: str) -> tuple[Factor, ...]:
    match node:
        case ast.Name(id=name) if name in units:
            return factors(name, units)
        case ast.Name(id=name) if name in _TIMES:
            return (Factor("second", _TIMES[name], 1.0),)
        case ast.Name(id=name) if name in KINDS:
            return (Factor(name, 1.0, 1.0),)
        case ast.Constant(value=int() | float() as number) if number > 0:
            return (Factor("dimensionless", float(number), 1.0),) if number != 1 else ()
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _times(_read(left, units, text), _read(right, units, text))
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _times(_read(left, units, text), _power(_read(right, units, text), -1.0))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_read(left, units, text), _exponent(right, text))
    raise _not_a_unit(text)


def _exponent(node: ast.expr, text: str) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -float(number)
    raise _not_a_unit(text)


def _times(left: tuple[Factor, ...], right: tuple[Factor, ...]) -> tuple[Factor, ...]:
    number_first = len(left) == 1 and left[0].kind == "dimensionless" and left[0].exponent == 1
    if number_first and right and right[0].exponent == 1:
        first = right[0]
        return (first._replace(multiplier=first.multiplier * left[0].multiplier), *right[1:])
    return left + right


def _power(unit: tuple[Factor, ...], exponent: float) -> tuple[Factor, ...]:
    return tuple(factor._replace(exponent=factor.exponent * exponent) for factor in unit)


def definition(unit_factors: tuple[Factor, ...]) -> str:
    """Return factors as the text of a definition; the inverse of `factors`.

    Examples
    --------
    >>> definition((Factor("second", 86400.0, -1.0),))
    '(86400*second)**-1'
    """
    return "*".join(_text(factor) for factor in unit_factors) or "dimensionless"


def _text(factor: Factor) -> str:
    base = factor.kind if factor.multiplier == 1 else f"({factor.multiplier:.15g}*{factor.kind})"
    return base if factor.exponent == 1 else f"{base}**{factor.exponent:.15g}"


def same(left: str, right: str, units: Mapping[str, str]) -> bool:
    """Return whether two units are equal in size and dimension."""
    size_left, dimension_left = _reduced(factors(left, units))
    size_right, dimension_right = _reduced(factors(right, units))
    return dimension_left == dimension_right and math.isclose(size_left, size_right, rel_tol=1e-9)


_SI: Mapping[str, tuple[float, Mapping[str, int]]] = {
    "dimensionless": (1.0, {}),
    "gram": (1e-3, {"kilogram": 1}),
    "litre": (1e-3, {"metre": 3}),
    "radian": (1.0, {}),
    "steradian": (1.0, {}),
    "hertz": (1.0, {"second": -1}),
    "becquerel": (1.0, {"second": -1}),
    "katal": (1.0, {"mole": 1, "second": -1}),
    "joule": (1.0, {"kilogram": 1, "metre": 2, "second": -2}),
    "watt": (1.0, {"kilogram": 1, "metre": 2, "second": -3}),
    "newton": (1.0, {"kilogram": 1, "metre": 1, "second": -2}),
    "pascal": (1.0, {"kilogram": 1, "metre": -1, "second": -2}),
    "gray": (1.0, {"metre": 2, "second": -2}),
    "sievert": (1.0, {"metre": 2, "second": -2}),
}
"""Size and dimension of kinds that are not their own base, as SBML Level 3 defines them."""


def _reduced(unit: tuple[Factor, ...]) -> tuple[float, dict[str, float]]:
    size = 1.0
    dimension: dict[str, float] = {}
    for factor in unit:
        kind_size, kind_dimension = _SI.get(factor.kind, (1.0, {factor.kind: 1}))
        size *= (factor.multiplier * kind_size) ** factor.exponent
        for base, power in kind_dimension.items():
            dimension[base] = dimension.get(base, 0.0) + power * factor.exponent
    return size, {base: power for base, power in dimension.items() if power != 0}
