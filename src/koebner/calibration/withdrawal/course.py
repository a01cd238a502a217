"""Relapse after stopping, as each trial saw it: its own entry, definition, origin of time and visits.

A relapse is the first visit with a loss, so it depends on how often patients are seen and on the error
of each visit: many noisy visits find a loss sooner than the true course has one. The visits are held
here with independent noise, several times for the same patients, which smooths a figure without
changing it. A figure is a share of the patients who entered, or their median time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from koebner.calibration.withdrawal.losses import loss_named, reached_by
from koebner.calibration.withdrawal.studies import Figure, WithdrawalStudy
from koebner.errors import InvalidValueError
from koebner.randomness import normals, uniforms
from koebner.trials.endpoints import responder_endpoint
from koebner.trials.observation import VisitModel, placebo_factor, scored_pasi, scored_spga, written_pasi
from koebner.trials.recorded import Array, Flags, Recorded

_SLACK = 1e-9

REPLICATES = 8
"""Times the visits of the same patients are held by default."""


@dataclass(frozen=True, kw_only=True)
class VisitDraws:
    """The random numbers of the visits, drawn once so that a fit meets the same ones in every call.

    Parameters
    ----------
    noise
        Standard normal, `(replicates, n_patients, n_visits)`.
    placebo
        Uniform in (0, 1], `(replicates, n_patients, 1)`: who shows a placebo response, and when.
    """

    noise: Array
    placebo: Array

    @classmethod
    def of(
        cls, patients: Sequence[int], seed: int, n_visits: int, replicates: int = REPLICATES
    ) -> "VisitDraws":
        """Draw for patients by number; the first replicate is the one that a trial of this seed meets.

        Parameters
        ----------
        patients
            Numbers of the patients.
        seed
            Seed of the trial.
        n_visits
            At least as many as the visits of the study.
        replicates
            How often the same patients are seen.
        """
        noises, placebos = [], []
        for replicate in range(replicates):
            again = f", again {replicate}" if replicate else ""
            noises.append(normals(seed, patients, f"visit noise{again}", n_visits))
            placebos.append(1.0 - uniforms(seed, patients, f"placebo response{again}"))
        return cls(noise=np.array(noises), placebo=np.array(placebos))


@dataclass(frozen=True, kw_only=True)
class RelapseCourse:
    """What became of the patients of a study, each seen several times.

    `weeks` on the clock of the study to the first visit with a loss, `(replicates, n_patients)`: inf
    where none was seen, NaN where the patient did not enter. `recorded` has one axis more, the visits.
    """

    study: WithdrawalStudy
    weeks: Array
    entered: Flags
    recorded: Recorded
    leaving_per_week: float

    @property
    def n(self) -> float:
        """Patients who entered, on average over the replicates."""
        return float(self.entered.sum()) / len(self.entered)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A figure of a relapse course and how many patients entered, on average over the replicates."""

    value: float
    n: float


def relapse_course(
    pasi: Array,
    sign: Array | None,
    visits: Sequence[float],
    study: WithdrawalStudy,
    *,
    visit: VisitModel,
    draws: VisitDraws,
) -> RelapseCourse:
    """Hold the visits of a study and find each patient's relapse.

    Nobody leaves: patients leave at random, whatever their skin, so that a Kaplan-Meier estimate with
    them has the same expectation as the plain share without them, and only more noise.

    Parameters
    ----------
    pasi, sign
        True PASI and mean sign of the model, `(n_patients, n_visits)`; NaN where the simulation failed.
        `sign` may be None where the study does not look at the sPGA.
    visits
        Weeks of the columns; they hold those of the study.
    study
        The study.
    visit
        Parameters of a visit.
    draws
        Random numbers of the same patients.

    Raises
    ------
    InvalidValueError
        Columns, signs or draws do not reach for the study.
    """
    _check(pasi, sign, visits, study, draws)
    weeks = np.asarray(study.visits)
    columns = np.searchsorted(np.asarray(visits), weeks - _SLACK)
    recorded = _record(pasi[:, columns], None if sign is None else sign[:, columns], weeks, visit, draws)
    flat = _reshaped(recorded, (-1, len(weeks)))
    entered: Flags = np.all(flat.seen, axis=1)
    baseline = flat[:, :1]
    for each in study.entry:
        at = flat[:, [study.visits.index(each.week)]]
        reached = reached_by(each.endpoint)(baseline, at)[:, 0]
        entered &= reached if each.holds else ~reached
    reference = flat[:, [_reference(study)]]
    loss = loss_named(study.definition)(baseline, flat, reference) & (weeks > study.followed_from + _SLACK)
    lost = np.where(loss.any(axis=1), weeks[loss.argmax(axis=1)] - study.clock_week, np.inf)
    shape = recorded.pasi.shape[:2]
    return RelapseCourse(
        study=study,
        weeks=np.where(entered, lost, np.nan).reshape(shape),
        entered=entered.reshape(shape),
        recorded=recorded,
        leaving_per_week=visit.dropout_per_week,
    )


