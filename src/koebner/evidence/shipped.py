"""The shipped tables, loaded once.

Each loader returns a tuple of typed rows in the order of its file; a file that breaks the shape of its
rows raises `EvidenceError` with file and line.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pydantic import BaseModel

from koebner.evidence.msc_fate import MscFate
from koebner.evidence.reading import typed_rows
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
from koebner.evidence.sources import TABLES

ROW_TYPES: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "studies": StudyDesign,
        "trials": TrialResult,
        "withdrawal": WithdrawalResult,
        "msc_studies": MscStudy,
        "msc_fate": MscFate,
        "pharmacokinetics": PharmacokineticValue,
        "baselines": BaselineValue,
        "safety": AdverseEvent,
        "mechanisms": Mechanism,
    }
)
"""The type of a row by the name of its shipped table."""


@cache
def load_trials() -> tuple[TrialResult, ...]:
    """Return the responder rates of trial arms.

    Examples
    --------
    >>> [r.value for r in load_trials() if r.id == "erasure-2014/secukinumab-300/12/PASI75"]
    [81.6]
    """
    return typed_rows(TABLES / "trials.csv", TrialResult)


@cache
def load_withdrawals() -> tuple[WithdrawalResult, ...]:
    """Return what became of responses after the last dose, each under its own definition."""
    return typed_rows(TABLES / "withdrawal.csv", WithdrawalResult)


@cache
def load_msc_studies() -> tuple[MscStudy, ...]:
    """Return the published studies of mesenchymal stem cells in people with psoriasis."""
    return typed_rows(TABLES / "msc_studies.csv", MscStudy)


@cache
def load_msc_fate() -> tuple[MscFate, ...]:
    """Return what is known of where given mesenchymal stem cells go and how long they live."""
    return typed_rows(TABLES / "msc_fate.csv", MscFate)


@cache
def load_pharmacokinetics() -> tuple[PharmacokineticValue, ...]:
    """Return pharmacokinetic and binding parameters of the antibodies."""
    return typed_rows(TABLES / "pharmacokinetics.csv", PharmacokineticValue)


@cache
def load_baselines() -> tuple[BaselineValue, ...]:
    """Return the characteristics of trial arms before treatment."""
    return typed_rows(TABLES / "baselines.csv", BaselineValue)


@cache
def load_safety() -> tuple[AdverseEvent, ...]:
    """Return the adverse events that were counted under treatments and under placebo.

    Examples
    --------
    >>> [r.count for r in load_safety() if r.id == "erasure-2014/secukinumab-300/serious-adverse-event/12"]
    ['6 of 245 patients in 12 weeks']
    """
    return typed_rows(TABLES / "safety.csv", AdverseEvent)


@cache
def load_mechanisms() -> tuple[Mechanism, ...]:
    """Return the interactions of the disease and of its treatments."""
    return typed_rows(TABLES / "mechanisms.csv", Mechanism)


@cache
def load_study_designs() -> tuple[StudyDesign, ...]:
    """Return how each study without MSC was done; MSC studies carry their own design."""
    return typed_rows(TABLES / "studies.csv", StudyDesign)
