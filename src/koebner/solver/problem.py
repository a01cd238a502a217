"""What is to be integrated, checked and put into arrays, the same for every method."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.kinetics import Model
from koebner.solver.compile import CompiledModel, compile_model
from koebner.solver.doses import Doses

Array = NDArray[np.float64]
Progress = Callable[[int], None]
"""Called with the number of patients done."""


class Change(NamedTuple):
    """One dose: `y` (states) or `p` (constants) at that place gets `amount` added, or set."""

    time: float
    array: str
    place: int
    amount: float
    adds: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """Checked arrays, shapes `(n_patients, n_states)` and so on; nan where nothing was given."""

    code: CompiledModel
    times: Array
    states: Array
    constants: Array
    given_states: NDArray[np.bool_]
    given_constants: NDArray[np.bool_]
    changes: tuple[tuple[Change, ...], ...]
    """By patient, in the order of time."""
    outputs: tuple[str, ...]
    places: tuple[tuple[str, int], ...]
    """Where each output stands: in `y` (states), `a` (assigned variables) or `p` (constants)."""
    never_negative: NDArray[np.bool_]
    """States that are species, shape `(n_states,)`."""
    rtol: float
    atol: float
    max_steps: int

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return len(self.states)


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What a method gives back: values `(n_patients, n_times, n_outputs)`, nan where not OK."""

    values: Array
    status: NDArray[np.int64]
    reasons: tuple[str, ...]


def prepare(
    model: Model,
    *,
    times: ArrayLike,
    n_patients: int,
    parameters: Mapping[str, ArrayLike],
    initial: Mapping[str, ArrayLike],
    doses: Doses | None,
    outputs: Sequence[str] | None,
    rtol: float,
    atol: float,
    max_steps: int,
) -> Problem:
    """Return the problem, or say what is wrong with it; parameters as of `integrate`.

    Raises
    ------
    UnknownNameError
        When a parameter, state, output or dose target does not exist.
    InvalidValueError
        When a value, shape or time is wrong.
    """
    _check_numbers(n_patients, rtol, atol, max_steps)
    checked_times = _checked_times(times)
    code = compile_model(model)
    names, places = _checked_outputs(code, outputs)
    states, constants = code.layout.states, code.layout.constants
    _check_computed(model, [*parameters, *initial])
    _check_closed(model, parameters)
    for name in parameters:
        if name in states:
            raise InvalidValueError(f"`{name}` is a state; give its value at time 0 in `initial`.")
    y = np.tile([_initial_value(model, name) for name in states], (n_patients, 1))
    p = np.tile([_constant_value(model, name) for name in constants], (n_patients, 1))
    return Problem(
        code=code,
        times=checked_times,
        states=y,
        constants=p,
        given_states=_fill(y, states, initial, "state"),
        given_constants=_fill(p, constants, parameters, "parameter"),
        changes=_changes(model, code, doses, n_patients),
        outputs=names,
        places=places,
        never_negative=np.array([name in model.species for name in states], dtype=bool),
        rtol=rtol,
        atol=atol,
        max_steps=max_steps,
    )


def _check_numbers(n_patients: int, rtol: float, atol: float, max_steps: int) -> None:
    for name, value in (("n_patients", n_patients), ("max_steps", max_steps)):
        if value < 1:
            raise InvalidValueError(f"`{name}` is {value}; 1 or more is expected.")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not (math.isfinite(tolerance) and tolerance > 0):
            raise InvalidValueError(f"`{name}` is {tolerance}; a number above 0 is expected, such as 1e-6.")


def _checked_times(times: ArrayLike) -> Array:
    checked = np.array(times, dtype=float)
    if checked.ndim != 1 or checked.size == 0:
        raise InvalidValueError(
            f"`times` has shape {checked.shape}; a list of at least one time is expected."
        )
    if not np.isfinite(checked).all() or checked[0] < 0 or (np.diff(checked) <= 0).any():
        raise InvalidValueError("`times` must be finite, 0 or later, each later than the one before.")
    return checked


def _check_computed(model: Model, names: Sequence[str]) -> None:
    for name in names:
        if name in model.assigned:
            raise InvalidValueError(f"`{name}` is computed by a rule and cannot be given a value.")


def _check_closed(model: Model, given: Mapping[str, ArrayLike]) -> None:
    missing = [name for name in model.inputs if name not in given]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise InvalidValueError(
            f"model `{model.id}` has open inputs: {names}; give them in `parameters` or compose another part."
        )


def _initial_value(model: Model, name: str) -> float:
    if name in model.species:
        return model.species[name].initial
    value = model.parameters[name].value
    return math.nan if value is None else value


def _constant_value(model: Model, name: str) -> float:
    if name in model.compartments:
        return model.compartments[name].size
    value = model.parameters[name].value
    return math.nan if value is None else value


def _fill(
    table: Array, names: tuple[str, ...], given: Mapping[str, ArrayLike], kind: str
) -> NDArray[np.bool_]:
    """Write given values into the columns; return which columns were given."""
    filled = np.zeros(len(names), dtype=bool)
    n_patients = len(table)
    for name, values in given.items():
        if name not in names:
            raise UnknownNameError(kind, name, names)
        column = np.asarray(values, dtype=float)
        if column.shape not in ((), (n_patients,)):
            raise InvalidValueError(
                f"`{name}` has shape {column.shape}; one number or `({n_patients},)` is expected."
            )
        if not np.isfinite(column).all():
            raise InvalidValueError(
                f"`{name}` holds a value that is not finite; finite numbers are expected."
            )
        table[:, names.index(name)] = column
        filled[names.index(name)] = True
    return filled


def _changes(
    model: Model, code: CompiledModel, doses: Doses | None, n_patients: int
) -> tuple[tuple[Change, ...], ...]:
    changes: list[list[Change]] = [[] for _ in range(n_patients)]
    if doses is None:
        return tuple(() for _ in range(n_patients))
    states = {name: index for index, name in enumerate(code.layout.states)}
    constants = {name: index for index, name in enumerate(code.layout.constants)}
    _check_computed(model, doses.target)
    for name, kind in dict.fromkeys(zip(doses.target, doses.kind, strict=True)):
        if name not in states and name not in constants:
            raise UnknownNameError("dose target", name, [*states, *constants])
        if kind == "add" and name in constants:
            raise InvalidValueError(f'a dose adds to `{name}`, a parameter; use kind "set" or name a state.')
    if len(doses) and doses.patient.max() >= n_patients:
        raise InvalidValueError(
            f"a dose is for patient {doses.patient.max()}; patients are 0 to {n_patients - 1}."
        )
    for row in np.argsort(doses.time, kind="stable"):
        name = doses.target[row]
        array, place = ("y", states[name]) if name in states else ("p", constants[name])
        changes[doses.patient[row]].append(
            Change(float(doses.time[row]), array, place, float(doses.amount[row]), doses.kind[row] == "add")
        )
    return tuple(tuple(patient) for patient in changes)


def _checked_outputs(
    code: CompiledModel, outputs: Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """Return the names of the outputs, and where each stands."""
    layout = code.layout
    sections = {"y": layout.states, "a": layout.assigned, "p": layout.constants}
    known = {name: (array, i) for array, names in sections.items() for i, name in enumerate(names)}
    if outputs is None:
        outputs = (*layout.states, *layout.assigned)
    for name in outputs:
        if name not in known:
            raise UnknownNameError("output", name, known)
    return tuple(outputs), tuple(known[name] for name in outputs)
