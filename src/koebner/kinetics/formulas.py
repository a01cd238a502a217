"""Formulas as SBML Level 3 infix strings: checked, written in one form, searched and renamed.

The grammar is libSBML's `parseL3Formula`, with `ln` and `log10` for the logarithms, `^` for powers,
`piecewise(value, condition, ..., otherwise)` and `time` for the model's time. `log` without a base is
refused, because it is decimal to some and natural to others. Names are case-sensitive. A literal
number keeps 15 significant digits.
"""

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import libsbml

from koebner.errors import ModelError

RESERVED = frozenset(
    {"time", "avogadro", "pi", "exponentiale", "true", "false", "inf", "infinity", "nan", "notanumber"}
)
"""Names that mean something of their own in every formula."""

_POWERS = frozenset({libsbml.AST_POWER, libsbml.AST_FUNCTION_POWER})


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
    return str(libsbml.formulaToL3StringWithSettings(_writable(tree.deepCopy()), _settings()))


def _writable(node: Any) -> Any:
    """Return the tree in a form that libSBML writes as the text of the same tree, changed in place."""
    kind = node.getType()
    for i in range(node.getNumChildren()):
        child = _writable(node.getChild(i))
        if _runs_into(node, i, child):
            node.replaceChild(i, _grouped(child))
    if kind == libsbml.AST_NAME_TIME:
        node.setName("time")
    elif kind == libsbml.AST_NAME_AVOGADRO:
        node.setName("avogadro")
    elif kind == libsbml.AST_FUNCTION_RATE_OF:
        node.setName("rateOf")
    elif kind == libsbml.AST_FUNCTION_PIECEWISE and not node.getNumChildren():
        _name(node, "nan")
    elif node.isNumber():
        _write_number(node)
    return node


def _runs_into(parent: Any, place: int, child: Any) -> bool:
    """Whether libSBML would lose the parentheses round a child, or join it to its parent."""
    if parent.getType() in _POWERS and place == 0:
        return child.getType() in _POWERS
    return bool(parent.isRelational() and child.isRelational())


def _grouped(child: Any) -> Any:
    """Return a sum of one term, which keeps its term apart."""
    group = libsbml.ASTNode(libsbml.AST_PLUS)
    group.addChild(child.deepCopy())
    return group


def _write_number(node: Any) -> None:
    value = node.getValue()
    if math.isnan(value) or value == math.inf:
        _name(node, "nan" if math.isnan(value) else "inf")
    elif value < 0:
        positive = node.deepCopy()
        if node.getType() == libsbml.AST_RATIONAL:
            positive.setValue(-node.getNumerator(), node.getDenominator())
        elif node.getType() == libsbml.AST_INTEGER:
            positive.setValue(-node.getInteger())
        else:
            positive.setValue(-value)
        _write_number(positive)
        node.setType(libsbml.AST_MINUS)
        node.addChild(positive)
    elif node.getType() in {libsbml.AST_REAL, libsbml.AST_REAL_E}:
        mantissa, _, exponent = f"{value:.15g}".partition("e")
        if exponent:
            node.setValue(float(mantissa), int(exponent))
        else:
            node.setValue(value)


def _name(node: Any, name: str) -> None:
    node.setType(libsbml.AST_NAME)
    node.setName(name)


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
def rated(formula: str) -> frozenset[str]:
    """Return the names whose rate of change a formula refers to."""
    rates = (node for node in walk(parse(formula)) if node.getType() == libsbml.AST_FUNCTION_RATE_OF)
    return frozenset(node.getChild(0).getName() for node in rates)


@lru_cache(maxsize=16_384)
def valued(formula: str) -> frozenset[str]:
    """Return the names whose value a formula refers to, outside of `rateOf`."""

    def names(node: Any) -> Iterator[str]:
        if node.getType() == libsbml.AST_NAME:
            yield node.getName()
        elif node.getType() != libsbml.AST_FUNCTION_RATE_OF:
            for i in range(node.getNumChildren()):
                yield from names(node.getChild(i))

    return frozenset(names(parse(formula)))


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


def substitute(formula: str, values: Mapping[str, str]) -> str:
    """Return the formula with formulas in the place of names, except within `rateOf`.

    Examples
    --------
    >>> substitute("k*x^2", {"x": "a+b"})
    'k * (a + b)^2'
    """
    return write(_substituted(parse(formula), {name: parse(text) for name, text in values.items()}))


def _substituted(node: Any, trees: Mapping[str, Any]) -> Any:
    if node.getType() == libsbml.AST_NAME and node.getName() in trees:
        return trees[node.getName()].deepCopy()
    if node.getType() != libsbml.AST_FUNCTION_RATE_OF:
        for i in range(node.getNumChildren()):
            child = node.getChild(i)
            node.replaceChild(i, _substituted(child, trees).deepCopy())
    return node


def walk(tree: Any) -> Iterator[Any]:
    """Yield every node of a syntax tree, parents first."""
    yield tree
    for i in range(tree.getNumChildren()):
        yield from walk(tree.getChild(i))