def relapse_free(course: RelapseCourse, week: float, *, on_a_line: bool = False) -> Measured:
    """Return the share without relapse [percent] by a week on the clock of the study.

    `on_a_line` joins the visits by lines in place of steps: a smooth figure for a fit.
    """
    study = course.study
    if not 0 <= week <= study.follow_up_weeks + _SLACK:
        raise InvalidValueError(
            f"week {week:g} was asked of `{study.id}`; it is followed for {study.follow_up_weeks:g} weeks."
        )
    weeks = course.weeks[course.entered]
    if not weeks.size:
        return Measured(value=float("nan"), n=0.0)
    if not on_a_line:
        return Measured(value=100.0 * float(np.mean(weeks > week + _SLACK)), n=course.n)
    share = np.interp(week, study.follow_up, relapse_free_curve(course))
    return Measured(value=float(share), n=course.n)


def relapse_free_curve(course: RelapseCourse) -> Array:
    """Return the share without relapse [percent] at each week of the study's follow-up.

    NaN where nobody entered.
    """
    weeks = np.sort(course.weeks[course.entered])
    after = np.asarray(course.study.follow_up)
    if not weeks.size:
        return np.full(len(after), np.nan)
    return np.asarray(100.0 * (1.0 - np.searchsorted(weeks, after + _SLACK) / weeks.size))


def relapsed_by(course: RelapseCourse, week: float, *, on_a_line: bool = False) -> Measured:
    """Return the share with a relapse [percent] by a week on the clock of the study."""
    free = relapse_free(course, week, on_a_line=on_a_line)
    return Measured(value=100.0 - free.value, n=free.n)


def still_responding(
    course: RelapseCourse, endpoint: str, week: float, *, missing: Literal["non-response", "as observed"]
) -> Measured:
    """Return the share with an endpoint [percent] at the visit of a week on the clock of the study.

    This is the state at that visit, not freedom from relapse until then. Under "non-response" those
    who have left since entry, at the rate of the visit model, do not respond.
    """
    study = course.study
    at = np.flatnonzero(np.abs(np.asarray(study.visits) - study.clock_week - week) < _SLACK)
    if not at.size:
        raise InvalidValueError(f"week {week:g} was asked of `{study.id}`, which has no visit then.")
    if not course.entered.any():
        return Measured(value=float("nan"), n=0.0)
    baseline, visit = course.recorded[:, :, 0], course.recorded[:, :, at[0]]
    share = 100.0 * float(responder_endpoint(endpoint).reached(baseline, visit)[course.entered].mean())
    if missing == "non-response":
        waited = max(week + study.clock_week - study.followed_from, 0.0)
        share *= float(np.exp(-course.leaving_per_week * waited))
    return Measured(value=share, n=course.n)


def median_weeks(course: RelapseCourse) -> Measured:
    """Return the median time to relapse on the clock of the study [weeks]; NaN where not reached.

    As Kaplan-Meier has it: the first visit by which half have relapsed.
    """
    weeks = np.sort(course.weeks[course.entered])
    middle = float(weeks[(len(weeks) - 1) // 2]) if weeks.size else float("nan")
    return Measured(value=middle if np.isfinite(middle) else float("nan"), n=course.n)


def predicted(course: RelapseCourse, figure: Figure, *, on_a_line: bool = False) -> Measured:
    """Return what a published figure is in a course of its study, in the unit of the figure.

    Shares count missed visits as no response, which no source says: trials of that time did.
    """
    if figure.measure == "median":
        median = median_weeks(course)
        return Measured(value=median.value / figure.weeks_per_unit, n=median.n)
    week = 0.0 if figure.week is None else figure.week
    if figure.measure == "still responding":
        return still_responding(course, figure.endpoint, week, missing="non-response")
    share = relapse_free if figure.measure == "relapse-free" else relapsed_by
    return share(course, week, on_a_line=on_a_line)


def _check(
    pasi: Array, sign: Array | None, visits: Sequence[float], study: WithdrawalStudy, draws: VisitDraws
) -> None:
    lacking = [week for week in study.visits if np.min(np.abs(np.asarray(visits) - week)) > _SLACK]
    if lacking:
        raise InvalidValueError(
            f"`{study.id}` is seen at week {lacking[0]:g}, which is not among the visits."
        )
    if sign is None and study.uses_signs:
        raise InvalidValueError(f"`{study.id}` looks at the sPGA; give the mean sign of the model as well.")
    _, n_patients, n_visits = draws.noise.shape
    if n_patients != len(pasi) or n_visits < len(study.visits):
        raise InvalidValueError(
            f"draws of {n_patients} patients and {n_visits} visits were given; `{study.id}` has "
            f"{len(pasi)} and {len(study.visits)}."
        )


def _record(pasi: Array, sign: Array | None, weeks: Array, visit: VisitModel, draws: VisitDraws) -> Recorded:
    """Return what the visits record, as `koebner.trials.observation.observe` has it, without leaving."""
    left = placebo_factor(weeks, draws.placebo, visit)
    scored = scored_pasi(pasi, left, draws.noise[:, :, : len(weeks)], visit)
    nothing = np.full(scored.shape, np.nan)
    spga = nothing if sign is None else scored_spga(sign, pasi, scored, visit)
    return Recorded(pasi=written_pasi(scored), spga=spga, dlqi=nothing)


def _reshaped(recorded: Recorded, shape: tuple[int, ...]) -> Recorded:
    return Recorded(
        pasi=recorded.pasi.reshape(shape),
        spga=recorded.spga.reshape(shape),
        dlqi=recorded.dlqi.reshape(shape),
    )


def _reference(study: WithdrawalStudy) -> int:
    return 0 if study.reference_week is None else study.visits.index(study.reference_week)
