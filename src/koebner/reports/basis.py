"""What a result rests on, in words: the studies behind each arm, and the check of the MSC prior."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from koebner.evidence import Design, StudyRecord, study
from koebner.therapies.entries import CALIBRATIONS, Calibration
from koebner.trials import ArmRecord

_RESOLVERS = (("doi", "https://doi.org/"), ("pmid", "https://pubmed.ncbi.nlm.nih.gov/"))


@dataclass(frozen=True, kw_only=True)
class StudyLine:
    """One study as a line of the report; `link` is empty where no identifier resolves."""

    name: str
    design: str
    citation: str
    link: str


@dataclass(frozen=True, kw_only=True)
class ArmBasis:
    """One arm, its regimen, and what its numbers rest on."""

    label: str
    name: str
    regimen: str
    grade: str
    calibration: str
    statement: str
    studies: tuple[StudyLine, ...]


def arm_basis(arm: ArmRecord) -> ArmBasis:
    """Describe one arm."""
    return ArmBasis(
        label=arm.label,
        name=arm.name,
        regimen=arm.regimen if arm.doses else f"{arm.regimen}, without doses",
        grade=_grade_in_words(arm.evidence_grade),
        calibration="; ".join(dict.fromkeys(_in_words(agent.calibration) for agent in arm.agents)) + ".",
        statement=arm.statement,
        studies=tuple(_study_line(study(name)) for name in arm.studies),
    )


def _in_words(calibration: Calibration) -> str:
    return f"{calibration}: {CALIBRATIONS[calibration]}"


def _grade_in_words(letter: str) -> str:
    if not letter:
        return "none: no response of patients to it is in the tables"
    grades = [design.grade for design in Design if design.grade is not None]
    return str(next(grade for grade in grades if grade.letter == letter))


def _study_line(record: StudyRecord) -> StudyLine:
    source = record.sources[0]
    links = [f"{start}{value}" for name, start in _RESOLVERS if (value := getattr(source, name))]
    patients = "" if record.n is None else f"{record.n} {'patient' if record.n == 1 else 'patients'}"
    results = [_msc_result(row.responders, row.responders_of, row.response) for row in record.msc_studies]
    parts = (str(record.design or ""), patients, *results)
    return StudyLine(
        name=record.name,
        design=", ".join(part for part in parts if part),
        citation=source.citation,
        link=links[0] if links else "",
    )


def _msc_result(responders: int | None, of: int | None, response: str) -> str:
    return "" if responders is None or of is None else f"{responders} of {of}: {response}"


@dataclass(frozen=True, kw_only=True)
class PriorCheckRow:
    """One published figure and its prediction, as text."""

    quantity: str
    observed: str
    median: str
    interval: str
    inside: bool


@dataclass(frozen=True, kw_only=True)
class PriorCheck:
    """The MSC prior, and what it predicts for the one study with more than ten patients."""

    title: str
    statement: str
    rows: tuple[PriorCheckRow, ...]


def describe_prior_check(evidence: Mapping[str, Any]) -> PriorCheck | None:
    """Put the prior check of an outcome's evidence into words; None where there is none.

    Parameters
    ----------
    evidence
        `evidence["prior_check"]` holds `title`, `statement` and `rows`, each row with `quantity`,
        `n` patients, the `observed` count of them and the predicted `median`, `lower` and `upper` count.
    """
    check = evidence.get("prior_check")
    if check is None:
        return None
    rows = tuple(
        PriorCheckRow(
            quantity=row["quantity"],
            observed=f"{row['observed']} of {row['n']}",
            median=f"{row['median']:g}",
            interval=f"{row['lower']:g} to {row['upper']:g}",
            inside=row["lower"] <= row["observed"] <= row["upper"],
        )
        for row in check["rows"]
    )
    return PriorCheck(title=check["title"], statement=check["statement"], rows=rows)
