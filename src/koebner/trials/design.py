"""The design of a trial: who gets what, when they are seen, and what is counted."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from koebner.errors import InvalidValueError
from koebner.kinetics import Model
from koebner.populations import Population
from koebner.simulation import LONGEST_WEEKS
from koebner.therapies import Therapy
from koebner.trials.conduct import conduct
from koebner.trials.endpoints import MISSING_RULES, MissingRule, endpoint_named
from koebner.trials.outcome import Outcome
from koebner.trials.relapse import COMMON_DEFINITION, definition_named

if TYPE_CHECKING:
    from distributed import Client

# More is a slip of the pen, or a matter for a cluster.
MOST_PATIENTS = 1_000_000
MOST_DRAWS = 10_000


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A virtual trial with parallel arms.

    Parameters
    ----------
    arms
        Label of each arm, in the user's own words, and its therapy.
    n_per_arm
        Patients in each arm.
    visits
        Visits [weeks from the first dose], increasing; week 0 is always one of them.
    seed
        Seed of every random draw.
    name
        Title of the trial.
    endpoints
        Endpoints that are tabulated.
    follow_up_weeks
        Week until which patients are seen. When it lies after the last visit, visits go on at the
        last interval until then, the last one at that week.
    parameter_draws
        How often the same patients are replayed with other plausible model parameters; 0 for never.
    missing
        What a missing visit counts as.
    relapse
        What a loss of response is: a name of `koebner.trials.DEFINITIONS`.

    Raises
    ------
    InvalidValueError
        When the design cannot be carried out, with what is expected.
    UnknownNameError
        When an endpoint or a relapse definition does not exist.

    Examples
    --------
    >>> Trial(arms={}, n_per_arm=60, visits=[0, 12, 4], seed=1)
    Traceback (most recent call last):
        ...
    koebner.errors.InvalidValueError: `visits` 0, 12, 4 were given; weeks must increase, and 4 follows 12.
    """

    arms: Mapping[str, Therapy]
    n_per_arm: int
    visits: Sequence[float]
    seed: int
    name: str = "Virtual trial"
    endpoints: Sequence[str] = ("PASI50", "PASI75", "PASI90")
    follow_up_weeks: float | None = None
    parameter_draws: int = 20
    missing: MissingRule = "non-response"
    relapse: str = COMMON_DEFINITION
    all_visits: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        for name, check in CHECKS.items():
            check(getattr(self, name))
        visits = tuple(float(week) for week in self.visits)
        visits = visits if visits[0] == 0 else (0.0, *visits)
        check_follow_up(visits, self.follow_up_weeks)
        object.__setattr__(self, "arms", MappingProxyType(dict(self.arms)))
        object.__setattr__(self, "visits", visits)
        object.__setattr__(self, "endpoints", tuple(self.endpoints))
        object.__setattr__(self, "all_visits", (*visits, *_later_visits(visits, self.follow_up_weeks)))
        for label, therapy in self.arms.items():
            check_doses(label, therapy, self.all_visits[-1])

    def run(
        self,
        model: Model,
        population: Population,
        *,
        progress: Callable[[int], None] | None = None,
        checkpoint: Path | None = None,
        scheduler: "str | Client | None" = None,
    ) -> Outcome:
        """Carry the trial out and return its outcome.

        Parameters
        ----------
        model
            The disease model.
        population
            Where the patients come from.
        progress
            Called with the number of patients just simulated.
        checkpoint
            Folder that keeps what is done, so that an interrupted run can go on from there.
        scheduler
            As of `koebner.solver.integrate`: a Dask cluster that simulates the patients.
        """
        return conduct(self, model, population, progress=progress, checkpoint=checkpoint, scheduler=scheduler)


def check_arms(arms: Mapping[str, Therapy]) -> None:
    """Refuse a trial without arms, an arm without a label, and one that is no therapy."""
    if not arms:
        raise InvalidValueError("A trial without arms was given; at least one arm with a therapy is needed.")
    if not all(label.strip() for label in arms):
        raise InvalidValueError("An arm without a label was given; name every arm, for example `placebo`.")
    for label, therapy in arms.items():
        if not isinstance(therapy, Therapy):
            raise InvalidValueError(
                f"{therapy!r} was given for arm `{label}`; expected what `koebner.therapies.load` returns."
            )


