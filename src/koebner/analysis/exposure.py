"""What the equations of a drug give for its exposure, beside what was published.

The drug's own equations are integrated without the disease, which does not act back on them. Only
facts that a published row and the equations have in common are compared; all else stays blank.
"""

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.errors import UnitError
from koebner.evidence import PharmacokineticValue
from koebner.kinetics import Model
from koebner.patients import Patient
from koebner.simulation import planned_doses
from koebner.solver import Doses, integrate
from koebner.therapies import Agent, Therapy
from koebner.units import DAYS_PER_WEEK, convert

# Two years of doses, after which every drug of the catalogue is at steady state.
_WEEKS = 104.0
_POINTS = 400
# The half-life is read between a quarter and a sixteenth of the peak: past distribution.
_FALL = (4.0, 16.0)
_BAND = re.compile(r"(?P<side>under|from) (?P<kg>[\d.]+) kg$")
_UNITS = {"per_day": "1/day", "L_per_day": "L/day", "ng_per_mL": "ug/L", "mg_per_L": "mg/L"}


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Exposure of one patient without deviations from the typical.

    Attributes
    ----------
    constants
        Clearance, volume and the like by their published names ("CL/F"), each a value and its unit.
    half_life_days
        Time in which what is left of the drug halves [days].
    trough, peak, area
        Lowest and highest concentration of the last interval [mg/L], and the area under it [mg/L*day];
        None where intake is averaged over the day or one dose is all that is given.
    """

    constants: dict[str, tuple[float, str]]
    half_life_days: float
    trough: float | None
    peak: float | None
    area: float | None


def exposure(agent: Agent, *, weight_kg: float) -> Exposure | None:
    """Return the exposure of a patient of that weight [kg]; None for agents without a concentration.

    Examples
    --------
    >>> from koebner.therapies import load
    >>> found = exposure(load("secukinumab").agents[0], weight_kg=88)
    >>> 20 < found.half_life_days < 35
    True
    """
    if agent.part is None or agent.regimen is None or f"{agent.id}_concentration" not in agent.part.rules:
        return None
    patient = Patient(pasi=10.0, weight_kg=weight_kg)
    part = agent.part.with_parameters(weight_kg=patient.weight_kg, eta_clearance=0.0, target_load=1.0)
    given = planned_doses(Therapy(agents=(agent,)), part, patient.cohort(), weeks=_WEEKS, restarts=[[]])
    planned = agent.regimen.planned(_WEEKS, weight_kg=weight_kg)
    if given is None or not planned:
        return None
    last_days = DAYS_PER_WEEK * (planned[-1].until_week or planned[-1].week)
    times, curve = _after(agent, part, given, last_days)
    # Intake averaged over the day has no interval, and neither has a single dose.
    if planned[-1].until_week is not None or len(planned) == 1:
        half_life = _half_life(times, curve)
        return Exposure(
            constants=_constants(agent, part), half_life_days=half_life, trough=None, peak=None, area=None
        )
    return _of_interval(agent, part, (times, curve), last_days - DAYS_PER_WEEK * planned[-2].week)


def beside(row: PharmacokineticValue, found: Exposure, *, weight_kg: float) -> float | None:
    """Return what the equations give for a published fact, in its unit; None where they say nothing of it."""
    name = re.sub(rf" of {row.therapy}$", "", row.parameter)
    if name in found.constants:
        value, unit = found.constants[name]
        return _converted(value, unit, row.unit)
    if name == "half-life" or re.match(r"half-life (in|after) ", name):
        return _converted(found.half_life_days, "day", row.unit)
    band = _BAND.search(name)
    if band is not None:
        if (weight_kg < float(band["kg"])) != (band["side"] == "under"):
            return None
        name = name[: band.start()].strip()
    at_steady_state = {
        "trough at steady state": (found.trough, "mg/L"),
        "Cmax at steady state": (found.peak, "mg/L"),
        "AUC of an interval at steady state": (found.area, "mg/L*day"),
    }
    value_or_none, unit = at_steady_state.get(name, (None, ""))
    return None if value_or_none is None else _converted(value_or_none, unit, row.unit)


def _of_interval(
    agent: Agent, part: Model, course: tuple[NDArray[np.float64], NDArray[np.float64]], days: float
) -> Exposure:
    """Return the exposure of the interval [days] after the last dose, as long as the one before it."""
    times, curve = course
    unit = _UNITS[part.parameters[f"{agent.id}_concentration"].unit]
    inside = times <= days
    to_mg_per_L = convert(1.0, unit, "mg/L")
    trough = float(np.interp(days, times, curve))
    return Exposure(
        constants=_constants(agent, part),
        half_life_days=_half_life(times, curve),
        trough=to_mg_per_L * trough,
        peak=to_mg_per_L * float(curve[inside].max()),
        area=to_mg_per_L
        * float(np.trapezoid(np.append(curve[inside], trough), np.append(times[inside], days))),
    )


def _after(
    agent: Agent, part: Model, given: Doses, last_days: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return days after the last dose or intake, and the concentration at them."""
    kept = given.time <= last_days
    doses = Doses(
        patient=np.append(given.patient[kept], 0),
        time=np.append(given.time[kept], last_days),
        target=(*(t for t, keep in zip(given.target, kept, strict=True) if keep), agent.target or ""),
        amount=np.append(given.amount[kept], 0.0),
        # Daily intake is set to nothing at the end; to doses nothing is added.
        kind=(*(k for k, keep in zip(given.kind, kept, strict=True) if keep), given.kind[-1]),
    )
    after = np.geomspace(1e-3, DAYS_PER_WEEK * _WEEKS, _POINTS)
    solution = integrate(
        part,
        times=last_days + after,
        n_patients=1,
        doses=doses,
        outputs=[f"{agent.id}_concentration"],
        atol=1e-12,
    )
    return after, solution.values[0, :, 0]


