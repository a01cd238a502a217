"""The simulations behind a validation: every course once for each member of an ensemble."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.courses import Course, Fared, Rehearsal, weeks_by_course
from koebner.calibration.fitting.objective import INJURY, UNTREATED
from koebner.calibration.fitting.prediction import SEED
from koebner.calibration.fitting.responses import RATES, mean_relative, responder_percent, with_values
from koebner.calibration.protocol import Protocol
from koebner.calibration.published.rows import MEAN_CHANGE, MEAN_PASI
from koebner.calibration.validation.rows import AskedArm
from koebner.calibration.validation.withdrawal import (
    AskedFigure,
    FigureAnswer,
    course_of,
    draws_of,
    figures_answered,
)
from koebner.calibration.withdrawal.course import VisitDraws
from koebner.errors import KoebnerError
from koebner.fits import Ensemble, potency_name
from koebner.kinetics import Model
from koebner.populations import Population
from koebner.simulation import Triggers
from koebner.trials.observation import VisitModel, visit_model

Array = NDArray[np.float64]

_INJURED = f"{UNTREATED}, injured once"
_EVERY = 4.0
# A curve is drawn through every second week, later every fourth.
_CURVE_EVERY, _CURVE_EVERY_LATER, _LATER = 2.0, 4.0, 24.0

DRAWN = ("PASI75", "PASI90")
"""Responder rates that are told for the weeks between published ones too."""


@dataclass(frozen=True, kw_only=True)
class MemberCurve:
    """Responders of a course by week: `weeks`, `(n_weeks,)`, and `percent`, `(n_members, n_weeks)`."""

    weeks: Array
    percent: Array


@dataclass(frozen=True, kw_only=True)
class MemberAnswers:
    """What all members say.

    Parameters
    ----------
    values
        In the unit of each row, `(n_members, n_rows)`; NaN where its course could not be simulated.
    spread
        Standard deviation between patients of mean PASI and its change; NaN of a rate.
    leverage
        By how much mean PASI and its change move with the logit of the mean relative PASI; NaN of a rate.
    affinity
        With the potency from affinity alone; NaN where the protocol gives none.
    responders
        By course and endpoint of `DRAWN`, where it could be simulated.
    figures
        By figure of withdrawal, one answer of each member; empty where its course failed.
    untreated, injured
        Mean relative PASI of the untreated, `(n_members, n_weeks)`; the second injured once.
    refused
        Why a course could not be simulated, by its name.
    """

    values: Array
    spread: Array
    leverage: Array
    affinity: Array
    responders: Mapping[tuple[str, str], MemberCurve]
    figures: tuple[tuple[FigureAnswer, ...], ...]
    untreated: Array
    injured: Array
    refused: Mapping[str, str]


def answers_of(
    rows: Sequence[AskedArm],
    figures: Sequence[AskedFigure],
    ensemble: Ensemble,
    *,
    protocol: Protocol,
    model: Model,
    population: Population,
    n_patients: int,
    progress: Callable[[int, int], None] | None = None,
) -> MemberAnswers:
    """Simulate every course once for each member.

    Parameters
    ----------
    rows, figures
        What is asked.
    ensemble
        The parameter sets.
    protocol
        Gives the ratios of affinities and the weeks without treatment.
    model, population
        The disease, and the population that the patients come from.
    n_patients
        Patients of each arm, a power of two.
    progress
        Called with how many of how many courses are done.
    """
    cohort = population.spread(n_patients, seed=SEED)
    asking = _Asking(
        rows=rows,
        figures=figures,
        members=tuple(_Member.of(values, protocol, model) for values in ensemble.members),
        baselines=cohort.covariates["pasi"].to_numpy(dtype=float),
        draws=_draws(figures, n_patients),
    )
    courses = _courses(rows, figures, protocol)
    values = np.full((4, len(ensemble.members), len(rows)), np.nan)
    told: dict[int, tuple[FigureAnswer, ...]] = {}
    responders: dict[tuple[str, str], MemberCurve] = {}
    untreated, refused = {}, {}
    for done, (name, course) in enumerate(courses.items()):
        try:
            rehearsal = Rehearsal(model, population, cohort, {name: course()})
            if name in (UNTREATED, _INJURED):
                untreated[name] = asking.untreated(rehearsal, name)
            responders |= asking.rates(rehearsal, name, values)
            told |= asking.withdrawals(rehearsal, name)
        except KoebnerError as error:  # a strange arm of a file must not end the others
            refused[name] = error.message
        if progress is not None:
            progress(done + 1, len(courses))
    return MemberAnswers(
        values=values[0],
        spread=values[1],
        leverage=values[2],
        affinity=values[3],
        responders=responders,
        figures=tuple(told.get(i, ()) for i in range(len(figures))),
        untreated=untreated[UNTREATED],
        injured=untreated[_INJURED],
        refused=refused,
    )


def course_name(row: AskedArm) -> str:
    """Return the name of a row's course: arms that were given the same share one simulation."""
    return f"{row.therapy_id}: {row.therapy.sentence()}"


