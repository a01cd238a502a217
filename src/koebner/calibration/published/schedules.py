"""From the tokens of an arm to a regimen in one line; what the text leaves open comes from the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from koebner.calibration.published.names import Loading, arm_words
from koebner.calibration.published.regimen_notation import write_regimen
from koebner.calibration.published.tokens import Token
from koebner.therapies import Phase, Regimen

_SLACK = 1e-9
# Weeks until which the doses of a labelled regimen tell which weeks a text means by "weeks 0 to 4".
_LABEL_WEEKS = 60.0


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a text says of doses.

    Attributes
    ----------
    regimen
        In the notation of one line.
    assumed
        Whether the catalogue had to be asked for something that the text leaves open.
    told
        How much the text tells: 3 weeks of doses, 2 an interval, 1 an amount, 0 nothing.
    """

    regimen: str
    assumed: bool
    told: int


@dataclass(kw_only=True)
class _Series:
    """Doses at an interval; `start` None where the text does not say when they begin."""

    every: float
    amount: float | None
    start: float | None = None
    last: float | None = None  # week of the last dose
    before: float | None = None  # no dose at or after this week
    next_start: float | None = None  # when the interval behind it begins, where that is known

    def weeks(self) -> list[float]:
        """Return the weeks of a series that ends."""
        start = self.start or 0.0
        end = self.last + _SLACK if self.last is not None else (self.before or 0.0) - _SLACK
        return [start + i * self.every for i in range(max(0, int((end - start) // self.every)) + 1)]

    @property
    def ends(self) -> bool:
        return self.last is not None or self.before is not None


@dataclass(kw_only=True)
class _Reader:
    """Reads tokens from left to right; `labelled` is the regimen of the catalogue."""

    labelled: Regimen
    loading: Loading | None
    amount: float | None = None
    used: bool = True  # whether the amount has a schedule already
    fold: float = 1.0
    injections: float = 1.0
    several_at_start: bool = False
    doses: dict[float, float | None] = field(default_factory=dict)
    series: list[_Series] = field(default_factory=list)
    first: tuple[float, float | None] | None = None  # of "from week 2 to 12", said before the interval
    previous: str = ""
    then: bool = False  # whether "then" stands behind the last interval
    amounts: list[float] = field(default_factory=list)
    assumed: bool = False
    unclear: bool = False

    def read(self, token: Token) -> None:
        """Take one token in."""
        self.then = self.then or token.kind == "then"
        match token.kind:
            case "amount":
                self._amount(token)
            case "inject":
                self.injections = token.numbers[0]
            case "at":
                self._at(token.numbers)
            case "every":
                self._every(token.numbers[0])
            case "from":
                self._from(token.numbers)
            case "until" if self.series and not self.series[-1].ends:
                self.series[-1].last = token.numbers[0]
            case "for" if self.series:
                self.series[-1].before = (self.series[-1].start or 0.0) + token.numbers[0]
            case "count" if self.series:
                series = self.series[-1]
                series.last = (series.start or 0.0) + (token.numbers[0] - 1) * series.every
            case "count" if token.numbers[0] == 1:  # "150 mg x 1"
                self._at((0.0, 0.0))
            case _:
                pass
        self.previous = token.kind

    def _amount(self, token: Token) -> None:
        value = token.numbers[0]
        nothing_yet = not self.doses and not self.series
        if not self.used and self.amount is not None and nothing_yet and self.amount > value:
            # "160 mg, 80 mg q2w", "400 mg then 200 mg q2w": the first at the start
            self.doses[0.0] = self.amount * self.fold
        self.amounts.append(value)
        self.amount, self.fold, self.used, self.injections = value, token.numbers[1], False, 1.0

    def _given(self) -> float | None:
        """Return the dose of the next administration; injections are counted for one schedule only."""
        given = None if self.amount is None else self.amount * self.injections
        self.injections, self.used = 1.0, True
        return given

    def _at(self, ends: Sequence[float]) -> None:
        weeks = self._weeks(ends)
        if self.previous == "every" and self.series[-1].start is None:
            if len(ends) == 2 and ends[0] < ends[1]:  # "every 2 weeks, weeks 2 to 12"
                self.series[-1].start, self.series[-1].last = ends[0], ends[1]
                return
            if len(weeks) > 1:  # "once weekly at baseline, weeks 1, 2, 3 and 4" says it twice
                self.amount = self.amount if self.amount is not None else self.series[-1].amount
                self.series.pop()
        self.several_at_start |= self.injections > 1 and 0.0 in weeks
        if 0.0 in weeks and self.doses.get(0.0) is not None and self.previous != "then":
            self.doses.pop(0.0)  # "200 mg, first 400 mg at week 0": the first amount was a name
        dose, fold = self._given(), self.fold
        if dose is not None and fold > 1 and len(weeks) != fold:  # "2 x 80 mg at week 0"
            dose *= fold
        for week in weeks:
            self.doses.setdefault(week, dose)

    def _every(self, every: float) -> None:
        if self.previous == "every":  # "50 mg/week twice a week" is the one, "BIW/QW" the other way round
            self.series[-1].every = min(every, self.series[-1].every)
            return
        open_series = bool(self.series) and not self.series[-1].ends
        if open_series and self.series[-1].every == every:
            return
        if open_series:
            self.assumed = True
            if not self.then:  # "25 mg biw / 50 mg qw": alternatives
                return
            self._change_as_labelled()
        self.then = False
        series = _Series(every=every, amount=self._given())
        if self.first is not None:
            series.start, series.last = self.first
            self.first = None
        elif self.series:
            series.start = self._after_series(self.series[-1], every)
        elif self.doses:
            series.start = self._after_doses(every)
        self.series.append(series)

    def _change_as_labelled(self) -> None:
        """End "q4w then q8w", which does not say when, where the labelled interval changes."""
        changes = [phase.from_week for phase in self.labelled.phases if phase.every_weeks is not None]
        before = [dose.week for dose in self.labelled.planned(changes[-1])] if changes else []
        self.unclear = not before
        if before:
            self.series[-1].last, self.series[-1].next_start = before[-1], changes[-1]

    def _after_series(self, series: _Series, every: float) -> float:
        """Return the first week of an interval that follows another one."""
        if series.next_start is not None or not series.ends:
            return series.next_start or 0.0
        if series.before is None:
            return series.weeks()[-1] + every
        labelled = [dose.week for dose in self.labelled.planned(_LABEL_WEEKS)]
        return next((week for week in labelled if week >= series.before), series.before)

    def _from(self, weeks: Sequence[float]) -> None:
        last = weeks[1] if len(weeks) > 1 else None
        if self.series and not self.series[-1].ends:
            self.series[-1].start, self.series[-1].last = weeks[0], last
        else:
            self.first = (weeks[0], last)

    def _after_doses(self, every: float) -> float:
        """Return the first week of an interval that follows doses at weeks."""
        loading, weeks = self.loading, sorted(self.doses)
        if loading is not None and loading.next_week is not None and weeks == list(loading.weeks):
            return loading.next_week
        return weeks[-1] + every

    def _weeks(self, ends: Sequence[float]) -> list[float]:
        """Return single weeks, and of "weeks 0 to 4" the ends with the labelled weeks between."""
        labelled = [dose.week for dose in self.labelled.planned(_LABEL_WEEKS)]
        weeks: set[float] = set()
        for first, last in zip(ends[::2], ends[1::2], strict=True):
            weeks |= {first, last, *(week for week in labelled if first < week < last)}
        return sorted(weeks)


def read_schedule(
    tokens: Sequence[Token],
    labelled: Regimen,
    loading: Loading | None,
    *,
    amount: float | None = None,
    cut_off: bool = False,
    late: bool = False,
) -> Reading | None:
    """Return what tokens say of weekly or rarer doses; None when they tell no schedule.

    Parameters
    ----------
    tokens
        Tokens of one text, with amounts in the unit of the regimen.
    labelled
        Regimen of the catalogue.
    loading
        Doses before a regular interval, where the drug has them.
    amount
        Dose for schedules without one [unit of the regimen].
    cut_off
        Whether the text ends in the middle.
    late
        Whether the first dose may come after week 0, as after a placebo.
    """
    reader = _Reader(labelled=labelled, loading=loading)
    for token in tokens:
        reader.read(token)
    if reader.first is not None and not reader.used and _intervals(labelled):
        reader.read(Token(kind="every", numbers=(_intervals(labelled)[-1],)))  # "then 15 mg from week 4"
        reader.assumed = True
    if reader.unclear or not (reader.doses or reader.series):
        return None
    told = 3 if reader.doses else 2
    named = reader.amount if reader.amount is not None else amount
    usual = named if named is not None else _usual_dose(labelled)
    if cut_off and reader.previous == "then" and not reader.series:
        _continue(reader, usual)
    if cut_off and reader.previous == "every":
        _change_later(reader)
    _begin(reader, usual)
    _mend_start(reader, usual)
    if not late and min([*reader.doses, *(series.start or 0.0 for series in reader.series)]) > 0:
        return None
    return Reading(regimen=_written(reader, usual), assumed=reader.assumed, told=told)


def _continue(reader: _Reader, usual: float) -> None:
    """Let the labelled interval follow doses after which the text is cut off."""
    first = min(_intervals(reader.labelled), default=None)
    if first is not None:
        # The smallest amount told is the one that goes on: loading doses are the larger ones.
        amount = min([usual, *reader.amounts])
        reader.series.append(_Series(every=first, amount=amount, start=reader._after_doses(first)))
        reader.assumed = True


def _change_later(reader: _Reader) -> None:
    """Let a labelled change of the interval follow an interval after which the text is cut off."""
    regular, open_series = _intervals(reader.labelled), reader.series[-1]
    if open_series.every not in regular[1:] or regular[0] == open_series.every:
        return
    reader._change_as_labelled()
    later = _Series(every=regular[0], amount=open_series.amount, start=open_series.next_start)
    reader.series.append(later)
    reader.assumed = True


def _begin(reader: _Reader, usual: float) -> None:
    """Say when an interval begins of which the text does not: after the usual loading doses, or at once."""
    if not reader.series or reader.series[0].start is not None:
        return
    series, loading = reader.series[0], reader.loading
    regular = _intervals(reader.labelled)
    # "80 mg q2w (160 mg at week 0)" begins after these doses, "q2w + week 1" does not
    series.start = reader._after_doses(series.every) if 0.0 in reader.doses else 0.0
    if reader.doses or not regular:
        return
    amount = series.amount if series.amount is not None else usual
    if loading is None:
        _as_labelled_later(reader, series, amount)
        return
    larger = loading.amount is not None and loading.amount > amount
    if loading.amount is not None and amount > _usual_dose(reader.labelled):
        _take_down(reader, amount)
        amount, larger = _usual_dose(reader.labelled), True
    rarer = series.every > max(regular) + _SLACK and loading.next_week is not None
    if not larger and (series.ends or rarer or loading.amount is not None):
        return  # "weekly to week 4 then ...", "280 mg monthly", "400 mg every 2 weeks" need none before
    reader.doses.update(dict.fromkeys(loading.weeks, (loading.amount or amount) if larger else amount))
    series.start = loading.next_week if loading.next_week is not None else loading.weeks[-1] + series.every
    reader.assumed = True


def _take_down(reader: _Reader, amount: float) -> None:
    """Read "160 mg, q2w" as a loading dose before the usual one."""
    for series in reader.series:
        if series.amount is None or series.amount == amount:
            series.amount = _usual_dose(reader.labelled)


def _as_labelled_later(reader: _Reader, series: _Series, amount: float) -> None:
    """Let the labelled weeks precede an interval that is labelled for later: 320 mg q8w after q4w."""
    later = [phase for phase in reader.labelled.phases if phase.every_weeks is not None]
    before = [week for phase in reader.labelled.phases for week in phase.weeks]
    one_dose = len({phase.dose for phase in reader.labelled.phases}) == 1
    if one_dose and before and later and later[-1].every_weeks == series.every:
        reader.doses.update(dict.fromkeys(before, amount))
        series.start = later[-1].from_week
        reader.assumed = True


def _mend_start(reader: _Reader, usual: float) -> None:
    """Spread injections at the start over the usual loading weeks of a drug that begins without more."""
    loading = reader.loading
    if (
        reader.several_at_start
        and loading is not None
        and loading.amount is None
        and list(reader.doses) == [0.0]
    ):
        reader.doses = dict.fromkeys(loading.weeks, usual)
        if reader.series:
            reader.series[0].start = reader._after_doses(reader.series[0].every)
        reader.assumed = True


def _intervals(regimen: Regimen) -> list[float]:
    """Return the intervals of a regimen, those that go on first, then the steps of listed weeks."""
    given = [phase.every_weeks for phase in regimen.phases if phase.every_weeks is not None]
    listed = [b - a for phase in regimen.phases for a, b in pairwise(phase.weeks)]
    return given + (listed if len(listed) > 2 else [])


def _usual_dose(regimen: Regimen) -> float:
    """Return the dose that a regimen ends at."""
    return regimen.phases[-1].dose


def _written(reader: _Reader, usual: float) -> str:
    """Return the doses in the notation of one line."""
    doses = {week: usual if dose is None else dose for week, dose in reader.doses.items()}
    phases: list[Phase] = []
    for series in reader.series:
        amount = usual if series.amount is None else series.amount
        if series.ends and series.every >= 1:
            for week in series.weeks():
                doses.setdefault(week, amount)
            continue
        until = series.before if series.before is not None else series.last
        start = series.start or 0.0
        phases.append(Phase(dose=amount, from_week=start, every_weeks=series.every, until_week=until))
        # An extra dose is one between the others, not one of them.
        doses = {
            week: dose for week, dose in doses.items() if not _in_series(week, start, series.every, until)
        }
    listed = [
        Phase(dose=dose, weeks=tuple(week for week, _ in weeks))
        for dose, weeks in groupby(sorted(doses.items()), key=lambda item: item[1])
    ]
    return write_regimen([*listed, *phases])


def _in_series(week: float, start: float, every: float, until: float | None) -> bool:
    steps = (week - start) / every
    return week >= start - _SLACK and abs(steps - round(steps)) < _SLACK and (until is None or week < until)


def loading_of(therapy: str) -> Loading | None:
    """Return the doses of a drug before a regular interval, where it has them."""
    return arm_words().loading.get(therapy)
