"""Antibodies in blood: published half-lives and exposures, closed forms, weight, dose bands.

Each part is integrated alone, for a patient with typical clearance unless told otherwise. A published
value with a standard deviation, a range or a coefficient of variation is met within it; one without is
met within 15 %.
"""

import numpy as np
import pytest
from tests.therapies.antibodies import (
    LINEAR,
    ONE_COMPARTMENT,
    TWO_COMPARTMENTS,
    Given,
    area,
    band,
    course,
    every,
    labelled,
    numbers,
    published,
    steady_state,
)

from koebner.therapies.entries import entry

# --- half-life -------------------------------------------------------------------------------------


def half_life(name: str, weight: float) -> float:
    """Terminal half-life [days], from the slope at four to six times a first guess."""
    v = numbers(name)
    guess = np.log(2) * (v["V"] + v.get("Vp", 0.0)) / v["CL"]
    times = np.linspace(4 * guess, 6 * guess, 21)
    level = course(name, weight, Given(days=(0.0,), amounts=(100.0,)), times)
    return float(np.log(2) / -np.polyfit(times, np.log(level), 1)[0])


@pytest.mark.parametrize(
    ("name", "weight", "study", "parameter"),
    [
        ("adalimumab", 85, "tnf-inhibitor-kinetics-2017", "half-life of adalimumab"),
        ("certolizumab", 85, "tnf-inhibitor-kinetics-2017", "half-life of certolizumab"),
        ("etanercept", 85, "zhou-2005", "half-life"),
        ("infliximab", 75, "tnf-inhibitor-kinetics-2017", "half-life in psoriatic arthritis"),
        ("secukinumab", 90, "secukinumab-pharmacology-2019", "half-life"),
        ("guselkumab", 87.1, "yao-2018", "half-life"),
        ("risankizumab", 90, "suleiman-2019", "half-life"),
        ("risankizumab", 90, "pang-2020", "half-life after 1 mg/kg"),
        ("tildrakizumab", 88, "tildrakizumab-kinetics-2019", "half-life"),
        ("mirikizumab", 65, "chua-2025", "half-life"),
        ("mirikizumab", 65, "chua-2023", "half-life"),
    ],
)
def test_half_life_is_the_published_one(name: str, weight: float, study: str, parameter: str) -> None:
    low, high = band(published(study, parameter))
    assert low <= half_life(name, weight) <= high


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        # Label of ixekizumab: mean 13 days; clearance varies by 28 % (Jackson 2022).
        ("ixekizumab", 13 * 0.85, 13 * 1.15),
        # US label of ustekinumab: means of the psoriasis trials from 14.9 to 45.6 days.
        ("ustekinumab", 14.9, 45.6),
        # Label of bimekizumab: mean 23 days.
        ("bimekizumab", 23 * 0.85, 23 * 1.15),
    ],
)
def test_half_life_is_that_of_the_label(name: str, low: float, high: float) -> None:
    assert low <= half_life(name, 90) <= high


# --- exposure --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "weight", "dose", "days", "quantity", "study", "parameter"),
    [
        ("adalimumab", 85, 40, 14, "trough", "wilkinson-2019", "therapeutic trough"),
        ("adalimumab", 85, 40, 14, "trough", "adalimumab-range-2015", "therapeutic trough"),
        ("etanercept", 85, 50, 7, "peak", "tnf-inhibitor-kinetics-2017", "Cmax of 50 mg a week"),
        ("ustekinumab", 90, 45, 84, "trough", "de-keyser-2019", "trough at steady state"),
        ("ixekizumab", 90, 80, 28, "trough", "jackson-2022", "trough"),
        ("guselkumab", 80, 100, 56, "trough", "yao-2018", "trough at steady state under 90 kg"),
        ("guselkumab", 80, 100, 56, "area", "yao-2018", "AUC of an interval at steady state under 90 kg"),
        ("guselkumab", 100, 100, 56, "trough", "yao-2018", "trough at steady state from 90 kg"),
        ("guselkumab", 100, 100, 56, "area", "yao-2018", "AUC of an interval at steady state from 90 kg"),
        ("tildrakizumab", 88, 100, 84, "peak", "tildrakizumab-kinetics-2019", "Cmax at steady state"),
        (
            *("tildrakizumab", 88, 100, 84, "area"),
            *("tildrakizumab-kinetics-2019", "AUC of an interval at steady state"),
        ),
        (
            *("mirikizumab", 65, 300, 28, "peak"),
            *("chua-2025", "Cmax at steady state, 300 mg every 4 weeks under the skin"),
        ),
        (
            *("mirikizumab", 65, 300, 28, "area"),
            *("chua-2025", "AUC of an interval at steady state, 300 mg under the skin"),
        ),
    ],
)
def test_exposure_at_steady_state_is_the_published_one(
    name: str, weight: float, dose: float, days: float, quantity: str, study: str, parameter: str
) -> None:
    found = dict(zip(("peak", "trough", "area"), steady_state(name, weight, dose, days), strict=True))
    low, high = band(published(study, parameter))
    assert low <= found[quantity] <= high


