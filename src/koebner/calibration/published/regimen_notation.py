"""Regimens in one line: `80@0; 40@1/2` is 80 at week 0, then 40 from week 1 every 2 weeks.

==================  ==========================================================================
`80@0`              one dose, at week 0
`300@0,1,2,3,4`     a dose at each of these weeks
`40@1/2`            from week 1 every 2 weeks; `50@0/0.5` is twice a week
`40@1/2-24`         the same, none at or after week 24
`30x2@0`            taken daily, 30 twice a day, from week 0; `30x2@0-16` until week 16
==================  ==========================================================================

Amounts are in the unit of the therapy's own regimen.
"""

import re
from collections.abc import Sequence

from pydantic import ValidationError

from koebner.errors import InvalidValueError
from koebner.therapies import Phase

_NUMBER = r"\d+(?:\.\d+)?"
_SEGMENT = re.compile(
    rf"(?P<dose>{_NUMBER})(?:x(?P<per_day>\d+))?@"
    rf"(?P<weeks>{_NUMBER}(?:,{_NUMBER})*)(?:/(?P<every>{_NUMBER}))?(?:-(?P<until>{_NUMBER}))?"
)


def parse_regimen(text: str) -> tuple[Phase, ...]:
    """Return the phases of a regimen in the notation of one line.

    Parameters
    ----------
    text
        Segments joined by ";"; see the module.

    Returns
    -------
    tuple of Phase
        One a segment; weeks count from the start.

    Raises
    ------
    InvalidValueError
        A segment that is not of the notation.

    Examples
    --------
    >>> [phase.dose for phase in parse_regimen("80@0; 40@1/2")]
    [80.0, 40.0]
    """
    segments = [part.strip() for part in text.split(";")]
    return tuple(_phase(segment) for segment in segments)


def write_regimen(phases: Sequence[Phase]) -> str:
    """Return phases in the notation of one line.

    Raises
    ------
    InvalidValueError
        Doses by body weight, rising doses and days of a week have no notation.

    Examples
    --------
    >>> write_regimen(parse_regimen("30x2@0-16"))
    '30x2@0-16'
    """
    return "; ".join(_segment(phase) for phase in phases)


def _phase(segment: str) -> Phase:
    found = _SEGMENT.fullmatch(segment.replace(" ", ""))
    if found is None:
        raise _no_segment(segment)
    weeks = tuple(float(week) for week in found["weeks"].split(","))
    repeats = found["every"] is not None or found["per_day"] is not None
    both = found["every"] is not None and found["per_day"] is not None
    if both or (repeats and len(weeks) > 1) or (found["until"] and not repeats):
        raise _no_segment(segment)
    schedule: dict[str, object] = {"weeks": weeks}
    if repeats:
        schedule = {
            "from_week": weeks[0],
            "every_weeks": None if found["every"] is None else float(found["every"]),
            "per_day": None if found["per_day"] is None else int(found["per_day"]),
            "until_week": None if found["until"] is None else float(found["until"]),
        }
    try:
        return Phase.model_validate({"dose": float(found["dose"]), **schedule})
    except ValidationError:
        raise _no_segment(segment) from None


def _no_segment(segment: str) -> InvalidValueError:
    return InvalidValueError(
        f"regimen segment {segment!r} was given; expected one such as `80@0`, `300@0,1,2`, `40@1/2`, "
        "`40@1/2-24` or `30x2@0-16`."
    )


def _segment(phase: Phase) -> str:
    plain = Phase(dose=phase.dose, weeks=(0.0,))
    if (phase.step, phase.on_days, phase.above_kg, phase.up_to_kg) != (
        plain.step,
        plain.on_days,
        plain.above_kg,
        plain.up_to_kg,
    ):
        raise InvalidValueError(
            "a phase with doses by body weight, rising doses or days of a week was given, which has no "
            "notation; leave the regimen empty for the one of the catalogue."
        )
    if phase.weeks:
        return f"{_written(phase.dose)}@{','.join(map(_written, phase.weeks))}"
    until = "" if phase.until_week is None else f"-{_written(phase.until_week)}"
    if phase.per_day is not None:
        return f"{_written(phase.dose)}x{phase.per_day}@{_written(phase.from_week)}{until}"
    return f"{_written(phase.dose)}@{_written(phase.from_week)}/{_written(phase.every_weeks or 0.0)}{until}"


def _written(number: float) -> str:
    """Return a number without exponent and without trailing zeros."""
    return f"{number:.6f}".rstrip("0").rstrip(".")
