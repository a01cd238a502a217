"""From a model, patients and a therapy to their course over time."""

from koebner.simulation.dosing import planned_doses
from koebner.simulation.simulate import LONGEST_WEEKS, composed_with, simulate
from koebner.simulation.trajectories import Trajectories
from koebner.simulation.triggers import Trigger, Triggers

__all__ = [
    "LONGEST_WEEKS",
    "Trajectories",
    "Trigger",
    "Triggers",
    "composed_with",
    "planned_doses",
    "simulate",
]
