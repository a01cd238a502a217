"""Published MSC reports held again as virtual cohorts, beside what chance alone would show.

A case is held many times, each time with other patients and another draw of the uncertain parameters.
The report is set against the 90 % prediction interval. "By chance" are cohorts of the same size without
any drug effect: untreated plaques, with the noise of scoring and the placebo response of blinded trials,
which also stands for regression to the mean at enrolment. Left out of both: seasons, other drugs, the
choice of who was treated.

Selective reporting: of `m` like cohorts the one that looks best is reported. With the chance `p` of one
cohort to look at least as good as the report, that is 1 - (1 - p)^m.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from koebner.errors import InvalidValueError
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.populations import Population, draw_parameters, draw_patients
from koebner.simulation import Trajectories, simulate
from koebner.therapies import Therapy
from koebner.trials.case_files import Case, CaseOutcome, PublishedCase
from koebner.trials.case_reading import Seen, at_least_as_good, read_outcome_of
from koebner.trials.observation import VisitModel, dropout_week, observe, visit_model
from koebner.trials.recorded import SCORES, Array, Recorded

DRAWS = 100
# Cohorts without a drug effect: a chance of one per cent is then known to a third of itself.
CHANCE_COHORTS = 1000
_OUTPUTS = ("PASI", "sign_mean", "DLQI_mean")
_QUANTILES = (0.05, 0.5, 0.95)

STATEMENT = (
    "Exploratory: the reports are uncontrolled and of 1 to 17 patients, and the effect of the cells is a "
    "prior, so that agreement is no validation. Remission over years is not forced: it is there only where "
    "drawn patients and parameters bring it about. As by chance: untreated plaques with the noise of "
    "scoring and the placebo response of blinded trials, which is held at its size of week 16 for want of "
    "data, so that chance over years may be overstated; seasons, other drugs and the choice of who was "
    "treated are left out. Sources of cells cannot be ranked."
)


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """Median and 90 % interval of an outcome over cohorts, and the share at least as good as the report."""

    median: float
    lower: float
    upper: float
    as_good: float


@dataclass(frozen=True, kw_only=True)
class ReplayedOutcome:
    """One reported outcome beside its prediction and beside chance.

    Attributes
    ----------
    n
        Patients it is about.
    cells, chance
        Cohorts with the cells, and cohorts without any drug effect.
    best_of
        Chance that the best of `reported_of` cohorts without a drug effect looks at least as good.
    bound
        True when no cohort without a drug effect did, so that `best_of` is an upper bound.
    """

    outcome: CaseOutcome
    n: int
    cells: Predicted
    chance: Predicted
    best_of: float
    bound: bool

    @property
    def inside(self) -> bool:
        """Whether the report lies in the prediction interval; a report of "at least" below its top."""
        low = self.outcome.at_least or self.cells.lower <= self.outcome.observed
        return low and self.outcome.observed <= self.cells.upper


@dataclass(frozen=True, kw_only=True)
class ReplayedCase:
    """A published case as it was held again."""

    published: PublishedCase
    draws: int
    seed: int
    reported_of: int
    outcomes: tuple[ReplayedOutcome, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return one row an outcome: shares from 0 to 1, the interval of 90 %."""
        return [self._row(replayed) for replayed in self.outcomes]

    def _row(self, replayed: ReplayedOutcome) -> dict[str, Any]:
        study, outcome = self.published.study, replayed.outcome
        return {
            "case": self.published.name,
            "level": study.level.value,
            "design": study.design.value,
            "n_study": study.n,
            "outcome": outcome.quantity,
            "week": outcome.week,
            "unit": "patients" if outcome.is_count else "points",
            "n": replayed.n,
            "observed": outcome.observed,
            "observed_is_lower_bound": outcome.at_least,
            "median": replayed.cells.median,
            "lower": replayed.cells.lower,
            "upper": replayed.cells.upper,
            "inside": replayed.inside,
            "used_for_fitting": self.published.case.used_for_fitting,
            "as_good_with_cells": replayed.cells.as_good,
            "chance_median": replayed.chance.median,
            "chance_lower": replayed.chance.lower,
            "chance_upper": replayed.chance.upper,
            "as_good_by_chance": replayed.chance.as_good,
            "reported_of": self.reported_of,
            "best_by_chance": replayed.best_of,
            "best_by_chance_is_upper_bound": replayed.bound,
        }


def replay(
    published: PublishedCase,
    model: Model,
    population: Population,
    *,
    seed: int,
    draws: int = DRAWS,
    reported_of: int,
    chance_cohorts: int = CHANCE_COHORTS,
    progress: Callable[[int], None] | None = None,
) -> ReplayedCase:
    """Hold a published case again many times, with the cells and without any drug effect.

    Parameters
    ----------
    published, model, population, seed, draws, progress
        As of `predict_case`.
    reported_of
        Of how many like cohorts the best one was reported.
    chance_cohorts
        Cohorts without a drug effect.

    Raises
    ------
    InvalidValueError
        A number of draws or of cohorts below 1, or a negative seed.
    SolverError
        When a patient cannot be simulated.
    """
    for name, count in (("reported_of", reported_of), ("chance_cohorts", chance_cohorts)):
        if count < 1:
            raise InvalidValueError(f"{name} {count} was given; expected 1 or more.")
    case = published.case
    cells = predict_case(published, model, population, seed=seed, draws=draws, progress=progress)
    chance = _predicted(case, _untreated(case, model, population, seed, chance_cohorts))
    told = zip(case.outcomes, cells, chance, strict=True)
    return ReplayedCase(
        published=published,
        draws=draws,
        seed=seed,
        reported_of=reported_of,
        outcomes=tuple(_replayed(case, *each, reported_of, 1 / chance_cohorts) for each in told),
    )


