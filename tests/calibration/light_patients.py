"""Invented patients under light, none of them real: courses of the model with noise, and their file."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.light.cohort import SESSIONS_A_WEEK, WEEKS, LightCohort
from koebner.calibration.light.settings import Grid
from koebner.calibration.light.simulation import simulate_light
from koebner.disease import load_model

ESCALATION = np.linspace(1.0, 5.0, SESSIONS_A_WEEK * WEEKS)


def untold(n: int) -> LightCohort:
    """Return patients of whom only baseline and doses are known: each begins at another dose."""
    first = np.linspace(0.2, 0.5, n)
    nothing = np.full(n, np.nan)
    return LightCohort(
        ids=tuple(f"p{i}" for i in range(n)),
        baseline=np.linspace(5.0, 20.0, n),
        pasi=np.full((n, WEEKS), np.nan),
        doses=first[:, None] * ESCALATION,
        end_pasi=nothing,
        follow_up_pasi=nothing,
        follow_up_months=nothing,
    )


def told(n: int, *, seed: int = 5) -> LightCohort:
    """Return whole courses of patients whose ln(sensitivity) has mean 0.2 and SD 0.5, pace 1."""
    rng = np.random.default_rng(seed)
    drawn = rng.normal(0.2, 0.5, n)
    cohort = untold(n)
    relative = np.concatenate([course_at(cohort.subset([i]), drawn[i]) for i in range(n)])
    noisy = np.maximum(relative + rng.normal(0, 0.04, relative.shape), 0.0)
    end = rng.integers(6, WEEKS + 1, n)
    noisy[np.arange(WEEKS) >= end[:, None]] = np.nan
    pasi = noisy * cohort.baseline[:, None]
    return LightCohort(
        ids=cohort.ids,
        baseline=cohort.baseline,
        pasi=pasi,
        doses=np.where(
            np.arange(cohort.doses.shape[1]) < SESSIONS_A_WEEK * end[:, None], cohort.doses, np.nan
        ),
        end_pasi=pasi[np.arange(n), end - 1],
        follow_up_pasi=cohort.baseline * np.where(np.arange(n) % 2, 0.9, 0.1),
        follow_up_months=np.where(np.arange(n) % 2, 9.0, 1.0),
    )


def course_at(cohort: LightCohort, log_sensitivity: float) -> NDArray[np.float64]:
    """Return the true course at one sensitivity and the typical pace, `(n_patients, n_weeks)`."""
    point = Grid(log_sensitivity=np.array([log_sensitivity]), log_pace=np.zeros(1))
    return simulate_light(load_model(), cohort, point, escalation=ESCALATION)[:, 0]


def write(cohort: LightCohort, path: Path) -> Path:
    """Write the patients as a file of such a cohort."""
    sessions = cohort.doses.shape[1]
    header = [
        "ID",
        "PASI_PRE_TREATMENT",
        *(f"PASI_END_WEEK_{week}" for week in range(1, WEEKS + 1)),
        "PASI_END_TREATMENT",
        "LAST_FU_PASI",
        "LAST_FU_MONTH",
        *(f"UVB_DOSE_{session}" for session in range(1, sessions + 1)),
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for i, name in enumerate(cohort.ids):
            after = [cohort.end_pasi[i], cohort.follow_up_pasi[i], cohort.follow_up_months[i]]
            numbers = [cohort.baseline[i], *cohort.pasi[i], *after, *cohort.doses[i]]
            writer.writerow([name, *("" if np.isnan(value) else f"{value:.3f}" for value in numbers)])
    return path
