"""Reading a reported outcome off virtual cohorts, in the way the report states it."""

from dataclasses import dataclass

import numpy as np

from koebner.errors import InvalidValueError
from koebner.trials.case_files import Case, CaseOutcome
from koebner.trials.endpoints import improvement_percent, responder_endpoint
from koebner.trials.recorded import Array, Flags, Recorded
from koebner.trials.relapse import definition_named, relapse_times

# Scores are recorded to 0.1 and compared with this slack against rounding errors.
_SLACK = 1e-9


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was recorded of many cohorts of one case, shape `(n_cohorts * n, n_visits)`.

    `complete` is without dropout, for outcomes that the report knows of all whom it names.
    """

    usual: Recorded
    complete: Recorded


def read_outcome_of(case: Case, outcome: CaseOutcome, seen: Seen) -> Array:
    """Return the outcome of each cohort, `(n_cohorts,)`: a score [points] or a number of patients.

    Parameters
    ----------
    case, outcome
        What was reported, and how it is read.
    seen
        Cohorts one below the other, each of `case.n` patients.

    Raises
    ------
    InvalidValueError
        The rows are no whole number of cohorts.
    """
    recorded = seen.complete if outcome.complete else seen.usual
    if len(recorded.pasi) % case.n:
        raise InvalidValueError(
            f"{len(recorded.pasi)} patients were given; expected whole cohorts of {case.n}."
        )
    week = case.visits_weeks.index(outcome.week)
    positions = case.positions(outcome)
    if not outcome.is_count:
        scores = recorded.pasi if outcome.measure == "PASI" else recorded.dlqi
        return scores[positions[0] :: case.n, week]
    reached = _reached(case, outcome, recorded, week)
    return np.asarray(reached.reshape(-1, case.n)[:, positions].sum(axis=1), dtype=float)


def at_least_as_good(outcome: CaseOutcome, values: Array) -> Flags:
    """Return which cohorts look at least as good as the report: a lower score, or no fewer patients.

    Examples
    --------
    >>> outcome = CaseOutcome(quantity="all", measure="fallen", week=4, observed=2)
    >>> at_least_as_good(outcome, np.array([1.0, 2.0, 3.0])).tolist()
    [False, True, True]
    """
    if outcome.is_count:
        return np.asarray(values >= outcome.observed - _SLACK)
    return np.asarray(values <= outcome.observed + _SLACK)


def _reached(case: Case, outcome: CaseOutcome, recorded: Recorded, week: int) -> Flags:
    """Return which patients reached a counted outcome; a missing visit is none."""
    baseline, visit = recorded[:, 0], recorded[:, week]
    if outcome.measure == "free of relapse":
        return _free_of_relapse(case, outcome, recorded[:, : week + 1])
    if outcome.endpoint is not None:
        return np.logical_and(visit.seen, responder_endpoint(outcome.endpoint).reached(baseline, visit))
    if outcome.percent is not None:
        return np.asarray(improvement_percent(baseline, visit) >= outcome.percent - _SLACK)
    return np.asarray(visit.pasi < baseline.pasi - _SLACK)


def _free_of_relapse(case: Case, outcome: CaseOutcome, recorded: Recorded) -> Flags:
    """Return who responded early enough, was seen to the end, and had not lost the response by then."""
    definition = definition_named(outcome.definition)
    visits = np.array(case.visits_weeks[: recorded.pasi.shape[1]])
    early = visits <= (outcome.responded_by_week or 0.0)
    responded = np.any((recorded.seen & definition.reached(recorded[:, :1], recorded))[:, early], axis=1)
    free: Flags = np.logical_and(responded, recorded.seen[:, -1])
    for position, last_dose in enumerate(case.last_dose_weeks):
        own = slice(position, None, case.n)
        free[own] &= ~relapse_times(recorded[own], visits, last_dose, definition).relapsed
    return free
