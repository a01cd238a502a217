"""Figures, one file each; every function returns a Plotly figure."""

from koebner.plots.kaplan_meier import kaplan_meier
from koebner.plots.responders import responders
from koebner.plots.trajectories import pasi_over_time, trajectories
from koebner.plots.waterfall import waterfall

__all__ = ["kaplan_meier", "pasi_over_time", "responders", "trajectories", "waterfall"]
