"""Phases of a regimen and the doses they plan.

Weeks at the border, because clinicians think in weeks. A phase is written in the catalogue as a
clinician would say it: these weeks, or every so many weeks, or so many times a day.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import model_validator

from koebner.catalogs import Strict
from koebner.errors import InvalidValueError
from koebner.units import DAYS_PER_WEEK

# A week is reached from either side up to rounding: 3/7 + 4/7 is 1.
_SLACK = 1e-9


@dataclass(frozen=True, kw_only=True)
class PlannedDose:
    """One administration, or a stretch of daily intake.

    Attributes
    ----------
    week
        Week from the start of the trial or course.
    amount
        Dose in the regimen's unit; a day's amount in a stretch.
    until_week
        End of a stretch of daily intake; None for one administration.
    above_kg, up_to_kg
        Body weights [kg] it is for: above the one, and up to the other.
    """

    week: float
    amount: float
    until_week: float | None = None
    above_kg: float = 0.0
    up_to_kg: float = math.inf

    def is_for(self, weight_kg: ArrayLike) -> NDArray[np.bool_]:
        """Return whether patients of these weights [kg] get it, in the shape of `weight_kg`."""
        weight = np.asarray(weight_kg, dtype=float)
        return np.asarray((weight > self.above_kg) & (weight <= self.up_to_kg))


class Phase(Strict):
    """A stretch of a regimen with one dose.

    Either `weeks` lists the administrations, or they run from `from_week` every `every_weeks` weeks,
    or `per_day` times a day; the last two before `until_week` when that is given, and without end
    otherwise. `on_days` are the days after each of these weeks' starts, so (0, 2, 4) every week is
    three sessions a week. With `step`, each dose is larger than the one before by that share, up to
    `dose_max`. `above_kg` and `up_to_kg` restrict the phase to a band of body weight.
    """

    dose: float
    weeks: tuple[float, ...] = ()
    from_week: float = 0.0
    every_weeks: float | None = None
    per_day: int | None = None
    until_week: float | None = None
    on_days: tuple[int, ...] = (0,)
    step: float = 0.0
    dose_max: float | None = None
    above_kg: float = 0.0
    up_to_kg: float = math.inf

    @model_validator(mode="after")
    def _one_schedule(self) -> Self:
        given = [bool(self.weeks), self.every_weeks is not None, self.per_day is not None]
        if sum(given) != 1:
            raise ValueError("a phase needs one of `weeks`, `every_weeks` and `per_day`")
        return self

    @property
    def repeats(self) -> bool:
        """Whether it goes on at an interval, or daily, rather than at weeks of a list."""
        return not self.weeks

    @property
    def end_week(self) -> float | None:
        """Week in which it ends, that of the last dose where weeks are listed; None without end."""
        return self.weeks[-1] if self.weeks else self.until_week

    @property
    def largest_dose(self) -> float:
        """The dose that its steps end at."""
        return self.dose if self.dose_max is None else max(self.dose, self.dose_max)

    def overlaps(self, other: "Phase") -> bool:
        """Return whether some body weight is in the bands of both."""
        return max(self.above_kg, other.above_kg) < min(self.up_to_kg, other.up_to_kg)

    def planned(self, before_week: float) -> tuple[PlannedDose, ...]:
        """Return the administrations before a week, or the stretch of daily intake until then."""
        end = before_week if self.until_week is None else min(before_week, self.until_week)
        if self.per_day is not None:
            begun = self.from_week < end
            return (self._dose(self.from_week, self.dose * self.per_day, until=end),) if begun else ()
        weeks = [week for week in self._weeks(end) if week < end - _SLACK]
        return tuple(self._dose(week, self._stepped(i)) for i, week in enumerate(weeks))

    def cut(self, week: float) -> "Phase | None":
        """Return what of the phase comes before a week; None when nothing does."""
        if self.weeks:
            left = tuple(each for each in self.weeks if each < week)
            return self.model_copy(update={"weeks": left}) if left else None
        if self.from_week >= week:
            return None
        until = week if self.until_week is None else min(week, self.until_week)
        return self.model_copy(update={"until_week": until})

    def shortest_interval_hours(self) -> float:
        """Return the shortest time between two of its administrations [hours]; inf for one alone."""
        hours_per_week = 24.0 * DAYS_PER_WEEK
        if self.per_day is not None:
            return 24.0 / self.per_day
        if self.every_weeks is None:
            return min((hours_per_week * (b - a) for a, b in pairwise(self.weeks)), default=math.inf)
        days = [*self.on_days, self.on_days[0] + DAYS_PER_WEEK * self.every_weeks]
        return min(24.0 * (later - earlier) for earlier, later in pairwise(days))

    def _weeks(self, end: float) -> Sequence[float]:
        if self.every_weeks is None:
            return self.weeks
        n = max(0, math.ceil((end - self.from_week) / self.every_weeks - _SLACK))
        starts = [self.from_week + i * self.every_weeks for i in range(n)]
        return [start + day / DAYS_PER_WEEK for start in starts for day in self.on_days]

    def _stepped(self, number: int) -> float:
        raised = self.dose * (1 + self.step) ** number
        return raised if self.dose_max is None else min(raised, self.dose_max)

    def _dose(self, week: float, amount: float, until: float | None = None) -> PlannedDose:
        return PlannedDose(
            week=week, amount=amount, until_week=until, above_kg=self.above_kg, up_to_kg=self.up_to_kg
        )


def check_phase(phase: Phase, dose_range: tuple[float, float], unit: str) -> None:
    """Refuse a dose that is a slip of the pen, an interval of nothing, and weeks that do not rise."""
    low, high = dose_range
    if phase.dose_max is not None and phase.dose > phase.dose_max:
        raise InvalidValueError(
            f"a first dose of {phase.dose:g} {unit} was given for doses that rise to {phase.dose_max:g} "
            f"{unit}; expected a smaller one."
        )
    for dose in (phase.dose, phase.largest_dose):
        if not low <= dose <= high:
            raise InvalidValueError(
                f"a dose of {dose:g} {unit} was given; expected {low:g} to {high:g} {unit}."
            )
    if phase.every_weeks is not None and not phase.every_weeks > 0:
        raise InvalidValueError(
            f"an interval of {phase.every_weeks:g} weeks was given; expected more than 0."
        )
    checked_weeks(phase.weeks or (phase.from_week,))


def is_number(value: object) -> bool:
    """Return whether something is a number; text that reads as one is not."""
    return isinstance(value, Real) and not isinstance(value, bool)


def checked_weeks(weeks: Sequence[float]) -> tuple[float, ...]:
    """Return weeks as numbers; refuse what is no list of them, negative ones and a wrong order."""
    given: object = weeks  # what a caller without types may give
    if not isinstance(given, Iterable) or not all(map(is_number, given)):
        raise InvalidValueError(f"weeks {weeks!r} were given; expected a list of numbers, such as [0, 2, 4].")
    checked = tuple(float(week) for week in weeks)
    ordered = all(earlier < later for earlier, later in pairwise(checked))
    if not checked or not ordered or not all(math.isfinite(w) and w >= 0 for w in checked):
        shown = ", ".join(f"{week:g}" for week in checked)
        raise InvalidValueError(
            f"weeks [{shown}] were given; expected one or more weeks, 0 or later, in rising order."
        )
    return checked
