"""One potency a drug, the disease being frozen: a search in one dimension on the arms of one study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from koebner.calibration.fitting.courses import Rehearsal
from koebner.calibration.fitting.objective import huber
from koebner.calibration.fitting.responses import responder_percent, with_values
from koebner.calibration.fitting.targets import ResponseTarget, courses_of, perturbation, perturbed
from koebner.calibration.protocol import Likelihood
from koebner.fits import potency_name
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.populations import Population
from koebner.trials.observation import visit_model

# Natural log of the potency about the centre of its prior, and how finely it is found.
_WIDEST = 4.0
_TOLERANCE = 0.02


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A drug's potency as its anchor arms have it, in the unit of its IC50."""

    therapy: str
    potency: float
    prior: float
    cost: float


def anchor(
    therapy: str,
    targets: Sequence[ResponseTarget],
    values: Mapping[str, float],
    *,
    model: Model,
    population: Population,
    cohort: Cohort,
    likelihood: Likelihood,
    prior: float,
    seed: int,
    member: int = 0,
    threads: int | None = None,
) -> Anchor:
    """Find the potency with which the model meets the arms of one study best.

    Parameters
    ----------
    therapy
        The drug.
    targets
        Its arms.
    values
        The parameter set in which it is searched; its own potency apart.
    prior
        Centre of the log-normal prior.
    seed, member, threads
        As of `Objective`.
    """
    rehearsal = Rehearsal(model, population, cohort, courses_of(targets), threads=threads)
    visit = with_values(visit_model(model), values)
    draws = perturbation(seed, member, f"anchor of {therapy}", len(targets) + 1)
    goals = perturbed([target.share(likelihood) for target in targets], draws[:-1])

    def distance(step: float) -> float:
        fared = rehearsal.run({**values, potency_name(therapy): prior * float(np.exp(step))})
        off = [
            goal.off(responder_percent(fared[t.course].at(t.week), t.week, t.endpoint, visit))
            for t, goal in zip(targets, goals, strict=True)
        ]
        away = step / likelihood.potency_sd - float(draws[-1])
        return float(np.sum(huber(np.array(off), likelihood.robust)) + away**2)

    found = optimize.minimize_scalar(
        distance, bounds=(-_WIDEST, _WIDEST), method="bounded", options={"xatol": _TOLERANCE}
    )
    return Anchor(
        therapy=therapy,
        potency=prior * float(np.exp(found.x)),
        prior=prior,
        cost=float(found.fun),
    )
