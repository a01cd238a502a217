"""Exposure agrees with what can be worked out by hand, and is silent where nothing can be compared."""

import math

import pytest

from koebner.analysis.exposure import beside, exposure
from koebner.evidence import Level, PharmacokineticValue
from koebner.therapies import available, load
from koebner.therapies.entries import entry


def row(parameter: str, unit: str, therapy: str = "tildrakizumab") -> PharmacokineticValue:
    return PharmacokineticValue(
        study="s",
        therapy=therapy,
        parameter=parameter,
        value=1.0,
        low=None,
        high=None,
        unit=unit,
        between_patient_cv_percent=None,
        population="p",
        source="s",
        level=Level.PAPER,
    )


def value(name: str, symbol: str) -> float:
    return entry(name).numbers[symbol].value


def test_one_compartment_agrees_with_the_formulas() -> None:
    weight = value("tildrakizumab", "weight_reference")
    found = exposure(load("tildrakizumab").agents[0], weight_kg=weight)
    assert found is not None
    clearance, volume = value("tildrakizumab", "CL"), value("tildrakizumab", "V")
    # Absorption is far faster than loss, so that loss alone is left: ln 2 V/CL.
    assert found.half_life_days == pytest.approx(math.log(2) * volume / clearance, rel=0.01)
    # Under equal doses at equal intervals the area of an interval is F dose/CL; 100 mg by label.
    share = value("tildrakizumab", "F")
    assert found.area == pytest.approx(share * 100 / clearance, rel=0.01)
    assert found.trough is not None
    assert found.peak is not None
    # Twelve weeks after the peak, a day or so less for absorption, by the same half-life.
    assert found.trough == pytest.approx(found.peak * 2 ** (-84 / found.half_life_days), rel=0.3)
    assert found.constants["CL/F"][0] == pytest.approx(clearance / share)


def test_of_daily_intake_the_half_life_alone_is_told() -> None:
    weight = value("tofacitinib", "weight_reference")
    found = exposure(load("tofacitinib").agents[0], weight_kg=weight)
    assert found is not None
    by_hand = math.log(2) * value("tofacitinib", "V") / value("tofacitinib", "CL")
    assert found.half_life_days == pytest.approx(by_hand, rel=0.02)
    assert (found.trough, found.peak, found.area) == (None, None, None)


def test_of_a_single_dose_there_is_no_steady_state() -> None:
    agent = load("ustekinumab", weeks=[0]).agents[0]
    once = exposure(agent, weight_kg=88)
    going_on = exposure(load("ustekinumab").agents[0], weight_kg=88)
    assert once is not None
    assert going_on is not None
    assert (once.trough, once.peak, once.area) == (None, None, None)
    assert once.constants == going_on.constants
    # Loss is of first order, so that the half-life is the same after one dose as after many.
    assert once.half_life_days == pytest.approx(going_on.half_life_days, rel=0.02)
    assert beside(row("trough at steady state", "mg/L", "ustekinumab"), once, weight_kg=88) is None


def test_a_heavier_patient_clears_more() -> None:
    agent = load("secukinumab").agents[0]
    light, heavy = exposure(agent, weight_kg=60), exposure(agent, weight_kg=120)
    assert light is not None
    assert heavy is not None
    assert heavy.constants["CL"][0] > light.constants["CL"][0]
    assert heavy.trough is not None
    assert light.trough is not None
    assert heavy.trough < light.trough


def test_published_facts_are_met_in_their_own_unit() -> None:
    found = exposure(load("tildrakizumab").agents[0], weight_kg=88)
    assert found is not None
    days = beside(row("half-life", "day"), found, weight_kg=88)
    hours = beside(row("half-life of tildrakizumab", "hour"), found, weight_kg=88)
    assert days is not None
    assert hours == pytest.approx(24 * days)
    assert beside(row("trough at steady state under 90 kg", "mg/L"), found, weight_kg=88) == found.trough
    micrograms = beside(row("Cmax at steady state", "ug/mL"), found, weight_kg=88)
    assert micrograms == pytest.approx(found.peak)


@pytest.mark.parametrize(
    ("parameter", "unit"),
    [
        ("absorption half-life", "day"),
        ("half-life of polyglutamates in red cells", "week"),
        ("trough at steady state from 90 kg", "mg/L"),  # another patient
        ("Cmax at steady state, 300 mg every 4 weeks", "mg/L"),  # another regimen
        ("Cmax after 40 mg", "mg/L"),
        ("KD for TNF", "pM"),
        ("CL", "mL/minute/kg"),  # another quantity
    ],
)
def test_what_is_no_fact_of_the_equations_stays_blank(parameter: str, unit: str) -> None:
    found = exposure(load("tildrakizumab").agents[0], weight_kg=88)
    assert found is not None
    assert beside(row(parameter, unit), found, weight_kg=88) is None


@pytest.mark.parametrize("name", available())
def test_every_therapy_has_an_exposure_or_none(name: str) -> None:
    agent = load(name).agents[0]
    found = exposure(agent, weight_kg=88)
    if agent.part is None or f"{name}_concentration" not in agent.part.rules:
        assert found is None
    else:
        assert found is not None
        assert 0.05 < found.half_life_days < 60  # hours of a drug by mouth to weeks of an antibody
