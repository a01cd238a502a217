"""From a model, patients and a therapy to their course over time."""

from koebner.simulation.simulate import composed_with, simulate
from koebner.simulation.trajectories import Trajectories

__all__ = ["Trajectories", "composed_with", "simulate"]
