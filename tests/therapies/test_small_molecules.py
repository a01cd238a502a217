"""Drugs by mouth, on the skin, and light: kinetics against published facts, doses as they are given."""

import math

import numpy as np
import pytest

from koebner.disease import load_model
from koebner.evidence import load_pharmacokinetics
from koebner.kinetics import Model
from koebner.patients import Patient
from koebner.simulation import composed_with, simulate
from koebner.solver import Doses, integrate
from koebner.therapies import available, load
from koebner.therapies.entries import entry

PATIENT = {"weight_kg": 88.0, "eta_clearance": 0.0, "target_load": 1.0}
ORAL = ("acitretin", "apremilast", "cyclosporine", "deucravacitinib", "methotrexate", "tofacitinib")
TOPICAL = ("betamethasone", "calcipotriol", "calcipotriol_betamethasone")


def part(name: str, **own: float) -> Model:
    """The equations of a drug for one patient; `own` are symbols of the part, without its prefix."""
    model = load(name).agents[0].part
    assert model is not None
    shared = {key: own.pop(key, value) for key, value in PATIENT.items() if key in model.parameters}
    return model.with_parameters(**shared, **{f"{name}_{key}": value for key, value in own.items()})


def at(model: Model, days: list[float], output: str, doses: Doses | None = None) -> np.ndarray:
    return integrate(model, times=[0.0, *days], outputs=[output], doses=doses, rtol=1e-8).values[0, 1:, 0]


def daily(target: str, amount: float, days: int) -> Doses:
    return Doses(patient=[0] * days, time=np.arange(float(days)), target=target, amount=[amount] * days)


def published(name: str, parameter: str, study: str) -> float:
    rows = [
        r for r in load_pharmacokinetics() if (r.therapy, r.parameter, r.study) == (name, parameter, study)
    ]
    assert len(rows) == 1
    return rows[0].value


@pytest.mark.parametrize(
    ("name", "intake", "own", "expected"),
    [
        # Okubo 2021 (doi:10.1111/1346-8138.16068): 30 mg / 12 h / (9.25 L/h x 0.834 x 1.25) = 259 ng/mL.
        ("apremilast", 60.0, {}, 259.0),
        # doi:10.1002/cpdd.471, patients with psoriasis: 5 mg / 12 h / 26.7 L/h = 15.6 ng/mL.
        ("tofacitinib", 10.0, {}, 15.6),
        # Xie 2019 (doi:10.5414/CP203516), psoriatic arthritis: 5 mg / 12 h / 20.4 L/h = 20.4 ng/mL.
        ("tofacitinib", 10.0, {"CL": 20.4 * 24}, 20.4),
        # doi:10.1002/cpdd.1308: 6 mg x 0.99 / 24 h / (254 mL/min = 15.24 L/h) = 16.2 ng/mL at 75 kg.
        ("deucravacitinib", 6.0, {"weight_kg": 75.0}, 16.2),
        # PMID 7624927: 2.5 mg/kg x 0.425 / (4.2 mL/min/kg x 1440 min) = 176 ng/mL, at any weight.
        ("cyclosporine", 2.5 * 60, {"weight_kg": 60.0}, 176.0),
        ("cyclosporine", 2.5 * 120, {"weight_kg": 120.0}, 176.0),
    ],
)
def test_average_concentration_is_intake_over_clearance(
    name: str, intake: float, own: dict[str, float], expected: float
) -> None:
    found = at(part(name, intake=intake, **own), [60.0], f"{name}_concentration")
    assert found[0] == pytest.approx(expected, rel=0.005)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("cyclosporine", 11.05, 13.70),  # hours, 63 patients with psoriasis, PMID 7624927
        ("acitretin", 47.0, 50.0),  # hours, doi:10.1159/000248397 and 12 patients with psoriasis
    ],
)
def test_half_life_lies_in_the_published_range(name: str, low: float, high: float) -> None:
    decay = at(part(name), [0.25, 0.5], f"{name}_central", daily(f"{name}_central", 100.0, 1))
    hours = 24 * 0.25 * math.log(2) / math.log(decay[0] / decay[1])
    assert low <= hours <= high


def test_deucravacitinib_accumulates_as_published_when_given_once_a_day() -> None:
    # 1.3 to 1.4 in AUC (PMID 37981596); for pulses into one compartment 1/(1 - exp(-k tau)).
    model = part("deucravacitinib", weight_kg=75.0)
    doses = daily("deucravacitinib_central", 6 * 0.99, 20)
    hours = np.linspace(1e-6, 1 - 1e-6, 97)
    single, steady = (
        np.trapezoid(at(model, list(day + hours), "deucravacitinib_concentration", doses), hours)
        for day in (0.0, 19.0)
    )
    k = 366 / 270
    assert steady / single == pytest.approx(1 / (1 - math.exp(-k)), rel=0.01)
    assert 1.3 <= steady / single <= 1.4
    assert (
        1.3
        <= published(
            "deucravacitinib", "accumulation of AUC under one dose a day", "deucravacitinib-accumulation-2023"
        )
        <= 1.4
    )


