"""Formulas as SBML Level 3 infix strings: checked, written in one form, searched and renamed.

The grammar is libSBML's `parseL3Formula`, with `ln` and `log10` for the logarithms, `^` for powers,
`piecewise(value, condition, ..., otherwise)` and `time` for the model's time. `log` without a base is
refused, because it is decimal to some and natural to others. Names are case-sensitive. A literal
number keeps 15 significant digits.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import libsbml

from koebner.errors import ModelError

RESERVED = frozenset(
    {"time", "avogadro", "pi", "exponentiale", "true", "false", "inf", "infinity", "nan", "notanumber"}
)
"""Names that mean something of their own in every formula."""


def _settings() -> Any:
    settings = libsbml.L3ParserSettings()
    settings.setComparisonCaseSensitivity(libsbml.L3P_COMPARE_BUILTINS_CASE_SENSITIVE)
    settings.setParseLog(libsbml.L3P_PARSE_LOG_AS_ERROR)
    return settings


def parse(formula: str) -> Any:
    """Return libSBML's syntax tree of a formula; the caller owns it.

    Raises
    ------
    ModelError
        When the text is not a formula.
    """
    tree = libsbml.parseL3FormulaWithSettings(formula, _settings())
    if tree is None:
        cause = libsbml.getLastParseL3Error().splitlines()[0].rstrip(" :")
        raise ModelError(f"`{formula}` is not a formula: {cause}.")
    return tree


def write(tree: Any) -> str:
    """Return a syntax tree as an infix string in the one form in which models hold formulas."""
    for node in walk(tree):
        if node.getType() == libsbml.AST_NAME_TIME:
            node.setName("time")
        elif node.getType() == libsbml.AST_NAME_AVOGADRO:
            node.setName("avogadro")
    return str(libsbml.formulaToL3StringWithSettings(tree, _settings()))


@lru_cache(maxsize=16_384)
def canonical(formula: str) -> str:
    """Return the formula in its one form, so that equal formulas are equal strings.

    Examples
    --------
    >>> canonical("k*( x )")
    'k * x'
    """
    return write(parse(formula))


@lru_cache(maxsize=16_384)
def symbols(formula: str) -> frozenset[str]:
    """Return the names a formula refers to, without `time` and other reserved names."""
    return frozenset(node.getName() for node in walk(parse(formula)) if node.getType() == libsbml.AST_NAME)


@lru_cache(maxsize=16_384)
def unknown_functions(formula: str) -> tuple[str, ...]:
    """Return the functions a formula calls that SBML does not define."""
    calls = (node for node in walk(parse(formula)) if node.getType() == libsbml.AST_FUNCTION)
    return tuple(node.getName() for node in calls)


def rename(formula: str, names: Mapping[str, str]) -> str:
    """Return the formula with its names replaced, all at once."""
    tree = parse(formula)
    for node in walk(tree):
        if node.getType() == libsbml.AST_NAME:
            node.setName(names.get(node.getName(), node.getName()))
    return write(tree)


def walk(tree: Any) -> Iterator[Any]:
    """Yield every node of a syntax tree, parents first."""
    yield tree
    for i in range(tree.getNumChildren()):
        yield from walk(tree.getChild(i))
