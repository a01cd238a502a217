"""Figures, one file each; every function returns a Plotly figure, the model map its text."""

from koebner.plots.kaplan_meier import kaplan_meier
from koebner.plots.model_map import model_map
from koebner.plots.responders import responders
from koebner.plots.skin_section import skin_section, skin_sections
from koebner.plots.trajectories import pasi_over_time, trajectories
from koebner.plots.waterfall import waterfall

__all__ = [
    "kaplan_meier",
    "model_map",
    "pasi_over_time",
    "responders",
    "skin_section",
    "skin_sections",
    "trajectories",
    "waterfall",
]
