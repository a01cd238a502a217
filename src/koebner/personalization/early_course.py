"""The end of a course of light from its first weeks, patient by patient.

A prediction for research: what a cohort of patients under narrow-band UVB, seen in one hospital, says of
another patient with the same first weeks. It chooses no treatment and no dose.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.light.cohort import LightCohort, read_early_courses
from koebner.calibration.light.prediction import (
    PhototherapyPosterior,
    load_phototherapy,
    predict_end,
)
from koebner.calibration.light.settings import Grid, light_settings
from koebner.calibration.light.simulation import simulate_light
from koebner.disease import load_model
from koebner.kinetics import Model

_DECIMALS = 4


@dataclass(frozen=True, kw_only=True)
class CoursePrediction:
    """PASI at the end of treatment over baseline, with the limits of its 90 % interval."""

    id: str
    predicted: float
    lower: float
    upper: float


def predict_course(
    path: Path | str,
    *,
    weeks_known: int,
    model: Model | None = None,
    posterior: PhototherapyPosterior | None = None,
) -> tuple[CoursePrediction, ...]:
    """Predict the end of treatment of the patients of a file.

    Parameters
    ----------
    path
        A CSV with the columns ID, PASI_PRE_TREATMENT [points], PASI_END_WEEK_1 to N [points] and
        UVB_DOSE_1 to 3N, each dose in one unit for a patient; nothing else is read.
    weeks_known
        N, 1 to 9. Blanks in those weeks are allowed and widen the interval.
    model
        The disease; the shipped one when left out.
    posterior
        A fit to a cohort, of `fit_phototherapy`; the shipped one when left out.

    Raises
    ------
    InvalidValueError
        Another number of weeks.
    EvidenceError
        A column is missing, or a cell holds no such value; the message names file, line and column.
    """
    early = read_early_courses(path, weeks_known)
    return predict_courses(early, model=model, posterior=posterior)


def predict_courses(
    early: LightCohort, *, model: Model | None = None, posterior: PhototherapyPosterior | None = None
) -> tuple[CoursePrediction, ...]:
    """Predict the end of treatment of patients whose first weeks were read, one each in their order."""
    fit = posterior or load_phototherapy()

    def simulated(*, blank_is_missed: bool) -> NDArray[np.float64]:
        return simulate_light(
            model or load_model(),
            early,
            Grid.of(light_settings()),
            escalation=np.array(fit.escalation),
            lag_days=fit.score_lag_days,
            blank_is_missed=blank_is_missed,
        )

    complete = bool(np.isfinite(early.doses).all())
    otherwise = () if complete else (simulated(blank_is_missed=True),)
    end = predict_end(simulated(blank_is_missed=False), early, fit, otherwise=otherwise)
    return tuple(
        CoursePrediction(
            id=name,
            predicted=round(float(predicted), _DECIMALS),
            lower=round(float(lower), _DECIMALS),
            upper=round(float(upper), _DECIMALS),
        )
        for name, predicted, lower, upper in zip(early.ids, end.predicted, end.lower, end.upper, strict=True)
    )
