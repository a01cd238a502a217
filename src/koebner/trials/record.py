"""What was run, as plain values: written beside the results and compared before resuming.

The record holds everything that decides a result: the design, each arm's doses, the population and
the fingerprints of the equations and of the code. Its own fingerprint therefore tells whether two
runs are the same.
"""

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from koebner.disease import countable
from koebner.kinetics import Model
from koebner.populations import Population
from koebner.therapies import Therapy
from koebner.trials.endpoints import MissingRule

if TYPE_CHECKING:  # a Trial is recorded when it runs: at run time the import goes that way only
    from koebner.trials.design import Trial


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DoseRecord(_Record):
    """One dose as planned, `amount` in the arm's unit."""

    week: float
    amount: float


class ArmRecord(_Record):
    """One arm: its therapy, the doses as planned, and the model part behind them."""

    label: str
    therapy: str
    name: str
    kind: str
    regimen: str
    unit: str
    route: str
    doses: tuple[DoseRecord, ...]
    evidence_grade: str
    calibration: str
    studies: tuple[str, ...]
    statement: str
    values: dict[str, float]
    sets: dict[str, str]
    part_fingerprint: str | None

    @property
    def held(self) -> bool:
        """Whether a fit holds the treatment's numbers, so that they are not drawn."""
        return self.calibration in ("feasibility fit", "empirical")


class ParameterCount(_Record):
    """How many numbers the disease model holds, definitions apart, and how many are assumptions."""

    total: int
    assumed: int


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
        own = [dose.week for dose in self.arm(label).doses]
        return max(own or [dose.week for arm in self.arms for dose in arm.doses] or [0.0])


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
        code_fingerprint=_code_fingerprint(),
    )


def _record_arm(label: str, therapy: Therapy, until_week: float) -> ArmRecord:
    regimen = therapy.regimen
    return ArmRecord(
        label=label,
        therapy=therapy.id,
        name=therapy.name,
        kind=therapy.kind,
        regimen=therapy.sentence(),
        unit=regimen.unit if regimen is not None else "",
        route=regimen.route if regimen is not None else "",
        doses=tuple(DoseRecord(week=dose.week, amount=dose.amount) for dose in therapy.doses(until_week)),
        evidence_grade=therapy.evidence_grade,
        calibration=therapy.calibration,
        studies=therapy.studies,
        statement=therapy.statement,
        values=dict(therapy.values),
        sets=dict(therapy.sets),
        part_fingerprint=therapy.part.fingerprint if therapy.part is not None else None,
    )


@cache
def _code_fingerprint() -> str:
    """Hash of the package's Python files: results of other code are not taken for these."""
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
        total=len(numbers), assumed=sum(number.source.startswith("assumption") for number in numbers)
    )
