"""What a fit is compared with: responder rates of published arms, each with its own error."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.courses import Course, weeks_by_course
from koebner.calibration.fitting.responses import RATES
from koebner.calibration.protocol import Anchored, Likelihood, Protocol
from koebner.calibration.published.arms import load_arms, therapy_of
from koebner.errors import InvalidValueError
from koebner.evidence import TrialResult, load_trials
from koebner.randomness import normals

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ResponseTarget:
    """One published responder rate, and the course of treatment that the model answers with.

    Attributes
    ----------
    id
        Of the row in the evidence tables.
    course
        Therapy and regimen as a name: arms that were given the same share one simulation.
    percent
        Responders [percent] of `n` patients.
    """

    id: str
    study: str
    arm: str
    therapy: str
    regimen: str
    week: float
    endpoint: str
    n: int
    percent: float

    @property
    def course(self) -> str:
        """Name of its course."""
        return f"{self.therapy}: {self.regimen or 'as labelled'}"

    def share(self, likelihood: Likelihood) -> "LogitTarget":
        """Return its share on the logit, with its error."""
        return logit_target(self.percent, self.n, likelihood.between_trials_sd)


@dataclass(frozen=True, kw_only=True)
class LogitTarget:
    """A share on the logit, with its standard deviation.

    The share is moved off 0 and 1 by half a patient; its error is binomial sampling and what trials of
    the same treatment differ by beyond it.
    """

    logit: float
    sd: float

    def off(self, percent: float) -> float:
        """Return how far a share [percent] is from it, in standard deviations."""
        return (logit(percent) - self.logit) / self.sd


def logit_target(percent: float, n: float, beyond_sampling: float) -> LogitTarget:
    """Return a published share of `n` patients on the logit.

    Examples
    --------
    >>> target = logit_target(50.0, 100, 0.25)
    >>> round(target.logit, 3), round(target.sd, 3)
    (0.0, 0.32)
    """
    share = (percent / 100.0 * n + 0.5) / (n + 1)
    sampling = 1.0 / ((n + 1) * share * (1 - share))
    return LogitTarget(logit=logit(100.0 * share), sd=float(np.sqrt(sampling + beyond_sampling**2)))


def logit(percent: float) -> float:
    """Return the log odds of a share [percent], kept finite at 0 and 100 by a twentieth of a percent."""
    share = min(max(percent / 100.0, 5e-4), 1 - 5e-4)
    return float(np.log(share / (1 - share)))


def fitted_targets(protocol: Protocol) -> tuple[ResponseTarget, ...]:
    """Return the rates of the common fit, in the order of the protocol.

    Raises
    ------
    InvalidValueError
        An arm or week of the protocol has no row in the evidence tables.
    """
    targets: list[ResponseTarget] = []
    for fitted in protocol.fitted:
        for arm in fitted.arms:
            found = _rows(fitted.study, fitted.weeks, arm=arm)
            targets += _targets(found, protocol.likelihood, f"{fitted.study}, {arm}")
    return tuple(targets)


def anchor_targets(anchored: Anchored, likelihood: Likelihood) -> tuple[ResponseTarget, ...]:
    """Return the rates that set the potency of one drug.

    Raises
    ------
    InvalidValueError
        The study has no such row.
    """
    found = [row for arm in anchored.arms for row in _rows(anchored.study, anchored.weeks, arm=arm)]
    return _targets(found, likelihood, f"{anchored.study}, {anchored.therapy}")


def _rows(study: str, weeks: Sequence[float], *, arm: str) -> list[TrialResult]:
    return [row for row in load_trials() if row.study == study and row.week in weeks and row.arm == arm]


def _targets(rows: Iterable[TrialResult], likelihood: Likelihood, what: str) -> tuple[ResponseTarget, ...]:
    found = [target_of(row, n_unknown=likelihood.n_unknown) for row in rows if row.endpoint in RATES]
    usable = tuple(target for target in found if target is not None)
    if not usable:
        raise InvalidValueError(f"`{what}` of the protocol has no usable row in the evidence tables.")
    return usable


def target_of(row: TrialResult, *, n_unknown: int) -> ResponseTarget | None:
    """Return a row as a target; None where the arm cannot be simulated or the week is no number.

    Parameters
    ----------
    row
        Of the evidence tables.
    n_unknown
        Patients that an arm of unpublished size counts as.
    """
    arm = load_arms().get((row.study, row.arm))
    if arm is None or not arm.therapy or not isinstance(row.week, int | float) or row.endpoint not in RATES:
        return None
    return ResponseTarget(
        id=row.id,
        study=row.study,
        arm=row.arm,
        therapy=arm.therapy,
        regimen=arm.regimen,
        week=float(row.week),
        endpoint=row.endpoint,
        n=row.n or n_unknown,
        percent=row.value,
    )


def courses_of(targets: Iterable[ResponseTarget]) -> dict[str, Course]:
    """Return what must be simulated to answer the targets, arms of the same treatment together."""
    asked = tuple(targets)
    given = {target.course: (target.therapy, target.regimen) for target in asked}
    weeks = weeks_by_course((target.course, target.week) for target in asked)
    return {name: Course(therapy=therapy_of(*given[name]), weeks=weeks[name]) for name in weeks}


def perturbation(seed: int, member: int, purpose: str, n: int) -> Array:
    """Return the standard normal draws that perturb what a member is fitted to, `(n,)`; none for member 0.

    Members come in pairs with opposite draws, so that the mean of an even number of them is moved by what
    the fit bends and not by the luck of the draws.
    """
    if member == 0 or n == 0:
        return np.zeros(n)
    pair, sign = (member + 1) // 2, 1.0 if member % 2 else -1.0
    return np.asarray(sign * normals(seed, [pair], f"perturbed {purpose}", n)[0])


def perturbed(targets: Sequence[LogitTarget], draws: Array) -> list[LogitTarget]:
    """Return the targets moved by draws in units of their own errors."""
    return [
        LogitTarget(logit=each.logit + each.sd * float(draw), sd=each.sd)
        for each, draw in zip(targets, draws, strict=True)
    ]
