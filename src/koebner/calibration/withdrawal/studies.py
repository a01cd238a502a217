"""Withdrawal studies: who was stopped, what counted as relapse, when patients were seen, and the figures.

Reviewed studies and their published figures stand in `tables/withdrawal_studies.toml`. All weeks count
from the start of treatment; the time to a relapse counts from the clock of the study.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

import numpy as np

from koebner.calibration.published.arms import TABLES, therapy_of
from koebner.calibration.withdrawal.losses import HALF_OF_REFERENCE, SIX_POINTS, loss_named, reached_by
from koebner.catalogs import Strict, read_tables
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.evidence import load_withdrawals
from koebner.therapies import Therapy
from koebner.units import DAYS_PER_WEEK

Clock = Literal["last dose", "randomisation"]
MeasureName = Literal["relapse-free", "relapsed", "still responding", "median"]
MEASURES: Mapping[MeasureName, str] = MappingProxyType(
    {
        "relapse-free": "share without relapse by a week",
        "relapsed": "share with a relapse by a week",
        "still responding": "share with an endpoint at the visit of a week, relapsed before or not",
        "median": "median time to relapse",
    }
)
"""What a published figure measures."""
WEEKS_PER_UNIT: Mapping[str, float] = MappingProxyType(
    {"%": 1.0, "days": 1 / DAYS_PER_WEEK, "weeks": 1.0, "months": 365.25 / 12 / DAYS_PER_WEEK}
)
Unit = Literal["%", "days", "weeks", "months"]

_SLACK = 1e-9


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What must hold of a patient at a week [weeks] to be withdrawn; `holds` False: must not hold.

    `endpoint` is a responder endpoint, or "sPGA>=3" or "PASI>=12" for the severity at the start.
    """

    endpoint: str
    week: float
    holds: bool = True


