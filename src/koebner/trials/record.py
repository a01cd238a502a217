"""What was run, as plain values: written beside the results and compared before resuming.

The record holds everything that decides a result: the design, each arm's doses, the population and
the fingerprints of the equations and of the code. Its own fingerprint therefore tells whether two
runs are the same.
"""

import hashlib
import math
from dataclasses import asdict, astuple
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from koebner.disease import countable
from koebner.fits import FITTED
from koebner.kinetics import Model
from koebner.populations import Population
from koebner.therapies import Agent, PlannedDose, Therapy
from koebner.therapies.entries import HELD, Calibration
from koebner.trials.endpoints import MissingRule

if TYPE_CHECKING:  # a Trial is recorded when it runs: at run time the import goes that way only
    from koebner.trials.design import Trial


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DoseRecord(_Record):
    """One dose as planned, or a stretch of daily intake until `until_week`, for a band of body weight."""

    week: float
    amount: float
    until_week: float | None
    above_kg: float
    up_to_kg: float | None


class AgentRecord(_Record):
    """One agent of an arm: its doses as planned, `amount` in `unit`, and the model part behind them."""

    id: str
    kind: str
    unit: str
    route: str
    doses: tuple[DoseRecord, ...]
    missed: tuple[float, int] | None
    calibration: Calibration
    target: str | None
    dose_effect: tuple[float, float] | None
    values: dict[str, float]
    priors: dict[str, str]
    sets: dict[str, str]
    part_fingerprint: str | None


class ArmRecord(_Record):
    """One arm: its therapy in words, its agents and what they rest on."""

    label: str
    name: str
    regimen: str
    agents: tuple[AgentRecord, ...]
    retreatment: dict[str, float] | None
    evidence_grade: str
    calibration: str
    studies: tuple[str, ...]
    statement: str

    @property
    def held(self) -> bool:
        """Whether the numbers of all agents are held at a published one, so that they are not drawn."""
        return all(agent.calibration in HELD for agent in self.agents)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the agents are: "antibody", "cell product" and so on."""
        return tuple(dict.fromkeys(agent.kind for agent in self.agents))

    @property
    def doses(self) -> tuple[DoseRecord, ...]:
        """Doses of all agents."""
        return tuple(dose for agent in self.agents for dose in agent.doses)

    @property
    def last_dose_week(self) -> float | None:
        """Week of the last dose or of the end of daily intake; None without doses."""
        ends = (dose.week if dose.until_week is None else dose.until_week for dose in self.doses)
        return max(ends, default=None)


class ParameterCount(_Record):
    """How many numbers the disease model holds, definitions apart; how many are assumed, how many fitted."""

    total: int
    assumed: int
    fitted: int


class TrialRecord(_Record):
    """A trial as it was run."""

    name: str
    seed: int
    n_per_arm: int
    visits: tuple[float, ...]
    endpoints: tuple[str, ...]
    missing: MissingRule
    relapse: str
    parameter_draws: int
    arms: tuple[ArmRecord, ...]
    population: str
    population_fingerprint: str
    model: str
    model_fingerprint: str
    model_parameters: ParameterCount
    koebner_version: str
    code_fingerprint: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the record."""
        return _digest(self.model_dump_json())

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the arms, in the user's order."""
        return tuple(arm.label for arm in self.arms)

    def arm(self, label: str) -> ArmRecord:
        """Return the arm of that label."""
        return next(arm for arm in self.arms if arm.label == label)

    def last_dose_week(self, label: str) -> float:
        """Return the week of an arm's last dose, where its time to relapse begins.

        An arm without doses is blinded: its schedule is that of the arm dosed longest.
        """
        own = self.arm(label).last_dose_week
        others = [week for arm in self.arms if (week := arm.last_dose_week) is not None]
        return max(others, default=0.0) if own is None else own


def record_trial(trial: "Trial", model: Model, population: Population) -> TrialRecord:
    """Return the record of a trial in a model and a population."""
    return TrialRecord(
        name=trial.name,
        seed=trial.seed,
        n_per_arm=trial.n_per_arm,
        visits=trial.all_visits,
        endpoints=tuple(trial.endpoints),
        missing=trial.missing,
        relapse=trial.relapse,
        parameter_draws=trial.parameter_draws,
        arms=tuple(
            _record_arm(label, therapy, trial.all_visits[-1]) for label, therapy in trial.arms.items()
        ),
        population=population.name,
        population_fingerprint=_digest(f"{population.entry!r} {dict(population.moments)!r}"),
        model=model.id,
        model_fingerprint=model.fingerprint,
        model_parameters=_count_parameters(model),
        koebner_version=version("koebner"),
        code_fingerprint=code_fingerprint(),
    )


def _record_arm(label: str, therapy: Therapy, until_week: float) -> ArmRecord:
    rule = therapy.retreatment
    return ArmRecord(
        label=label,
        name=therapy.name,
        regimen=therapy.sentence(),
        agents=tuple(_record_agent(agent, until_week) for agent in therapy.agents),
        retreatment=None if rule is None else asdict(rule),
        evidence_grade=therapy.evidence_grade,
        calibration=therapy.calibration,
        studies=therapy.studies,
        statement=therapy.statement,
    )


def _record_agent(agent: Agent, until_week: float) -> AgentRecord:
    regimen = agent.regimen
    doses = () if regimen is None else regimen.planned(until_week)
    missed = None if regimen is None else regimen.missed
    return AgentRecord(
        id=agent.id,
        kind=agent.kind,
        unit=regimen.unit if regimen is not None else "",
        route=regimen.route if regimen is not None else "",
        doses=tuple(_record_dose(dose) for dose in doses),
        missed=None if missed is None else (missed.share, missed.seed),
        calibration=agent.calibration,
        target=agent.target,
        dose_effect=None if agent.dose_effect is None else astuple(agent.dose_effect),
        values={**agent.values, "viable_share": agent.viable_share},
        priors=dict(agent.priors),
        sets=dict(agent.sets),
        part_fingerprint=agent.part.fingerprint if agent.part is not None else None,
    )


def _record_dose(dose: PlannedDose) -> DoseRecord:
    return DoseRecord(
        week=dose.week,
        amount=dose.amount,
        until_week=dose.until_week,
        above_kg=dose.above_kg,
        up_to_kg=dose.up_to_kg if math.isfinite(dose.up_to_kg) else None,
    )


@cache
def code_fingerprint() -> str:
    """Return the hash of the package's Python files: results of other code are not taken for these."""
    package = Path(str(files("koebner")))
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _count_parameters(model: Model) -> ParameterCount:
    numbers = countable(model)
    return ParameterCount(
        total=len(numbers),
        assumed=sum(number.source.startswith("assumption") for number in numbers),
        fitted=sum(number.source == FITTED for number in numbers),
    )
