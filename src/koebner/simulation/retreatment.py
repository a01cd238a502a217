"""Bringing a stopped therapy back when a response is lost: by whom, and from which week on.

A rule looks at PASI at visits, as a physician does. Patients are simulated until the end, those who
meet the rule get another course from that visit on and are simulated again, until nobody meets it any
more. What a patient is given therefore depends on that patient alone.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from koebner.therapies import Retreatment, Therapy

if TYPE_CHECKING:
    from collections.abc import Iterable

Array = NDArray[np.float64]
Assess = Callable[[Array, NDArray[np.int64]], Array]
"""From true PASI `(n, n_visits)` of these patients, by their place in the cohort, to what is seen."""
Course = Callable[[NDArray[np.int64], Sequence[Sequence[float]]], Array]
"""True PASI at the visits, `(n, n_visits)`, of these patients with these weeks of restarting."""


def visits_of(rule: Retreatment, weeks: float) -> Array:
    """Return the visits at which a rule is looked at, week 0 first.

    Examples
    --------
    >>> visits_of(Retreatment(check_every_weeks=4), 10).tolist()
    [0.0, 4.0, 8.0]
    """
    return np.arange(0.0, weeks + 1e-9, rule.check_every_weeks)


def find_restarts(
    therapy: Therapy,
    course: Course,
    visits: ArrayLike,
    n_patients: int,
    *,
    until_week: float,
    assess: Assess | None = None,
) -> list[list[float]]:
    """Return the weeks from which on each patient gets the therapy again, `(n_patients,)` lists.

    Parameters
    ----------
    therapy
        A therapy that ends and has a rule of retreatment.
    course
        Simulates some of the patients.
    visits
        Weeks at which the rule is looked at, the first of them the baseline.
    n_patients
        How many patients there are.
    until_week
        End: nothing is given again from then on.
    assess
        What a visit sees of the true PASI; the true PASI itself when left out.
    """
    rule = therapy.retreatment
    restarts: list[list[float]] = [[] for _ in range(n_patients)]
    if rule is None:
        return restarts
    weeks = np.asarray(visits, dtype=float)
    open_patients = np.arange(n_patients)
    while len(open_patients):
        pasi = course(open_patients, [restarts[i] for i in open_patients])
        seen = pasi if assess is None else assess(pasi, open_patients)
        begun = [_last_start(therapy, restarts[i]) for i in open_patients]
        found = lost_at(seen, weeks, rule, begun=begun, duration=therapy.course_weeks)
        found[found >= until_week] = np.inf
        for patient, week in zip(open_patients, found, strict=True):
            if np.isfinite(week):
                restarts[patient].append(float(week))
        open_patients = open_patients[np.isfinite(found)]
    return restarts


def lost_at(
    pasi: Array, visits: Array, rule: Retreatment, *, begun: "Iterable[float]", duration: float
) -> Array:
    """Return the first visit after a course at which its response is lost, `(n_patients,)`; inf for none.

    Parameters
    ----------
    pasi
        PASI as seen, `(n_patients, n_visits)`, the first column the baseline; NaN where not seen.
    visits
        Weeks of the visits, `(n_visits,)`.
    rule
        What counts as a response, and as its loss.
    begun
        Week in which each patient's course began, `(n_patients,)`.
    duration
        Length of a course [weeks].

    Examples
    --------
    >>> pasi = np.array([[20.0, 4.0, 10.0, 13.0]])
    >>> lost_at(pasi, np.array([0.0, 8.0, 16.0, 24.0]), Retreatment(), begun=[0.0], duration=8.0)
    array([24.])
    """
    begin = np.asarray(list(begun), dtype=float)[:, None]
    improvement = pasi[:, :1] - pasi
    within = (visits >= begin) & np.isfinite(improvement)
    best = np.maximum.accumulate(np.where(within, improvement, 0.0), axis=1)
    responded = best >= rule.responders * pasi[:, :1]
    lost = improvement <= (1 - rule.regain) * best
    due = within & responded & lost & (visits >= begin + duration)
    return np.where(due.any(axis=1), visits[due.argmax(axis=1)], np.inf)


def _last_start(therapy: Therapy, restarts: Sequence[float]) -> float:
    return restarts[-1] if restarts else therapy.start_week
