"""One mark of a validation: what is needed, what was reached, and whether that passes."""

from collections.abc import Callable
from dataclasses import dataclass, replace

REPORTED = "reported"
"""What is needed of a number that decides nothing."""

_SLACK = 1e-9


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One mark.

    Attributes
    ----------
    mark, needed
        In words.
    reached
        What was reached, in the unit of `needed`; None without a row.
    passed
        None where it was not judged.
    rows
        On how many rows.
    note
        What belongs beside it.
    """

    mark: str
    needed: str
    reached: float | None
    passed: bool | None
    rows: int
    note: str = ""


def at_most(
    name: str, limit: float, reached: float, rows: int, *, unit: str = "points", note: str = ""
) -> Mark:
    """Return a mark that a number not above a limit passes; without a row it is not judged.

    Examples
    --------
    >>> at_most("error", 7.5, 6.2, 40).passed
    True
    """
    needed = f"at most {limit:.3g} {unit}"
    return judged_mark(name, needed, reached, rows, passes=lambda value: value <= limit + _SLACK, note=note)


def at_least(name: str, limit: float, reached: float, rows: int, *, note: str = "") -> Mark:
    """Return a mark that a share not below a limit [percent] passes; without a row it is not judged."""
    needed = f"at least {limit:.3g} %"
    return judged_mark(name, needed, reached, rows, passes=lambda value: value >= limit - _SLACK, note=note)


def judged_mark(
    name: str, needed: str, reached: float, rows: int, *, passes: Callable[[float], bool], note: str = ""
) -> Mark:
    """Return a mark with any rule of passing; without a row it is not judged."""
    if not rows:
        return unjudged(name, "no row that the fit has not met", needed=needed)
    return Mark(mark=name, needed=needed, reached=reached, passed=bool(passes(reached)), rows=rows, note=note)


def unjudged(name: str, why: str, *, needed: str = "") -> Mark:
    """Return a mark that nothing was there to judge by."""
    return Mark(mark=name, needed=needed, reached=None, passed=None, rows=0, note=why)


def reported(mark: Mark) -> Mark:
    """Return a mark as a number that decides nothing."""
    return replace(mark, needed=REPORTED, passed=None)