def _courses(
    rows: Sequence[AskedArm], figures: Iterable[AskedFigure], protocol: Protocol
) -> Mapping[str, Callable[[], Course]]:
    therapies = {course_name(row): row.therapy for row in rows}
    asked = weeks_by_course((course_name(row), row.week) for row in rows)
    weeks = {name: _with_curve(each) for name, each in asked.items()}
    courses = {name: partial(Course, therapy=therapies[name], weeks=weeks[name]) for name in weeks}
    courses |= {figure.course: partial(course_of, figure.figure.study) for figure in figures}
    last = protocol.likelihood.untreated_weeks
    visits = (*(float(week) for week in np.arange(0.0, last, _EVERY)), last)
    courses[UNTREATED] = partial(Course, therapy=None, weeks=visits)
    courses[_INJURED] = partial(Course, therapy=None, weeks=visits, triggers=Triggers.at([INJURY]))
    return courses


def _with_curve(asked: Sequence[float]) -> tuple[float, ...]:
    """Return the weeks that are asked and those that a curve up to the last of them needs, rising."""
    last = asked[-1]
    early = np.arange(0.0, min(last, _LATER), _CURVE_EVERY)
    later = np.arange(_LATER, last, _CURVE_EVERY_LATER)
    return tuple(sorted({*asked, *early.tolist(), *later.tolist()}))


def _affinities(protocol: Protocol, values: Mapping[str, float]) -> dict[str, float]:
    """Return the potency of each anchored drug as its affinity alone has it, by drug."""
    return {
        each.therapy: each.affinity_ratio * values[potency_name(each.like)]
        for each in protocol.anchored
        if each.like is not None and each.affinity_ratio is not None and potency_name(each.like) in values
    }


def _draws(figures: Sequence[AskedFigure], n_patients: int) -> VisitDraws | None:
    """Return the random numbers of visits, enough for the study with the most."""
    studies = [figure.figure.study for figure in figures]
    longest = max(studies, key=lambda study: len(study.visits), default=None)
    return None if longest is None else draws_of(longest, n_patients)


@dataclass(frozen=True, kw_only=True)
class _Member:
    """One parameter set, its visits, and the potencies of drugs as affinity alone has them."""

    values: Mapping[str, float]
    visit: VisitModel
    by_affinity: Mapping[str, float]

    @classmethod
    def of(cls, values: Mapping[str, float], protocol: Protocol, model: Model) -> "_Member":
        visit = with_values(visit_model(model), values)
        return cls(values=values, visit=visit, by_affinity=_affinities(protocol, values))


