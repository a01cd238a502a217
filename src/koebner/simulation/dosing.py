"""From a therapy to the doses of each patient, in the units of the model.

Doses by body weight or by area of plaque become the patient's own; daily intake becomes a rate that is
set where it begins, changes and ends. Left out: how long one administration takes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.errors import InvalidValueError
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.randomness import uniforms
from koebner.solver import Doses, integrate
from koebner.therapies import Agent, PlannedDose, Regimen, Therapy
from koebner.units import DAYS_PER_WEEK, convert

_CELLS = "megacells/kg"
# Below it, as a share of the patient's own plaque, there is no plaque to measure.
_LEAST_PLAQUE = 0.5

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """Doses of one time and target: which patients, and how much each."""

    patients: NDArray[np.int64]
    day: float
    target: str
    amounts: Array
    kind: str


def planned_doses(
    therapy: Therapy | None,
    model: Model,
    cohort: Cohort,
    *,
    weeks: float,
    restarts: Sequence[Sequence[float]],
) -> Doses | None:
    """Return all doses of all patients before a week; None when there is none.

    Parameters
    ----------
    therapy
        What they get.
    model
        The disease, which says how large each patient's plaques are.
    cohort
        The patients: body weight, and which number each has for doses missed at random.
    weeks
        End [weeks].
    restarts
        Weeks from which on each patient gets the therapy again, `(n_patients,)` lists; each empty
        when none does.
    """
    if therapy is None or not therapy.is_dosed:
        return None
    factors = [
        _factors(agent, agent.regimen, model, cohort) if agent.regimen is not None else np.ones(len(cohort))
        for agent in therapy.agents
    ]
    rows: list[_Rows] = []
    for again, patients in _alike(restarts).items():
        given = therapy.repeated(again) if again else therapy
        for agent, factor in zip(given.agents, factors, strict=True):
            if agent.regimen is not None:
                rows += _of_agent(agent, agent.regimen, factor, cohort, patients, weeks)
    return _doses(rows) if rows else None


def _alike(restarts: Sequence[Sequence[float]]) -> Mapping[tuple[float, ...], NDArray[np.int64]]:
    """Group patients by the weeks in which they begin again."""
    groups: dict[tuple[float, ...], list[int]] = {}
    for patient, again in enumerate(restarts):
        groups.setdefault(tuple(again), []).append(patient)
    return {again: np.array(patients, dtype=np.int64) for again, patients in groups.items()}


def _of_agent(
    agent: Agent, regimen: Regimen, factor: Array, cohort: Cohort, patients: NDArray[np.int64], weeks: float
) -> list[_Rows]:
    """Return the doses of some patients; `factor` turns a unit of dose into the model's, for each of all."""
    planned = regimen.planned(weeks)
    target = agent.target or ""
    taken = _taken(agent, regimen, cohort, len(planned))
    weight = cohort.covariates["weight_kg"].to_numpy(dtype=float)
    rows = []
    for number, dose in enumerate(planned):
        if dose.until_week is not None:
            continue
        mine = dose.is_for(weight) & taken[:, number]
        who = patients[mine[patients]]
        effect = dose.amount if agent.dose_effect is None else agent.dose_effect.of(dose.amount)
        rows.append(
            _Rows(
                patients=who,
                day=dose.week * DAYS_PER_WEEK,
                target=target,
                amounts=effect * factor[who],
                kind="add",
            )
        )
    stretches = [dose for dose in planned if dose.until_week is not None]
    share = 1.0 if regimen.missed is None else 1.0 - regimen.missed.share
    return rows + _intake(stretches, target, factor * share, weight, patients, weeks)


def _intake(
    stretches: Sequence[PlannedDose],
    target: str,
    factor: Array,
    weight: Array,
    patients: NDArray[np.int64],
    weeks: float,
) -> list[_Rows]:
    """Set the daily amount wherever a stretch begins or ends, to the sum of those that go on."""
    ends = {dose.until_week for dose in stretches if dose.until_week is not None and dose.until_week < weeks}
    rows = []
    for week in sorted({dose.week for dose in stretches} | ends):
        level = np.zeros(len(weight))
        for dose in stretches:
            if dose.week <= week < (dose.until_week or 0.0):
                level += np.where(dose.is_for(weight), dose.amount, 0.0)
        amounts = (level * factor)[patients]
        rows.append(
            _Rows(patients=patients, day=week * DAYS_PER_WEEK, target=target, amounts=amounts, kind="set")
        )
    return rows


def _taken(agent: Agent, regimen: Regimen, cohort: Cohort, n_doses: int) -> NDArray[np.bool_]:
    """Return which doses each patient takes, `(n_patients, n_doses)`."""
    if regimen.missed is None or n_doses == 0:
        return np.ones((len(cohort), n_doses), dtype=bool)
    purpose = f"missed doses of {agent.id}"
    drawn = uniforms(regimen.missed.seed, cohort.patients.tolist(), purpose, n_doses)
    return np.asarray(drawn >= regimen.missed.share)


def _factors(agent: Agent, regimen: Regimen, model: Model, cohort: Cohort) -> Array:
    """Return what one unit of dose is for each patient in the unit of the model, `(n_patients,)`."""
    convert_one = _FACTORS.get(regimen.unit)
    if convert_one is None:
        raise InvalidValueError(
            f"`{agent.id}` is dosed in {regimen.unit}; expected one of {', '.join(_FACTORS)}."
        )
    return agent.viable_share * convert_one(model, cohort)


def _one(model: Model, cohort: Cohort) -> Array:
    return np.ones(len(cohort))


def _per_kg(model: Model, cohort: Cohort) -> Array:
    return cohort.covariates["weight_kg"].to_numpy(dtype=float)


def _cells_per_kg(model: Model, cohort: Cohort) -> Array:
    return np.full(len(cohort), convert(1.0, "cells/kg", _CELLS))


def _cells_per_cm2(model: Model, cohort: Cohort) -> Array:
    """Cells under all plaques of the start, over the body weight that the model counts cells by."""
    start = integrate(
        model,
        times=[0.0],
        n_patients=len(cohort),
        parameters=cohort.parameters(model),
        outputs=["BSA", "body_surface", "PASI_relative"],
    ).values[:, 0]
    if np.any(start[:, 2] < _LEAST_PLAQUE):
        raise InvalidValueError(
            "cells per cm2 of plaque were given to patients who begin without a plaque; give cells per kg, "
            'or begin with the lesion (`load_model(..., start="lesion")`).'
        )
    area = start[:, 0] * start[:, 1] * convert(1.0, "m2", "cm2")
    return np.asarray(area / _per_kg(model, cohort) * _cells_per_kg(model, cohort))


_FACTORS: Mapping[str, Callable[[Model, Cohort], Array]] = {
    "mg": _one,
    "mg/kg": _per_kg,
    "cells/kg": _cells_per_kg,
    "cells/cm2": _cells_per_cm2,
    "MED": _one,
    "application": _one,
}


def _doses(rows: Sequence[_Rows]) -> Doses:
    return Doses(
        patient=np.concatenate([row.patients for row in rows]),
        time=np.concatenate([np.full(len(row.patients), row.day) for row in rows]),
        target=tuple(row.target for row in rows for _ in range(len(row.patients))),
        amount=np.concatenate([row.amounts for row in rows]),
        kind=tuple(row.kind for row in rows for _ in range(len(row.patients))),
    )
