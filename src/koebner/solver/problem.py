"""What is to be integrated, checked and put into arrays, the same for every method."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.kinetics import Model
from koebner.solver.doses import Doses
from koebner.solver.machine_code.compile import CompiledModel, Recipe, compile_recipe
from koebner.solver.records import Record, plan_records
from koebner.solver.symbolic.equations import Layout

Array = NDArray[np.float64]

LONGEST_PART = 0.01
"""Longest step as a part of the whole time where there are conditions: nothing but such a limit lets a
system at rest see a condition on time that changes to and fro."""
SIGN_NOISE, SIGN_TOLERANCES = 1e-6, 10.0
"""What cannot be negative may fall below 0 by this share of its size, and so many times atol."""
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
class Columns:
    """Numbers of all patients, kept small: a row for all, and columns in which patients differ.

    `default` has shape `(n,)`, `places` `(n_given,)`, `given` `(n_patients, n_given)` and `is_given`,
    which marks the places, `(n,)`.
    """

    default: Array
    places: NDArray[np.int64]
    given: Array
    is_given: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.given)

    def __getitem__(self, patient: int) -> Array:
        row = self.default.copy()
        row[self.places] = self.given[patient]
        return row


@dataclass(frozen=True, kw_only=True, eq=False)
class Schedule:
    """Doses of all patients: those of patient i are rows `first[i]` to `first[i + 1]`, by time.

    `kind` has bit 1 for a constant, else a state, and bit 2 where the amount is added, else set.
    """

    first: NDArray[np.int64]
    time: Array
    place: NDArray[np.int64]
    kind: NDArray[np.int64]
    amount: Array

    def __getitem__(self, patient: int) -> tuple[Change, ...]:
        rows = slice(self.first[patient], self.first[patient + 1])
        columns = (self.time, self.kind, self.place, self.amount)
        return tuple(
            Change(time, "p" if kind & 1 else "y", place, amount, bool(kind & 2))
            for time, kind, place, amount in zip(*(c[rows].tolist() for c in columns), strict=True)
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """What is to be integrated; `states[i]` and `constants[i]` are those of a patient at time 0.

    Values are nan where nothing was given and an initial assignment computes them.
    """

    recipe: Recipe
    times: Array
    states: Columns
    constants: Columns
    changes: Schedule
    outputs: tuple[str, ...]
    places: tuple[tuple[str, int], ...]
    """Where each output stands: in `y` (states), `a` (observed variables) or `p` (constants)."""
    never_negative: NDArray[np.bool_]
    """States that may not fall below 0, shape `(n_states,)`: species, unless all may."""
    first_patient: int
    """Number of the first patient within a larger whole; keys the randomness of a patient."""
    rtol: float
    atol: float
    max_steps: int
    longest_step: float
    """Infinite where none was given."""

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return len(self.states)

    @cached_property
    def code(self) -> CompiledModel:
        """The equations for one patient."""
        return compile_recipe(self.recipe)

    @property
    def given_states(self) -> NDArray[np.bool_]:
        """States whose value was given and is kept, shape `(n_states,)`."""
        return self.states.is_given

    @property
    def given_constants(self) -> NDArray[np.bool_]:
        """Constants whose value was given and is kept, shape `(n_constants,)`."""
        return self.constants.is_given


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What a method gives back, nan where a patient failed.

    Shapes `(n_patients, n_times, n_outputs)` and `(n_patients, n_records)`.
    """

    values: Array
    records: Array
    status: NDArray[np.int64]
    reasons: tuple[str, ...]


