"""Lanes: the same numbers wherever a patient is computed, and no doubtful number without a word."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.solver.small_models import DECAY

from koebner.kinetics import read_antimony
from koebner.solver import Doses, FirstTime, Maximum, Solution, Status, integrate
from koebner.solver.driver import steps
from koebner.solver.driver.advance import load_driver
from koebner.solver.machine_code.assembly import lane_width

HILL = read_antimony(
    """model hill()
      species x, y, z
      compartment c = 1; x in c; y in c; z in c
      x = 0.1; y = 0; z = 0; k = 1; n = 2.3; slow = 0.05
      x' = k*y^n/(1 + y^n) - 3*x + 0.2
      y' = 40*(x - y)
      z' = slow*(x - z)*(1 + 0.1*sin(time))
      at (z > 0.05): k = k + 0.5
      at (time > 5 && x > 0.2), priority = 2: y = 0.5*y
    end
    """
)
N = 300
RNG = np.random.Generator(np.random.Philox(5))
PARAMETERS = {"k": RNG.lognormal(0, 0.3, N), "n": RNG.uniform(1.5, 3, N), "slow": RNG.lognormal(-3, 0.5, N)}
TIMES = np.linspace(0, 20, 11)


def run(patients: NDArray[np.int64], threads: int = 1, method: str = "rodas4p2") -> Solution:
    n_doses = 1 + patients % 3
    doses = Doses(
        patient=np.repeat(np.arange(len(patients)), n_doses),
        time=np.concatenate([np.arange(n) * 4.0 for n in n_doses]),
        target="x",
        amount=np.ones(n_doses.sum()),
    )
    return integrate(
        HILL,
        times=TIMES,
        n_patients=len(patients),
        parameters={name: values[patients] for name, values in PARAMETERS.items()},
        doses=doses,
        records={"peak": Maximum("x"), "late": FirstTime("z > 0.04")},
        threads=threads,
        method=method,
    )


@pytest.fixture(scope="module")
def alone() -> Solution:
    """Each patient in a call of its own would be the same; one call on one thread is the measure."""
    return run(np.arange(N))


def test_threads_change_no_bit(alone: Solution) -> None:
    for threads in (2, 5):
        other = run(np.arange(N), threads=threads)
        assert other.values.tobytes() == alone.values.tobytes()
        assert other.status.tobytes() == alone.status.tobytes()
        for name, values in alone.records.items():
            assert other.records[name].tobytes() == values.tobytes()


def test_lanes_and_neighbours_change_no_bit(alone: Solution) -> None:
    # Other patients, another order, other lanes and ends of chunks.
    shuffled = np.random.Generator(np.random.Philox(6)).permutation(N)[:97]
    for order in (shuffled, np.arange(N)[::-1], np.array([17]), np.arange(lane_width() + 1)):
        other = run(order)
        assert other.values.tobytes() == alone.values[order].tobytes()
        for name, values in alone.records.items():
            assert other.records[name].tobytes() == values[order].tobytes()


def test_lanes_agree_with_the_reference(alone: Solution) -> None:
    reference = run(np.arange(40), method="reference")
    np.testing.assert_allclose(alone.values[:40], reference.values, rtol=2e-4, atol=1e-6)
    np.testing.assert_allclose(alone.records["late"][:40], reference.records["late"], rtol=1e-4)


def test_no_patient_of_an_ordinary_model_needs_the_reference(alone: Solution) -> None:
    assert (alone.status == Status.OK).all()


def test_more_outputs_than_steps_are_all_reported() -> None:
    times = np.linspace(0, 2, 5001)
    solution = integrate(DECAY, times=times, n_patients=2, parameters={"k": [0.5, 0.1]}, rtol=1e-8)
    exact = np.exp(-np.array([[0.5], [0.1]]) * times)
    np.testing.assert_allclose(solution.column("x"), exact, rtol=1e-7)


@pytest.fixture
def doubting_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A driver that takes no linear solution for accurate."""
    monkeypatch.setenv("KOEBNER_CACHE", str(tmp_path))
    monkeypatch.setattr(steps, "_LARGEST_SHARE", -1.0)
    load_driver.cache_clear()
    yield
    load_driver.cache_clear()


@pytest.mark.usefixtures("doubting_everything")
def test_a_doubtful_linear_solution_is_redone_by_the_reference() -> None:
    solution = integrate(DECAY, times=[0, 2], n_patients=3)
    assert (solution.status == Status.REDONE).all()
    assert solution.reasons[0] == "redone at time 0: a linear solution was inaccurate."
    # At a tenth of the tolerances, as LSODA is the less accurate at equal ones.
    reference = integrate(DECAY, times=[0, 2], n_patients=3, rtol=1e-7, atol=1e-10, method="reference")
    assert solution.values.tobytes() == reference.values.tobytes()
