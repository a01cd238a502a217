"""What a fit minimises: how far the model is from published figures, and its numbers from their priors.

All residuals are in standard deviations, so that their sum of squares is twice a negative log posterior.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.courses import Course, Fared, Rehearsal
from koebner.calibration.fitting.responses import responder_percent, with_values
from koebner.calibration.fitting.stopping import StoppingTarget, courses_of_stopping
from koebner.calibration.fitting.targets import ResponseTarget, courses_of, perturbation, perturbed
from koebner.calibration.protocol import Protocol
from koebner.calibration.withdrawal.course import VisitDraws, relapse_course
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.populations import Population
from koebner.simulation import Triggers
from koebner.trials.observation import VisitModel, visit_model

Array = NDArray[np.float64]

UNTREATED = "untreated"
# In week 1, of the size of one unit of injury: the plaque must come back to its own level.
INJURY = ("Trauma", 1.0, 1.0)
_FAILED = 20.0


@dataclass(frozen=True, kw_only=True)
class Residual:
    """One figure in a fit: what was published, what the model says, and how far apart they are.

    `observed` and `predicted` [percent; relative PASI of the untreated]; `deviation` in standard deviations.
    """

    kind: Literal["response", "withdrawal", "untreated"]
    id: str
    observed: float
    predicted: float
    deviation: float


class Objective:
    """The figures of a fit, ready to be compared with the model at any numbers.

    Parameters
    ----------
    protocol
        Free numbers, their priors and the errors.
    model, population, cohort
        The disease, the population and the patients of this fit.
    responses, withdrawals
        The figures.
    member
        0 compares with the figures as published and with the priors as they are; a larger number with
        one perturbation of all of them by their own errors (randomised maximum likelihood; Oliver,
        He and Reynolds 1996), so that the fits of several members spread as the posterior does.
    fixed
        Numbers that replace what the free ones set, as where a block is switched off.
    threads
        As of `koebner.solver.integrate`.
    """

    def __init__(
        self,
        protocol: Protocol,
        model: Model,
        population: Population,
        cohort: Cohort,
        *,
        responses: Sequence[ResponseTarget],
        withdrawals: Sequence[StoppingTarget] = (),
        member: int = 0,
        fixed: Mapping[str, float] | None = None,
        threads: int | None = None,
    ) -> None:
        self.protocol = protocol
        self.responses = tuple(responses)
        self.withdrawals = tuple(withdrawals)
        self.fixed = dict(fixed or {})
        likelihood = protocol.likelihood
        weeks = likelihood.untreated_weeks
        untreated = Course(therapy=None, weeks=(0.0, weeks), triggers=Triggers.at([INJURY]))
        courses = {UNTREATED: untreated, **courses_of(responses), **courses_of_stopping(withdrawals)}
        self.rehearsal = Rehearsal(model, population, cohort, courses, threads=threads)
        self._visit = visit_model(model)
        self._draws = {
            target.study.id: VisitDraws.of(
                range(len(cohort)), protocol.seed + member, len(target.study.visits)
            )
            for target in withdrawals
        }
        published = [*(each.share(likelihood) for each in responses), *(w.share for w in withdrawals)]
        self._targets = perturbed(published, perturbation(protocol.seed, member, "figures", len(published)))
        self._centre = perturbation(protocol.seed, member, "prior", len(protocol.free))

    @property
    def n_free(self) -> int:
        """How many numbers are free."""
        return len(self.protocol.free)

    def compare(self, deviates: Array) -> tuple[Residual, ...]:
        """Return every figure beside what the model says at deviates of the priors, `(n_free,)`."""
        values = {**self.protocol.values(deviates), **self.fixed}
        fared = self.rehearsal.run(values)
        visit = with_values(self._visit, values)
        response = [
            responder_percent(fared[t.course].at(t.week), t.week, t.endpoint, visit) for t in self.responses
        ]
        stopped = self._stopped(fared, visit)
        rows = [
            Residual(kind="response", id=t.id, observed=t.percent, predicted=p, deviation=goal.off(p))
            for t, p, goal in zip(self.responses, response, self._targets, strict=False)
        ]
        goals = self._targets[len(self.responses) :]
        rows += [
            Residual(kind="withdrawal", id=t.id, observed=t.percent, predicted=p, deviation=goal.off(p))
            for t, p, goal in zip(self.withdrawals, stopped, goals, strict=True)
        ]
        drift = float(np.nanmean(fared[UNTREATED].relative[:, -1]))
        deviation = (drift - 1.0) / self.protocol.likelihood.untreated_sd
        rows.append(
            Residual(kind="untreated", id=UNTREATED, observed=1.0, predicted=drift, deviation=deviation)
        )
        return tuple(rows)

    def residuals(self, deviates: Array) -> Array:
        """Return the residuals of figures and priors, for least squares; large ones count linearly."""
        off = np.array([row.deviation for row in self.compare(deviates)])
        off = np.where(np.isfinite(off), off, _FAILED)
        robust = np.sign(off) * np.sqrt(huber(off, self.protocol.likelihood.robust))
        return np.concatenate([robust, deviates - self._centre])

    def _stopped(self, fared: dict[str, Fared], visit: VisitModel) -> list[float]:
        """Return the figures of withdrawal, each study's visits held once."""
        held = {}
        for target in self.withdrawals:
            study = target.study
            if study.id not in held:
                course = fared[target.course]
                held[study.id] = relapse_course(
                    course.pasi,
                    course.sign,
                    course.weeks.tolist(),
                    study,
                    visit=visit,
                    draws=self._draws[study.id],
                )
        return [target.answer(held[target.study.id]) for target in self.withdrawals]


def huber(deviations: Array, limit: float) -> Array:
    """Return squares of deviations that grow linearly beyond a limit (Huber 1964).

    Examples
    --------
    >>> huber(np.array([1.0, -3.0]), 2.0).tolist()
    [1.0, 8.0]
    """
    size = np.abs(deviations)
    return np.asarray(np.where(size > limit, 2 * limit * size - limit**2, size**2))


def cost(residuals: Array) -> float:
    """Return the sum of squares."""
    return float(residuals @ residuals)
