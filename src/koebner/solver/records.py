"""Reductions of a trajectory, taken while it is integrated, so that nobody need store it.

Each is a formula over the symbols of the model, in the grammar of `koebner.kinetics`. Doses count: a
least value may be the one just before a dose or just after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.errors import InvalidValueError, ModelError
from koebner.kinetics import Model, Parameter, Rule
from koebner.kinetics.formulas import canonical, symbols


@dataclass(frozen=True)
class Minimum:
    """The least value of a formula over the whole time."""

    formula: str


@dataclass(frozen=True)
class Maximum:
    """The largest value of a formula over the whole time."""

    formula: str


@dataclass(frozen=True)
class Area:
    """The integral of a formula over the whole time: the area under its curve."""

    formula: str


@dataclass(frozen=True)
class FirstTime:
    """The first time at which a condition holds, infinite when it never does.

    Examples
    --------
    >>> from koebner.kinetics import read_antimony
    >>> from koebner.solver import integrate
    >>> decay = read_antimony("model decay()\\n x = 1; k = 0.5; x' = -k*x\\nend")
    >>> records = {"half": FirstTime("x <= 0.5"), "area": Area("x"), "gone": FirstTime("x < 0")}
    >>> solution = integrate(decay, times=[10], records=records)
    >>> {name: values.round(3).tolist() for name, values in solution.records.items()}
    {'half': [1.386], 'area': [1.987], 'gone': [inf]}
    """

    formula: str


Record = Minimum | Maximum | Area | FirstTime


@dataclass(frozen=True, kw_only=True)
class RecordPlan:
    """Records in the order in which the integrators keep them: extremes, first times, areas.

    `minima` are formulas whose least value is kept; where `negated`, it is that of minus a formula.
    `areas` are states that integrate a formula.
    """

    names: tuple[str, ...]
    negated: tuple[bool, ...]
    minima: tuple[str, ...]
    firsts: tuple[str, ...]
    areas: tuple[str, ...]

    def are_numbers(self, records: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return for rows of records whether all are finite; a first time may be infinite, for never."""
        checked = records.copy()
        first = len(self.minima)
        times = checked[..., first : first + len(self.firsts)]
        times[times == np.inf] = 0.0
        return np.asarray(np.isfinite(checked).all(axis=-1))


NO_RECORDS = RecordPlan(names=(), negated=(), minima=(), firsts=(), areas=())


def plan_records(model: Model, records: Mapping[str, Record]) -> tuple[Model, RecordPlan]:
    """Return the model with a state for each area, and the plan.

    Raises
    ------
    ModelError
        When a formula is none, or names what the model does not have.
    InvalidValueError
        When a record is of no known kind.
    """
    if not records:
        return model, NO_RECORDS
    if not isinstance(records, Mapping):
        raise InvalidValueError(f"`records` is a {type(records).__name__}; records by name are expected.")
    groups: dict[type, dict[str, str]] = {kind: {} for kind in (Minimum, Maximum, FirstTime, Area)}
    for name, record in records.items():
        if type(record) not in groups or not isinstance(record.formula, str):
            raise InvalidValueError(
                f"record `{name}` is {record!r}; a Minimum, Maximum, Area or FirstTime of a formula "
                "is expected."
            )
        groups[type(record)][name] = _checked(model, name, record.formula)
    areas = {_unused(model, f"area_{name}"): formula for name, formula in groups[Area].items()}
    plan = RecordPlan(
        names=tuple(name for group in groups.values() for name in group),
        negated=tuple(name in groups[Maximum] for group in groups.values() for name in group),
        minima=(*groups[Minimum].values(), *(f"-({formula})" for formula in groups[Maximum].values())),
        firsts=tuple(groups[FirstTime].values()),
        areas=tuple(areas),
    )
    return (_with_areas(model, areas) if areas else model), plan


def _checked(model: Model, name: str, formula: str) -> str:
    known = {*model.compartments, *model.species, *model.parameters, *model.reactions}
    try:
        text = canonical(formula)
    except ModelError as error:
        raise ModelError(f"record `{name}`: {error.message}") from None
    for symbol in sorted(symbols(text) - known):
        raise ModelError(f"record `{name}`: `{symbol}` is not defined in model `{model.id}`.")
    return text


def _unused(model: Model, name: str) -> str:
    taken = {*model.compartments, *model.species, *model.parameters, *model.reactions}
    while name in taken:
        name += "_"
    return name


def _with_areas(model: Model, areas: Mapping[str, str]) -> Model:
    states = [Parameter(id=name, value=0.0, unit="", constant=False) for name in areas]
    rules = [Rule(variable=name, formula=formula, kind="rate") for name, formula in areas.items()]
    return Model.of(
        id=model.id,
        compartments=model.compartments.values(),
        species=model.species.values(),
        parameters=[*model.parameters.values(), *states],
        reactions=model.reactions.values(),
        rules=[*model.rules.values(), *rules],
        events=model.events.values(),
        initial_assignments=model.initial_assignments,
        units=model.units,
        time_unit=model.time_unit,
    )