def test_methotrexate_leaves_plasma_within_days_and_cells_over_weeks() -> None:
    model = part("methotrexate", weight_kg=70.0)
    doses = Doses(patient=[0] * 52, time=7.0 * np.arange(52), target="methotrexate_depot", amount=[15.0] * 52)
    plasma = at(model, [0.2, 3.0], "methotrexate_concentration", doses)
    assert plasma[1] < 1e-3 * plasma[0]
    pool = at(model, [364.0, 364.0 + 70], "methotrexate_polyglutamate", doses)
    # Held by weekly doses it nears the mean in plasma: 15 mg x 0.7 / 7 days / 219 L/day = 6.85 ng/mL.
    weeks = at(model, list(np.linspace(357.0, 364.0, 29)), "methotrexate_polyglutamate", doses)
    assert np.mean(weeks) == pytest.approx(6.85, rel=0.02)
    # Median half-lives of polyglutamates in red cells: 1.2 to 4.3 weeks (doi:10.1002/art.24034).
    half_life = 10 * math.log(2) / math.log(pool[0] / pool[1])
    assert 1.2 <= half_life <= 4.3


def test_a_patient_who_clears_faster_has_less_of_the_drug() -> None:
    for name in ORAL:
        if name != "methotrexate":
            usual, fast = (
                at(part(name, intake=10.0, eta_clearance=eta), [60.0], f"{name}_concentration")[0]
                for eta in (0.0, 1.0)
            )
            sd = entry(name).numbers["sd_CL"].value
            assert fast == pytest.approx(usual * math.exp(-sd), rel=1e-3), name


@pytest.mark.parametrize(
    ("name", "depot", "tau"),
    [
        ("calcipotriol", "depot", 2.0),
        ("betamethasone", "depot", 3.0),
        ("calcipotriol_betamethasone", "depot_VDR", 2.0),
        ("calcipotriol_betamethasone", "depot_GR", 3.0),
    ],
)
def test_a_topical_drug_fills_the_skin_and_fades_within_days(name: str, depot: str, tau: float) -> None:
    # One compartment that nears the rate of application: 1 - exp(-t/tau), tau from the catalogue.
    found = at(part(name, intake=2.0), [1.0, 5.0, 60.0], f"{name}_{depot}")
    np.testing.assert_allclose(found, 2 * (1 - np.exp(-np.array([1.0, 5.0, 60.0]) / tau)), rtol=1e-5)
    stopped = Doses(patient=[0, 0], time=[0.0, 28.0], target=f"{name}_intake", amount=[2.0, 0.0], kind="set")
    assert at(part(name), [28.0 + 7 * tau], f"{name}_{depot}", stopped)[0] < 0.002 * 2


def test_the_combination_has_the_potencies_of_its_two_drugs() -> None:
    both = entry("calcipotriol_betamethasone").numbers
    for receptor, name in (("VDR", "calcipotriol"), ("GR", "betamethasone")):
        alone = entry(name).numbers
        assert both[f"EC50_{receptor}"].value == alone["EC50"].value
        assert both[f"tau_{receptor}"].value == alone["tau_depot"].value
        assert both[f"max_{receptor}"].value == alone["activation_max"].value


@pytest.mark.parametrize(
    ("name", "per_day", "percent"),
    # The averaging is a simplification; it may cost 1 % of the baseline PASI. Once a day with a half-life
    # of half a day is its hardest case: the effect saturates, so that peaks are worth less than troughs
    # cost, and doses that enter at once, without the hours of absorption, overstate that.
    [("cyclosporine", 2, 1.0), ("deucravacitinib", 1, 1.5)],
)
def test_doses_by_the_clock_give_the_pasi_of_the_average_intake(
    name: str, per_day: int, percent: float
) -> None:
    therapy = load(name, dose_mg_per_kg=1.25) if name == "cyclosporine" else load(name)
    weeks, patient = 16, Patient(pasi=20, weight_kg=88.0)
    averaged = simulate(load_model(), patient, therapy, weeks=weeks)["PASI"].to_numpy()[0]
    model = composed_with(load_model(), therapy)
    own = {key: float(values[0]) for key, values in patient.cohort().parameters(model).items()}
    amount = {"deucravacitinib": 6.0, "cyclosporine": 1.25 * 88.0}[name] * entry(name).numbers["F"].value
    times = np.arange(0, 7.0 * weeks, 1 / per_day)
    pulses = Doses(
        patient=[0] * len(times), time=times, target=f"{name}_central", amount=[amount] * len(times)
    )
    exact = integrate(
        model, times=7.0 * np.arange(weeks + 1), parameters=own, doses=pulses, outputs=["PASI"]
    ).values[0, :, 0]
    assert averaged[-1] < 0.7 * 20  # the drug acts
    assert np.max(np.abs(averaged - exact)) < percent / 100 * 20


