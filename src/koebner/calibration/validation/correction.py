"""The correction of responder rates by what the model misses of open arms like them.

No row helps itself: one of an open trial is corrected by what the other trials say. Mean PASI and its
change are not corrected, as no fit is compared with them.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.discrepancy import (
    Correction,
    Difference,
    Discrepancy,
    Place,
    fitted_kernel,
)
from koebner.calibration.fitting.figures import Data, figures_of
from koebner.calibration.fitting.prediction import PATIENTS
from koebner.calibration.fitting.targets import logit, logit_target
from koebner.calibration.protocol import Protocol
from koebner.calibration.published.arms import load_open_trials, text_key
from koebner.calibration.validation.comparators import given_until
from koebner.calibration.validation.rows import AskedArm, asked_of, open_rows
from koebner.calibration.validation.simulation import answers_of
from koebner.fits import Ensemble
from koebner.kinetics import Model
from koebner.populations import Population

Array = NDArray[np.float64]


class Corrector:
    """Corrections of rows, the discrepancy without each open trial made once.

    Parameters
    ----------
    discrepancy
        What the model misses of the open arms; None corrects nothing.
    """

    def __init__(self, discrepancy: Discrepancy | None) -> None:
        self._discrepancy = discrepancy
        self._without: dict[str, Discrepancy] = {}

    def of(self, row: AskedArm) -> Correction | None:
        """Return the correction of a responder rate; None of a mean, and where nothing corrects."""
        if self._discrepancy is None or not row.is_rate:
            return None
        place = place_of(row)
        if place.study not in self._discrepancy.studies:
            return self._discrepancy.at(place)
        if place.study not in self._without:
            self._without[place.study] = self._discrepancy.without(place.study)
        return self._without[place.study].at(place)


def place_of(row: AskedArm) -> Place:
    """Return where a row stands; an arm of an open trial belongs to it however its text names the arm."""
    return Place(
        therapy=row.therapy_id,
        doses=given_until(row.therapy, row.week),
        study=row.study or _open_studies().get(text_key(row.trial), ""),
        week=row.week,
        endpoint=row.endpoint,
    )


def corrected(percents: Array, correction: Correction) -> Array:
    """Return rates moved by a correction [percent].

    Examples
    --------
    >>> corrected(np.array([50.0]), Correction(mean=float(np.log(3.0)), sd=0.0)).round(6).tolist()
    [75.0]
    """
    moved = np.array([logit(percent) for percent in percents]) + correction.mean
    return np.asarray(100.0 / (1.0 + np.exp(-moved)))


def met_rows(protocol: Protocol, data: Data) -> frozenset[tuple[str, str, float, str]]:
    """Return study, arm, week and endpoint of the responder rates that a fit to these data met."""
    met = figures_of(protocol, data).rates
    return frozenset((target.study, target.arm, target.week, target.endpoint) for target in met)


def discrepancy_of(
    ensemble: Ensemble,
    *,
    protocol: Protocol,
    model: Model,
    population: Population,
    n_patients: int = PATIENTS,
) -> Discrepancy:
    """Return what an ensemble misses of all open arms that a fit to them has met, placebo among them.

    Parameters
    ----------
    ensemble
        The parameter sets.
    protocol
        Says which arms are open.
    model, population
        The disease, and the population that the patients come from.
    n_patients
        Patients of each arm, a power of two; as many as predictions are made with.
    """
    met = met_rows(protocol, "open")
    rows = [
        row
        for row in asked_of(open_rows(protocol))
        if (row.study, row.label, row.week, row.endpoint) in met and not row.from_memory
    ]
    answers = answers_of(
        rows, (), ensemble, protocol=protocol, model=model, population=population, n_patients=n_patients
    )
    found = tuple(_differences(rows, answers.values, protocol.likelihood.n_unknown))
    return Discrepancy(found, fitted_kernel(found))


def _differences(rows: Sequence[AskedArm], values: Array, n_unknown: int) -> Iterator[Difference]:
    """Return the differences of rows from the mean over the members; none of a row that failed."""
    for row, percents in zip(rows, values.T, strict=True):
        if np.isfinite(percents).all():
            target = logit_target(row.observed, row.n or n_unknown, 0.0)
            predicted = float(np.mean([logit(percent) for percent in percents]))
            yield Difference(place=place_of(row), difference=target.logit - predicted, sampling=target.sd**2)


@cache
def _open_studies() -> Mapping[str, str]:
    """Return the study of each text that names an open trial."""
    return {trial: study for (trial, _), (study, _) in load_open_trials().items()}
