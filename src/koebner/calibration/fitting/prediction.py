"""What a frozen ensemble says of arms: one number a member, and an interval for a trial of a given size."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.courses import Course, Fared, Rehearsal
from koebner.calibration.fitting.responses import RATES, mean_relative, responder_percent, with_values
from koebner.calibration.fitting.targets import logit
from koebner.fits import Ensemble
from koebner.kinetics import Model
from koebner.populations import Population
from koebner.randomness import stream
from koebner.therapies import Therapy
from koebner.trials.observation import VisitModel, visit_model

Array = NDArray[np.float64]

MEAN_PASI = "PASI mean"
PASI_CHANGE = "PASI change"
ENDPOINTS = (*RATES, MEAN_PASI, PASI_CHANGE)
PATIENTS = 1024
_DRAWS = 4000
_INTERVAL = (0.05, 0.95)
# The patients of predictions are none of those that a fit met.
_SEED = 1_000_003


@dataclass(frozen=True, kw_only=True)
class Question:
    """One endpoint of one arm: what was given, when it is looked at, and at what.

    `endpoint` is a responder rate, "PASI mean" (relative to baseline) or "PASI change" [percent].
    """

    therapy: Therapy
    week: float
    endpoint: str

    @property
    def course(self) -> str:
        """Name of its course: arms that were given the same share one simulation."""
        return self.therapy.sentence()


def answer(
    questions: Sequence[Question],
    ensemble: Ensemble,
    *,
    model: Model,
    population: Population,
    replaced: Mapping[str, float] | None = None,
    n_patients: int = PATIENTS,
    progress: Callable[[], None] | None = None,
) -> Array:
    """Return the answer of every member, `(n_members, n_questions)`.

    Parameters
    ----------
    questions
        What is asked.
    ensemble
        The parameter sets.
    model, population
        The disease, and the population that the patients come from.
    replaced
        Numbers that replace those of every member, as for a prediction from affinity.
    n_patients
        Patients of each arm, a power of two.
    progress
        Called after each member.
    """
    rehearsal = Rehearsal(model, population, population.spread(n_patients, seed=_SEED), _courses(questions))
    answers = []
    for member in ensemble.members:
        values = {**member, **(replaced or {})}
        fared = rehearsal.run(values)
        visit = with_values(visit_model(model), values)
        answers.append([_answer(question, fared[question.course], visit) for question in questions])
        if progress is not None:
            progress()
    return np.array(answers).reshape(len(ensemble.members), len(questions))


def _courses(questions: Sequence[Question]) -> dict[str, Course]:
    weeks: dict[str, set[float]] = {}
    therapies = {question.course: question.therapy for question in questions}
    for question in questions:
        weeks.setdefault(question.course, set()).add(question.week)
    return {
        name: Course(therapy=therapy, weeks=tuple(sorted(weeks[name]))) for name, therapy in therapies.items()
    }


def _answer(question: Question, fared: Fared, visit: VisitModel) -> float:
    relative = fared.at(question.week)
    if question.endpoint in RATES:
        return responder_percent(relative, question.week, question.endpoint, visit)
    mean = mean_relative(relative, question.week, visit)
    return mean if question.endpoint == MEAN_PASI else 100.0 * (mean - 1.0)


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """Mean over the members, and a 90 % interval for what a trial of that size would show [percent]."""

    mean: float
    lower: float
    upper: float


def predicted_rate(percents: Array, n: int | None, *, beyond_sampling_sd: float, name: str) -> Predicted:
    """Return the prediction of a responder rate.

    The interval holds the members' spread, what trials of the same treatment differ by, what the model
    misses, and the sampling of `n` patients; without `n` no sampling.

    Parameters
    ----------
    percents
        Of the members, `(n_members,)`.
    n
        Patients of the arm.
    beyond_sampling_sd
        Standard deviation on the logit of what neither the members' spread nor sampling holds.
    name
        Of the row: fixes the random numbers.
    """
    random = stream(_SEED, 0, f"prediction of {name}")
    logits = np.array([logit(percent) for percent in percents])
    drawn = logits[np.arange(_DRAWS) % len(logits)] + beyond_sampling_sd * random.standard_normal(_DRAWS)
    shares = 1 / (1 + np.exp(-drawn))
    seen = shares if n is None else random.binomial(n, shares) / n
    lower, upper = np.quantile(seen, _INTERVAL)
    return Predicted(mean=float(np.mean(percents)), lower=float(100 * lower), upper=float(100 * upper))
