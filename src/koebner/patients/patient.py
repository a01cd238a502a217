"""One patient: what a clinician knows, typical in all else."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from koebner.disease import load_pack
from koebner.errors import InvalidValueError
from koebner.patients.cohort import Cohort
from koebner.patients.lesion import PASI_MAX, REGIONS, SIGNS

_RANGES = {"pasi": (0.1, PASI_MAX), "weight_kg": (30.0, 300.0), "years_since_onset": (0.0, 100.0)}


def _reference(parameter: str) -> float:
    return next(row.value for row in load_pack() if row.id == parameter)


@dataclass(frozen=True, kw_only=True)
class Patient:
    """A patient who is typical in everything that is not given.

    Parameters
    ----------
    pasi
        Baseline PASI [points], 0.1 to 72.
    weight_kg
        Body weight [kg]; that of the reference patient when left out.
    years_since_onset
        Disease duration [years]; that of the reference patient when left out.

    Raises
    ------
    InvalidValueError
        A value that no patient has.

    Examples
    --------
    >>> len(Patient(pasi=20, weight_kg=88, years_since_onset=12).cohort())
    1
    """

    pasi: float
    weight_kg: float = field(default_factory=lambda: _reference("weight_kg"))
    years_since_onset: float = field(default_factory=lambda: _reference("duration_reference"))

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InvalidValueError(f"{name} {value:g} was given; expected {low:g} to {high:g}.")

    def cohort(self) -> Cohort:
        """Return a cohort of this one patient, without random effects."""
        row = {name: [float(getattr(self, name))] for name in _RANGES}
        return Cohort(
            covariates=pd.DataFrame(row, index=pd.Index([0], name="patient")),
            deviations=pd.DataFrame(index=pd.Index([0], name="patient")),
            scales={},
            signs=np.ones((1, len(SIGNS))),
            regions=np.ones((1, len(REGIONS))),
        )
