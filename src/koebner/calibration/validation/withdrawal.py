"""What members of an ensemble say of published figures of withdrawal, and how sure that is.

A share has the interval of a responder rate. A median moves along the curve of the time to relapse: the
share that has relapsed at the published median is a half only up to sampling and to what trials differ
by, so the interval runs between the times at which the model has those other shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.courses import Course, Fared
from koebner.calibration.fitting.prediction import SEED, predicted_rate
from koebner.calibration.protocol import Likelihood
from koebner.calibration.withdrawal.course import (
    RelapseCourse,
    VisitDraws,
    predicted,
    relapse_course,
    relapse_free_curve,
)
from koebner.calibration.withdrawal.rows import WithdrawalRow, figure_of
from koebner.calibration.withdrawal.studies import Figure, WithdrawalStudy, treatment_of
from koebner.randomness import stream
from koebner.trials.observation import VisitModel

Array = NDArray[np.float64]

_DRAWS = 4000
_INTERVAL = (0.05, 0.95)
# Variance of the logit of a half, times the number of patients.
_LOGIT_VARIANCE_OF_A_HALF = 4.0
_REPLICATES = 4
_MOST_PATIENTS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class AskedFigure:
    """One published figure of withdrawal; texts as in the table it comes from.

    `role` is "fitted" or "held out", by the protocol. Nobody saw a figure from memory in a source: it
    decides no mark.
    """

    id: str
    trial: str
    drug: str
    metric: str
    figure: Figure
    role: str
    from_memory: bool = False

    @property
    def course(self) -> str:
        """Name of its course: figures of one reviewed study share it."""
        own = "" if self.figure.study.source else f" ({self.id})"
        return f"stopped: {self.figure.study.id}{own}"


@dataclass(frozen=True, kw_only=True)
class FigureAnswer:
    """What one member says of a figure.

    Parameters
    ----------
    value
        In the unit of the figure.
    times
        For a median all times to relapse, rising; else empty.
    free
        Share without relapse [percent] at each week of the study's follow-up.
    """

    value: float
    times: Array
    free: Array


@dataclass(frozen=True, kw_only=True)
class PredictedFigure:
    """Mean over the members and a 90 % interval, in the unit of the figure; inf or NaN: not reached."""

    mean: float
    lower: float
    upper: float


def course_of(study: WithdrawalStudy) -> Course:
    """Return what must be simulated to answer the figures of a study."""
    return Course(therapy=treatment_of(study), weeks=study.visits)


def figures_answered(
    figures: Sequence[Figure], fared: Fared, *, visit: VisitModel, draws: VisitDraws
) -> tuple[FigureAnswer, ...]:
    """Return what one member says of the figures of one study.

    Parameters
    ----------
    figures
        All of the same study.
    fared
        Its patients under `course_of` the study.
    visit
        Parameters of a visit.
    draws
        See `draws_of`.
    """
    study = figures[0].study
    course = relapse_course(fared.pasi, fared.sign, fared.weeks.tolist(), study, visit=visit, draws=draws)
    free = relapse_free_curve(course)
    return tuple(
        FigureAnswer(value=predicted(course, figure).value, times=_times(course, figure), free=free)
        for figure in figures
    )


def draws_of(study: WithdrawalStudy, n_patients: int) -> VisitDraws:
    """Return the random numbers of the visits of a study, which serve any with fewer visits too."""
    return VisitDraws.of(range(n_patients), SEED, len(study.visits), _REPLICATES)


def _times(course: RelapseCourse, figure: Figure) -> Array:
    if figure.measure != "median":
        return np.empty(0)
    return np.sort(course.weeks[course.entered]) / figure.weeks_per_unit


def predicted_figure(
    answers: Sequence[FigureAnswer], figure: Figure, *, likelihood: Likelihood, name: str
) -> PredictedFigure:
    """Return the prediction of a figure from what each member says.

    Parameters
    ----------
    answers
        One for each member.
    figure
        The figure.
    likelihood
        What trials of the same withdrawal differ by.
    name
        Fixes the random numbers.
    """
    if figure.measure == "median":
        return _median(answers, figure, likelihood, name)
    shares = np.array([answer.value for answer in answers])
    known = shares[np.isfinite(shares)]
    if not known.size:
        return PredictedFigure(mean=np.nan, lower=np.nan, upper=np.nan)
    rate = predicted_rate(known, figure.n, beyond_sampling_sd=likelihood.withdrawal_sd, name=name)
    return PredictedFigure(mean=rate.mean, lower=rate.lower, upper=rate.upper)


def _median(
    answers: Sequence[FigureAnswer], figure: Figure, likelihood: Likelihood, name: str
) -> PredictedFigure:
    times = [answer.times for answer in answers if answer.times.size]
    if not times:
        return PredictedFigure(mean=np.nan, lower=np.nan, upper=np.nan)
    sampling = 0.0 if figure.n is None else _LOGIT_VARIANCE_OF_A_HALF / figure.n
    sd = np.sqrt(likelihood.withdrawal_sd**2 + sampling)
    shares = 1 / (1 + np.exp(-sd * stream(SEED, 0, f"median of {name}").standard_normal(_DRAWS)))
    drawn = np.array([_reached(times[i % len(times)], share) for i, share in enumerate(shares)])
    lower, upper = np.quantile(drawn, _INTERVAL, method="inverted_cdf")
    return PredictedFigure(mean=_pooled_half(times), lower=float(lower), upper=float(upper))


def _reached(times: Array, share: float) -> float:
    """Return the first time by which a share has relapsed; inf where it never has."""
    return float(times[min(int(np.ceil(share * len(times))) - 1, len(times) - 1)])


def _pooled_half(times: Sequence[Array]) -> float:
    """Return the median of the mean of the members' curves, each member counting the same."""
    every = np.concatenate(times)
    weights = np.concatenate([np.full(len(each), 1 / len(each)) for each in times])
    order = np.argsort(every, kind="stable")
    passed = np.cumsum(weights[order]) / len(times)
    place = int(np.searchsorted(passed, 0.5 - 1e-9))
    return float(every[order][min(place, len(every) - 1)])


def figure_of_row(row: WithdrawalRow, *, fitted: frozenset[tuple[str, str]]) -> AskedFigure | str:
    """Return a row of a user's table as a figure, or why it is not predicted.

    Parameters
    ----------
    row
        The row.
    fitted
        Study and name of the figures that the protocol fits.
    """
    figure = figure_of(row)
    if not isinstance(figure, Figure):
        return figure.reason
    if figure.n is not None and figure.n > _MOST_PATIENTS:
        return f"n is {figure.n:.3g}; expected at most {_MOST_PATIENTS} patients."
    return AskedFigure(
        id=f"line {row.line}",
        trial=row.trial,
        drug=row.drug,
        metric=row.metric,
        figure=figure,
        role="fitted" if (figure.study.id, figure.name) in fitted else "held out",
        from_memory=row.verified.strip().lower() == "no",
    )
