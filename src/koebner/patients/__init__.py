"""One patient, many patients: covariates, random effects and the lesion they start from."""

from koebner.patients.cohort import Cohort
from koebner.patients.patient import Patient

__all__ = ["Cohort", "Patient"]
