"""All that is known of one therapy of the catalogue, as JSON types: for the command and for the pages."""

from typing import Any

from koebner.analysis.exposure import Exposure, beside, exposure
from koebner.cli.model_show import sources_in
from koebner.cli.therapy_regimens import doses_of_patient, short_regimen
from koebner.evidence import (
    AdverseEvent,
    Design,
    PharmacokineticValue,
    Source,
    adverse_events,
    load_pharmacokinetics,
    load_sources,
    placebo_beside,
    study,
)
from koebner.therapies import Agent, Therapy, available, load
from koebner.therapies.entries import CALIBRATIONS, Entry, Value, entry

NO_GRADE = "none"
CLOSING = "For research; no dosing or choice for a person."


def grade_meanings() -> dict[str, str]:
    """Return what each letter of evidence means.

    Examples
    --------
    >>> grade_meanings()["C"]
    'uncontrolled series'
    """
    grades = {design.grade.letter: design.grade.meaning for design in Design if design.grade is not None}
    return dict(sorted(grades.items())) | {NO_GRADE: "no response of patients to it is in the tables"}


def catalog_rows() -> list[dict[str, str]]:
    """Return every therapy of the catalogue in short."""
    return [_short_row(load(name)) for name in available()]


def _short_row(therapy: Therapy) -> dict[str, str]:
    agent = therapy.agents[0]
    return {
        "id": therapy.id,
        "name": therapy.name,
        "kind": agent.kind,
        "drug_class": therapy.drug_class,
        "evidence_grade": therapy.evidence_grade or NO_GRADE,
        "calibration": therapy.calibration,
        "regimen": short_regimen(agent.regimen),
        "sentence": therapy.sentence(),
    }


def therapy_facts(name: str, *, weight_kg: float, weeks: float) -> dict[str, Any]:
    """Return what is known of a therapy.

    Parameters
    ----------
    name
        Name in the catalogue.
    weight_kg
        Body weight [kg] of the patient whose doses and exposure are told.
    weeks
        How long doses are told [weeks].

    Raises
    ------
    UnknownNameError
        No such therapy; the closest names are offered.

    Examples
    --------
    >>> facts = therapy_facts("secukinumab", weight_kg=88, weeks=26)
    >>> facts["class"], facts["evidence_grade"], len(facts["studies"]) > 0
    ('anti-IL-17A', 'A', True)
    """
    therapy, found = load(name), entry(name)
    agent = therapy.agents[0]
    grade = therapy.evidence_grade or NO_GRADE
    return {
        "id": name,
        "name": found.name,
        "kind": found.kind,
        "class": found.drug_class,
        "target": found.target,
        "mechanism": found.mechanism,
        "statement": found.statement,
        "calibration": found.calibration,
        "calibration_meaning": CALIBRATIONS[found.calibration],
        "evidence_grade": grade,
        "evidence_grade_meaning": grade_meanings()[grade],
        "studies": [_study(key) for key in found.studies],
        "sentence": therapy.sentence(),
        "regimen": _regimen(found, agent, weight_kg, weeks),
        "sets": dict(therapy.sets),
        "numbers": [_number(symbol, value) for symbol, value in found.numbers.items()],
        "pharmacokinetics": _kinetics(agent, weight_kg),
        "adverse_events": [_event(row) for row in adverse_events(name)],
    }


def citations(text: str) -> list[Source]:
    """Return the sources that a key, or the words of an assumption, names."""
    known = load_sources()
    return [known[text]] if text in known else list(sources_in(text))


def short_source(text: str) -> str:
    """Return a source as author and year, or the words of an assumption.

    Examples
    --------
    >>> short_source("yao-2018")
    'Yao Z 2018'
    """
    found = load_sources().get(text)
    if found is None:
        return text
    return f"{found.authors[0] if found.authors else found.journal} {found.year}"


def readable_unit(unit: str) -> str:
    """Return a unit as people write it; nothing for a number without one.

    Examples
    --------
    >>> readable_unit("L_per_day"), readable_unit("per_day"), readable_unit("dimensionless")
    ('L/day', '1/day', '')
    """
    return "" if unit == "dimensionless" else unit.replace("_per_", "/").replace("per_", "1/")


def _study(key: str) -> dict[str, Any]:
    record = study(key)
    return {
        "id": key,
        "name": record.name,
        "design": str(record.design or ""),
        "n": record.n,
        "grade": record.grade.letter if record.grade else None,
    }


def _regimen(found: Entry, agent: Agent, weight_kg: float, weeks: float) -> dict[str, Any] | None:
    if found.regimen is None or agent.regimen is None:
        return None
    return {
        "in_short": short_regimen(agent.regimen),
        "in_words": agent.regimen.sentence(),
        "routes": list(agent.regimen.routes),
        "unit": agent.regimen.unit,
        "infusion_hours": agent.regimen.infusion_hours,
        "source": found.regimen.source,
        "citations": [source.citation for source in citations(found.regimen.source)],
        "weight_kg": weight_kg,
        "weeks": weeks,
        "of_this_patient": doses_of_patient(agent.regimen, weeks=weeks, weight_kg=weight_kg),
    }


def _number(symbol: str, value: Value) -> dict[str, Any]:
    return {
        "id": symbol,
        **value.model_dump(),
        "citations": [source.citation for source in citations(value.source)],
    }


def _kinetics(agent: Agent, weight_kg: float) -> list[dict[str, Any]]:
    rows = [row for row in load_pharmacokinetics() if row.therapy.lower() == agent.id.replace("_", "-")]
    found = exposure(agent, weight_kg=weight_kg) if rows else None
    return [_kinetic(row, found, weight_kg) for row in rows]


def _kinetic(row: PharmacokineticValue, found: Exposure | None, weight_kg: float) -> dict[str, Any]:
    return {
        **row.model_dump(exclude={"therapy", "level"}),
        "level": str(row.level),
        "of_the_model": None if found is None else beside(row, found, weight_kg=weight_kg),
    }


def _event(row: AdverseEvent) -> dict[str, Any]:
    placebo = None if row.therapy == "placebo" else placebo_beside(row)
    return {
        "study": row.study,
        "arm": row.arm,
        "event": row.event,
        "count": row.count,
        "frequency": row.frequency,
        "value": row.value,
        "interval": row.interval,
        "unit": row.unit,
        "placebo_count": None if placebo is None else placebo.count,
        "placebo_frequency": None if placebo is None else placebo.frequency,
        "source": row.source,
    }
