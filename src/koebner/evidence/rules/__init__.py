"""The rules that every evidence table must keep, one module a subject."""

from koebner.evidence.rules.cohorts import cohort_findings
from koebner.evidence.rules.doses import dose_findings
from koebner.evidence.rules.fields import field_findings
from koebner.evidence.rules.identifiers import identifier_findings
from koebner.evidence.rules.percentages import percentage_findings
from koebner.evidence.rules.responses import response_findings
from koebner.evidence.rules.safety import safety_findings

__all__ = [
    "cohort_findings",
    "dose_findings",
    "field_findings",
    "identifier_findings",
    "percentage_findings",
    "response_findings",
    "safety_findings",
]
