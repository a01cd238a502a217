"""Published figures of withdrawal as targets of a fit.

Every figure becomes a share on the logit: a median is a half without relapse at the published time. Shares
are joined by lines between visits, because a fit needs figures that change smoothly.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from koebner.calibration.fitting.courses import Course
from koebner.calibration.fitting.targets import LogitTarget, logit_target
from koebner.calibration.protocol import Protocol
from koebner.calibration.withdrawal.course import RelapseCourse, predicted, relapse_free
from koebner.calibration.withdrawal.studies import (
    Figure,
    WithdrawalStudy,
    load_withdrawal_figures,
    treatment_of,
)
from koebner.errors import UnknownNameError

_HALF = 50.0


@dataclass(frozen=True, kw_only=True)
class StoppingTarget:
    """One figure of a withdrawal study, with its share [percent] on the logit."""

    figure: Figure
    share: LogitTarget

    @property
    def id(self) -> str:
        """Study and figure in words."""
        return f"{self.study.id}: {self.figure.name}"

    @property
    def study(self) -> WithdrawalStudy:
        """The study it is a figure of."""
        return self.figure.study

    @property
    def course(self) -> str:
        """Name of its course."""
        return f"stopped in {self.study.id}"

    @property
    def percent(self) -> float:
        """The published share [percent]; half for a median."""
        return _HALF if self.figure.measure == "median" else self.figure.observed

    def answer(self, course: RelapseCourse) -> float:
        """Return the share of the model [percent]; for a median, without relapse at the published time."""
        if self.figure.measure == "median":
            week = self.figure.observed * self.figure.weeks_per_unit
            return relapse_free(course, week, on_a_line=True).value
        return predicted(course, self.figure, on_a_line=True).value


def fitted_withdrawals(protocol: Protocol) -> tuple[StoppingTarget, ...]:
    """Return the figures of withdrawal of the common fit.

    Raises
    ------
    UnknownNameError
        A figure of the protocol is not among the reviewed ones.
    """
    figures = {(each.study.id, each.name): each for each in load_withdrawal_figures().values()}
    targets = []
    for fitted in protocol.fitted_withdrawal:
        for metric in fitted.metrics:
            name = (f"{fitted.study}/{fitted.therapy}", metric)
            if name not in figures:
                known = [f"{study}: {figure}" for study, figure in figures]
                raise UnknownNameError("figure of withdrawal", f"{name[0]}: {metric}", known)
            targets.append(stopping_target(figures[name], protocol))
    return tuple(targets)


def stopping_target(figure: Figure, protocol: Protocol) -> StoppingTarget:
    """Return a figure as a target, with the errors of the protocol."""
    likelihood = protocol.likelihood
    percent = _HALF if figure.measure == "median" else figure.observed
    share = logit_target(percent, figure.n or likelihood.n_unknown, likelihood.withdrawal_sd)
    return StoppingTarget(figure=figure, share=share)


def courses_of_stopping(targets: Iterable[StoppingTarget]) -> dict[str, Course]:
    """Return what must be simulated to answer the targets, each study once."""
    return {
        target.course: Course(therapy=treatment_of(target.study), weeks=target.study.visits)
        for target in targets
    }
