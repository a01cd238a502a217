"""Triggers: at given weeks for all, or at random and the same for a patient whoever else is there."""

import numpy as np
import pytest

from koebner.disease import load_model
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.patients import Patient
from koebner.populations import load_population
from koebner.simulation import Triggers, simulate
from koebner.therapies import load

OFTEN = Triggers.random(
    rates_per_year={"Infection": 3.0, "Stress": 1.0}, sizes={"Infection": 2.0, "Stress": 1.0}, seed=5
)


def test_a_patient_meets_the_same_triggers_whoever_else_is_there() -> None:
    model, population = load_model(), load_population()
    all_of_them = simulate(model, population.sample(6, seed=1), weeks=30, triggers=OFTEN)["PASI"]
    last_two = simulate(model, population.sample(2, seed=1, first=4), weeks=30, triggers=OFTEN)["PASI"]
    assert all_of_them.to_numpy()[4:].tobytes() == last_two.to_numpy().tobytes()


def test_another_seed_gives_other_weeks_and_the_rate_is_kept() -> None:
    other = Triggers.random(rates_per_year={"Infection": 3.0}, sizes={"Infection": 2.0}, seed=6)
    assert OFTEN.of(patient=1, weeks=520) != other.of(patient=1, weeks=520)
    met = [len(other.of(patient=patient, weeks=365.25 / 7)) for patient in range(2000)]
    # Poisson with mean 3: the mean of 2000 has a standard error of 0.039, the variance equals the mean.
    assert np.mean(met) == pytest.approx(3.0, abs=0.12)
    assert np.var(met) == pytest.approx(3.0, rel=0.1)


def test_a_longer_time_adds_triggers_and_changes_none() -> None:
    short, long = (OFTEN.of(patient=3, weeks=weeks) for weeks in (100, 200))
    assert long[: len(short)] == short


def test_a_given_trigger_adds_to_its_exposure_beside_a_therapy() -> None:
    course = simulate(
        load_model(),
        Patient(pasi=20),
        load("uc_msc"),
        weeks=3,
        every_days=1,
        triggers=Triggers.at([("Trauma", 1, 4.0)]),
    )
    injury = course["Trauma"].to_numpy()[0]
    assert injury[7] == 0  # a value at the time of a dose is the one before it
    # One day later an exponential of two days (tau_Trauma of the pack) has left exp(-1/2) of 4.
    assert injury[8] == pytest.approx(4 * np.exp(-0.5), rel=1e-5)
    assert course["MSC_lung"].to_numpy()[0, 1] > 0


def test_what_is_no_trigger_is_refused() -> None:
    model, patient = load_model(), Patient(pasi=20)
    with pytest.raises(UnknownNameError, match="No trigger `Truma`"):
        simulate(model, patient, weeks=1, triggers=Triggers.at([("Truma", 0, 1.0)]))
    with pytest.raises(UnknownNameError, match="No trigger `TRM`"):
        simulate(model, patient, weeks=1, triggers=Triggers.at([("TRM", 0, 1.0)]))
    with pytest.raises(InvalidValueError, match="size -1"):
        Triggers.at([("Trauma", 0, -1.0)])
    with pytest.raises(InvalidValueError, match="random trigger `Stress`"):
        Triggers.random(rates_per_year={"Stress": 1.0}, sizes={}, seed=1)