def rounding_below_zero(rtol: float, atol: float, largest: Array) -> Array:
    """Return how far below 0 rounding errors may take what cannot be negative, given its largest size.

    The step driver has the same rule.
    """
    return max(SIGN_NOISE, rtol) * largest + SIGN_TOLERANCES * atol


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
    allow_negative: bool,
    longest_step: float | None,
    first_patient: int,
    records: Mapping[str, Record],
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
    if longest_step is not None and not longest_step > 0:
        raise InvalidValueError(f"`longest_step` is {longest_step}; a time above 0 is expected.")
    checked_times = _checked_times(times)
    if outputs is None:
        outputs = (*model.states, *model.assigned)
    model, plan = plan_records(model, records)
    recipe = Recipe(model, plan)
    layout = recipe.layout
    names, places = _checked_outputs(layout, outputs)
    _check_computed(model, [*parameters, *initial])
    _check_closed(model, parameters)
    for name in parameters:
        if name in layout.states:
            raise InvalidValueError(f"`{name}` is a state; give its value at time 0 in `initial`.")
    y = np.array([initial_value(model, name) for name in layout.states])
    p = np.array([constant_value(model, name) for name in layout.constants])
    return Problem(
        recipe=recipe,
        times=checked_times,
        states=_columns(y, layout.states, initial, n_patients, "state"),
        constants=_columns(p, layout.constants, parameters, n_patients, "parameter"),
        changes=_schedule(model, layout, doses, n_patients),
        outputs=names,
        places=places,
        never_negative=np.array(
            [name in model.species and not allow_negative for name in layout.states], dtype=bool
        ),
        first_patient=first_patient,
        rtol=rtol,
        atol=atol,
        max_steps=max_steps,
        longest_step=math.inf if longest_step is None else float(longest_step),
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
    computed = set(model.assigned)
    for name in dict.fromkeys(names):
        if name in computed:
            amount = f"{name}_amount"
            remedy = f"; give the amount, `{amount}`" if amount in model.species else ""
            raise InvalidValueError(f"`{name}` is computed by a rule and cannot be given a value{remedy}.")


def _check_closed(model: Model, given: Mapping[str, ArrayLike]) -> None:
    missing = [name for name in model.inputs if name not in given]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise InvalidValueError(
            f"model `{model.id}` has open inputs: {names}; give them in `parameters` or compose another part."
        )


def initial_value(model: Model, name: str) -> float:
    """Return what a state starts from where no initial assignment sets it."""
    return model.species[name].initial if name in model.species else constant_value(model, name)


def constant_value(model: Model, name: str) -> float:
    """Return the size of a compartment or the value of a parameter; NaN for one without."""
    if name in model.compartments:
        return model.compartments[name].size
    value = model.parameters[name].value
    return math.nan if value is None else value


def _columns(
    default: Array, names: tuple[str, ...], given: Mapping[str, ArrayLike], n_patients: int, kind: str
) -> Columns:
    """Return default values with the given ones in their columns."""
    columns = np.empty((n_patients, len(given)))
    for i, (name, values) in enumerate(given.items()):
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
        columns[:, i] = column
    places = np.array([names.index(name) for name in given], dtype=np.int64)
    is_given = np.zeros(len(names), dtype=bool)
    is_given[places] = True
    return Columns(default=default, places=places, given=columns, is_given=is_given)


def _schedule(model: Model, layout: Layout, doses: Doses | None, n_patients: int) -> Schedule:
    if doses is None:
        doses = Doses(patient=[], time=[], target=(), amount=[])
    states = {name: index for index, name in enumerate(layout.states)}
    constants = {name: index for index, name in enumerate(layout.constants)}
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
    rows = np.lexsort((doses.time, doses.patient))  # stable: doses at one time keep their order
    place = {**states, **constants}
    targets = np.fromiter((place[name] for name in doses.target), dtype=np.int64, count=len(doses))
    of_constant = np.fromiter((name in constants for name in doses.target), dtype=bool, count=len(doses))
    adds = np.fromiter((kind == "add" for kind in doses.kind), dtype=bool, count=len(doses))
    counts = np.bincount(doses.patient, minlength=n_patients)
    return Schedule(
        first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        time=doses.time[rows],
        place=targets[rows],
        kind=(of_constant + 2 * adds)[rows].astype(np.int64),
        amount=doses.amount[rows],
    )


def _checked_outputs(
    layout: Layout, outputs: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """Return the names of the outputs, and where each stands."""
    sections = {"y": layout.states, "a": layout.observed, "p": layout.constants}
    known = {name: (array, i) for array, names in sections.items() for i, name in enumerate(names)}
    for name in outputs:
        if name not in known:
            raise UnknownNameError("output", name, known)
    return tuple(outputs), tuple(known[name] for name in outputs)
