"""Virtual trials: design, conduct, endpoints, relapse and the outcome."""

from koebner.intervals import wilson_interval
from koebner.trials.design import Trial
from koebner.trials.endpoints import ENDPOINTS, MISSING_RULES, MeanEndpoint, ResponderEndpoint
from koebner.trials.files import TrialFile, load_trial
from koebner.trials.outcome import Outcome, read_outcome
from koebner.trials.prior_check import prior_check
from koebner.trials.record import ArmRecord, TrialRecord, record_trial
from koebner.trials.relapse import COMMON_DEFINITION, DEFINITIONS, relapse_times
from koebner.trials.relapse_summary import Relapse
from koebner.trials.run_folder import RunFolder, lock_run, open_run
from koebner.trials.statistics import draw_range, mean_interval
from koebner.trials.survival import SurvivalCurve, kaplan_meier

__all__ = [
    "COMMON_DEFINITION",
    "DEFINITIONS",
    "ENDPOINTS",
    "MISSING_RULES",
    "ArmRecord",
    "MeanEndpoint",
    "Outcome",
    "Relapse",
    "ResponderEndpoint",
    "RunFolder",
    "SurvivalCurve",
    "Trial",
    "TrialFile",
    "TrialRecord",
    "draw_range",
    "kaplan_meier",
    "load_trial",
    "lock_run",
    "mean_interval",
    "open_run",
    "prior_check",
    "read_outcome",
    "record_trial",
    "relapse_times",
    "wilson_interval",
]
