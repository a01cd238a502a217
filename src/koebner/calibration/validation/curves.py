"""Predicted curves between published figures: responders by week, patients without relapse by visit.

Nothing is judged on a curve. It shows what the model says between the few weeks that trials publish.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.prediction import Predicted, predicted_rate
from koebner.calibration.protocol import Likelihood
from koebner.calibration.validation.rows import AskedArm
from koebner.calibration.validation.simulation import MemberAnswers, course_name
from koebner.calibration.validation.withdrawal import AskedFigure

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ResponseCurve:
    """Responders under one treatment, with intervals for a trial so large that sampling does not count.

    Attributes
    ----------
    therapy_id, given
        Name in the therapy catalogue, and the doses as a sentence.
    endpoint
        A responder rate.
    weeks, predicted
        Weeks since the start, rising, and the responders then [percent].
    """

    therapy_id: str
    given: str
    endpoint: str
    weeks: tuple[float, ...]
    predicted: tuple[Predicted, ...]


@dataclass(frozen=True, kw_only=True)
class RelapseCurve:
    """Patients of a withdrawal study without relapse, with intervals for a study of that size.

    Attributes
    ----------
    asked
        One of the figures of the study.
    weeks, predicted
        Weeks on the clock of the study, from when a loss counts, and who had none until then [percent].
    """

    asked: AskedFigure
    weeks: tuple[float, ...]
    predicted: tuple[Predicted, ...]


def response_curves(
    rows: Sequence[AskedArm], answers: MemberAnswers, likelihood: Likelihood
) -> tuple[ResponseCurve, ...]:
    """Return the curves of every treatment that was asked and could be simulated, in the order of the rows.

    Parameters
    ----------
    rows
        What was asked.
    answers
        Of all members.
    likelihood
        What trials of the same treatment differ by, and what the model misses.
    """
    firsts = {course_name(row): row for row in reversed(rows)}
    return tuple(
        ResponseCurve(
            therapy_id=firsts[course].therapy_id,
            given=firsts[course].therapy.sentence(),
            endpoint=endpoint,
            weeks=tuple(curve.weeks.tolist()),
            predicted=_banded(curve.percent, None, likelihood.prediction_sd, f"{course}, {endpoint}"),
        )
        for (course, endpoint), curve in answers.responders.items()
    )


def relapse_curves(
    figures: Sequence[AskedFigure], answers: MemberAnswers, likelihood: Likelihood
) -> tuple[RelapseCurve, ...]:
    """Return the curve of every withdrawal study that could be simulated, in the order of the figures.

    Members in which nobody entered say nothing; a study in which nobody did in any has no curve.

    Parameters
    ----------
    figures, answers
        What was asked, and what all members say.
    likelihood
        What trials of the same withdrawal differ by.
    """
    found: dict[str, RelapseCurve] = {}
    for figure, told in zip(figures, answers.figures, strict=True):
        free = np.array([answer.free for answer in told if np.isfinite(answer.free).all()])
        if figure.course not in found and len(free):
            found[figure.course] = RelapseCurve(
                asked=figure,
                weeks=figure.figure.study.follow_up,
                predicted=_banded(free, figure.figure.n, likelihood.withdrawal_sd, figure.course),
            )
    return tuple(found.values())


def _banded(percent: Array, n: int | None, sd: float, name: str) -> tuple[Predicted, ...]:
    """Return each week of `(n_members, n_weeks)`; one name, so that the band is as smooth as the curve."""
    return tuple(
        predicted_rate(week, n, beyond_sampling_sd=sd, name=f"curve of {name}") for week in percent.T
    )
