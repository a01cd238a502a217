"""Regimens in words."""

import math
from collections.abc import Sequence

from koebner.therapies.phases import Phase

_MILLIONS = ("cells/kg", "cells/cm2")


def amount_in_words(amount: float, unit: str) -> str:
    """Return a dose with its unit; cells in millions.

    Examples
    --------
    >>> amount_in_words(2e6, "cells/kg")
    '2×10⁶ cells/kg'
    """
    if unit == "application":
        return "applied"
    number = f"{amount / 1e6:g}×10⁶" if unit in _MILLIONS else f"{amount:g}"
    return f"{number} {unit}"


def listed(items: Sequence[float]) -> str:
    """Return numbers as "0, 4 and 8"."""
    *first, last = [f"{item:.4g}" for item in items]
    return f"{', '.join(first)} and {last}" if first else last


def phases_in_words(phases: Sequence[Phase], unit: str) -> str:
    """Return phases in words that differ by nothing but the dose and the body weight it is for."""
    first = phases[0]
    amounts = [f"{amount_in_words(each.dose, unit)}{_band_in_words(each)}" for each in phases]
    amount = " or ".join(amounts) + _steps_in_words(first, unit)
    if first.weeks:
        return f"{amount} at week{'s' if len(first.weeks) > 1 else ''} {listed(first.weeks)}"
    until = "" if first.until_week is None else f" until week {first.until_week:.3g}"
    return f"{amount} {rhythm(first)} from week {first.from_week:.3g}{until}"


def rhythm(phase: Phase) -> str:
    """Return in words how often a phase that goes on gives something.

    Examples
    --------
    >>> rhythm(Phase(dose=50, every_weeks=1, on_days=(0, 3)))
    'twice a week'
    """
    if phase.per_day is not None:
        return {1: "once a day", 2: "twice a day"}.get(phase.per_day, f"{phase.per_day} times a day")
    weeks = "week" if phase.every_weeks == 1 else f"{phase.every_weeks:g} weeks"
    times = len(phase.on_days)
    if times == 1:
        return f"every {weeks}"
    often = "twice" if times == 2 else f"{times} times"
    return f"{often} {'a' if phase.every_weeks == 1 else 'every'} {weeks}"


def _band_in_words(phase: Phase) -> str:
    above = f" above {phase.above_kg:g} kg" if phase.above_kg > 0 else ""
    up_to = f" up to {phase.up_to_kg:g} kg" if math.isfinite(phase.up_to_kg) else ""
    return " to".join(part for part in (above, up_to.replace(" up to", "") if above else up_to) if part)


def _steps_in_words(phase: Phase, unit: str) -> str:
    if not phase.step:
        return ""
    most = "" if phase.dose_max is None else f" to at most {phase.dose_max:g} {unit}"
    return f", each {100 * phase.step:g} % more than the last{most},"
