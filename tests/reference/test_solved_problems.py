"""Problems whose solutions are published or known in closed form."""

import numpy as np
import pytest
from numpy.typing import NDArray

from koebner.kinetics import read_antimony
from koebner.solver import METHODS, Doses, integrate

pytestmark = pytest.mark.parametrize("method", METHODS)

TIGHT = {"rtol": 1e-9, "atol": 1e-12}

ROBERTSON = read_antimony(
    """model robertson()
      a = 1; b = 0; c = 0
      a' = -0.04*a + 1e4*b*c
      b' = 0.04*a - 1e4*b*c - 3e7*b^2
      c' = 3e7*b^2
    end
    """
)


def test_robertson(method: str) -> None:
    # Robertson 1966; reference at t = 1e11 of problem ROBER in Mazzia and Magherini,
    # Test Set for IVP Solvers, release 2.4.
    expected = [0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050]
    solution = integrate(ROBERTSON, times=[1e11], rtol=1e-11, atol=1e-20, method=method)
    np.testing.assert_allclose(solution.values[0, 0], expected, rtol=1e-6)


def test_one_compartment_with_many_doses_is_a_sum_of_single_doses(method: str) -> None:
    model = read_antimony(
        """model one()
          depot = 0; central = 0; ka = 0.4; ke = 0.1
          depot' = -ka*depot; central' = ka*depot - ke*central
        end
        """
    )
    given, amounts = np.array([0.0, 7.0, 14.0, 28.0]), np.array([300.0, 150.0, 150.0, 80.0])
    times = np.linspace(0, 60, 41)
    doses = Doses(patient=np.zeros(4, dtype=int), time=given, target="depot", amount=amounts)
    solution = integrate(model, times=times, doses=doses, outputs=["central"], method=method, **TIGHT)
    # Bateman: D ka/(ka - ke) (exp(-ke t) - exp(-ka t)) from each dose on.
    since = np.maximum(times[:, None] - given, 0)
    exact = (amounts * 0.4 / 0.3 * (np.exp(-0.1 * since) - np.exp(-0.4 * since))).sum(axis=1)
    np.testing.assert_allclose(solution.values[0, :, 0], exact, rtol=1e-7, atol=1e-7)


def two_compartments(times: NDArray[np.float64], k10: float, k12: float, k21: float) -> NDArray[np.float64]:
    """Central amount after a unit bolus; Gibaldi and Perrier, Pharmacokinetics, 2nd ed., chapter 2."""
    total, product = k10 + k12 + k21, k10 * k21
    alpha = 0.5 * (total + np.sqrt(total**2 - 4 * product))
    beta = product / alpha
    fast = (alpha - k21) / (alpha - beta) * np.exp(-alpha * times)
    slow = (k21 - beta) / (alpha - beta) * np.exp(-beta * times)
    return np.where(times > 0, fast + slow, 0.0)


def test_two_compartments_with_many_doses_and_patients(method: str) -> None:
    model = read_antimony(
        """model two()
          central = 0; peripheral = 0; k10 = 0.1; k12 = 0.3; k21 = 0.2
          central' = -(k10 + k12)*central + k21*peripheral
          peripheral' = k12*central - k21*peripheral
        end
        """
    )
    k10, given, times = np.array([0.05, 0.1, 0.4]), np.array([0.0, 14.0, 28.0]), np.linspace(0, 56, 29)
    doses = Doses(
        patient=np.repeat([0, 1, 2], 3), time=np.tile(given, 3), target="central", amount=np.full(9, 100.0)
    )
    solution = integrate(
        model, times=times, n_patients=3, parameters={"k10": k10}, doses=doses, method=method, **TIGHT
    )
    for patient in range(3):
        exact = sum(100 * two_compartments(times - start, k10[patient], 0.3, 0.2) for start in given)
        np.testing.assert_allclose(solution.column("central")[patient], exact, rtol=1e-7, atol=1e-7)


def test_a_chain_of_decays(method: str) -> None:
    model = read_antimony(
        """model chain()
          compartment body = 1; species a in body, b in body, c in body
          a = 1; b = 0; c = 0; k = 0.7
          r1: a => b; k*a
          r2: b => c; k*b
          r3: c => ; k*c
        end
        """
    )
    times = np.linspace(0, 10, 11)
    solution = integrate(model, times=times, method=method, **TIGHT)
    # Equal rates: (k t)^n exp(-k t)/n!, the Poisson probabilities.
    z = 0.7 * times
    exact = np.stack([np.exp(-z), z * np.exp(-z), z**2 / 2 * np.exp(-z)], axis=1)
    np.testing.assert_allclose(solution.values[0], exact, rtol=1e-6, atol=1e-9)


def test_a_right_hand_side_that_depends_on_time(method: str) -> None:
    model = read_antimony("model forced()\n x = 0; w = 3; x' = cos(w*time) - x\nend")
    times = np.linspace(0, 5, 11)
    solution = integrate(model, times=times, method=method, **TIGHT)
    # x = (cos wt + w sin wt - exp(-t))/(1 + w^2)
    exact = (np.cos(3 * times) + 3 * np.sin(3 * times) - np.exp(-times)) / 10
    np.testing.assert_allclose(solution.column("x")[0], exact, rtol=1e-6, atol=1e-9)
