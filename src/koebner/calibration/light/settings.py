"""What the fit to a cohort under light assumes and does not estimate, and the grid it works on."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from koebner.catalogs import Strict, read_entry

Array = NDArray[np.float64]

_FILE = Path(str(files("koebner.calibration"))) / "tables" / "phototherapy.toml"


class _Course(Strict):
    longest_weeks: int
    session_days: tuple[float, ...]
    source: str


class _ScoreLag(Strict):
    candidates_days: tuple[float, ...]
    source: str


class _Axis(Strict):
    low: float
    high: float
    points: int


class _GridAxes(Strict):
    log_sensitivity: _Axis
    log_pace: _Axis
    source: str


class _Normal(Strict):
    mean: float
    sd: float

    def log_density(self, value: float) -> float:
        """Return the log of the density up to a constant."""
        return -0.5 * ((value - self.mean) / self.sd) ** 2


class _Prior(Strict):
    log_pace_mean: _Normal
    log_of_log_pace_sd: _Normal
    source: str


class _Stacking(Strict):
    patients_for_a_half: float
    folds: int
    repeats: int
    seed: int
    fewest_patients: int
    least_half_width: float
    source: str


class _Interval(Strict):
    coverage: float
    missing_range: float
    source: str


class _Relapse(Strict):
    log_time_sd: float
    longest_months: float
    source: str


class LightSettings(Strict):
    """What the fit assumes and does not estimate, each block with its source."""

    course: _Course
    score_lag: _ScoreLag
    grid: _GridAxes
    prior: _Prior
    stacking: _Stacking
    interval: _Interval
    relapse: _Relapse


@cache
def light_settings() -> LightSettings:
    """Return the shipped settings.

    Examples
    --------
    >>> light_settings().course.longest_weeks
    10
    """
    return read_entry(_FILE, LightSettings)


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Points of ln(sensitivity) and ln(pace), each `(n_points,)`."""

    log_sensitivity: Array
    log_pace: Array

    @classmethod
    def of(cls, settings: LightSettings, *, every: int = 1) -> "Grid":
        """Return all pairs of the two axes, or of every second point of them and so on."""
        axes = (settings.grid.log_sensitivity, settings.grid.log_pace)
        lines = [np.linspace(axis.low, axis.high, axis.points)[::every] for axis in axes]
        sensitivity, pace = np.meshgrid(*lines, indexing="ij")
        return cls(log_sensitivity=sensitivity.ravel(), log_pace=pace.ravel())

    def __len__(self) -> int:
        return self.log_pace.size