def check_n_per_arm(n: int) -> None:
    """Refuse an arm without patients, and more of them than can be meant."""
    if not 1 <= n <= MOST_PATIENTS:
        raise InvalidValueError(
            f"`n_per_arm` {n} was given; at least 1 patient and at most {MOST_PATIENTS} are expected."
        )


def check_seed(seed: int) -> None:
    """Refuse a negative seed."""
    if seed < 0:
        raise InvalidValueError(f"`seed` {seed} was given; a whole number of 0 or more is expected.")


def check_visits(visits: Sequence[float]) -> None:
    """Refuse a list of visits that cannot be held."""
    given = ", ".join(f"{week:g}" for week in visits) or "none"
    if not all(math.isfinite(week) and week >= 0 for week in visits):
        raise InvalidValueError(f"`visits` {given} were given; every week must be finite and 0 or later.")
    if not any(week > 0 for week in visits):
        raise InvalidValueError(f"`visits` {given} were given; at least one week after week 0 is expected.")
    _check_length("visits", visits[-1])
    for earlier, later in pairwise(visits):
        if later <= earlier:
            raise InvalidValueError(
                f"`visits` {given} were given; weeks must increase, and {later:g} follows {earlier:g}."
            )


def check_endpoints(endpoints: Sequence[str]) -> None:
    """Refuse an empty list and names that are no endpoint."""
    if not endpoints:
        raise InvalidValueError("`endpoints` is empty; at least one is expected, for example PASI75.")
    for number, name in enumerate(endpoints):
        endpoint_named(name)
        if name in endpoints[:number]:
            raise InvalidValueError(f"`endpoints` names {name} twice; once is expected.")


def check_parameter_draws(draws: int) -> None:
    """Refuse a number of draws that cannot be run."""
    if not 0 <= draws <= MOST_DRAWS:
        raise InvalidValueError(f"`parameter_draws` {draws} was given; 0 to {MOST_DRAWS} are expected.")


def check_missing(rule: str) -> None:
    """Refuse a rule for missing visits that does not exist."""
    if rule not in MISSING_RULES:
        known = " or ".join(f'"{known}"' for known in MISSING_RULES)
        raise InvalidValueError(f'`missing` "{rule}" was given; expected {known}.')


def check_follow_up(visits: Sequence[float], follow_up_weeks: float | None) -> None:
    """Refuse a follow-up that ends before the last visit."""
    if follow_up_weeks is None:
        return
    if not math.isfinite(follow_up_weeks) or follow_up_weeks < visits[-1]:
        raise InvalidValueError(
            f"`follow_up_weeks` {follow_up_weeks:g} was given; it must not end before the last visit "
            f"(week {visits[-1]:g})."
        )
    _check_length("follow_up_weeks", follow_up_weeks)


def check_doses(label: str, therapy: Therapy, last_week: float) -> None:
    """Refuse an arm whose doses all fall after the end: it would pass for a treated one."""
    for agent in therapy.agents:
        if agent.regimen is not None and not agent.regimen.planned(last_week):
            raise InvalidValueError(
                f"arm `{label}` gets no dose of {agent.name} before the last visit (week {last_week:g}); "
                f"expected one at least, given was {agent.sentence()}."
            )


def _check_length(name: str, week: float) -> None:
    if week > LONGEST_WEEKS:
        raise InvalidValueError(
            f"`{name}` ends at week {week:g}; expected {LONGEST_WEEKS:g} (a lifetime) at most."
        )


CHECKS: Mapping[str, Callable[[Any], object]] = MappingProxyType(
    {
        "n_per_arm": check_n_per_arm,
        "seed": check_seed,
        "visits": check_visits,
        "endpoints": check_endpoints,
        "parameter_draws": check_parameter_draws,
        "missing": check_missing,
        "relapse": definition_named,
        "arms": check_arms,
    }
)


def _later_visits(visits: Sequence[float], follow_up_weeks: float | None) -> tuple[float, ...]:
    """Weeks after the last visit, at its interval, and the end of follow-up itself."""
    if follow_up_weeks is None or follow_up_weeks == visits[-1]:
        return ()
    interval = visits[-1] - visits[-2]
    count = math.ceil((follow_up_weeks - visits[-1]) / interval)
    return (*(visits[-1] + interval * number for number in range(1, count)), float(follow_up_weeks))
