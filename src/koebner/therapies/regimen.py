"""When a treatment is given: doses, intervals, route, stop.

Weeks at the border, because clinicians think in weeks. A regimen is a list of phases; a phase
gives its weeks one by one or as "from week a every b weeks", for ever or until a week.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from koebner.catalogs import Strict
from koebner.errors import InvalidValueError, UnknownNameError


@dataclass(frozen=True, kw_only=True)
class PlannedDose:
    """One administration: `week` from the start of treatment and `amount` in the regimen's unit."""

    week: float
    amount: float


class Phase(Strict):
    """A stretch of a regimen with one dose.

    Either `weeks` lists the administrations, or they run from `from_week` every `every_weeks`
    weeks, before `until_week` when that is given and without end otherwise; `on_days` are the days
    after each of these weeks' starts, so (0, 2, 4) every week is three sessions a week.
    """

    dose: float
    weeks: tuple[float, ...] = ()
    from_week: float = 0.0
    every_weeks: float | None = None
    until_week: float | None = None
    on_days: tuple[int, ...] = (0,)

    def planned(self, before_week: float) -> tuple[PlannedDose, ...]:
        """Return the administrations before a week."""
        end = before_week if self.until_week is None else min(before_week, self.until_week)
        if self.every_weeks is None:
            weeks: Sequence[float] = self.weeks
        else:
            n = max(0, math.ceil((end - self.from_week) / self.every_weeks - 1e-9))
            starts = [self.from_week + i * self.every_weeks for i in range(n)]
            weeks = [start + day / 7 for start in starts for day in self.on_days]
        return tuple(PlannedDose(week=week, amount=self.dose) for week in weeks if week < end)


@dataclass(frozen=True, kw_only=True)
class Regimen:
    """Doses over time by one route.

    Attributes
    ----------
    unit
        Unit of every dose: "mg", "cells/kg", "session".
    routes
        The routes that are possible, each with the model state that receives the dose.
    dose_range
        Smallest and largest dose that is not a slip of the pen.
    stop_week
        No dose is given at or after this week; None when treatment goes on.
    """

    unit: str
    route: str
    routes: Mapping[str, str]
    phases: tuple[Phase, ...]
    dose_range: tuple[float, float]
    stop_week: float | None = None

    def __post_init__(self) -> None:
        if self.route not in self.routes:
            raise UnknownNameError("route", self.route, self.routes)
        for phase in self.phases:
            _check_phase(phase, self.dose_range, self.unit)
        if self.stop_week is not None and not (math.isfinite(self.stop_week) and self.stop_week >= 0):
            raise InvalidValueError(f"stop_week {self.stop_week:g} was given; expected 0 or a later week.")

    @property
    def target(self) -> str:
        """Model state that receives the doses."""
        return self.routes[self.route]

    def planned(self, until_week: float) -> tuple[PlannedDose, ...]:
        """Return all administrations before `until_week` (and before the stop), in order of time."""
        end = until_week if self.stop_week is None else min(until_week, self.stop_week)
        doses = [dose for phase in self.phases for dose in phase.planned(end)]
        return tuple(sorted(doses, key=lambda dose: dose.week))

    def sentence(self) -> str:
        """Return the regimen in words.

        Examples
        --------
        >>> Regimen(unit="mg", route="subcutaneous", routes={"subcutaneous": "depot"},
        ...         phases=(Phase(dose=80, weeks=(0,)), Phase(dose=40, from_week=1, every_weeks=2)),
        ...         dose_range=(1, 2000)).sentence()
        '80 mg at week 0, then 40 mg every 2 weeks from week 1, subcutaneous'
        """
        parts = [_phase_in_words(phase, self.unit) for phase in self.phases]
        stop = "" if self.stop_week is None else f", stopped at week {self.stop_week:g}"
        return ", then ".join(parts) + f", {self.route}{stop}"

    def changed(
        self,
        *,
        dose: float | None = None,
        weeks: Sequence[float] | None = None,
        route: str | None = None,
        stop_week: float | None = None,
    ) -> "Regimen":
        """Return the regimen with another dose, other weeks, another route or a stop."""
        phases = self.phases
        if dose is not None:
            phases = tuple(phase.model_copy(update={"dose": float(dose)}) for phase in phases)
        if weeks is not None:
            amounts = {phase.dose for phase in phases}
            if len(amounts) > 1:
                listed = ", ".join(f"{amount:g}" for amount in sorted(amounts))
                raise InvalidValueError(
                    f"weeks were given for a regimen with several doses ({listed} {self.unit}); "
                    "give the dose as well."
                )
            phases = (Phase(dose=amounts.pop(), weeks=_checked_weeks(weeks)),)
        return replace(
            self,
            phases=phases,
            route=self.route if route is None else route,
            stop_week=self.stop_week if stop_week is None else stop_week,
        )


def _check_phase(phase: Phase, dose_range: tuple[float, float], unit: str) -> None:
    low, high = dose_range
    if not low <= phase.dose <= high:
        raise InvalidValueError(
            f"a dose of {phase.dose:g} {unit} was given; expected {low:g} to {high:g} {unit}."
        )
    if phase.every_weeks is not None and not phase.every_weeks > 0:
        raise InvalidValueError(
            f"an interval of {phase.every_weeks:g} weeks was given; expected more than 0."
        )
    _checked_weeks(phase.weeks or (phase.from_week,))


def _checked_weeks(weeks: Sequence[float]) -> tuple[float, ...]:
    checked = tuple(float(week) for week in weeks)
    ordered = all(earlier < later for earlier, later in pairwise(checked))
    if not checked or not ordered or not all(math.isfinite(w) and w >= 0 for w in checked):
        shown = ", ".join(f"{week:g}" for week in checked)
        raise InvalidValueError(
            f"weeks [{shown}] were given; expected one or more weeks, 0 or later, in rising order."
        )
    return checked


def _phase_in_words(phase: Phase, unit: str) -> str:
    amount = f"{phase.dose / 1e6:g}×10⁶" if unit == "cells/kg" else f"{phase.dose:g}"
    if phase.every_weeks is None:
        *first, last = [f"{week:g}" for week in phase.weeks]
        listed = f"{', '.join(first)} and {last}" if first else last
        return f"{amount} {unit} at week{'s' if first else ''} {listed}"
    interval = "every week" if phase.every_weeks == 1 else f"every {phase.every_weeks:g} weeks"
    if len(phase.on_days) > 1:
        interval = f"{len(phase.on_days)} times {interval}"
    until = "" if phase.until_week is None else f" until week {phase.until_week:g}"
    return f"{amount} {unit} {interval} from week {phase.from_week:.3g}{until}"
