"""Doses and scheduled changes: what happens to which patient when."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from koebner.errors import InvalidValueError

KINDS = ("add", "set")


@dataclass(frozen=True, kw_only=True, init=False, eq=False)
class Doses:
    """One row a dose; at the same time and patient, rows act in their order.

    Parameters
    ----------
    patient
        Index of the patient within the call, shape `(n_doses,)`.
    time
        In the model's time, 0 or later, shape `(n_doses,)`.
    target
        Ids of what is changed, one a row or one for all.
    amount
        What is added to a state, or what a state or parameter is set to, shape `(n_doses,)`.
    kind
        "add" or "set", one a row or one for all.

    Raises
    ------
    InvalidValueError
        When lengths differ, a time is negative or a number is not finite.

    Examples
    --------
    >>> weekly = Doses(patient=[0, 0], time=[0.0, 7.0], target="depot", amount=[300.0, 300.0])
    >>> weekly.target
    ('depot', 'depot')
    """

    patient: NDArray[np.int64]
    time: NDArray[np.float64]
    target: tuple[str, ...]
    amount: NDArray[np.float64]
    kind: tuple[str, ...]

    def __init__(
        self,
        *,
        patient: ArrayLike,
        time: ArrayLike,
        target: str | Sequence[str],
        amount: ArrayLike,
        kind: str | Sequence[str] = "add",
    ) -> None:
        times = np.array(time, dtype=float)
        arrays = {"patient": _patients(patient), "time": times, "amount": np.array(amount, dtype=float)}
        words = {
            "target": (target,) * times.size if isinstance(target, str) else tuple(target),
            "kind": (kind,) * times.size if isinstance(kind, str) else tuple(kind),
        }
        shapes = {name: array.shape for name, array in arrays.items()}
        shapes |= {name: (len(word),) for name, word in words.items()}
        for name, shape in shapes.items():
            if shape != (times.size,):
                raise InvalidValueError(
                    f"`{name}` of the doses has shape {shape}; `({times.size},)` is expected, as `time`."
                )
        for name, array in arrays.items():
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        for name, word in words.items():
            object.__setattr__(self, name, word)
        self._check_values()

    def _check_values(self) -> None:
        for bad, what in (
            (~np.isfinite(self.time) | (self.time < 0), "time"),
            (~np.isfinite(self.amount), "amount"),
            (self.patient < 0, "patient"),
        ):
            if bad.any():
                row = int(np.argmax(bad))
                value = getattr(self, what)[row]
                raise InvalidValueError(
                    f"dose {row} has {what} {value}; a finite number"
                    f"{'' if what == 'amount' else ', 0 or larger,'} is expected."
                )
        for row, kind in enumerate(self.kind):
            if kind not in KINDS:
                raise InvalidValueError(f'dose {row} is of kind "{kind}"; "add" or "set" is expected.')

    def __len__(self) -> int:
        return len(self.target)


def _patients(patient: ArrayLike) -> NDArray[np.int64]:
    given = np.array(patient)
    if given.size and not np.issubdtype(given.dtype, np.integer):
        raise InvalidValueError(
            f"`patient` of the doses is of type {given.dtype}; whole numbers are expected."
        )
    return given.astype(np.int64)