def predict_case(
    published: PublishedCase,
    model: Model,
    population: Population,
    *,
    seed: int,
    draws: int = DRAWS,
    progress: Callable[[int], None] | None = None,
) -> tuple[Predicted, ...]:
    """Predict each outcome of a published case, in their order, with the cells.

    Parameters
    ----------
    published
        The case, from `case_named`.
    model, population
        The disease, and whom patients are drawn from; what the report says of them is set.
    seed
        Fixes every draw.
    draws
        Repetitions, each with other patients and another draw of the uncertain parameters.
    progress
        Called with the number of repetitions done.

    Raises
    ------
    InvalidValueError
        A number of draws below 1, or a negative seed.
    SolverError
        When a patient cannot be simulated.
    """
    if draws < 1 or seed < 0:
        raise InvalidValueError(
            f"draws {draws} and seed {seed} were given; expected 1 or more draws and a seed of 0 or more."
        )
    case = published.case
    return _predicted(case, _treated(case, model, population, seed, draws, progress))


def best_of(p: float, m: int) -> float:
    """Return the chance that the best of `m` cohorts is at least as good, when one is with chance `p`.

    Examples
    --------
    >>> best_of(0.5, 1), best_of(0.5, 2)
    (0.5, 0.75)
    """
    return float(1.0 - (1.0 - p) ** m)


def _replayed(
    case: Case, outcome: CaseOutcome, cells: Predicted, chance: Predicted, reported_of: int, least: float
) -> ReplayedOutcome:
    """Join what was reported and predicted; below the chance `least` a number of cohorts tells nothing."""
    none = chance.as_good == 0
    return ReplayedOutcome(
        outcome=outcome,
        n=len(case.positions(outcome)),
        cells=cells,
        chance=chance,
        best_of=best_of(least if none else chance.as_good, reported_of),
        bound=none,
    )


def _predicted(case: Case, seen: Seen) -> tuple[Predicted, ...]:
    return tuple(_summary(outcome, read_outcome_of(case, outcome, seen)) for outcome in case.outcomes)


def _summary(outcome: CaseOutcome, values: Array) -> Predicted:
    # A count lies between no two counts, so its quantiles are counts too.
    method: Literal["nearest", "linear"] = "nearest" if outcome.is_count else "linear"
    lower, median, upper = (float(np.quantile(values, q, method=method)) for q in _QUANTILES)
    as_good = float(np.mean(at_least_as_good(outcome, values)))
    return Predicted(median=median, lower=lower, upper=upper, as_good=as_good)


def _treated(
    case: Case,
    model: Model,
    population: Population,
    seed: int,
    draws: int,
    progress: Callable[[int], None] | None,
) -> Seen:
    """Hold the case once a draw; draw 0, the central one, is left out."""
    therapies = [group.therapy() for group in case.groups]
    repetitions = []
    for draw in range(1, draws + 1):
        cohort = draw_patients(_cohort(case, population, seed, draw * case.n, 1), draw)
        drawn = draw_parameters(model, seed, draw)
        given = [therapy.drawn(seed, draw) for therapy in therapies]
        courses = _courses(case, drawn, cohort, given)
        repetitions.append(_seen(case, courses, cohort, seed, visit_model(drawn)))
        if progress is not None:
            progress(1)
    return Seen(
        usual=_stacked([seen.usual for seen in repetitions]),
        complete=_stacked([seen.complete for seen in repetitions]),
    )


def _courses(case: Case, model: Model, cohort: Cohort, given: list[Therapy]) -> list[Trajectories]:
    """Simulate each group of the case under what it gets."""
    weeks, outputs = case.visits_weeks, list(_OUTPUTS)
    courses, first = [], 0
    for group, therapy in zip(case.groups, given, strict=True):
        members = cohort.subset(np.arange(first, first + group.patients))
        courses.append(simulate(model, members, therapy, weeks=weeks[-1], at_weeks=weeks, outputs=outputs))
        first += group.patients
    return courses


def _untreated(case: Case, model: Model, population: Population, seed: int, cohorts: int) -> Seen:
    """Hold the case without any drug effect; an untreated plaque is the same whatever the parameters."""
    cohort = _cohort(case, population, seed, 0, cohorts)
    weeks = case.visits_weeks
    course = simulate(model, cohort, None, weeks=weeks[-1], at_weeks=weeks, outputs=list(_OUTPUTS))
    return _seen(case, [course], cohort, seed, visit_model(model))


def _cohort(case: Case, population: Population, seed: int, first: int, times: int) -> Cohort:
    """Draw the patients of some cohorts, and set what the report says of each."""
    cohort = population.sample(case.n * times, seed=seed, first=first)
    known = {name: np.tile(values, times).astype(float) for name, values in case.known.items()}
    return replace(cohort, covariates=cohort.covariates.assign(**known))


def _seen(case: Case, courses: list[Trajectories], cohort: Cohort, seed: int, visit: VisitModel) -> Seen:
    pasi, sign, dlqi = (np.vstack([course[name].to_numpy() for course in courses]) for name in _OUTPUTS)
    patients = [int(patient) for patient in cohort.patients]
    stays = replace(visit, dropout_per_week=0.0)
    complete = observe(pasi, sign, dlqi, visits=case.visits_weeks, patients=patients, seed=seed, visit=stays)
    gone = np.array(case.visits_weeks) > dropout_week(patients, seed, visit)[:, None]
    usual = {name: np.where(gone, np.nan, getattr(complete, name)) for name in SCORES}
    return Seen(usual=Recorded(**usual), complete=complete)


def _stacked(repetitions: list[Recorded]) -> Recorded:
    return Recorded(**{name: np.vstack([getattr(each, name) for each in repetitions]) for name in SCORES})