@dataclass(frozen=True, kw_only=True)
class WithdrawalStudy:
    """One group of patients whose treatment was stopped, and how they were followed.

    All weeks count from the start of treatment.

    Parameters
    ----------
    id
        Its name.
    therapy, regimen
        Name in the therapy catalogue, and the doses in the notation of the arms; "" is as labelled.
    treatment
        The therapy with its doses where they have no notation, as sessions of light.
    stop_week
        No dose at or after it; None where the regimen ends by itself or goes on.
    last_dose_week
        Week of the last dose; None in a comparator that goes on.
    clock, clock_week
        From what time is counted, and its week.
    entry
        What must hold for a patient to be withdrawn; all patients when empty.
    definition
        Which loss counts, a name of `loss_named`.
    reference_week
        The visit that the definition looks back at, where it does.
    visits
        Weeks of all visits, rising from 0; those before entry fix the maximal improvement.
    assumptions
        What the source does not say and was assumed.
    source
        Key of its source.
    """

    id: str
    therapy: str
    regimen: str
    treatment: Therapy | None = None
    stop_week: float | None = None
    last_dose_week: float | None
    clock: Clock
    clock_week: float
    entry: tuple[Entry, ...]
    definition: str
    reference_week: float | None = None
    visits: tuple[float, ...]
    assumptions: tuple[str, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a study whose parts do not fit together."""
        loss_named(self.definition)
        for each in self.entry:
            reached_by(each.endpoint)
        if len(self.visits) < 2 or self.visits[0] != 0 or np.any(np.diff(self.visits) <= 0):
            raise InvalidValueError(f"visits of `{self.id}`: expected weeks that rise from 0.")
        asked = [(each.endpoint, each.week) for each in self.entry]
        if self.definition in (HALF_OF_REFERENCE, SIX_POINTS):
            if self.reference_week is None:
                raise InvalidValueError(f"`{self.id}`: its definition of relapse needs a reference week.")
            asked.append(("reference", self.reference_week))
        for what, week in asked:
            if week not in self.visits:
                raise InvalidValueError(f"`{self.id}`: {what} at week {week:g}, which has no visit.")
        if self.visits[-1] <= self.followed_from:
            raise InvalidValueError(f"`{self.id}`: no visit after week {self.followed_from:g}.")

    @property
    def followed_from(self) -> float:
        """The week after which a loss counts: the last of entry and last dose; the clock without both."""
        weeks = [each.week for each in self.entry]
        if self.last_dose_week is not None:
            weeks.append(self.last_dose_week)
        return max(weeks, default=self.clock_week)

    @property
    def follow_up(self) -> tuple[float, ...]:
        """Weeks on the clock of the study: from when a loss counts, and every visit after it."""
        visits = [week for week in self.visits if week > self.followed_from + _SLACK]
        return tuple(week - self.clock_week for week in (self.followed_from, *visits))

    @property
    def follow_up_weeks(self) -> float:
        """The last visit on the clock of the study [weeks]."""
        return self.visits[-1] - self.clock_week

    @property
    def uses_signs(self) -> bool:
        """Whether entry or definition need the sPGA."""
        return any("sPGA" in name for name in (self.definition, *(each.endpoint for each in self.entry)))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One published figure of a study.

    Parameters
    ----------
    name
        In words, such as "relapse-free 1 year after the last dose".
    study
        The study it is a figure of.
    measure
        What it measures, one of `MEASURES`.
    week
        At which week on the clock of the study; None for a median.
    endpoint
        The endpoint of "still responding".
    unit
        Unit of `observed`: "%" of those who entered, or a unit of time.
    observed
        What was published.
    n
        Patients who entered; None where the source does not say.
    """

    name: str
    study: WithdrawalStudy
    measure: MeasureName
    week: float | None = None
    endpoint: str = ""
    unit: Unit
    observed: float
    n: int | None = None

    @property
    def weeks_per_unit(self) -> float:
        """Weeks in one unit of a time."""
        return WEEKS_PER_UNIT[self.unit]


class _Entry(Strict):
    endpoint: str
    week: float
    holds: bool = True


class _FigureText(Strict):
    """A figure in the file: `result` is a row of the evidence table, `row` the texts of a user's table."""

    name: str
    measure: MeasureName
    week: float | None = None
    endpoint: str = ""
    result: str = ""
    trial: str = ""
    drug: str = ""
    metric: str = ""
    value: str = ""


class _StudyText(Strict):
    """A study in the file; visits are `visits`, then every `visit_every` weeks until `visits_until`."""

    therapy: str
    regimen: str = ""
    stop_week: float | None = None
    last_dose_week: float | None = None
    clock: Clock
    clock_week: float
    entry: tuple[_Entry, ...] = ()
    definition: str
    reference_week: float | None = None
    visits: tuple[float, ...]
    visit_every: float
    visits_until: float
    assumptions: tuple[str, ...] = ()
    source: str
    figures: tuple[_FigureText, ...]


def treatment_of(study: WithdrawalStudy) -> Therapy:
    """Return the treatment of a study, stopped as there.

    Examples
    --------
    >>> treatment_of(load_withdrawal_studies()["lebwohl-2024/secukinumab 300"]).last_dose_week(104)
    48.0
    """
    therapy = study.treatment or therapy_of(study.therapy, study.regimen)
    return therapy if study.stop_week is None else therapy.stop(week=study.stop_week)


def visits_of(begin: Iterable[float], every: float, until: float) -> tuple[float, ...]:
    """Return visits at the weeks of `begin`, then every so many weeks, and the last at `until`.

    Examples
    --------
    >>> visits_of([0, 12], 4, 22)
    (0.0, 12.0, 16.0, 20.0, 22.0)
    """
    first = sorted({0.0, *map(float, begin)})
    later = np.arange(first[-1] + every, until - every / 4, every)  # none just before the last
    return (*first, *(float(week) for week in later), *([float(until)] if until > first[-1] else []))


@cache
def load_withdrawal_studies() -> Mapping[str, WithdrawalStudy]:
    """Return the reviewed studies by name."""
    return MappingProxyType({name: _study(name, text) for name, text in _texts().items()})


@cache
def load_withdrawal_figures() -> Mapping[str, Figure]:
    """Return the figures of the reviewed studies that are rows of the evidence table, by the row's id."""
    rows = {row.id: row for row in load_withdrawals()}
    figures = {}
    for name, text, figure in _figures():
        if figure.result:
            if figure.result not in rows:
                raise UnknownNameError("withdrawal result", figure.result, rows)
            row = rows[figure.result]
            figures[figure.result] = _figure(name, text, figure, row.value, row.unit, row.n)
    return MappingProxyType(figures)


@cache
def reviewed_texts() -> Mapping[tuple[str, str, str, str], str]:
    """Return the evidence row that the texts (trial, drug, metric, value) of a user's table repeat."""
    return MappingProxyType(
        {
            (figure.trial, figure.drug, figure.metric, figure.value): figure.result
            for _, _, figure in _figures()
            if figure.trial
        }
    )


@cache
def _texts() -> Mapping[str, _StudyText]:
    return read_tables(TABLES / "withdrawal_studies.toml", _StudyText)


def _figures() -> Iterable[tuple[str, _StudyText, _FigureText]]:
    return ((name, text, figure) for name, text in _texts().items() for figure in text.figures)


def _study(name: str, text: _StudyText) -> WithdrawalStudy:
    return WithdrawalStudy(
        id=name,
        therapy=text.therapy,
        regimen=text.regimen,
        stop_week=text.stop_week,
        last_dose_week=text.last_dose_week,
        clock=text.clock,
        clock_week=text.clock_week,
        entry=tuple(Entry(endpoint=e.endpoint, week=e.week, holds=e.holds) for e in text.entry),
        definition=text.definition,
        reference_week=text.reference_week,
        visits=visits_of(text.visits, text.visit_every, text.visits_until),
        assumptions=text.assumptions,
        source=text.source,
    )


def _figure(
    name: str, text: _StudyText, figure: _FigureText, observed: float, unit: str, n: int | None
) -> Figure:
    if unit not in WEEKS_PER_UNIT:
        raise UnknownNameError("unit of a withdrawal figure", unit, WEEKS_PER_UNIT)
    return Figure(
        name=figure.name,
        study=load_withdrawal_studies()[name],
        measure=figure.measure,
        week=figure.week,
        endpoint=figure.endpoint,
        unit=unit,  # type: ignore[arg-type]  # checked above
        observed=observed,
        n=n,
    )
