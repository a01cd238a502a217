"""Figures, one file each; every function returns a Plotly figure, the model map its text."""

from koebner.plots.case_series import case_series
from koebner.plots.kaplan_meier import kaplan_meier
from koebner.plots.model_map import model_map
from koebner.plots.msc_fate import fate_weeks, msc_fate
from koebner.plots.responders import responders
from koebner.plots.skin_section import skin_section, skin_sections
from koebner.plots.targets import target_contributions
from koebner.plots.timeline import timeline
from koebner.plots.trajectories import pasi_over_time, trajectories
from koebner.plots.waterfall import waterfall

__all__ = [
    "case_series",
    "fate_weeks",
    "kaplan_meier",
    "model_map",
    "msc_fate",
    "pasi_over_time",
    "responders",
    "skin_section",
    "skin_sections",
    "target_contributions",
    "timeline",
    "trajectories",
    "waterfall",
]
