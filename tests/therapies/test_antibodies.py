"""Antibodies in the catalogue: patients, targets, regimens, and numbers against their sources."""

import numpy as np
import pytest
from tests.therapies.antibodies import (
    ANTIBODIES,
    LINEAR,
    area,
    every,
    labelled,
    numbers,
    part_of,
    published,
)

from koebner.evidence import load_pharmacokinetics
from koebner.solver import integrate
from koebner.therapies.agent import read_agent
from koebner.therapies.entries import entry

# --- patients --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LINEAR)
def test_exposure_to_one_dose_falls_with_weight_as_the_power_says(name: str) -> None:
    light, heavy = (area(name, weight, every(1, 100.0, 1), 900) for weight in (60.0, 120.0))
    assert light / heavy == pytest.approx(2 ** numbers(name)["x_CL"], rel=1e-4)


def test_weight_moves_brodalumab_as_published() -> None:
    # Timmermann 2019, figure 3: more than twice the area at 60 kg, and less at 120 kg, than at 90 kg.
    areas = {}
    for weight in (60.0, 90.0, 120.0):
        given = labelled("brodalumab", weight, 52)
        areas[weight] = area("brodalumab", weight, given, 364) - area("brodalumab", weight, given, 350)
    assert areas[60.0] > 2 * areas[90.0]
    assert areas[120.0] < 0.8 * areas[90.0]


@pytest.mark.parametrize("name", LINEAR)
def test_clearance_varies_between_patients_as_stated(name: str) -> None:
    v = numbers(name)
    typical, fast = (area(name, v["weight_reference"], every(1, 100.0, 1), 1500, eta) for eta in (0.0, 1.0))
    assert typical / fast == pytest.approx(np.exp(v["sd_CL"]), rel=1e-4)


@pytest.mark.parametrize("name", ANTIBODIES)
def test_numbers_of_the_catalogue_are_those_of_their_sources(name: str) -> None:
    rows = {(row.study, row.parameter): row for row in load_pharmacokinetics() if row.therapy == name}
    compared = 0
    for key, value in entry(name).numbers.items():
        spellings = (key, f"{key}/F", f"{key} of {name}")
        row = next((rows[value.source, s] for s in spellings if (value.source, s) in rows), None)
        if row is not None:
            assert value.value == pytest.approx(row.value, rel=2e-3), key
            compared += 1
    assert compared or name == "bimekizumab"  # whose numbers are assumptions, but for a ratio


@pytest.mark.parametrize(
    "name", ["ustekinumab", "tildrakizumab", "risankizumab", "brodalumab", "mirikizumab", "infliximab"]
)
def test_variation_of_clearance_is_that_of_its_source(name: str) -> None:
    source = entry(name).numbers["sd_CL"].source
    cv = next(
        row.between_patient_cv_percent
        for row in load_pharmacokinetics()
        if row.study == source and row.therapy == name and row.parameter in ("CL", "CL/F")
    )
    # Standard deviation of the logarithm of a log-normal quantity with that coefficient of variation.
    assert cv is not None
    assert numbers(name)["sd_CL"] == pytest.approx(np.sqrt(np.log(1 + (cv / 100) ** 2)), rel=0.01)


# --- targets ---------------------------------------------------------------------------------------


def bound(name: str, symbol: str, concentration: float) -> float:
    """Share of a target that is held at a concentration [mg/L]."""
    v = numbers(name)
    solution = integrate(
        part_of(name),
        times=[0.0],
        parameters={"weight_kg": v["weight_reference"], "eta_clearance": 0.0, "target_load": 1.0},
        initial={f"{name}_central": concentration * v["V"]},
        outputs=[f"{name}_{symbol}"],
    )
    return float(solution.values[0, 0, 0])


@pytest.mark.parametrize("name", ANTIBODIES)
def test_half_of_the_target_is_held_at_the_potency(name: str) -> None:
    v = numbers(name)
    at_potency = v["IC50"] * v["molar_mass"] / 1000  # nM times kDa is ug/L
    assert bound(name, "bound", at_potency) == pytest.approx(0.5 * v["bound_max"], rel=1e-6)


def test_bimekizumab_holds_the_second_target_by_the_ratio_of_its_affinities() -> None:
    # Adams 2020: dissociation constants of 3.2 pM (IL-17A) and 23 pM (IL-17F).
    first = published("adams-2020", "KD for IL17A").value
    second = published("adams-2020", "KD for IL17F").value
    most = numbers("bimekizumab")["bound_max"]
    held = [bound("bimekizumab", symbol, 5.0) / most for symbol in ("bound", "bound_second")]
    odds = [share / (1 - share) for share in held]
    assert odds[0] / odds[1] == pytest.approx(second / first, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("ustekinumab", {"bound_IL12", "bound_IL23"}),
        ("brodalumab", {"bound_IL17A", "bound_IL17F"}),
        ("bimekizumab", {"bound_IL17A", "bound_IL17F"}),
        ("mirikizumab", {"bound_IL23"}),
        ("certolizumab", {"bound_TNF"}),
    ],
)
def test_what_an_antibody_holds(name: str, inputs: set[str]) -> None:
    assert set(read_agent(name).sets) == inputs


# --- regimens --------------------------------------------------------------------------------------


def given_doses(name: str, weight: float, until_week: float) -> list[tuple[float, float]]:
    given = labelled(name, weight, until_week)
    return [(day / 7, amount) for day, amount in zip(given.days, given.amounts, strict=True)]


def test_labelled_doses_depend_on_weight_where_the_label_says() -> None:
    # US labels: ustekinumab 45 mg to 100 kg and 90 mg above; infliximab 5 mg/kg.
    assert given_doses("ustekinumab", 100.0, 29) == [(0, 45), (4, 45), (16, 45), (28, 45)]
    assert given_doses("ustekinumab", 100.1, 29) == [(0, 90), (4, 90), (16, 90), (28, 90)]
    assert given_doses("infliximab", 80.0, 15) == [(0, 400), (2, 400), (6, 400), (14, 400)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # US labels; mirikizumab: OASIS-1.
        ("ixekizumab", [(0, 160), *((w, 80) for w in (2, 4, 6, 8, 10, 12, 16, 20))]),
        ("brodalumab", [(w, 210) for w in (0, 1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22)]),
        ("certolizumab", [(w, 400) for w in range(0, 23, 2)]),
        ("bimekizumab", [(w, 320) for w in (0, 4, 8, 12, 16)]),
        ("risankizumab", [(0, 150), (4, 150), (16, 150)]),
        ("tildrakizumab", [(0, 100), (4, 100), (16, 100)]),
        ("guselkumab", [(0, 100), (4, 100), (12, 100), (20, 100)]),
        ("secukinumab", [(w, 300) for w in (0, 1, 2, 3, 4, 8, 12, 16, 20)]),
        ("mirikizumab", [(w, 250) for w in (0, 4, 8, 12, 16)]),
        ("adalimumab", [(0, 80), *((w, 40) for w in range(1, 23, 2))]),
    ],
)
def test_labelled_doses(name: str, expected: list[tuple[float, float]]) -> None:
    assert given_doses(name, 85.0, 23) == expected