@pytest.mark.parametrize("name", [*ORAL, *TOPICAL])
def test_every_number_says_where_it_is_from_and_what_it_leaves_open(name: str) -> None:
    found = entry(name)
    assert found.calibration in found.statement.lower() or found.calibration != "uncalibrated"
    if found.calibration == "uncalibrated":
        assert all(value.prior or "IC50" not in key for key, value in found.numbers.items())


def test_nothing_is_drawn_in_a_file_whose_potency_a_study_set() -> None:
    # A draw of another number would leave the study's result, on which the potency was set.
    held = [entry(name) for name in available() if entry(name).calibration in ("anchored", "fitted")]
    assert len(held) > 10
    for found in held:
        assert not [key for key, value in found.numbers.items() if value.prior], found.name


def test_cyclosporine_goes_by_body_weight_in_steps() -> None:
    # Label: 2.5 mg/kg a day for four weeks, then 0.5 more every two weeks, up to 4.
    planned = load("cyclosporine").doses(12)
    assert [(dose.week, dose.amount) for dose in planned] == [(0, 2.5), (4, 3.0), (6, 3.5), (8, 4.0)]
    intakes = [
        simulate(
            load_model(),
            Patient(pasi=20, weight_kg=weight),
            load("cyclosporine"),
            weeks=3,
            outputs=["cyclosporine_intake"],
        )["cyclosporine_intake"].to_numpy()[0, -1]
        for weight in (60.0, 120.0)
    ]
    assert intakes == [2.5 * 60, 2.5 * 120]


def test_nb_uvb_starts_below_the_erythema_dose_and_rises_by_a_fifth() -> None:
    # Yones 2006: first dose 70 % of the minimal erythema dose, steps of 20 %, at most 30 sessions.
    doses = load("nb_uvb").doses(52)
    amounts = np.array([dose.amount for dose in doses])
    assert len(doses) == 30
    assert amounts[0] == 0.7
    rising = amounts[amounts < amounts.max()]
    np.testing.assert_allclose(rising[1:] / rising[:-1], 1.2)
    # In most patients of a cohort the largest dose was about five times the first (3 to 7 times).
    assert amounts.max() == pytest.approx(5 * amounts[0])


def test_a_session_of_light_has_an_effect_near_one_whatever_its_dose() -> None:
    agent = load("nb_uvb").agents[0]
    assert agent.dose_effect is not None
    effects = [agent.dose_effect.of(dose.amount) for dose in load("nb_uvb").doses(52)]
    assert np.mean(effects) == pytest.approx(1, abs=0.01)
    assert 0 <= agent.dose_effect.exponent <= 0.5  # range of a fit to patients with known doses
    assert min(effects) > 0.6


def test_the_course_under_light_is_about_that_of_equal_sessions() -> None:
    # Thirty sessions of effect 1, three a week, end at 1.3 of 20 points, as the cohort of Watson 2021.
    equal = Doses(
        patient=[0] * 30,
        time=[7.0 * week + day for week in range(10) for day in (0, 2, 4)],
        target="UVB",
        amount=[1.0] * 30,
    )
    patient = Patient(pasi=20)
    own = {key: float(values[0]) for key, values in patient.cohort().parameters(load_model()).items()}
    before = integrate(
        load_model(), times=7.0 * np.arange(21), parameters=own, doses=equal, outputs=["PASI"]
    ).values[0, :, 0]
    now = simulate(load_model(), patient, load("nb_uvb"), weeks=20)["PASI"].to_numpy()[0]
    assert np.max(np.abs(now - before)) < 0.08 * 20
    assert abs(now[10] - before[10]) < 0.02 * 20


def test_placebo_is_no_biology() -> None:
    found = entry("placebo")
    assert found.model is None
    assert found.regimen is None
    assert found.calibration == "empirical"
    assert "not biology" in found.statement
    assert "regression to the mean" in found.statement


def test_every_drug_of_today_is_in_the_catalogue() -> None:
    assert {*ORAL, *TOPICAL, "nb_uvb", "placebo"} <= set(available())