@pytest.mark.parametrize(
    ("name", "weight", "dose", "days", "quantity", "low", "high"),
    [
        # Label of secukinumab: peak 55.2 mg/L at steady state after 300 mg every 4 weeks.
        ("secukinumab", 90, 300, 28, "peak", 55.2 * 0.85, 55.2 * 1.15),
        # Label of ixekizumab: troughs, means and standard deviations, every 2 and every 4 weeks.
        ("ixekizumab", 90, 80, 14, "trough", 5.23 - 3.19, 5.23 + 3.19),
        ("ixekizumab", 90, 80, 28, "trough", 1.87 - 1.30, 1.87 + 1.30),
        # Swiss label of guselkumab: trough 1.15 to 1.23 mg/L.
        ("guselkumab", 87.1, 100, 56, "trough", 1.15 * 0.85, 1.23 * 1.15),
        # Label of risankizumab: peak about 12, trough about 2 mg/L; clearance varies by 24 % (Suleiman 2019).
        ("risankizumab", 87, 150, 84, "peak", 12 * 0.76, 12 * 1.24),
        ("risankizumab", 87, 150, 84, "trough", 2 * 0.76, 2 * 1.24),
        # Review of ustekinumab (J Drugs Dermatol 2013): median troughs of two trials 0.21 and 0.26 mg/L.
        ("ustekinumab", 90, 45, 84, "trough", 0.21 * 0.85, 0.26 * 1.15),
        # Label of mirikizumab: 200 mg every 4 weeks in ulcerative colitis, variation 52.1 and 57.6 %.
        ("mirikizumab", 65, 200, 28, "peak", 10.1 * (1 - 0.521), 10.1 * (1 + 0.521)),
        ("mirikizumab", 65, 200, 28, "area", 160 * (1 - 0.576), 160 * (1 + 0.576)),
    ],
)
def test_exposure_at_steady_state_is_that_of_the_label(
    name: str, weight: float, dose: float, days: float, quantity: str, low: float, high: float
) -> None:
    found = dict(zip(("peak", "trough", "area"), steady_state(name, weight, dose, days), strict=True))
    assert low <= found[quantity] <= high


def test_peaks_after_the_first_doses() -> None:
    days = np.linspace(0, 42, 841)
    once = {
        name: course(name, weight, Given(days=(0.0,), amounts=(dose,)), days).max()
        for name, weight, dose in [("secukinumab", 90, 300.0), ("adalimumab", 85, 40.0)]
    }
    # Label of secukinumab: 27.3 mg/L, standard deviation 9.5.
    assert 27.3 - 9.5 <= once["secukinumab"] <= 27.3 + 9.5
    low, high = band(published("tnf-inhibitor-kinetics-2017", "Cmax after 40 mg"))
    assert low <= once["adalimumab"] <= high
    # The range of certolizumab is of means; its clearance varies by 27.5 % (Wade 2015).
    loaded = course("certolizumab", 85, every(14, 400.0, 3), days).max()
    row = published("tnf-inhibitor-kinetics-2017", "Cmax after the loading doses")
    assert row.low is not None
    assert row.high is not None
    assert row.low * (1 - 0.275) <= loaded <= row.high * (1 + 0.275)


def test_exposure_of_brodalumab_is_the_published_one() -> None:
    # Timmermann 2019, table 4, a patient of 90 kg on 210 mg at weeks 0, 1 and 2, then every 2 weeks.
    given = labelled("brodalumab", 90, 52)
    times = np.linspace(50 * 7, 52 * 7, 561)
    late = course("brodalumab", 90, given, times)[1:]
    found = {
        "Cmax in week 1": course("brodalumab", 90, given, np.linspace(0, 7, 281)).max(),
        "Cmax at steady state": late.max(),
        "AUC of an interval at steady state": np.trapezoid(late, times[1:]),
        "tmax at steady state": times[1:][late.argmax()] - 50 * 7,
    }
    for parameter, value in found.items():
        low, high = band(published("timmermann-2019", parameter))
        assert low <= value <= high, f"{parameter}: {value:.3g}"


def test_bimekizumab_peaks_when_the_label_says() -> None:
    # Label: 3 to 4 days after a dose.
    days = np.linspace(0, 20, 401)
    level = course("bimekizumab", 90, Given(days=(0.0,), amounts=(320.0,)), days)
    assert 3 <= days[level.argmax()] <= 4


def test_tildrakizumab_accumulates_as_published() -> None:
    first = course("tildrakizumab", 88, every(84, 100.0, 1), np.linspace(0, 84, 841)).max()
    row = published("tildrakizumab-kinetics-2019", "accumulation of Cmax")
    assert steady_state("tildrakizumab", 88, 100, 84)[0] / first == pytest.approx(row.value, abs=0.05)


