"""Antibodies alone: their parts integrated without the disease, and what is published of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.evidence import load_pharmacokinetics
from koebner.evidence.rows import PharmacokineticValue
from koebner.kinetics import Model
from koebner.solver import Area, Doses, integrate
from koebner.therapies.agent import read_agent
from koebner.therapies.entries import entry

Series = NDArray[np.float64]

ONE_COMPARTMENT = ("adalimumab", "certolizumab", "etanercept", "guselkumab", "tildrakizumab", "ustekinumab")
TWO_COMPARTMENTS = ("infliximab", "ixekizumab", "mirikizumab", "risankizumab", "secukinumab")
LINEAR = (*ONE_COMPARTMENT, *TWO_COMPARTMENTS, "bimekizumab")
ANTIBODIES = (*LINEAR, "brodalumab")
TIGHT = {"rtol": 1e-9, "atol": 1e-12}


def numbers(name: str) -> dict[str, float]:
    """The values of a part, by symbol."""
    return {key: value.value for key, value in entry(name).numbers.items()}


@dataclass(frozen=True, kw_only=True)
class Given:
    """Doses [mg] on days."""

    days: tuple[float, ...]
    amounts: tuple[float, ...]
    state: str = "depot"

    def of(self, name: str) -> Doses:
        return Doses(
            patient=np.zeros(len(self.days), dtype=int),
            time=np.array(self.days),
            target=f"{name}_{self.state}",
            amount=np.array(self.amounts),
        )


def part_of(name: str) -> Model:
    part = read_agent(name).part
    assert part is not None
    return part


def every(days: float, dose: float, times: int, state: str = "depot") -> Given:
    return Given(days=tuple(days * i for i in range(times)), amounts=(dose,) * times, state=state)


def labelled(name: str, weight: float, until_week: float) -> Given:
    """Doses of the labelled regimen for a patient of that weight."""
    regimen = read_agent(name).regimen
    assert regimen is not None
    doses = regimen.planned(until_week, weight_kg=weight)
    factor = weight if regimen.unit == "mg/kg" else 1.0
    return Given(
        days=tuple(7 * dose.week for dose in doses),
        amounts=tuple(factor * dose.amount for dose in doses),
        state=regimen.target,
    )


def course(
    name: str, weight: float, given: Given, times: Series, eta: float = 0.0, **values: float
) -> Series:
    """Plasma concentration [mg/L] at `times` [days]."""
    doses = given.of(name)
    inputs = {"weight_kg": weight, "eta_clearance": eta, "target_load": 1.0}
    own = {f"{name}_{key}": value for key, value in values.items()}
    solution = integrate(
        part_of(name),
        times=times,
        parameters=inputs | own,
        doses=doses,
        outputs=[f"{name}_concentration"],
        **TIGHT,
    )
    return solution.values[0, :, 0]


def area(name: str, weight: float, given: Given, days: float, eta: float = 0.0) -> float:
    """Area under the concentration from day 0 to `days` [mg/L*day]."""
    doses = given.of(name)
    solution = integrate(
        part_of(name),
        times=[days],
        parameters={"weight_kg": weight, "eta_clearance": eta, "target_load": 1.0},
        doses=doses,
        outputs=(),
        records={"area": Area(f"{name}_concentration")},
        **TIGHT,
    )
    return float(solution.records["area"][0])


def steady_state(name: str, weight: float, dose: float, days: float) -> tuple[float, float, float]:
    """Peak, trough and area of the 30th interval, in which less than 1e-4 of a change is left."""
    times = np.linspace(29 * days, 30 * days, 401)
    level = course(name, weight, every(days, dose, 30), times)[1:]  # the first is before the dose
    return float(level.max()), float(level[-1]), float(np.trapezoid(level, times[1:]))


def published(study: str, parameter: str) -> PharmacokineticValue:
    return next(r for r in load_pharmacokinetics() if r.study == study and r.parameter == parameter)


def band(row: PharmacokineticValue) -> tuple[float, float]:
    """Range that a published value allows: its own, its variation between patients, or 15 %."""
    if row.low is not None and row.high is not None:
        return row.low, row.high
    share = 0.15 if row.between_patient_cv_percent is None else row.between_patient_cv_percent / 100
    return row.value * (1 - share), row.value * (1 + share)
