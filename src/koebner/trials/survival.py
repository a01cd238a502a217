"""Kaplan-Meier estimate of the share of patients still free of relapse."""

from dataclasses import dataclass

import numpy as np
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times
from numpy.typing import ArrayLike, NDArray

from koebner.intervals import CONFIDENCE


@dataclass(frozen=True, kw_only=True)
class SurvivalCurve:
    """A Kaplan-Meier curve; all arrays have shape `(n_steps,)` and start at week 0.

    Limits are pointwise 95 % on the log-log scale. A median that is not reached is infinite.
    """

    weeks: NDArray[np.float64]
    share: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    at_risk: NDArray[np.int64]
    n: int
    events: int
    median_weeks: float
    median_lower: float
    median_upper: float

    def at_risk_at(self, week: float) -> int:
        """Return how many patients are still under observation and event-free just before `week`."""
        later = np.searchsorted(self.weeks, week, side="left")
        return int(self.at_risk[later]) if later < len(self.weeks) else 0


def kaplan_meier(weeks: ArrayLike, events: ArrayLike) -> SurvivalCurve | None:
    """Estimate the share free of the event over time; None when nobody is at risk.

    Parameters
    ----------
    weeks
        Time to event or censoring [weeks], shape `(n_patients,)`.
    events
        True where the event happened, False where the patient was censored.
    """
    durations = np.asarray(weeks, dtype=float)
    happened = np.asarray(events, dtype=bool)
    if durations.size == 0:
        return None
    fit = KaplanMeierFitter(alpha=1 - CONFIDENCE).fit(durations, happened)
    limits = fit.confidence_interval_survival_function_
    median_limits = median_survival_times(limits).to_numpy().ravel()
    return SurvivalCurve(
        weeks=fit.survival_function_.index.to_numpy(dtype=float),
        share=fit.survival_function_.to_numpy(dtype=float).ravel(),
        lower=limits.iloc[:, 0].to_numpy(dtype=float),
        upper=limits.iloc[:, 1].to_numpy(dtype=float),
        at_risk=fit.event_table["at_risk"].to_numpy(dtype=np.int64),
        n=int(durations.size),
        events=int(happened.sum()),
        median_weeks=float(fit.median_survival_time_),
        median_lower=float(median_limits[0]),
        median_upper=float(median_limits[1]),
    )
