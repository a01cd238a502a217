"""Patients in shards: a call of `integrate` cut into calls for consecutive patients, and joined again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from koebner.errors import InvalidValueError
from koebner.solver.doses import Doses

if TYPE_CHECKING:
    from koebner.solver.integrate import Solution

# Larger shards save nothing more; smaller ones show progress sooner and lose less with a worker.
LARGEST_SHARD = 4_000
# Below that, sending a shard (about 2 ms) costs more than to integrate it.
_SMALLEST_SHARD = 25
# Several shards a worker even out that some are slower than others.
SHARDS_PER_WORKER = 4

# Fields of a solution that are the same for all patients; the others hold one entry a patient.
_SHARED_FIELDS = frozenset({"times", "names", "parameters"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Shard:
    """Consecutive patients: the arguments of `integrate` that differ from patient to patient.

    Parameters
    ----------
    n_patients
        Number of patients.
    first_patient
        Number of the first of them within the whole.
    parameters, initial
        As of `integrate`: one number, or shape `(n_patients,)`.
    doses
        Counts patients from 0 within the shard.

    Raises
    ------
    InvalidValueError
        When the number of patients is wrong, or a value or dose is for others than these patients.

    Examples
    --------
    >>> whole = Shard(n_patients=5, parameters={"k": [1, 2, 3, 4, 5], "V": 5.0})
    >>> [(s.first_patient, s.n_patients, s.parameters["k"].tolist()) for s in whole.split(2)]
    [(0, 2, [1, 2]), (2, 2, [3, 4]), (4, 1, [5])]
    """

    n_patients: int = 1
    first_patient: int = 0
    parameters: Mapping[str, ArrayLike] = field(default_factory=dict)
    initial: Mapping[str, ArrayLike] = field(default_factory=dict)
    doses: Doses | None = None

    def __post_init__(self) -> None:
        for kind in ("parameters", "initial"):
            arrays = {name: np.asarray(values) for name, values in getattr(self, kind).items()}
            object.__setattr__(self, kind, arrays)
            for name, array in arrays.items():
                if array.shape not in ((), (self.n_patients,)):
                    raise InvalidValueError(
                        f"`{name}` has shape {array.shape}; one number or `({self.n_patients},)` is expected."
                    )
        if self.n_patients < 1:
            raise InvalidValueError(f"`n_patients` is {self.n_patients}; 1 or more is expected.")
        if self.first_patient < 0:
            raise InvalidValueError(f"`first_patient` is {self.first_patient}; 0 or more is expected.")
        if self.doses is not None and len(self.doses) and self.doses.patient.max() >= self.n_patients:
            raise InvalidValueError(
                f"a dose is for patient {self.doses.patient.max()}; patients are 0 to {self.n_patients - 1}."
            )

    def split(self, size: int) -> Iterator["Shard"]:
        """Yield shards of at most `size` patients, in the patients' order.

        Raises
        ------
        InvalidValueError
            When `size` is below 1.
        """
        if size < 1:
            raise InvalidValueError(f"shards of {size} patients were asked for; 1 or more is expected.")
        doses = None if self.doses is None else _ByPatient(self.doses)
        for start in range(0, self.n_patients, size):
            stop = min(start + size, self.n_patients)
            yield Shard(
                n_patients=stop - start,
                first_patient=self.first_patient + start,
                parameters=_sliced(self.parameters, start, stop),
                initial=_sliced(self.initial, start, stop),
                doses=None if doses is None else doses.between(start, stop),
            )

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of `integrate` that this shard stands for."""
        return {part.name: getattr(self, part.name) for part in fields(self)}


def shard_size(n_patients: int, n_workers: int) -> int:
    """Return how many patients a shard should hold: a few shards for each worker, none too large."""
    even = -(-n_patients // (SHARDS_PER_WORKER * max(n_workers, 1)))
    return min(max(even, _SMALLEST_SHARD), LARGEST_SHARD)


def numbered(shards: Iterable[Shard]) -> Iterator[Shard]:
    """Yield shards as consecutive parts of one whole, the first patient of the first being 0."""
    first = 0
    for shard in shards:
        yield replace(shard, first_patient=first)
        first += shard.n_patients


def join(solutions: Sequence["Solution"]) -> "Solution":
    """Return the solutions of consecutive shards as one, in their order."""
    first = solutions[0]
    joined = {
        part.name: _joined([getattr(solution, part.name) for solution in solutions])
        for part in fields(first)
        if part.name not in _SHARED_FIELDS
    }
    return replace(first, **joined)


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    if isinstance(parts[0], Mapping):
        return {name: _joined([part[name] for part in parts]) for name in parts[0]}
    return tuple(entry for part in parts for entry in part)


def _sliced(values: Mapping[str, ArrayLike], start: int, stop: int) -> dict[str, NDArray[Any]]:
    arrays = {name: np.asarray(value) for name, value in values.items()}
    return {name: array[start:stop] if array.ndim else array for name, array in arrays.items()}


class _ByPatient:
    """Doses in the order of their patients, which finds those of consecutive patients at once."""

    def __init__(self, doses: Doses) -> None:
        self.doses = doses
        self.rows = np.argsort(doses.patient, kind="stable")
        self.patients = doses.patient[self.rows]

    def between(self, start: int, stop: int) -> Doses:
        """Return the doses of patients from `start` to before `stop`, counted from `start`."""
        rows = self.rows[slice(*np.searchsorted(self.patients, [start, stop]))]
        doses = self.doses
        return Doses(
            patient=doses.patient[rows] - start,
            time=doses.time[rows],
            target=[doses.target[row] for row in rows],
            amount=doses.amount[rows],
            kind=[doses.kind[row] for row in rows],
        )
