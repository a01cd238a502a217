"""A therapy: one agent, several at once, or one after the other; and by which rule it comes again."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from koebner.errors import InvalidValueError
from koebner.therapies.agent import Agent
from koebner.therapies.entries import HELD
from koebner.therapies.phases import PlannedDose, is_number
from koebner.therapies.regimen import Regimen
from koebner.therapies.retreatment import Retreatment


@dataclass(frozen=True, kw_only=True)
class Therapy:
    """A treatment as it will be given; immutable, and not tied to a patient.

    Attributes
    ----------
    agents
        What is given, each with its own regimen.
    retreatment
        The rule by which a stopped therapy comes again; None when it does not.

    Examples
    --------
    >>> from koebner.therapies import load
    >>> sequence = load("secukinumab").then(load("uc_msc"), week=24)
    >>> sequence.id
    'secukinumab+uc_msc'
    """

    agents: tuple[Agent, ...]
    retreatment: Retreatment | None = None

    def __post_init__(self) -> None:
        if self.retreatment is None:
            return
        if self.end_week is None:
            raise InvalidValueError(
                f"retreatment was asked of {self.name}, which "
                f"{'goes on without end; stop it at a week before' if self.is_dosed else 'has no doses'}."
            )
        if any(len(regimen.courses) > 1 for regimen in self._regimens):
            raise InvalidValueError(
                f"retreatment was asked of {self.name}, which has restarts planned; expected one course, "
                "which the rule repeats."
            )

    @property
    def id(self) -> str:
        """Names in the catalogue, joined by +."""
        return "+".join(agent.id for agent in self.agents)

    @property
    def name(self) -> str:
        """Names of the agents."""
        return " and ".join(agent.name for agent in self.agents)

    @property
    def drug_class(self) -> str:
        """Classes of the agents."""
        return " + ".join(dict.fromkeys(agent.drug_class for agent in self.agents))

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the agents are: "antibody", "cell product" and so on."""
        return tuple(dict.fromkeys(agent.kind for agent in self.agents))

    @property
    def evidence_grade(self) -> str:
        """The weakest of the agents' grades: no study of a combination is implied."""
        grades = [agent.evidence_grade for agent in self.agents]
        return "" if "" in grades else max(grades)

    @property
    def calibration(self) -> str:
        """Calibration of the agents."""
        return " + ".join(dict.fromkeys(agent.calibration for agent in self.agents))

    @property
    def studies(self) -> tuple[str, ...]:
        """Studies of all agents, each once."""
        return tuple(dict.fromkeys(name for agent in self.agents for name in agent.studies))

    @property
    def statement(self) -> str:
        """Statements of all agents."""
        several = len(self.agents) > 1
        words = [f"{agent.name}: {agent.statement}" if several else agent.statement for agent in self.agents]
        return " ".join(words)

    @property
    def values(self) -> Mapping[str, float]:
        """Parameters of the disease that the agents set."""
        return {symbol: value for agent in self.agents for symbol, value in agent.values.items()}

    @property
    def sets(self) -> Mapping[str, str]:
        """Formula of each input of the disease that the agents set.

        Agents that act on the same input act independently: what they leave free multiplies.
        """
        acting: dict[str, list[str]] = {}
        for agent in self.agents:
            for symbol, own in agent.sets.items():
                acting.setdefault(symbol, []).append(own)
        return {symbol: _joint(owners) for symbol, owners in acting.items()}

    @property
    def held(self) -> bool:
        """Whether the numbers of all agents are held at a published one, so that they are not drawn."""
        return all(agent.calibration in HELD for agent in self.agents)

    @property
    def is_dosed(self) -> bool:
        """Whether anything is given at all; a placebo gives nothing."""
        return any(agent.regimen is not None for agent in self.agents)

    @property
    def n_courses(self) -> int:
        """Number of courses that are planned; 0 when nothing is given."""
        return max((len(regimen.courses) for regimen in self._regimens), default=0)

    @property
    def start_week(self) -> float:
        """Week in which the first agent begins."""
        return min((regimen.start_week for regimen in self._regimens), default=0.0)

    @property
    def end_week(self) -> float | None:
        """Week in which the last agent ends, by a stop, a taper or its last dose; None when any goes on."""
        ends = [regimen.end_week for regimen in self._regimens]
        return None if None in ends or not ends else max(end for end in ends if end is not None)

    def start(self, *, week: float) -> "Therapy":
        """Return the therapy beginning at `week`.

        Examples
        --------
        >>> from koebner.therapies import load
        >>> load("uc_msc", weeks=[0, 2]).start(week=24).last_dose_week(52)
        26.0
        """
        by = week - self.start_week
        return self._each(lambda regimen: regimen.started(regimen.start_week + by))

    def stop(self, *, week: float) -> "Therapy":
        """Return the therapy with no dose at or after `week`.

        Examples
        --------
        >>> from koebner.therapies import load
        >>> load("secukinumab").stop(week=52).last_dose_week(104)
        48.0
        """
        self._has_no_rule("a stop")
        return self._each(lambda regimen: regimen.stopped(week))

    def restart(self, *, week: float) -> "Therapy":
        """Return the stopped therapy beginning again at `week`, loading doses included."""
        return self._one("a restart", lambda regimen: regimen.restarted([week]))

    def escalate(
        self, *, week: float, factor: float | None = None, every_weeks: float | None = None
    ) -> "Therapy":
        """Return the therapy with `factor` times the dose, or another interval, from `week` on.

        Factors multiply. A restart repeats the course as it is by then, so change the dose first.

        Examples
        --------
        >>> from koebner.therapies import load
        >>> load("uc_msc").escalate(week=4, factor=1.5).doses(7)[-1].amount
        3000000.0
        """
        if (factor is None) == (every_weeks is None):
            raise InvalidValueError("escalate needs one of `factor` and `every_weeks`; give one of them.")
        if factor is not None:
            return self._one("escalation", lambda regimen: regimen.scaled([(week, factor)]))
        interval = float(every_weeks or 0.0)
        return self._one("escalation", lambda regimen: regimen.every(interval, week=week))

    def taper(self, *, week: float, until_week: float, steps: int = 4) -> "Therapy":
        """Return the therapy with doses that fall in equal steps from `week`, to nothing at `until_week`."""
        given = is_number(week) and is_number(until_week) and isinstance(steps, int)
        if not (given and 0 <= week < until_week < math.inf and steps >= 1):
            raise InvalidValueError(
                f"a taper from week {week!r} to week {until_week!r} in {steps!r} steps was given; expected a "
                "later end and one step or more."
            )
        length = (until_week - week) / steps
        factors = [(week + i * length, 1 - (i + 1) / (steps + 1)) for i in range(steps)]
        return self._one("a taper", lambda regimen: regimen.scaled([*factors, (until_week, 0.0)]))

    def skip(self, *, weeks: Sequence[float]) -> "Therapy":
        """Return the therapy without the doses of these weeks."""
        return self._one("skipping", lambda regimen: regimen.skipping(weeks))

    def miss(self, *, share: float, seed: int) -> "Therapy":
        """Return the therapy with each dose forgotten with a probability, by patient and seed."""
        return self._each(lambda regimen: regimen.missing(share, seed=seed))

    def retreat(
        self, *, regain: float = 0.5, check_every_weeks: float = 4.0, responders: float = 0.5
    ) -> "Therapy":
        """Return the therapy that comes again, as often as needed, when a response is lost.

        See `Retreatment` for the rule. The therapy must end, and the rule comes last: what is repeated is
        the whole course as it is planned by then.
        """
        rule = Retreatment(regain=regain, check_every_weeks=check_every_weeks, responders=responders)
        return replace(self, retreatment=rule)

    def then(self, other: "Therapy", *, week: float | None = None) -> "Therapy":
        """Return this therapy until `week` and another from then on.

        Without `week` the other begins in the week in which this one ends.
        """
        ends = self.end_week
        begin = ends if week is None else week
        if begin is None:
            raise InvalidValueError(
                f"{other.name} was to follow {self.name}, which goes on; give the week of the change."
            )
        ended = ends is not None and ends <= begin
        return (self if ended else self.stop(week=begin)) + other.start(week=begin)

    def __add__(self, other: "Therapy") -> "Therapy":
        """Return both at once."""
        if not isinstance(other, Therapy):
            raise InvalidValueError(
                f"{other!r} was combined with {self.name}; expected what `koebner.therapies.load` returns."
            )
        self._has_no_rule("a combination")
        other._has_no_rule("a combination")
        _check_combination(self, other)
        return Therapy(agents=(*self.agents, *other.agents))

    def repeated(self, weeks: Sequence[float]) -> "Therapy":
        """Return the therapy with its first course given again from each of these weeks on."""
        begin = self.start_week

        def again(regimen: Regimen) -> Regimen:
            stop = regimen.stop_week
            duration = None if stop is None else stop - regimen.start_week
            return regimen.restarted([week + regimen.start_week - begin for week in weeks], duration=duration)

        return replace(self, retreatment=None)._each(again)

    @property
    def course_weeks(self) -> float:
        """Length of the first course [weeks], until it ends; inf when it goes on."""
        return math.inf if self.end_week is None else self.end_week - self.start_week

    def doses(self, until_week: float, *, weight_kg: float | None = None) -> tuple[PlannedDose, ...]:
        """Return all administrations before `until_week`, each in the unit of its agent's regimen."""
        doses = [dose for each in self._regimens for dose in each.planned(until_week, weight_kg=weight_kg)]
        return tuple(sorted(doses, key=lambda dose: dose.week))

    def last_dose_week(self, until_week: float) -> float | None:
        """Return the week of the last administration before `until_week`; None without one.

        Of daily intake it is the end of the last stretch.
        """
        ends = [dose.week if dose.until_week is None else dose.until_week for dose in self.doses(until_week)]
        return max(ends, default=None)

    def drawn(self, seed: int, draw: int) -> "Therapy":
        """Return the therapy with one draw of the numbers that have a prior; draw 0 is the central one."""
        return replace(self, agents=tuple(agent.drawn(seed, draw) for agent in self.agents))

    def sentence(self) -> str:
        """Return names, regimens and the rule of retreatment in words."""
        words = "; ".join(agent.sentence() for agent in self.agents)
        return words if self.retreatment is None else f"{words}; {self.retreatment.sentence()}"

    @property
    def _regimens(self) -> tuple[Regimen, ...]:
        return tuple(agent.regimen for agent in self.agents if agent.regimen is not None)

    def _each(self, change: Callable[[Regimen], Regimen]) -> "Therapy":
        changed = (
            agent if agent.regimen is None else replace(agent, regimen=change(agent.regimen))
            for agent in self.agents
        )
        return replace(self, agents=tuple(changed))

    def _has_no_rule(self, what: str) -> None:
        if self.retreatment is not None:
            raise InvalidValueError(
                f"{what} was asked of {self.name}, which has a rule of retreatment; give the rule last, with "
                "`retreat`."
            )

    def _one(self, what: str, change: Callable[[Regimen], Regimen]) -> "Therapy":
        if len(self.agents) > 1:
            raise InvalidValueError(
                f"{what} was asked of {self.name}; change each agent alone, then combine them."
            )
        self._has_no_rule(what)
        if not self.is_dosed:
            raise InvalidValueError(f"{what} was asked of {self.name}, which has no doses; leave it out.")
        return self._each(change)


def _joint(owners: Sequence[str]) -> str:
    return owners[0] if len(owners) == 1 else "1 - " + "*".join(f"(1 - {own})" for own in owners)


def _check_combination(first: Therapy, second: Therapy) -> None:
    """Refuse a drug with itself, and two cell products that would set the same numbers."""
    for one in first.agents:
        for other in second.agents:
            # The same cells by another route are no drug combined with itself.
            other_route = one.id == other.id and one.part is None and one.target != other.target
            shared = one.ingredients & other.ingredients
            if shared and not other_route:
                raise InvalidValueError(
                    f"`{sorted(shared)[0]}` was combined with itself; expected two different agents. To give "
                    "it again, use `restart`, to give more of it, `escalate`."
                )
            alike = one.id == other.id and (one.values, one.priors) == (other.values, other.priors)
            if one.values.keys() & other.values.keys() and not alike:
                raise InvalidValueError(
                    f"{one.name} was combined with {other.name}; the model tells two cell products in one "
                    "patient not apart. Expected one product; compare two in separate arms."
                )
