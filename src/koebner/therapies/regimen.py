"""When a treatment is given: doses, intervals, route; started, stopped, restarted, changed, missed.

A regimen is a list of phases, given in one or more courses. Weeks inside a phase count from the start
of its course, so a course that is shifted or repeated is the same regimen.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, groupby

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.therapies.phases import Phase, PlannedDose, check_phase, checked_weeks, is_number
from koebner.therapies.sentences import amount_in_words, listed, phases_in_words

_SLACK = 1e-9
# No treatment that goes on pauses for longer [weeks].
_LONGEST_PAUSE = 60.0


@dataclass(frozen=True, kw_only=True)
class Course:
    """One stretch of treatment: no dose before `start_week`, none at or after `stop_week`."""

    start_week: float = 0.0
    stop_week: float | None = None


@dataclass(frozen=True, kw_only=True)
class Missed:
    """Doses that patients forget: each with probability `share`, drawn by `seed` and patient."""

    share: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class Regimen:
    """Doses over time by one route.

    Attributes
    ----------
    unit
        Unit of every dose: "mg", "mg/kg", "cells/kg", "cells/cm2", "MED", "application".
    routes
        The routes that are possible, each with the model state or parameter that receives the dose.
    dose_range
        Smallest and largest dose that is not a slip of the pen.
    infusion_hours
        How long one administration takes by a route [hours]; at once when not named. It enters the model
        at once all the same: hours are short against the days in which drugs and cells are cleared.
    courses
        Stretches of treatment, one after the other.
    factors
        Weeks from the start of a course from which its doses are multiplied by a factor: escalation and
        taper.
    skipped
        Weeks whose dose is left out.
    missed
        Doses that patients forget at random.
    """

    unit: str
    route: str
    routes: Mapping[str, str]
    phases: tuple[Phase, ...]
    dose_range: tuple[float, float]
    infusion_hours: Mapping[str, float] = field(default_factory=dict)
    courses: tuple[Course, ...] = (Course(),)
    factors: tuple[tuple[float, float], ...] = ()
    skipped: tuple[float, ...] = ()
    missed: Missed | None = None

    def __post_init__(self) -> None:
        if self.route not in self.routes:
            given = ", ".join(f"`{route}`" for route in self.routes)
            raise UnknownNameError("route", self.route, self.routes, hint=f"It is given: {given}.")
        for phase in self.phases:
            check_phase(phase, self.dose_range, self.unit)
            self._check_infusion(phase)

    @property
    def target(self) -> str:
        """Model state or parameter that receives the doses."""
        return self.routes[self.route]

    @property
    def start_week(self) -> float:
        """Week in which the first course begins."""
        return self.courses[0].start_week

    @property
    def stop_week(self) -> float | None:
        """Week at which it was stopped; None when it was not."""
        return self.courses[-1].stop_week

    @property
    def end_week(self) -> float | None:
        """Week in which it ends, by a stop, a taper or its last dose; None when treatment goes on."""
        begin = self.courses[-1].start_week
        ends = [phase.end_week for phase in self.phases]
        if self.stop_week is not None:
            return self.stop_week
        if self.factors and self.factors[-1][1] == 0:
            return begin + self.factors[-1][0]
        return None if None in ends else begin + max(end for end in ends if end is not None)

    def planned(self, until_week: float, *, weight_kg: float | None = None) -> tuple[PlannedDose, ...]:
        """Return all administrations before `until_week`, in order of time.

        With `weight_kg` [kg] only those of a patient of that weight; random misses are not among them.
        """
        doses = [dose for course in self.courses for dose in self._given(course, until_week)]
        kept = [dose for dose in doses if not any(abs(dose.week - week) < _SLACK for week in self.skipped)]
        mine = [dose for dose in kept if weight_kg is None or bool(dose.is_for(weight_kg))]
        return tuple(sorted(mine, key=lambda dose: dose.week))

    def started(self, week: float) -> "Regimen":
        """Return the regimen with its first course beginning at `week` and the others as much later."""
        by = _checked_week("start", week) - self.start_week
        return replace(
            self,
            courses=tuple(
                Course(
                    start_week=course.start_week + by,
                    stop_week=None if course.stop_week is None else course.stop_week + by,
                )
                for course in self.courses
            ),
            skipped=tuple(each + by for each in self.skipped),
        )

    def stopped(self, week: float) -> "Regimen":
        """Return the regimen with no dose at or after `week`."""
        if _checked_week("stop", week) < self.start_week:
            raise InvalidValueError(
                f"stop week {week:g} was given for a treatment that begins at week {self.start_week:g}; "
                "expected a later one."
            )
        left = tuple(course for course in self.courses if course.start_week < week) or self.courses[:1]
        last = left[-1]
        end = week if last.stop_week is None else min(week, last.stop_week)
        return replace(self, courses=(*left[:-1], replace(last, stop_week=end)))

    def restarted(self, weeks: Iterable[float], *, duration: float | None = None) -> "Regimen":
        """Return the regimen with courses more, beginning at `weeks`, loading doses included.

        Each is stopped after `duration` weeks, or goes on when that is left out.
        """
        again = self
        for week in weeks:
            end = again.end_week
            if end is None or _checked_week("restart", week) < end:
                shown = "goes on without end" if end is None else f"ends at week {end:g}"
                raise InvalidValueError(
                    f"a restart at week {week:g} was given for a treatment that {shown}; stop it before."
                )
            stop = None if duration is None else week + duration
            again = replace(again, courses=(*again.courses, Course(start_week=week, stop_week=stop)))
        return again

    def scaled(self, factors: Sequence[tuple[float, float]]) -> "Regimen":
        """Return the regimen with its doses from these weeks on multiplied by a factor."""
        for week, factor in factors:
            self._check_change(week)
            if not (math.isfinite(factor) and factor >= 0):
                raise InvalidValueError(f"a factor of {factor:g} was given for the dose; expected 0 or more.")
        first = min(week for week, _ in factors)
        left = [max(dose.week + _SLACK, dose.until_week or 0.0) for dose in self._until(first)]
        if max(left, default=0.0) <= first:
            raise InvalidValueError(
                f"another dose was asked for from week {first:g} on, when nothing is given any more; "
                "expected an earlier week."
            )
        own = [(week - self.start_week, factor) for week, factor in factors]
        weeks = sorted({week for week, _ in (*self.factors, *own)})
        whole = tuple((week, _in_force(self.factors, week) * _in_force(own, week)) for week in weeks)
        low, high = self.dose_range
        most = max((phase.largest_dose for phase in self.phases), default=0.0)
        most *= max((factor for _, factor in whole), default=1.0)
        if most > high:
            raise InvalidValueError(
                f"a larger dose was asked for; it would be {most:g} {self.unit}, expected {low:g} to "
                f"{high:g} {self.unit}."
            )
        return replace(self, factors=whole)

    def every(self, every_weeks: float, *, week: float) -> "Regimen":
        """Return the regimen with another interval [weeks] from `week` on."""
        self._check_change(week)
        begin = week - self.start_week
        going = [
            phase
            for phase in self.phases
            if phase.repeats
            and phase.from_week <= begin
            and (phase.until_week is None or phase.until_week > begin)
        ]
        if not going or any(phase.per_day is not None or phase.step for phase in going):
            raise InvalidValueError(
                f"an interval of {every_weeks:g} weeks was given from week {week:g} on, where no dose of one "
                "size is repeated at an interval of weeks; give the doses' weeks instead."
            )
        before = [cut for phase in self.phases if (cut := phase.cut(begin)) is not None]
        after = [
            phase.model_copy(update={"from_week": begin, "every_weeks": every_weeks, "on_days": (0,)})
            for phase in going
        ]
        later = [phase for phase in self.phases if phase.repeats and phase.from_week > begin]
        return replace(self, phases=(*before, *after, *later))

    def skipping(self, weeks: Sequence[float]) -> "Regimen":
        """Return the regimen without the doses of these weeks; refuse weeks without a dose."""
        wanted = checked_weeks(weeks)
        doses = [dose.week for dose in self.planned(wanted[-1] + 1) if dose.until_week is None]
        for week in wanted:
            if not any(abs(week - dose) < _SLACK for dose in doses):
                raise InvalidValueError(
                    f"week {week:g} was to be skipped, which has no dose; doses until then are at weeks "
                    f"{', '.join(f'{dose:.4g}' for dose in doses) or 'none'}."
                )
        return replace(self, skipped=tuple(sorted({*self.skipped, *wanted})))

    def missing(self, share: float, *, seed: int) -> "Regimen":
        """Return the regimen with each dose forgotten with a probability, by patient."""
        if not 0 <= share < 1:
            raise InvalidValueError(f"a share of missed doses of {share:g} was given; expected 0 to below 1.")
        return replace(self, missed=Missed(share=share, seed=seed))

    def changed(
        self,
        *,
        dose: float | None = None,
        weeks: Sequence[float] | None = None,
        route: str | None = None,
    ) -> "Regimen":
        """Return the regimen with another dose, other weeks or another route.

        Bands of body weight that differ by their dose alone become one when all get the same dose.
        """
        phases = self.phases
        if dose is not None:
            phases = _merged(phase.model_copy(update={"dose": float(dose)}) for phase in phases)
        if weeks is not None:
            phases = self._at_weeks(phases, checked_weeks(weeks), stepped=dose is None)
        return replace(self, phases=phases, route=self.route if route is None else route)

    def sentence(self) -> str:
        """Return the regimen in words.

        Examples
        --------
        >>> Regimen(unit="mg", route="subcutaneous", routes={"subcutaneous": "depot"},
        ...         phases=(Phase(dose=80, weeks=(0,)), Phase(dose=40, from_week=1, every_weeks=2)),
        ...         dose_range=(1, 2000)).sentence()
        '80 mg at week 0, then 40 mg every 2 weeks from week 1, subcutaneous'
        """
        parts = [phases_in_words(list(alike), self.unit) for _, alike in groupby(self.phases, _schedule)]
        return ", then ".join(parts) + f", {self.route}" + "".join(f", {more}" for more in self._changes())

    def _changes(self) -> list[str]:
        """Return in words what was done to the regimen of the catalogue."""
        words = [
            f"from week {week + self.start_week:.4g} on "
            f"{f'{100 * factor:.3g} % of the dose' if factor else 'nothing'}"
            for week, factor in self.factors
        ]
        if self.start_week > 0:
            words.append(f"begun at week {self.start_week:g}")
        for course in self.courses:
            if course is not self.courses[0]:
                words.append(f"again from week {course.start_week:g}")
            if course.stop_week is not None:
                words.append(f"stopped at week {course.stop_week:g}")
        if self.skipped:
            words.append(
                f"without the dose{'s' if len(self.skipped) > 1 else ''} of week {listed(self.skipped)}"
            )
        if self.missed is not None:
            words.append(f"{100 * self.missed.share:g} % of doses missed")
        return words

    def _at_weeks(
        self, phases: tuple[Phase, ...], weeks: tuple[float, ...], *, stepped: bool
    ) -> tuple[Phase, ...]:
        if any(phase.per_day is not None for phase in phases):
            raise InvalidValueError(
                f"weeks [{listed(weeks)}] were given for a treatment that is taken daily; start it and stop "
                "it at a week instead."
            )
        given = _merged(
            Phase(dose=phase.dose, weeks=weeks, above_kg=phase.above_kg, up_to_kg=phase.up_to_kg)
            for phase in phases
        )
        overlapping = any(one.overlaps(other) for one, other in combinations(given, 2))
        if overlapping or (stepped and any(phase.step for phase in phases)):
            amounts = sorted({amount for phase in phases for amount in (phase.dose, phase.largest_dose)})
            shown = ", ".join(amount_in_words(amount, self.unit) for amount in amounts)
            raise InvalidValueError(
                f"weeks were given for a regimen with several doses ({shown}); give the dose as well."
            )
        return given

    def _given(self, course: Course, until_week: float) -> Iterable[PlannedDose]:
        end = until_week if course.stop_week is None else min(until_week, course.stop_week)
        for phase in self.phases:
            for dose in phase.planned(end - course.start_week):
                for piece in _pieces(dose, self.factors):
                    until = None if piece.until_week is None else piece.until_week + course.start_week
                    yield replace(piece, week=piece.week + course.start_week, until_week=until)

    def _until(self, week: float) -> tuple[PlannedDose, ...]:
        """Return the doses until just after the last that can come from `week` on."""
        end = self.end_week
        return self.planned(max(week, self.start_week) + _LONGEST_PAUSE if end is None else end + 1.0)

    def _check_change(self, week: float) -> None:
        """Refuse to change the doses from a week on before the start, or where a restart is planned."""
        if _checked_week("change", week) < self.start_week:
            raise InvalidValueError(
                f"a change at week {week:g} was given for a treatment that begins at week "
                f"{self.start_week:g}; expected a later week."
            )
        if len(self.courses) > 1:
            raise InvalidValueError(
                f"a change at week {week:g} was given for a treatment with a restart planned; change the "
                "doses first, then restart: each course is given alike."
            )

    def _check_infusion(self, phase: Phase) -> None:
        interval, lasts = phase.shortest_interval_hours(), self.infusion_hours.get(self.route, 0.0)
        if interval < lasts:
            raise InvalidValueError(
                f"an interval of {interval:.3g} hours was given for an infusion that takes {lasts:g} hours; "
                "expected a longer one."
            )


def _pieces(dose: PlannedDose, factors: Sequence[tuple[float, float]]) -> Iterable[PlannedDose]:
    """Cut a dose, or a stretch of daily intake, where the factor changes; leave out what is 0."""
    if not factors:
        yield dose
        return
    changes = [(0.0, 1.0), *factors]
    for i, (begin, factor) in enumerate(changes):
        end = changes[i + 1][0] if i + 1 < len(changes) else math.inf
        if not factor:
            continue
        if dose.until_week is None:
            if begin <= dose.week + _SLACK < end:
                yield replace(dose, amount=dose.amount * factor)
        elif max(begin, dose.week) < min(end, dose.until_week):
            yield replace(
                dose,
                week=max(begin, dose.week),
                until_week=min(end, dose.until_week),
                amount=dose.amount * factor,
            )


def _schedule(phase: Phase) -> Phase:
    """Return when a phase gives something, whatever it gives to whom."""
    return phase.model_copy(update={"dose": 0.0, "above_kg": 0.0, "up_to_kg": math.inf})


def _in_force(factors: Sequence[tuple[float, float]], week: float) -> float:
    """Return the factor of the last change that has come, 1 before the first."""
    return next((factor for begin, factor in sorted(factors, reverse=True) if begin <= week), 1.0)


def _merged(phases: Iterable[Phase]) -> tuple[Phase, ...]:
    """Put together phases that differ by nothing but their band of body weight."""
    alike: dict[Phase, list[Phase]] = {}
    for phase in phases:
        alike.setdefault(phase.model_copy(update={"above_kg": 0.0, "up_to_kg": math.inf}), []).append(phase)
    return tuple(
        phase.model_copy(
            update={
                "above_kg": min(each.above_kg for each in bands),
                "up_to_kg": max(each.up_to_kg for each in bands),
            }
        )
        for phase, bands in alike.items()
    )


def _checked_week(what: str, week: float) -> float:
    if not (is_number(week) and math.isfinite(week) and week >= 0):
        raise InvalidValueError(f"{what} week {week!r} was given; expected a number, 0 or a later week.")
    return float(week)
