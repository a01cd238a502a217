"""The treatments, as tables: what is given, when, and what it acts on."""

from koebner.therapies.agent import Agent
from koebner.therapies.cell_product import CellProduct, read_product
from koebner.therapies.entries import available
from koebner.therapies.loading import combined, load
from koebner.therapies.phases import Phase, PlannedDose
from koebner.therapies.regimen import Course, Regimen
from koebner.therapies.retreatment import Retreatment
from koebner.therapies.therapy import Therapy

__all__ = [
    "Agent",
    "CellProduct",
    "Course",
    "Phase",
    "PlannedDose",
    "Regimen",
    "Retreatment",
    "Therapy",
    "available",
    "combined",
    "load",
    "read_product",
]