@dataclass(frozen=True, kw_only=True)
class _Asking:
    """What is asked of all members; a course is simulated once for each.

    `baselines` is the PASI of the patients before treatment, `(n_patients,)`.
    """

    rows: Sequence[AskedArm]
    figures: Sequence[AskedFigure]
    members: Sequence[_Member]
    baselines: Array
    draws: VisitDraws | None

    def untreated(self, rehearsal: Rehearsal, name: str) -> Array:
        """Return the mean relative PASI, `(n_members, n_weeks)`."""
        fared = [rehearsal.run(member.values)[name] for member in self.members]
        return np.array([np.nanmean(each.relative, axis=0) for each in fared])

    def rates(self, rehearsal: Rehearsal, name: str, into: Array) -> Mapping[tuple[str, str], MemberCurve]:
        """Answer the rows of a course, into `(4, n_members, n_rows)`, and return its curves."""
        places = [i for i, row in enumerate(self.rows) if course_name(row) == name]
        if not places:
            return {}
        drug = self.rows[places[0]].therapy_id
        unseen = [i for i in places if self.rows[i].role == "tier 2" and self.rows[i].is_rate]
        weeks = rehearsal.courses[name].weeks
        percent = np.empty((len(DRAWN), len(self.members), len(weeks)))
        for m, member in enumerate(self.members):
            fared = rehearsal.run(member.values)[name]
            for i in places:
                into[:3, m, i] = self._of_row(self.rows[i], fared, member.visit)
            for e, endpoint in enumerate(DRAWN):
                percent[e, m] = [responder_percent(fared.at(w), w, endpoint, member.visit) for w in weeks]
            if unseen and drug in member.by_affinity:
                values = {**member.values, potency_name(drug): member.by_affinity[drug]}
                fared = rehearsal.run(values)[name]
                for i in unseen:
                    into[3, m, i] = self._of_row(self.rows[i], fared, member.visit)[0]
        return {
            (name, endpoint): MemberCurve(weeks=np.array(weeks), percent=percent[e])
            for e, endpoint in enumerate(DRAWN)
        }

    def withdrawals(self, rehearsal: Rehearsal, name: str) -> dict[int, tuple[FigureAnswer, ...]]:
        """Return the answers of all members to the figures of a course."""
        places = [i for i, figure in enumerate(self.figures) if figure.course == name]
        if not places or self.draws is None:
            return {}
        asked = [self.figures[i].figure for i in places]
        told = [
            figures_answered(asked, rehearsal.run(member.values)[name], visit=member.visit, draws=self.draws)
            for member in self.members
        ]
        return {i: tuple(answers[k] for answers in told) for k, i in enumerate(places)}

    def _of_row(self, row: AskedArm, fared: Fared, visit: VisitModel) -> tuple[float, float, float]:
        """Return value, spread between patients and leverage."""
        relative = fared.at(row.week)
        if row.endpoint in RATES:
            return responder_percent(relative, row.week, row.endpoint, visit), np.nan, np.nan
        mean = mean_relative(relative, row.week, visit)
        change = 0.0 if row.endpoint == MEAN_PASI else 1.0
        scale, varies = 100.0, 0.0
        if row.endpoint != MEAN_CHANGE:
            own = float(self.baselines.mean())
            scale = own if row.baseline_pasi is None else row.baseline_pasi
            varies = float(self.baselines.std()) / own
        leverage = scale * max(mean * (1 - mean), 0.0)
        return scale * (mean - change), scale * _spread(relative, change, varies, visit), leverage


def _spread(relative: Array, change: float, baseline_cv: float, visit: VisitModel) -> float:
    """Return how widely patients differ in recorded PASI less `change` x baseline, over mean baseline.

    The noise of the visit is in it; the placebo response, which narrows it, is left out.
    """
    noise = np.exp(visit.visit_noise_sd**2)
    known = relative[np.isfinite(relative)]
    mean = np.mean(known)
    square = noise * np.mean(known**2) - 2 * change * mean + change**2
    return float(np.sqrt(max((1 + baseline_cv**2) * square - (mean - change) ** 2, 0.0)))
