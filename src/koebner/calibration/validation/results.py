"""Answers of an ensemble beside what was published: a row each, with its error and its interval."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.prediction import Predicted
from koebner.calibration.validation.rows import AskedArm
from koebner.calibration.validation.withdrawal import AskedFigure, PredictedFigure
from koebner.intervals import wilson_interval

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class JudgedArm:
    """One row of a trial beside the prediction.

    Attributes
    ----------
    asked
        The published row.
    predicted
        Mean over the members and the 90 % interval, in the unit of the row.
    members
        Of each member.
    affinity
        Prediction from affinity alone; None where the protocol gives no affinity.
    met
        Whether the fit met the row.
    """

    asked: AskedArm
    predicted: Predicted
    members: tuple[float, ...]
    affinity: float | None = None
    met: bool

    @property
    def error(self) -> float:
        """Predicted less observed, in the unit of the row."""
        return self.predicted.mean - self.asked.observed

    @property
    def inside(self) -> bool:
        """Whether the observed value is in the 90 % interval."""
        return self.predicted.lower <= self.asked.observed <= self.predicted.upper

    def within(self, least: float) -> bool:
        """Return whether a rate is within the tolerance of its row, which allows `least` points at least."""
        return abs(self.error) <= tolerance(self.asked, least)

    def saying(self, value: float) -> "JudgedArm":
        """Return the row with another prediction in place of the ensemble's mean; the interval stays."""
        return replace(self, predicted=replace(self.predicted, mean=value))


def tolerance(row: AskedArm, least: float) -> float:
    """Return the larger of `least` and the half-width of the row's own 95 % interval [points]."""
    if row.n is None or not row.is_rate:
        return least
    lower, upper = wilson_interval(round(row.observed / 100.0 * row.n), row.n)
    return max(least, 100.0 * (upper - lower) / 2.0)


@dataclass(frozen=True, kw_only=True)
class JudgedFigure:
    """One figure of withdrawal beside the prediction; `met` is whether the fit met it."""

    asked: AskedFigure
    predicted: PredictedFigure
    met: bool

    @property
    def error(self) -> float:
        """Predicted less observed, in the unit of the figure; not finite where it is not reached."""
        return self.predicted.mean - self.asked.figure.observed

    @property
    def inside(self) -> bool:
        """Whether the observed value is in the 90 % interval, which may have no upper end."""
        return self.predicted.lower <= self.asked.figure.observed <= self.predicted.upper


@dataclass(frozen=True, kw_only=True)
class Untreated:
    """How far the untreated move, mean relative PASI of the members.

    Attributes
    ----------
    drift
        Largest distance from 1 over all weeks and members.
    injured
        Largest distance from 1 over all members after the last week, injured once in week 1.
    """

    drift: float
    injured: float

    @classmethod
    def of(cls, untreated: Array, injured: Array) -> "Untreated":
        """Take them from the means, `(n_members, n_weeks)`."""
        return cls(
            drift=float(np.max(np.abs(untreated - 1.0))), injured=float(np.max(np.abs(injured[:, -1] - 1.0)))
        )
