"""Figures, one file each; every function returns a Plotly figure, the model map its text."""

from koebner.plots.case_series import case_series
from koebner.plots.fisher_spectrum import fisher_spectrum
from koebner.plots.kaplan_meier import kaplan_meier
from koebner.plots.model_map import model_map
from koebner.plots.msc_fate import fate_weeks, msc_fate
from koebner.plots.responders import responders
from koebner.plots.skin_section import skin_section, skin_sections
from koebner.plots.targets import target_contributions
from koebner.plots.timeline import timeline
from koebner.plots.trajectories import pasi_over_time, trajectories
from koebner.plots.validation import errors_by_drug, interval_coverage, predicted_against_observed
from koebner.plots.validation_curves import relapse_curves, response_curves
from koebner.plots.validation_left_out import left_out_trials, read_left_out
from koebner.plots.validation_tables import ValidationTables, read_validation, with_comparators
from koebner.plots.validation_withdrawal import withdrawal_predictions
from koebner.plots.waterfall import waterfall

__all__ = [
    "ValidationTables",
    "case_series",
    "errors_by_drug",
    "fate_weeks",
    "fisher_spectrum",
    "interval_coverage",
    "kaplan_meier",
    "left_out_trials",
    "model_map",
    "msc_fate",
    "pasi_over_time",
    "predicted_against_observed",
    "read_left_out",
    "read_validation",
    "relapse_curves",
    "responders",
    "response_curves",
    "skin_section",
    "skin_sections",
    "target_contributions",
    "timeline",
    "trajectories",
    "waterfall",
    "with_comparators",
    "withdrawal_predictions",
]