@pytest.mark.parametrize("name", ["infliximab", "ixekizumab"])
def test_peaks_that_are_missed_are_below_the_published_ones_and_said_to_be(name: str) -> None:
    # Infliximab 5 mg/kg in rheumatoid arthritis: 192 (SD 51) mg/L (review of 2017). Ixekizumab 160 mg:
    # 19.9 (SD 8.15) mg/L (label).
    mean, sd, weight = {"infliximab": (192, 51, 85), "ixekizumab": (19.9, 8.15, 90)}[name]
    peak = course(name, weight, labelled(name, weight, 1), np.linspace(0.1, 7, 140)).max()
    assert 0.5 * mean < peak < mean - sd
    assert f"{mean:g}" in entry(name).statement


# --- closed forms ----------------------------------------------------------------------------------


def clearance(name: str, weight: float) -> float:
    v = numbers(name)
    return float(v["CL"] * (weight / v["weight_reference"]) ** v["x_CL"])


@pytest.mark.parametrize("name", ONE_COMPARTMENT)
def test_one_compartment_at_steady_state_is_the_sum_of_all_doses(name: str) -> None:
    # Superposition of Bateman functions: each exponential over 1 - exp(-rate * interval).
    v, tau, dose = numbers(name), 14.0, 100.0
    since = np.linspace(0.5, tau, 28)
    ka, k = v["ka"], v["CL"] / v["V"]
    weight = v["weight_reference"]
    expected = (v["F"] * dose * ka / v["V"] / (ka - k)) * (
        np.exp(-k * since) / (1 - np.exp(-k * tau)) - np.exp(-ka * since) / (1 - np.exp(-ka * tau))
    )
    n = 40  # doses: what is left to come is below 1e-5 for the slowest
    found = course(name, weight, every(tau, dose, n), (n - 1) * tau + since)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("name", ONE_COMPARTMENT)
def test_accumulation_is_the_closed_form(name: str) -> None:
    # Long after absorption: steady state over a single dose is 1/(1 - exp(-k tau)).
    v = numbers(name)
    k = v["CL"] / v["V"]
    tau = 3 * np.log(2) / k + 20 / v["ka"]  # absorbed to exp(-20) before the end of an interval
    weight = v["weight_reference"]
    single = course(name, weight, every(tau, 100.0, 1), np.array([tau]))[0]
    late = course(name, weight, every(tau, 100.0, 12), np.array([12 * tau]))[0]
    assert late / single == pytest.approx(1 / (1 - np.exp(-k * tau)), rel=1e-4)


@pytest.mark.parametrize("name", TWO_COMPARTMENTS)
def test_two_compartments_after_a_dose_into_a_vein_are_two_exponentials(name: str) -> None:
    # Gibaldi and Perrier, Pharmacokinetics, 2nd ed., chapter 2.
    v = numbers(name)
    k10, k12, k21 = v["CL"] / v["V"], v["Q"] / v["V"], v["Q"] / v["Vp"]
    total, product = k10 + k12 + k21, k10 * k21
    alpha = 0.5 * (total + np.sqrt(total**2 - 4 * product))
    beta = product / alpha
    days = np.linspace(0.5, 120, 40)
    expected = (100 / v["V"] / (alpha - beta)) * (
        (alpha - k21) * np.exp(-alpha * days) + (k21 - beta) * np.exp(-beta * days)
    )
    found = course(name, v["weight_reference"], every(1, 100.0, 1, "central"), days)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("weight", [60.0, 120.0])
def test_area_of_one_dose_is_what_is_absorbed_over_clearance(name: str, weight: float) -> None:
    expected = numbers(name)["F"] * 100 / clearance(name, weight)
    # 900 days are 20 half-lives of the slowest, in the heaviest.
    assert area(name, weight, every(1, 100.0, 1), 900) == pytest.approx(expected, rel=1e-4)


def test_loss_through_a_receptor_alone_is_the_closed_form() -> None:
    # Michaelis and Menten without another loss: C0 - C + Km ln(C0/C) = Vmax t / V.
    v = numbers("brodalumab")
    days = np.linspace(1, 14, 14)
    level = course("brodalumab", 90, every(1, 100.0, 1, "central"), days, CL=0.0, Q=0.0)
    start = 100 / v["V"]
    spent = start - level + v["Km"] * np.log(start / level)
    np.testing.assert_allclose(spent, v["Vmax"] * days / v["V"], rtol=1e-4)


def test_brodalumab_rises_faster_than_its_dose() -> None:
    # Loss through the receptor saturates: Timmermann 2019. Without it the ratio would be 1.5.
    low, high = (area("brodalumab", 90, every(14, dose, 10), 140) for dose in (140.0, 210.0))
    assert high / low > 1.6
