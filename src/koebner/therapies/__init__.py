"""The treatments, as tables: what is given, when, and what it acts on."""

from koebner.therapies.entries import available
from koebner.therapies.regimen import Phase, PlannedDose, Regimen
from koebner.therapies.therapy import Therapy, load

__all__ = ["Phase", "PlannedDose", "Regimen", "Therapy", "available", "load"]
