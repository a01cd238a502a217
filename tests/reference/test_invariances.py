"""What must not matter does not: how a dose is split, when it is looked, what the unit of time is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from koebner.kinetics import Model, NamedMapping, read_antimony, read_sbml
from koebner.solver import METHODS, Doses, integrate

Array = NDArray[np.float64]

BENCHMARK = read_sbml(Path(__file__).parents[2] / "benchmarks" / "models" / "psoqsp.xml")

# A drug that binds its target a hundred thousand times faster than it is lost.
BINDING = read_antimony(
    """model binding()
      depot = 0; drug = 0; target = 10; bound = 0
      depot' = -0.3*depot
      drug' = 0.3*depot - 0.03*drug - 200*drug*target + 5*bound
      target' = 3 - 0.3*target - 200*drug*target + 5*bound
      bound' = 200*drug*target - 5*bound - 0.1*bound
    end
    """
)
CASES = {"binding": (BINDING, "depot", 100.0), "benchmark": (BENCHMARK, "A_sc", 300.0)}
WEEKS = np.arange(0.0, 85.0, 7.0)

by_method = pytest.mark.parametrize("method", METHODS)
by_case = pytest.mark.parametrize("case", CASES)


def without_events(model: Model) -> Model:
    return replace(model, events=NamedMapping("event", {}))


def in_hours(model: Model) -> Model:
    """Return a model whose unit of time is an hour instead of a day."""
    rules = {name: replace(rule, formula=f"({rule.formula})/24") for name, rule in model.rules.items()}
    return replace(model, rules=NamedMapping("rule", rules))


def course(
    case: str, method: str, times: Array, given: list[tuple[float, float]], unit: float = 1.0
) -> Array:
    """Return all states of a case, by doses as pairs of time and part of the usual dose."""
    model, target, amount = CASES[case]
    model = without_events(model)
    doses = Doses(
        patient=np.zeros(len(given), dtype=int),
        time=unit * np.array([time for time, _ in given]),
        target=target,
        amount=amount * np.array([part for _, part in given]),
    )
    return integrate(
        model if unit == 1 else in_hours(model),
        times=unit * times,
        doses=doses,
        outputs=model.states,
        method=method,
        rtol=1e-6,
        atol=1e-9,
    ).values[0]


def largest_difference(values: Array, others: Array) -> float:
    """Return it relative to the value and to a thousandth of the largest value of the state."""
    scale = np.abs(others) + 1e-3 * np.abs(others).max(axis=0) + 1e-9
    return float((np.abs(values - others) / scale).max())


USUAL = [(0.0, 1.0), (28.0, 1.0), (56.0, 1.0)]


@by_method
@by_case
def test_splitting_a_dose_changes_nothing(case: str, method: str) -> None:
    parts = [(time, part) for time, _ in USUAL for part in (0.5, 0.3, 0.2)]
    stops = [(time, 0.0) for time in (1.0, 3.3, 30.0, 57.123)]
    split = course(case, method, WEEKS, parts + stops)
    assert largest_difference(split, course(case, method, WEEKS, USUAL)) < 1e-4


@by_method
@by_case
def test_the_output_grid_changes_nothing(case: str, method: str) -> None:
    fine = np.unique(np.concatenate([WEEKS, np.linspace(0, 84, 1000)]))
    values = course(case, method, fine, USUAL)[np.isin(fine, WEEKS)]
    assert largest_difference(values, course(case, method, WEEKS, USUAL)) < 1e-4
    end = course(case, method, WEEKS[-1:], USUAL)
    assert largest_difference(end, values[-1:]) < 1e-4


@by_method
@by_case
def test_the_unit_of_time_changes_nothing(case: str, method: str) -> None:
    hours = course(case, method, WEEKS, USUAL, unit=24.0)
    assert largest_difference(hours, course(case, method, WEEKS, USUAL)) < 1e-4


@by_method
def test_doses_by_the_events_of_a_file_are_doses(method: str) -> None:
    # The file adds to two depots every four weeks; there is no dose at time 0.
    days = np.arange(28.0, 85.0, 28.0)
    doses = Doses(
        patient=np.zeros(6, dtype=int),
        time=np.repeat(days, 2),
        target=("A_sc", "B_sc") * 3,
        amount=np.tile([300.0, 100.0], 3),
    )
    times, states = WEEKS + 1, BENCHMARK.states
    by_dose = integrate(without_events(BENCHMARK), times=times, outputs=states, doses=doses, method=method)
    by_event = integrate(BENCHMARK, times=times, outputs=states, method=method)
    assert largest_difference(by_event.values[0], by_dose.values[0]) < 1e-4
    assert by_dose.column("A_sc")[0, -1] > 1
