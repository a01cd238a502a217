"""What anybody could say of a trial without a model: copy another trial, the class, or the phase-2 value.

Each is compared with the model on identical rows: those for which it has an answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from koebner.calibration.protocol import Protocol
from koebner.calibration.validation.results import JudgedArm, tolerance
from koebner.calibration.validation.rows import AskedArm
from koebner.therapies import Therapy, load

Comparator = Literal["copy another trial", "class mean", "phase-2 value carried over"]
Family = Literal["IL-17", "IL-23", "TNF", "oral", "placebo", "other"]
Given = tuple[tuple[float, float], ...]

COPY_WEEKS = 4.0
"""Another trial is copied from its closest visit, at most that many weeks away."""

# Twice weekly is days 0 and 3 of a label and half a week of a published arm: the same treatment.
_STEPS_PER_WEEK = 2
_INPUTS: dict[str, Family] = {
    "bound_IL17A": "IL-17",
    "bound_IL17F": "IL-17",
    "bound_IL23": "IL-23",
    "bound_TNF": "TNF",
}


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A comparator and the model on identical rows.

    Errors in points, `within` in percent of the rows; with several trials to copy, their average.
    """

    comparator: Comparator
    rows: int
    error: float
    rmse: float
    within: float
    model_error: float
    model_rmse: float
    model_within: float


def family_of(therapy: Therapy) -> Family:
    """Return the class of a therapy, by the input of the disease that it sets.

    Examples
    --------
    >>> family_of(load("brodalumab")), family_of(load("apremilast")), family_of(load("placebo"))
    ('IL-17', 'oral', 'placebo')
    """
    if len(therapy.agents) > 1:
        return "other"
    (agent,) = therapy.agents
    for name, family in _INPUTS.items():
        if name in agent.sets:
            return family
    if agent.kind == "placebo":
        return "placebo"
    return "oral" if agent.kind == "small molecule" else "other"


def copies(row: AskedArm, known: Sequence[AskedArm]) -> tuple[float, ...]:
    """Return what each other trial of the same drug and doses found at its closest week [percent].

    Doses are compared until the later of the two weeks, as later ones cannot have acted.
    """
    closest: dict[tuple[str, str], tuple[float, float]] = {}
    for other in known:
        away = abs(other.week - row.week)
        if not _is_elsewhere(row, other) or other.therapy_id != row.therapy_id or away > COPY_WEEKS:
            continue
        until = max(row.week, other.week)
        if given_until(other.therapy, until) != given_until(row.therapy, until):
            continue
        arm = (other.study, other.label)
        closest[arm] = min(closest.get(arm, (np.inf, 0.0)), (away, other.observed))
    return tuple(value for _, value in closest.values())


def class_mean(row: AskedArm, known: Sequence[AskedArm]) -> tuple[float, ...]:
    """Return the mean of what the fitted drugs of the class reached at labelled doses; empty without any.

    Of each drug count its fitted rows at the closest week; drugs count the same.
    """
    family = family_of(row.therapy)
    if family in ("placebo", "other"):
        return ()
    by_drug: dict[str, list[AskedArm]] = {}
    for other in known:
        if (
            other.role == "fitted"
            and other.endpoint == row.endpoint
            and family_of(other.therapy) == family
            and is_labelled(other)
        ):
            by_drug.setdefault(other.therapy_id, []).append(other)
    means = [_at_closest_week(rows, row.week) for rows in by_drug.values()]
    return (float(np.mean(means)),) if means else ()


def carried_over(row: AskedArm, known: Sequence[AskedArm], protocol: Protocol) -> tuple[float, ...]:
    """Return what the anchor study found at the same or the nearest dose; empty without it."""
    anchors = [each for each in protocol.anchored if each.therapy == row.therapy_id]
    rows = [
        other
        for other in known
        for anchor in anchors
        if other.study == anchor.study
        and other.therapy_id == row.therapy_id
        and other.week in anchor.weeks
        and _is_elsewhere(row, other)
    ]
    if not rows:
        return ()
    own = _dose(row.therapy, row.week)
    doses = {other.id: _dose(other.therapy, row.week) for other in rows}
    if own is None or None in doses.values():
        return ()
    away = {name: abs(np.log((dose or np.nan) / own)) for name, dose in doses.items()}
    nearest = min(away.values())
    return (float(np.mean([other.observed for other in rows if away[other.id] == nearest])),)


def compared(
    comparator: Comparator, rows: Sequence[JudgedArm], known: Sequence[AskedArm], protocol: Protocol
) -> Compared | None:
    """Return a comparator and the model on the rows for which it has an answer; None without any.

    Parameters
    ----------
    comparator
        Which.
    rows
        Responder rates with the model's answers.
    known
        Rows of open trials.
    protocol
        Gives the anchor studies and the tolerance.
    """
    answer = _answers(protocol)[comparator]
    answered = [(row, values) for row in rows if row.asked.is_rate and (values := answer(row.asked, known))]
    if not answered:
        return None
    least = protocol.marks.tolerance
    errors = [np.array(values) - row.asked.observed for row, values in answered]
    limits = [tolerance(row.asked, least) for row, _ in answered]
    own = np.array([row.error for row, _ in answered])
    return Compared(
        comparator=comparator,
        rows=len(answered),
        error=float(np.mean([np.abs(each).mean() for each in errors])),
        rmse=float(np.sqrt(np.mean([(each**2).mean() for each in errors]))),
        within=100.0
        * float(
            np.mean([(np.abs(each) <= limit).mean() for each, limit in zip(errors, limits, strict=True)])
        ),
        model_error=float(np.abs(own).mean()),
        model_rmse=float(np.sqrt((own**2).mean())),
        model_within=100.0 * float(np.mean(np.abs(own) <= np.array(limits))),
    )


def is_labelled(row: AskedArm) -> bool:
    """Return whether an arm was given the labelled doses until its week, be it those of one weight band."""
    own = given_until(row.therapy, row.week)
    label = given_until(load(row.therapy_id), row.week)
    return set(own) <= set(label) and {week for week, _ in own} == {week for week, _ in label}


def given_until(therapy: Therapy, week: float) -> Given:
    """Return week and amount of all doses before a week, weeks to the nearest half.

    Examples
    --------
    >>> given_until(load("guselkumab"), 12)
    ((0.0, 100.0), (4.0, 100.0))
    """
    planned = therapy.doses(week)
    return tuple(
        sorted((round(dose.week * _STEPS_PER_WEEK) / _STEPS_PER_WEEK, dose.amount) for dose in planned)
    )


def _answers(
    protocol: Protocol,
) -> dict[Comparator, Callable[[AskedArm, Sequence[AskedArm]], tuple[float, ...]]]:
    return {
        "copy another trial": copies,
        "class mean": class_mean,
        "phase-2 value carried over": lambda row, known: carried_over(row, known, protocol),
    }


def _is_elsewhere(row: AskedArm, other: AskedArm) -> bool:
    """Return whether another row has the endpoint of a row, and comes from another trial."""
    return other.endpoint == row.endpoint and other.study != row.study


def _at_closest_week(rows: Sequence[AskedArm], week: float) -> float:
    closest = min(abs(row.week - week) for row in rows)
    return float(np.mean([row.observed for row in rows if abs(row.week - week) == closest]))


def _dose(therapy: Therapy, week: float) -> float | None:
    """Return the amount of the last dose before a week, loading doses being none; None without any."""
    last = max(therapy.doses(week), key=lambda dose: dose.week, default=None)
    return None if last is None else last.amount
