"""Published figures of withdrawal from a user's table, each resolved to a study or refused with its reason.

A figure that was reviewed is known by the texts of its trial, drug, metric and value; any other is read
by `koebner.calibration.withdrawal.words`. Nothing is dropped, and no wording raises an error.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from koebner.calibration.published.arms import text_key
from koebner.calibration.published.names import named_therapies
from koebner.calibration.published.words import Resolved, Unresolved, resolve
from koebner.calibration.withdrawal.losses import HALF_OF_REFERENCE, SIX_POINTS
from koebner.calibration.withdrawal.numbers import (
    ToldStop,
    clock_in,
    lengths,
    plain,
    read_n,
    read_stop,
    read_time,
    read_unit,
    read_value,
    weeks_listed,
)
from koebner.calibration.withdrawal.studies import (
    WEEKS_PER_UNIT,
    Clock,
    Entry,
    Figure,
    MeasureName,
    WithdrawalStudy,
    load_withdrawal_figures,
    reviewed_texts,
    visits_of,
)
from koebner.calibration.withdrawal.words import (
    ToldEntry,
    ToldLoss,
    read_entry_words,
    read_loss,
    read_measure,
    refuse_rule,
)
from koebner.errors import InvalidValueError, KoebnerError
from koebner.evidence.reading import Line, read_table
from koebner.therapies import Therapy, load

_NEEDED = ("trial", "drug", "metric", "value", "unit")
_EVERY = 4.0  # weeks between visits, where no source says
_JUST_AFTER = 0.1  # weeks: a treatment stopped then keeps the dose before
_LATE = 5200.0  # weeks: beyond the last dose of anything that ends
# A median is looked for until this many times as long as it was found, and for two years at least.
_SEARCHED = 3.0
_TWO_YEARS = 104.0
_LONGEST = 520.0  # weeks


@dataclass(frozen=True, kw_only=True)
class WithdrawalRow:
    """One row of a table of withdrawals as text; `line` is where it stands in the file."""

    line: int
    trial: str
    drug: str
    schedule: str
    last_dose_week: str
    population: str
    n: str
    definition: str
    metric: str
    value: str
    unit: str
    time: str
    verified: str


@dataclass(frozen=True, kw_only=True)
class _Stopped:
    """A treatment that ends: the therapy, from which week nothing is given, last dose, randomisation."""

    therapy: str
    regimen: str
    treatment: Therapy | None
    stop_week: float | None
    last_dose: float
    randomised: float | None
    turned_at_entry: bool
    assumptions: tuple[str, ...]

    @property
    def default_clock(self) -> Clock:
        """From what time counts where no text says: from the change to placebo, as far as it is told."""
        return "last dose" if self.randomised is None and not self.turned_at_entry else "randomisation"

    def clock_week(self, clock: Clock, entry_week: float) -> float:
        if clock == "last dose":
            return self.last_dose
        return entry_week if self.randomised is None else self.randomised


def read_withdrawals(path: Path | str) -> tuple[WithdrawalRow, ...]:
    """Return the rows of a table of withdrawals, all of them.

    Parameters
    ----------
    path
        A CSV file with the columns trial, drug, metric, value and unit, and as far as known
        on_treatment_schedule, last_dose_week, population_at_withdrawal, n_withdrawn,
        definition_of_relapse, time_after_randomisation_to_placebo and verified.

    Raises
    ------
    EvidenceError
        The file is no table.
    InvalidValueError
        A needed column is missing.
    """
    table = read_table(path)
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing:
        raise InvalidValueError(
            f"column `{missing[0]}` is missing; expected {', '.join(_NEEDED)}.", file=path, line=1
        )
    return tuple(_row(line) for line in table.lines)


def study_of(row: WithdrawalRow) -> WithdrawalStudy | Unresolved:
    """Return the study that a row is a figure of, or why it cannot be told; see `figure_of`."""
    figure = figure_of(row)
    return figure if isinstance(figure, Unresolved) else figure.study


def figure_of(row: WithdrawalRow) -> Figure | Unresolved:
    """Return the figure of a row with its study, or why it cannot be told.

    Reviewed rows come first, then the words; what a text leaves open stands in the assumptions of the
    study.

    Examples
    --------
    >>> row = WithdrawalRow(line=2, trial="A trial", drug="guselkumab", schedule="100 mg wk 0,4,12,20",
    ...                     last_dose_week="20 (re-randomised wk 28)", population="PASI90 at wk 28",
    ...                     n="182", definition="loss of PASI90", metric="PASI90 maintained", value="30",
    ...                     unit="%", time="wk 48", verified="yes")
    >>> figure = figure_of(row)
    >>> figure.measure, figure.week, figure.study.clock, figure.study.clock_week
    ('still responding', 20.0, 'randomisation', 28.0)
    """
    result = _reviewed().get(tuple(map(text_key, (row.trial, row.drug, row.metric, row.value))))
    if result is not None:
        return load_withdrawal_figures()[result]
    try:
        return _read(row)
    except KoebnerError as error:
        return Unresolved(reason=error.message)


def _reviewed() -> dict[tuple[str, ...], str]:
    return {tuple(map(text_key, texts)): result for texts, result in reviewed_texts().items()}


def _read(row: WithdrawalRow) -> Figure:
    unit = read_unit(row.unit)
    observed = read_value(row.value, row.unit, row.metric)
    refuse_rule(row.trial, row.schedule, row.definition, row.metric)
    stopped = _stopped(row)
    default_week = stopped.randomised or float(math.ceil(stopped.last_dose - 1e-9))
    told = read_entry_words(row.population, default_week)
    metric = f"median {row.metric}" if "median" in plain(row.unit) else row.metric
    measure, endpoint = read_measure(metric, unit, told.entry)
    if not told.entry and measure != "still responding":
        at_risk = Entry(endpoint="PASI50", week=default_week)
        told = ToldEntry(entry=(at_risk,), assumptions=("only who has PASI50 can relapse",))
    entry_week = max((each.week for each in told.entry), default=default_week)
    loss = read_loss(row.definition, row.metric, told.entry, entry_week)
    if loss.definition.startswith("sPGA>="):
        severe = Entry(endpoint=loss.definition, week=0.0)
        assumed = (*told.assumptions, f"{loss.definition} at the start, without which it cannot come back")
        told = ToldEntry(entry=(severe, *told.entry), assumptions=assumed)
    clock, week = _time(row, measure, stopped, entry_week)
    beginning = stopped.clock_week(clock, entry_week)
    searched = max(_TWO_YEARS, _SEARCHED * observed * WEEKS_PER_UNIT[unit])
    until = beginning + (searched if week is None else week)
    if max(until, entry_week, stopped.last_dose) > _LONGEST:
        raise InvalidValueError(f"week {max(until, entry_week):g} was read, later than any withdrawal study.")
    return Figure(
        name=row.metric,
        study=_study(row, stopped, told, loss, clock, beginning, until),
        measure=measure,
        week=week,
        endpoint=endpoint,
        unit=unit,
        observed=observed,
        n=read_n(row.n),
    )


def _stopped(row: WithdrawalRow) -> _Stopped:
    """Return the treatment as it ended."""
    resolved = _resolved(row)
    therapy = resolved.therapy
    told = read_stop(row.last_dose_week, row.schedule)
    by_itself = therapy.last_dose_week(_LATE) if therapy.end_week is not None else None
    if told is None and by_itself is None:
        raise InvalidValueError("the week of the last dose is not told.")
    randomised = None if told is None else told.randomised
    stop = None if told is None else _stop_week(told, row)
    if stop is not None and (by_itself is None or stop <= by_itself):
        therapy = therapy.stop(week=stop)
    else:
        stop = None
    last = therapy.last_dose_week(_LATE)
    if stop is not None and told is not None and last is not None and last > told.last_dose:
        stop = told.last_dose  # taken daily: the end of the intake is that of the text
        therapy, last = therapy.stop(week=stop), stop
    if last is None:
        raise InvalidValueError("no dose is given before the treatment ends.")
    labelled = resolved.therapy == load(resolved.therapy_id)
    return _Stopped(
        therapy=resolved.therapy_id,
        regimen=resolved.regimen,
        treatment=None if resolved.regimen or labelled else resolved.therapy,
        stop_week=stop,
        last_dose=last,
        randomised=randomised,
        turned_at_entry=bool(_entry_weeks(row)),
        assumptions=("doses as labelled",) if resolved.regimen_assumed else (),
    )


def _resolved(row: WithdrawalRow) -> Resolved:
    """Return what was given: the dose stands with the drug or in the schedule, the weeks in the schedule."""
    drug = plain(row.drug).split(" vs ")[0]
    names = [named for named in named_therapies(drug) if named.therapy not in ("", "placebo")]
    dose = drug[names[-1].end :].strip() if names else ""
    dose = re.sub(r"(\d) ?x weekly", r"\1x/week", dose)
    told = row.schedule if re.search(r"\d ?x|\d ?mg\b", row.schedule) else f"{dose} {row.schedule}".strip()
    found: Resolved | Unresolved = Unresolved(reason="")
    # The schedule of a withdrawal tells of visits and of groups as well: then the dose alone is read.
    for schedule in (told, dose, ""):
        found = resolve(row.trial, "", names[-1].therapy if names else drug, schedule)
        if isinstance(found, Resolved):
            return found
    raise InvalidValueError(found.reason if isinstance(found, Unresolved) else "")


def _stop_week(told: ToldStop, row: WithdrawalRow) -> float:
    """Return from which week nothing is given.

    Treatment "for 12 weeks", or to week 12 with a change to placebo then, leaves out a dose at week 12; a
    dose of a list ("wk 0, 4, 12") is given, and one before the change.
    """
    turn = told.randomised or max(_entry_weeks(row), default=None)
    treated_for = lengths(plain(row.schedule), "week")
    listed = told.last_dose in weeks_listed(row.schedule)
    ends = told.last_dose == turn or told.last_dose in treated_for
    return told.last_dose if ends and not listed else told.last_dose + _JUST_AFTER


def _entry_weeks(row: WithdrawalRow) -> set[float]:
    """Return the weeks at which the text has patients enter, as far as it names any."""
    unknown = -1.0
    entry = read_entry_words(row.population, unknown).entry
    return {each.week for each in entry} - {unknown}


def _time(
    row: WithdrawalRow, measure: MeasureName, stopped: _Stopped, entry_week: float
) -> tuple[Clock, float | None]:
    """Return the clock of a figure and the week on it; None for a median."""
    default = stopped.default_clock
    if measure == "median":
        texts = (row.unit, row.metric, row.time, row.definition)
        clocks = (clock_in(plain(text)) for text in texts)
        return next((clock for clock in clocks if clock is not None), default), None
    times = (read_time(text, default) for text in (row.metric, row.time, row.unit))
    time = next((each for each in times if each is not None), None)
    if time is None:
        raise InvalidValueError("the week of the figure is not told.")
    if time.clock is not None:
        return time.clock, time.week
    followed_from = max(entry_week, stopped.last_dose)
    if time.week <= followed_from:  # a week of the withdrawal period, counted from its beginning
        return default, time.week
    return default, time.week - stopped.clock_week(default, entry_week)


def _study(
    row: WithdrawalRow,
    stopped: _Stopped,
    told: ToldEntry,
    loss: ToldLoss,
    clock: Clock,
    beginning: float,
    until: float,
) -> WithdrawalStudy:
    looks_back = loss.definition in (HALF_OF_REFERENCE, SIX_POINTS)
    reference = loss.reference_week if looks_back else None
    followed = max([stopped.last_dose, beginning, *(each.week for each in told.entry)])
    seen = {each.week for each in told.entry} | {week for week in (reference,) if week is not None}
    seen |= {_EVERY * visit for visit in range(1 + int(followed / _EVERY))} | {beginning}
    return WithdrawalStudy(
        id=f"{row.trial}: {row.drug}, {row.metric} (line {row.line})",
        therapy=stopped.therapy,
        regimen=stopped.regimen,
        treatment=stopped.treatment,
        stop_week=stopped.stop_week,
        last_dose_week=stopped.last_dose,
        clock=clock,
        clock_week=beginning,
        entry=told.entry,
        definition=loss.definition,
        reference_week=reference,
        visits=visits_of(seen, _EVERY, until),
        assumptions=(*stopped.assumptions, *told.assumptions, *loss.assumptions, "a visit every 4 weeks"),
    )


def _row(line: Line) -> WithdrawalRow:
    return WithdrawalRow(
        line=line.number,
        trial=line["trial"],
        drug=line["drug"],
        schedule=line["on_treatment_schedule"],
        last_dose_week=line["last_dose_week"],
        population=line["population_at_withdrawal"],
        n=line["n_withdrawn"],
        definition=line["definition_of_relapse"],
        metric=line["metric"],
        value=line["value"],
        unit=line["unit"],
        time=line["time_after_randomisation_to_placebo"],
        verified=line["verified"],
    )
