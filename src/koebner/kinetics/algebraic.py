"""Algebraic rules `0 = formula`, solved for the variables that nothing else determines.

The rules are a system of equations. It is solved by elimination: an unknown that enters a rule linearly
is expressed by the rest of the rule, and put into the other rules. What is left is one assignment rule
for each unknown. Rules in which no unknown enters linearly are refused.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import libsbml

from koebner.errors import ModelError
from koebner.kinetics.formulas import canonical, parse, substitute, symbols, walk, write


def solve_algebraic(
    residuals: Iterable[str],
    *,
    unknowns: Iterable[str],
    settable: Iterable[str],
    definitions: Mapping[str, str],
) -> dict[str, str]:
    """Return the assignment rules, by variable, that make all residuals 0.

    Parameters
    ----------
    residuals
        Formulas that are to be 0 at all times.
    unknowns
        Variables that nothing else determines.
    settable
        Variables that something else may set at times (an event, an initial assignment, a boundary);
        they are solved for where the unknowns do not suffice.
    definitions
        Formulas of assigned variables and of the rates of reactions, which may hold unknowns.

    Raises
    ------
    ModelError
        When a rule has no unknown, none that enters linearly, or more unknowns than the rules determine.

    Examples
    --------
    >>> solve_algebraic(["total - bound - k*free"], unknowns=["free"], settable=[], definitions={})
    {'free': '-(total - bound) / -(1 * k)'}
    """
    first, second = tuple(unknowns), tuple(settable)
    left = [_expanded(residual, {*first, *second}, definitions) for residual in residuals]
    solved: dict[str, str] = {}
    for candidates in (first, second):
        solved |= _eliminated(left, candidates)
    for residual in left:
        raise _unsolved(residual, (*first, *second))
    for name, formula in solved.items():
        open_names = sorted(symbols(formula) & {*first} - {*solved})
        if open_names:
            raise ModelError(
                f"the algebraic rules determine only one of `{name}` and `{open_names[0]}`; "
                "add a rule for the other, or make it constant."
            )
    return solved


def _eliminated(left: list[str], candidates: tuple[str, ...]) -> dict[str, str]:
    """Solve what can be solved for the candidates; solved residuals leave the list."""
    solved: dict[str, str] = {}
    pivot = _pivot(left, candidates)
    while pivot is not None:
        place, name, value = pivot
        del left[place]
        left[:] = [substitute(residual, {name: value}) for residual in left]
        solved[name] = value
        pivot = _pivot(left, tuple(candidate for candidate in candidates if candidate not in solved))
    return solved


def _pivot(left: list[str], candidates: tuple[str, ...]) -> tuple[int, str, str] | None:
    """Return a residual, an unknown in it and its value; a constant slope, which is never 0, first."""
    found = None
    for place, residual in enumerate(left):
        for name in candidates:
            line = _linear(parse(residual), name)
            if line is None or line.slope is None:
                continue
            if symbols(line.slope):
                found = found or (place, name, canonical(f"({_negated(line.rest or '0')}) / ({line.slope})"))
                continue
            slope = libsbml.SBMLTransforms.evaluateASTNode(parse(line.slope))
            if slope != 0:
                return place, name, _solution(line.rest or "0", slope)
    return found


def _solution(rest: str, slope: float) -> str:
    if abs(slope) == 1:
        return canonical(rest if slope == -1 else _negated(rest))
    return canonical(f"({rest}) / {-slope!r}")


def _expanded(residual: str, unknowns: set[str], definitions: Mapping[str, str]) -> str:
    """Return the residual with those definitions put in that depend on unknowns."""
    depends: dict[str, bool] = {}

    def reaches(name: str) -> bool:
        if name not in depends:
            depends[name] = False  # a circle is refused elsewhere
            depends[name] = any(s in unknowns or reaches(s) for s in symbols(definitions.get(name, "0")))
        return depends[name]

    # A circle of definitions would never end; the longest honest chain visits each once.
    for _ in definitions:
        inner = {
            name: definitions[name] for name in symbols(residual) if name in definitions and reaches(name)
        }
        if not inner:
            break
        residual = substitute(residual, inner)
    return residual


def _unsolved(residual: str, unknowns: tuple[str, ...]) -> ModelError:
    present = [f"`{name}`" for name in unknowns if name in symbols(residual)]
    if not present:
        return ModelError(
            f"the algebraic rule `0 = {residual}` holds no variable that it could determine; remove it."
        )
    return ModelError(
        f"the algebraic rule `0 = {residual}` is not linear in {' or '.join(present)}; "
        "this is not supported. Solve it by hand and write it as an assignment rule."
    )


class _Line(NamedTuple):
    """`slope * x + rest`; None stands for 0."""

    slope: str | None
    rest: str | None


def _linear(node: Any, name: str) -> _Line | None:
    """Return an expression as a line in a variable; None when it is none."""
    if not any(inner.getType() == libsbml.AST_NAME and inner.getName() == name for inner in walk(node)):
        return _Line(None, f"({write(node)})")
    parts = [_linear(node.getChild(i), name) for i in range(node.getNumChildren())]
    lines = [part for part in parts if part is not None]
    kind = node.getType()
    if kind == libsbml.AST_NAME:
        return _Line("1", None)
    if kind == libsbml.AST_FUNCTION_PIECEWISE:
        return _linear_pieces(node, parts, name)
    if len(lines) < len(parts):
        return None
    match kind:
        case libsbml.AST_PLUS:
            return _Line(_sum(line.slope for line in lines), _sum(line.rest for line in lines))
        case libsbml.AST_MINUS:
            last = _Line(*(_negated(part) if part else None for part in lines[-1]))
            first = lines[0] if len(lines) == 2 else _Line(None, None)
            return _Line(_sum([first.slope, last.slope]), _sum([first.rest, last.rest]))
        case libsbml.AST_TIMES if sum(line.slope is not None for line in lines) == 1:
            varying = next(line for line in lines if line.slope is not None)
            factor = "*".join(str(line.rest) for line in lines if line.slope is None)
            return _Line(*(f"({part})*{factor}" if part and factor else part for part in varying))
        case libsbml.AST_DIVIDE if lines[1].slope is None:
            return _Line(*(f"({part})/{lines[1].rest}" if part else None for part in lines[0]))
    return None


def _linear_pieces(node: Any, parts: list[_Line | None], name: str) -> _Line | None:
    """Return a piecewise line, whose conditions must not hold the variable."""
    texts: list[list[str]] = [[], []]
    for i, part in enumerate(parts):
        is_condition = i % 2 == 1
        if part is None or (is_condition and part.slope is not None):
            return None
        for text, value in zip(texts, (part.rest, part.rest) if is_condition else part, strict=True):
            text.append(value or "0")
    return _Line(*(f"piecewise({','.join(text)})" for text in texts))


def _negated(text: str) -> str:
    tree = parse(text)
    if tree.getType() == libsbml.AST_MINUS and tree.getNumChildren() == 1:
        return write(tree.getChild(0))
    return f"-({text})"


def _sum(terms: Iterable[str | None]) -> str | None:
    present = [f"({term})" for term in terms if term is not None]
    return "+".join(present) or None
