"""What is known: published facts with their sources, and the rules they must keep."""

from koebner.evidence.checks import check_file, check_shipped
from koebner.evidence.findings import Finding
from koebner.evidence.grades import MECHANISM_GRADES, Design, Grade, Level
from koebner.evidence.msc_fate import MscFate
from koebner.evidence.rows import (
    BaselineValue,
    Mechanism,
    MscStudy,
    PharmacokineticValue,
    StudyDesign,
    TrialResult,
    WithdrawalResult,
)
from koebner.evidence.safety import AdverseEvent
from koebner.evidence.shipped import (
    load_baselines,
    load_mechanisms,
    load_msc_fate,
    load_msc_studies,
    load_pharmacokinetics,
    load_safety,
    load_study_designs,
    load_trials,
    load_withdrawals,
)
from koebner.evidence.sources import Source, bibtex, load_sources
from koebner.evidence.studies import StudyRecord, adverse_events, placebo_beside, studies, study

__all__ = [
    "MECHANISM_GRADES",
    "AdverseEvent",
    "BaselineValue",
    "Design",
    "Finding",
    "Grade",
    "Level",
    "Mechanism",
    "MscFate",
    "MscStudy",
    "PharmacokineticValue",
    "Source",
    "StudyDesign",
    "StudyRecord",
    "TrialResult",
    "WithdrawalResult",
    "adverse_events",
    "bibtex",
    "check_file",
    "check_shipped",
    "load_baselines",
    "load_mechanisms",
    "load_msc_fate",
    "load_msc_studies",
    "load_pharmacokinetics",
    "load_safety",
    "load_sources",
    "load_study_designs",
    "load_trials",
    "load_withdrawals",
    "placebo_beside",
    "studies",
    "study",
]
