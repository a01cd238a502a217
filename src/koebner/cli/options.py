"""Options that several commands share, and how their texts are read."""

import math
import re
from collections.abc import Sequence
from typing import Annotated

import typer

from koebner.disease import load_packs
from koebner.errors import InvalidValueError
from koebner.units import DAYS_PER_WEEK

Pack = Annotated[str, typer.Option(help="Parameter pack, see `koebner model packs`.")]
Switches = Annotated[
    list[str] | None,
    typer.Option("--switch", help="NAME=OPTION, see `koebner model switches`; may be repeated."),
]
TriggerTexts = Annotated[
    list[str] | None,
    typer.Option(
        "--trigger",
        help="NAME=SIZE@WEEK, such as Trauma=5@0, or NAME=SIZE@WEEKxDAYS for one a day, such as "
        "Imiquimod=1@0x6; may be repeated.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_TRIGGER = re.compile(r"(?P<name>\w+)=(?P<size>[^@]+)@(?P<week>[^x]+?)(?:x(?P<days>\d+))?")


def read_switches(texts: Sequence[str] | None) -> dict[str, str]:
    """Return option by switch from texts such as "memory=off".

    Raises
    ------
    InvalidValueError
        A text of another form, or a switch that is given twice.

    Examples
    --------
    >>> read_switches(["memory=off", "cytokines=quasi_steady"])
    {'memory': 'off', 'cytokines': 'quasi_steady'}
    """
    switches: dict[str, str] = {}
    for text in texts or ():
        name, sign, option = text.partition("=")
        if not (name and sign and option):
            raise InvalidValueError(
                f"--switch {text} was given; expected NAME=OPTION, such as --switch memory=off."
            )
        if name in switches:
            raise InvalidValueError(f"--switch {name} was given twice; expected once.")
        switches[name] = option
    return switches


def read_triggers(texts: Sequence[str] | None) -> list[tuple[str, float, float]]:
    """Return name, week and size of every pulse that texts such as "Trauma=5@0" name.

    "Imiquimod=1@2x6" is a pulse of 1 on each of the 6 days from the beginning of week 2.

    Raises
    ------
    InvalidValueError
        A text of another form, or a number that is none.

    Examples
    --------
    >>> read_triggers(["Trauma=5@0.5"])
    [('Trauma', 0.5, 5.0)]
    >>> [week for _, week, _ in read_triggers(["Imiquimod=1@2x2"])]
    [2.0, 2.142857142857143]
    """
    return [pulse for text in texts or () for pulse in _pulses(text)]


def _pulses(text: str) -> list[tuple[str, float, float]]:
    match = _TRIGGER.fullmatch(text)
    size, week = (_number(match[part]) if match else None for part in ("size", "week"))
    days = int(match["days"] or 1) if match else 0
    if match is None or size is None or week is None or days < 1:
        raise InvalidValueError(
            f"--trigger {text} was given; expected NAME=SIZE@WEEK, such as Trauma=5@0, or "
            "NAME=SIZE@WEEKxDAYS for a pulse a day, such as Imiquimod=1@0x6."
        )
    return [(match["name"], week + day / DAYS_PER_WEEK, size) for day in range(days)]


def caution_of(pack: str) -> str:
    """Return what must stand beside results of a treatment in a pack, empty where they may be taken from it.

    Examples
    --------
    >>> caution_of("human_plaque")
    ''
    """
    return "" if load_packs()[pack].treatments else f"Caution: {load_packs()[pack].statement}"


def check_at_least_one(option: str, number: int | None) -> None:
    """Refuse a number below 1; None stands for an option that was left out.

    Raises
    ------
    InvalidValueError
        The number is below 1; the message names the option.
    """
    if number is not None and number < 1:
        raise InvalidValueError(f"{option} {number} was given; expected 1 or more.")


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
