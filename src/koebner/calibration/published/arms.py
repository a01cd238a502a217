"""Reviewed arms of trials: which therapy each was given, and when; and where published texts name them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from koebner.calibration.published.regimen_notation import parse_regimen
from koebner.errors import InvalidValueError, KoebnerError
from koebner.evidence.reading import Line, read_table
from koebner.therapies import Therapy, load

TABLES = Path(str(files("koebner.calibration"))) / "tables"
"""The folder of the tables of this package."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One arm of a study of the evidence tables, and what its patients were given.

    Attributes
    ----------
    study, label
        As in the evidence table of trials.
    therapy
        Name in the therapy catalogue; empty where no therapy of it can say what was given.
    regimen
        In the notation of `koebner.calibration.published.regimen_notation`; empty for the catalogue's.
    reason
        Why there is no therapy, or what it leaves out.
    """

    study: str
    label: str
    therapy: str
    regimen: str = ""
    reason: str = ""


def therapy_of(therapy_id: str, regimen: str, *, route: str | None = None) -> Therapy:
    """Return a therapy of the catalogue, given by a regimen in one line.

    Parameters
    ----------
    therapy_id
        Name in the therapy catalogue.
    regimen
        In the notation of `koebner.calibration.published.regimen_notation`, amounts in the unit of the
        therapy; empty for the regimen of the catalogue.
    route
        One of the therapy's routes; the catalogue's when left out.

    Raises
    ------
    UnknownNameError
        No such therapy or route.
    InvalidValueError
        A regimen that cannot be read, doses out of range, or doses of a therapy without any.

    Examples
    --------
    >>> therapy_of("adalimumab", "80@0,1; 40@2/1").sentence()
    'Adalimumab: 80 mg at weeks 0 and 1, then 40 mg every week from week 2, subcutaneous'
    """
    therapy = load(therapy_id, route=route)
    if not regimen.strip():
        return therapy
    (agent,) = therapy.agents
    if agent.regimen is None:
        raise InvalidValueError(
            f"the regimen {regimen!r} was given for `{therapy_id}`, which has no doses; leave it empty."
        )
    own = replace(agent.regimen, phases=parse_regimen(regimen))
    return Therapy(agents=(replace(agent, regimen=own),))


def read_arms(path: Path) -> Mapping[tuple[str, str], Arm]:
    """Return the arms of a file by study and label.

    Raises
    ------
    InvalidValueError
        A column is missing, an arm stands twice, or its therapy or regimen cannot be read; with the line.
    UnknownNameError
        No such therapy.
    """
    arms: dict[tuple[str, str], Arm] = {}
    for row in _rows(path, ("study", "arm", "therapy", "regimen")):
        arm = Arm(
            study=row["study"],
            label=row["arm"],
            therapy=row["therapy"],
            regimen=row["regimen"],
            reason=row["reason"],
        )
        if (arm.study, arm.label) in arms:
            message = f"arm `{arm.label}` of `{arm.study}` stands twice; keep one row."
            raise InvalidValueError(message, file=path, line=row.number)
        try:
            _check(arm)
        except KoebnerError as error:
            error.file, error.line = path, row.number
            raise
        arms[arm.study, arm.label] = arm
    return MappingProxyType(arms)


def read_open_trials(path: Path) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Return study and label of the arms that are in a file, by the texts of their trial and arm.

    Texts are compared as `text_key` gives them.

    Raises
    ------
    InvalidValueError
        A column is missing; with the line.
    """
    rows = _rows(path, ("trial", "arm", "study", "label"))
    return MappingProxyType(
        {(text_key(row["trial"]), text_key(row["arm"])): (row["study"], row["label"]) for row in rows}
    )


@cache
def load_arms() -> Mapping[tuple[str, str], Arm]:
    """Return the reviewed arms of the evidence tables by study and label."""
    return read_arms(TABLES / "arms.csv")


@cache
def load_open_trials() -> Mapping[tuple[str, str], tuple[str, str]]:
    """Return study and label of each reviewed pair of texts; see `read_open_trials`."""
    return read_open_trials(TABLES / "open_trials.csv")


def reviewed_arm(trial: str, arm: str) -> Arm | None:
    """Return the reviewed arm that the texts of a table of trials name; None when there is none."""
    name = load_open_trials().get((text_key(trial), text_key(arm)))
    return None if name is None else load_arms().get(name)


def text_key(text: str) -> str:
    """Return a text in one case and with single spaces, as texts of tables are compared.

    Examples
    --------
    >>> text_key(" REVEAL  2008")
    'reveal 2008'
    """
    return " ".join(text.casefold().split())


def _check(arm: Arm) -> None:
    """Refuse an arm whose therapy cannot be built, and one without a therapy and without a reason."""
    if arm.therapy:
        therapy_of(arm.therapy, arm.regimen)
    elif not arm.reason:
        raise InvalidValueError(f"arm `{arm.label}` has no `therapy`; expected one, or a `reason`.")


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[Line]:
    table = read_table(path)
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise InvalidValueError(
            f"column `{missing[0]}` is missing; expected {', '.join(columns)}.", file=path, line=1
        )
    yield from table.lines
