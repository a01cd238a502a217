"""Holding states still, patient by patient, without compiling the model again.

In the masked model every rate rule X' = f reads X' = moves_X*(f), where moves_X is a parameter of 1. A
hold is then a dose: it sets moves_X to 0, and X to 0 where the state is removed. Whoever holds nothing has
the numbers of the model as it was. Left out: states that reactions change; the disease has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from koebner.errors import SolverError, UnknownNameError
from koebner.kinetics import Model, NamedMapping, Parameter
from koebner.patients import Cohort
from koebner.simulation import composed_with, planned_doses
from koebner.solver import Doses, Solution, Status, integrate
from koebner.therapies import Therapy
from koebner.units import DAYS_PER_WEEK

# A tenth of what `simulate` allows: the difference of two courses is looked at, not one of them.
_RTOL = 1e-7
_ATOL = 1e-10
_NONE: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Hold:
    """States that stand still from a day on, where they are or, when `removed`, at 0."""

    states: tuple[str, ...] = ()
    day: float = 0.0
    removed: bool = False


FREE = Hold()
"""Nothing is held."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What is added to a state of the model on a day, in the unit of that state."""

    day: float
    target: str
    amount: float


@lru_cache(maxsize=16)
def masked(model: Model) -> Model:
    """Return the model with a parameter moves_X for each state X, at 1: X' = moves_X*(...).

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> masked(load_model()).derivatives()["Stress"]
    'moves_Stress * (-Stress / tau_Stress)'
    """
    rates = {name: rule for name, rule in model.rules.items() if rule.kind == "rate"}
    switches = {
        _switch(name): Parameter(
            id=_switch(name),
            value=1.0,
            unit="dimensionless",
            source="definition",
            meaning=f"1 while {name} follows its equation, 0 while it is held",
            constant=False,
        )
        for name in rates
    }
    rules = {
        name: replace(rule, formula=f"{_switch(name)} * ({rule.formula})") for name, rule in rates.items()
    }
    return replace(
        model,
        parameters=NamedMapping("parameter", {**model.parameters, **switches}),
        rules=NamedMapping("rule", {**model.rules, **rules}),
    )


def held_courses(
    model: Model,
    holds: Sequence[Hold],
    cohort: Cohort,
    *,
    days: ArrayLike,
    outputs: Sequence[str],
    therapy: Therapy | None = None,
    given: Sequence[Given] = (),
    values: Mapping[str, float] = _NONE,
    on_failure: Literal["raise", "keep"] = "raise",
) -> NDArray[np.float64]:
    """Return the courses of the same patients under each hold, `(n_holds, n_patients, n_times, n_outputs)`.

    Parameters
    ----------
    model
        The disease, not masked.
    holds
        What is held; `FREE` for the course that the others are compared with.
    cohort
        Patients.
    days
        Reported times [days], `(n_times,)`.
    outputs
        States and rules to report.
    therapy
        What all get; a dose into a held state is left out where it is held.
    given
        Further doses that all get, likewise.
    values
        Parameters that have another value in all.
    on_failure
        "raise" a SolverError when a course cannot be integrated, or "keep" it as NaN.

    Raises
    ------
    UnknownNameError
        A hold or a dose names no state of the model.
    SolverError
        A course cannot be integrated and `on_failure` is "raise"; the message says what was held.
    """
    solution = held_solution(
        model, holds, cohort, days=days, outputs=outputs, therapy=therapy, given=given, values=values
    )
    if on_failure == "raise":
        _raise_failures(solution, holds, cohort)
    return solution.values.reshape(len(holds), len(cohort), -1, len(outputs))


def held_solution(
    model: Model,
    holds: Sequence[Hold],
    cohort: Cohort,
    *,
    days: ArrayLike,
    outputs: Sequence[str],
    therapy: Therapy | None = None,
    given: Sequence[Given] = (),
    values: Mapping[str, float] = _NONE,
) -> Solution:
    """Return the same with the status of each course: all patients of the first hold, then of the next.

    Parameters and errors are those of `held_courses`; no course that fails is an error.
    """
    whole = composed_with(masked(model), therapy)
    times = np.asarray(days, dtype=float)
    for name in (*(state for hold in holds for state in hold.states), *(dose.target for dose in given)):
        if name not in whole.states:
            raise UnknownNameError("state", name, model.states, hint="List them with `koebner model show`.")
    own = {
        **{name: np.full(len(cohort), value) for name, value in values.items()},
        **cohort.parameters(model),
    }
    return integrate(
        whole,
        times=times,
        n_patients=len(holds) * len(cohort),
        parameters={name: np.tile(column, len(holds)) for name, column in own.items()},
        doses=_doses(holds, len(cohort), given, _planned(therapy, model, cohort, float(times[-1]))),
        outputs=outputs,
        rtol=_RTOL,
        atol=_ATOL,
    )


def _raise_failures(solution: Solution, holds: Sequence[Hold], cohort: Cohort) -> None:
    failed = [i for i, status in enumerate(solution.status) if not Status(status).succeeded]
    if failed:
        hold, patient = divmod(failed[0], len(cohort))
        held = ", ".join(holds[hold].states) or "nothing"
        raise SolverError(
            f"with {held} held, patient {cohort.patients[patient]} could not be simulated: "
            f"{solution.reasons[failed[0]]}",
            failures={i: solution.reasons[i] for i in failed},
        )


def _switch(state: str) -> str:
    return f"moves_{state}"


def _planned(therapy: Therapy | None, model: Model, cohort: Cohort, until_day: float) -> Doses:
    never: list[list[float]] = [[] for _ in range(len(cohort))]
    doses = planned_doses(therapy, model, cohort, weeks=until_day / DAYS_PER_WEEK, restarts=never)
    return (
        Doses(patient=np.zeros(0, dtype=np.int64), time=[], target=(), amount=[]) if doses is None else doses
    )


def _doses(holds: Sequence[Hold], n_patients: int, given: Sequence[Given], planned: Doses) -> Doses:
    """Put together, for each hold, what holds the states and what of the doses falls into none of them."""
    rows: list[tuple[int, float, str, float, str]] = []
    own = list(zip(planned.patient, planned.time, planned.target, planned.amount, planned.kind, strict=True))
    for i, hold in enumerate(holds):
        first = i * n_patients
        everyone = (*_holding(hold), *(_giving(dose) for dose in given if not _falls_into(dose, hold)))
        rows += [(patient, *row) for patient in range(first, first + n_patients) for row in everyone]
        rows += [
            (first + int(patient), float(day), target, float(amount), kind)
            for patient, day, target, amount, kind in own
            if target not in hold.states or day < hold.day
        ]
    columns = list(zip(*rows, strict=True)) or [()] * 5
    return Doses(
        patient=np.array(columns[0], dtype=np.int64),
        time=columns[1],
        target=columns[2],
        amount=columns[3],
        kind=columns[4],
    )


def _holding(hold: Hold) -> list[tuple[float, str, float, str]]:
    still = [(hold.day, _switch(state), 0.0, "set") for state in hold.states]
    emptied = [(hold.day, state, 0.0, "set") for state in hold.states] if hold.removed else []
    return still + emptied


def _giving(dose: Given) -> tuple[float, str, float, str]:
    return dose.day, dose.target, dose.amount, "add"


def _falls_into(dose: Given, hold: Hold) -> bool:
    return dose.target in hold.states and dose.day >= hold.day
