"""When a response is lost after the last dose.

The common definition: the first visit after the last dose at which a patient who had reached PASI50
has lost at least half of the maximal improvement, the maximum being over all earlier visits. Time
runs from the last dose. Never-responders are not at risk and are counted apart; dropout censors.
Trials use other definitions, and a published figure must be compared under its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.errors import UnknownNameError
from koebner.trials.endpoints import responder_endpoint
from koebner.trials.recorded import Array, Flags, Recorded

# PASI is recorded to 0.1; half of an improvement is compared with this slack against rounding errors.
_SLACK = 1e-9


@dataclass(frozen=True, kw_only=True)
class RelapseDefinition:
    """What makes a patient a responder, and what makes the response lost.

    Both functions take the baseline `(n_patients, 1)` and all visits `(n_patients, n_visits)` and
    return flags of the latter's shape; a missing visit is never flagged.
    """

    name: str
    meaning: str
    responder: str
    reached: Callable[[Recorded, Recorded], Flags]
    lost: Callable[[Recorded, Recorded], Flags]


def best_before(improvement: Array) -> Array:
    """Return, for every visit, the largest improvement over all earlier visits; -inf at the first."""
    known = np.where(np.isfinite(improvement), improvement, -np.inf)
    best = np.maximum.accumulate(known, axis=1)
    return np.concatenate([np.full((len(best), 1), -np.inf), best[:, :-1]], axis=1)


def _lost_half(baseline: Recorded, visits: Recorded) -> Flags:
    improvement = baseline.pasi - visits.pasi
    return np.asarray(improvement <= 0.5 * best_before(improvement) + _SLACK)


def _loss_of(name: str) -> RelapseDefinition:
    endpoint = responder_endpoint(name)
    return RelapseDefinition(
        name=f"loss of {name}",
        meaning=f"the first visit after the last dose without {name}, in patients who had reached it",
        responder=name,
        reached=endpoint.reached,
        lost=lambda baseline, visits: visits.seen & ~endpoint.reached(baseline, visits),
    )


COMMON_DEFINITION = "loss of half the improvement"

DEFINITIONS: dict[str, RelapseDefinition] = {
    definition.name: definition
    for definition in (
        RelapseDefinition(
            name=COMMON_DEFINITION,
            meaning=(
                "the first visit after the last dose at which a patient who had reached PASI50 has lost "
                "at least half of the maximal improvement"
            ),
            responder="PASI50",
            reached=responder_endpoint("PASI50").reached,
            lost=_lost_half,
        ),
        _loss_of("PASI75"),
        _loss_of("PASI90"),
        RelapseDefinition(
            name="PASI>=3",
            meaning=(
                "the first visit after the last dose with PASI 3 or more, in patients who had been below 3"
            ),
            responder="PASI below 3",
            reached=lambda baseline, visits: visits.pasi < 3 - _SLACK,
            lost=lambda baseline, visits: visits.pasi >= 3 - _SLACK,
        ),
        RelapseDefinition(
            name="sPGA>=3",
            meaning=(
                "the first visit after the last dose with sPGA 3 or more, in patients who had been clear or "
                "almost clear"
            ),
            responder="sPGA 0/1",
            reached=responder_endpoint("sPGA 0/1").reached,
            lost=lambda baseline, visits: visits.spga >= 3,
        ),
    )
}


def definition_named(name: str) -> RelapseDefinition:
    """Return a relapse definition; an unknown name raises UnknownNameError with the closest ones."""
    if name not in DEFINITIONS:
        raise UnknownNameError("relapse definition", name, DEFINITIONS)
    return DEFINITIONS[name]


@dataclass(frozen=True, kw_only=True)
class RelapseTimes:
    """One arm's times to relapse; arrays have shape `(n_patients,)`.

    `weeks` runs from the last dose to relapse or censoring and is NaN for patients not at risk. Those
    who responded only after the last dose are `late`: time from the last dose counts them as at risk
    from the start all the same.
    """

    at_risk: Flags
    relapsed: Flags
    weeks: NDArray[np.float64]
    late: Flags


def relapse_times(
    recorded: Recorded, visits: Array, last_dose_week: float, definition: RelapseDefinition
) -> RelapseTimes:
    """Find each patient's relapse.

    Parameters
    ----------
    recorded
        Recorded scores, shape `(n_patients, n_visits)`, first visit week 0; NaN after dropout.
    visits
        Weeks of the visits, shape `(n_visits,)`.
    last_dose_week
        Week of the arm's last dose, the origin of time.
    definition
        Which loss counts.
    """
    baseline = recorded[:, :1]
    reached = recorded.seen & definition.reached(baseline, recorded)
    responder_before = np.concatenate(
        [np.zeros_like(reached[:, :1]), np.logical_or.accumulate(reached, axis=1)[:, :-1]], axis=1
    )
    relapse = responder_before & definition.lost(baseline, recorded) & (visits > last_dose_week)
    relapsed: Flags = np.any(relapse, axis=1)
    last_seen = np.where(recorded.seen, visits, 0.0).max(axis=1)
    end = np.where(relapsed, visits[relapse.argmax(axis=1)], last_seen)
    at_risk: Flags = np.any(reached, axis=1)
    # A responder who left before the last dose is censored where the clock starts.
    weeks = np.where(at_risk, np.maximum(end - last_dose_week, 0.0), np.nan)
    late = at_risk & ~np.any(reached & (visits <= last_dose_week), axis=1)
    return RelapseTimes(at_risk=at_risk, relapsed=relapsed, weeks=weeks, late=late)
