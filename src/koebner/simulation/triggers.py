"""What may start or stir a plaque: injuries, infections, stress, at given weeks or at random.

Random triggers come as a Poisson process a patient and kind, each from its own counter-based stream, so
that a patient meets the same triggers whoever else is simulated. How often people meet triggers that
matter is not known; no pack has a rate, the caller gives one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from koebner.disease.interactions import interactions
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.kinetics import Model
from koebner.randomness import stream
from koebner.solver import Doses
from koebner.units import DAYS_PER_WEEK

# Where the model keeps what acts on the skin from outside.
COMPARTMENT = "exposure"
WEEKS_PER_YEAR = 365.25 / 7


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """One event: `size` [units of the trigger] of `name` at `week`."""

    name: str
    week: float
    size: float

    def __post_init__(self) -> None:
        if not (0 <= self.week < np.inf and 0 < self.size < np.inf):
            raise InvalidValueError(
                f"trigger `{self.name}` of size {self.size:g} at week {self.week:g} was given; expected a "
                "size above 0 and a week of 0 or later."
            )


@dataclass(frozen=True, kw_only=True)
class Triggers:
    """Triggers that every patient meets, and rates of those that come at random.

    Attributes
    ----------
    fixed
        What every patient meets.
    rates_per_year, sizes
        Mean number a year and size of random triggers, by name.
    seed
        Seed of the random ones.

    Raises
    ------
    InvalidValueError
        A rate or size that is negative or not finite, a rate without a size, a negative seed.
    """

    fixed: tuple[Trigger, ...] = ()
    rates_per_year: Mapping[str, float] = field(default_factory=dict)
    sizes: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise InvalidValueError(f"seed {self.seed} was given; expected 0 or larger.")
        for name, rate in self.rates_per_year.items():
            size = self.sizes.get(name, np.nan)
            if not (0 <= rate < np.inf and 0 < size < np.inf):
                raise InvalidValueError(
                    f"random trigger `{name}` with {rate:g} a year of size {size:g} was given; expected a "
                    "rate of 0 or more and a size above 0 for each."
                )

    @staticmethod
    def at(triggers: Iterable[tuple[str, float, float]]) -> "Triggers":
        """Return triggers given as name, week and size.

        Examples
        --------
        >>> Triggers.at([("Trauma", 4, 5.0)]).fixed
        (Trigger(name='Trauma', week=4, size=5.0),)
        """
        return Triggers(fixed=tuple(Trigger(name=n, week=week, size=size) for n, week, size in triggers))

    @staticmethod
    def random(*, rates_per_year: Mapping[str, float], sizes: Mapping[str, float], seed: int) -> "Triggers":
        """Return triggers that come at random.

        Examples
        --------
        >>> often = Triggers.random(rates_per_year={"Infection": 2.0}, sizes={"Infection": 1.0}, seed=1)
        >>> often.of(patient=7, weeks=104) == often.of(patient=7, weeks=104)
        True
        """
        return Triggers(rates_per_year=dict(rates_per_year), sizes=dict(sizes), seed=seed)

    def _check(self, model: Model, weeks: float) -> None:
        known = [name for name, species in model.species.items() if species.compartment == COMPARTMENT]
        acting = {interaction.cause for interaction in interactions(model)}
        for name in (*(trigger.name for trigger in self.fixed), *self.rates_per_year):
            if name not in known:
                raise UnknownNameError("trigger", name, known)
            if name not in acting:
                raise InvalidValueError(
                    f"trigger `{name}` was given; in `{model.id}` it acts on nothing. Use another trigger "
                    "or pack."
                )
        for trigger in self.fixed:
            if trigger.week >= weeks:
                raise InvalidValueError(
                    f"trigger `{trigger.name}` at week {trigger.week:g} was given; expected before week "
                    f"{weeks:g}, the end of the simulation."
                )

    def of(self, *, patient: int, weeks: float) -> tuple[Trigger, ...]:
        """Return what one patient of the population meets before a week, in order of time."""
        met = [trigger for trigger in self.fixed if trigger.week < weeks]
        for name, rate in self.rates_per_year.items():
            met += [
                Trigger(name=name, week=week, size=self.sizes[name])
                for week in _poisson(self.seed, patient, name, rate, weeks)
            ]
        return tuple(sorted(met, key=lambda trigger: trigger.week))

    def doses(self, model: Model, patients: Iterable[int], weeks: float) -> Doses | None:
        """Return the triggers of some patients of the population as doses into the model.

        Raises
        ------
        UnknownNameError
            A trigger that is no exposure of the model.
        InvalidValueError
            A trigger that acts on nothing in this model, or that comes after the last week.
        """
        self._check(model, weeks)
        met = [
            (row, trigger)
            for row, patient in enumerate(patients)
            for trigger in self.of(patient=patient, weeks=weeks)
        ]
        if not met:
            return None
        return Doses(
            patient=[row for row, _ in met],
            time=[trigger.week * DAYS_PER_WEEK for _, trigger in met],
            target=[trigger.name for _, trigger in met],
            amount=[trigger.size for _, trigger in met],
        )


def _poisson(seed: int, patient: int, name: str, rate_per_year: float, weeks: float) -> list[float]:
    """Weeks of a Poisson process, from exponential gaps."""
    found: list[float] = []
    if rate_per_year == 0:
        return found
    draws = stream(seed, patient, f"trigger {name}")
    week = 0.0
    while (week := week + draws.exponential(WEEKS_PER_YEAR / rate_per_year)) < weeks:
        found.append(week)
    return found