def _half_life(times: NDArray[np.float64], curve: NDArray[np.float64]) -> float:
    """Return the time in which the concentration halves, past its peak and the distribution [days]."""
    top = int(np.argmax(curve))
    fall = -np.log(np.maximum(curve[top:] / curve[top], 1e-300))
    begin, end = (float(np.interp(math.log(share), fall, times[top:])) for share in _FALL)
    return (end - begin) / math.log2(_FALL[1] / _FALL[0])


def _constants(agent: Agent, part: Model) -> dict[str, tuple[float, str]]:
    """Return clearance, volumes and the like of the patient, by their published names."""
    found = {}
    names = [name for name in ("CL", "V", "Vp", "Q") if f"{agent.id}_{name}_patient" in part.rules]
    if names:
        values = integrate(
            part, times=[0.0], n_patients=1, outputs=[f"{agent.id}_{name}_patient" for name in names]
        ).values[0, 0]
        for name, value in zip(names, values, strict=True):
            unit = part.parameters[f"{agent.id}_{name}_patient"].unit
            found[name] = (float(value), _UNITS.get(unit, unit))
    for name in ("F", "ka"):
        parameter = part.parameters.get(f"{agent.id}_{name}")
        if parameter is not None and parameter.value is not None:
            found[name] = (parameter.value, _UNITS.get(parameter.unit, parameter.unit))
    share = found.get("F", (1.0, ""))[0]
    apparent = [name for name in ("CL", "V") if name in found and not (name == "V" and "Vp" in found)]
    return found | {f"{name}/F": (found[name][0] / share, found[name][1]) for name in apparent}


def _converted(value: float, unit: str, wanted: str) -> float | None:
    """Return a value in another unit; None where the two measure different things, as L and L/kg do."""
    if unit == wanted:
        return value
    try:
        return convert(value, unit, wanted)
    except UnitError:
        return None
