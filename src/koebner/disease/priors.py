"""Priors of parameters as text.

A prior is written about the parameter's value, on the scale that its name says: `lognormal(sd=0.5)`,
`logitnormal(sd=0.5)`, `normal(sd=0.5)`. Shares of one whole are drawn together, as
`shares(WHOLE, sd=0.5)` (see `koebner.disease.draws`).
"""

import math
import re
from dataclasses import dataclass

from koebner.errors import InvalidValueError

_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_PRIOR = re.compile(rf"(lognormal|logitnormal|normal)\(sd={_NUMBER}\)")
_SHARES = re.compile(rf"shares\((\w+), sd={_NUMBER}\)")
FORMS = "lognormal(sd=...), logitnormal(sd=...), normal(sd=...), shares(WHOLE, sd=...) or nothing"


@dataclass(frozen=True, kw_only=True)
class Prior:
    """A family with its standard deviation; `whole` names what shares are shares of."""

    family: str
    sd: float
    whole: str = ""


def read_prior(text: str) -> Prior | None:
    """Return the prior of a text; None where there is none.

    Raises
    ------
    InvalidValueError
        The text has none of the known forms.

    Examples
    --------
    >>> read_prior("shares(TNF, sd=0.7)")
    Prior(family='shares', sd=0.7, whole='TNF')
    """
    if not text:
        return None
    if match := _PRIOR.fullmatch(text):
        return Prior(family=match[1], sd=float(match[2]))
    if match := _SHARES.fullmatch(text):
        return Prior(family="shares", sd=float(match[2]), whole=match[1])
    raise InvalidValueError(f"prior `{text}` was given; expected {FORMS}.")


def moved(value: float, prior: Prior | None, z: float) -> float:
    """Return a value at a standard normal deviate `z` of its prior; where there is none, the value.

    Examples
    --------
    >>> round(moved(0.5, Prior(family="logitnormal", sd=1.0), 1.0), 4)
    0.7311
    """
    if prior is None:
        return value
    step = prior.sd * z
    if prior.family == "lognormal":
        return value * math.exp(step)
    if prior.family == "normal":
        return value + step
    odds = value * math.exp(step)
    return odds / (odds + 1 - value)
