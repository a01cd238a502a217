"""A log of what a fit has evaluated, from which an interrupted search goes on.

A search is deterministic: begun again, it asks for the same points in the same order. The log answers
those it has seen and evaluates the rest, so that nothing of the search itself need be stored.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class EvaluationLog:
    """A function of a point that remembers its answers in a file.

    Parameters
    ----------
    functions
        Residuals `(n_residuals,)` of a point `(n_free,)`, one after another: the first until `turn`.
    path
        File of the log, begun if absent; nothing is kept without one. What follows a point that is not
        asked for again, as after a change of the code, is dropped.
    evaluated
        Called after each new evaluation.
    """

    def __init__(
        self,
        functions: Sequence[Callable[[Array], Array]],
        path: Path | None = None,
        evaluated: Callable[[], None] | None = None,
    ) -> None:
        self._functions = functions
        self._turn = 0
        self._path = path
        self._evaluated = evaluated
        self._seen = [] if path is None else _read(path)
        self.asked = 0

    def __call__(self, point: Array) -> Array:
        """Return the residuals of a point, from the log where it was the next one asked for."""
        place, self.asked = self.asked, self.asked + 1
        if place < len(self._seen):
            known, residuals = self._seen[place]
            if np.array_equal(known, point):
                self._tell()
                return residuals
            self._forget(place)
        residuals = self._functions[self._turn](point)
        if self._path is not None:
            _append(self._path, point, residuals)
        self._tell()
        return residuals

    def turn(self, number: int) -> None:
        """Answer with another of the functions from now on."""
        self._turn = number

    def _tell(self) -> None:
        if self._evaluated is not None:
            self._evaluated()

    def _forget(self, place: int) -> None:
        kept, self._seen = self._seen[:place], self._seen[:place]
        if self._path is not None:
            self._path.unlink()
            for point, residuals in kept:
                _append(self._path, point, residuals)


def _append(path: Path, point: Array, residuals: Array) -> None:
    record = np.concatenate([[len(point), len(residuals)], point, residuals])
    with path.open("ab") as file:
        file.write(record.astype("<f8").tobytes())


def _read(path: Path) -> list[tuple[Array, Array]]:
    """Return the whole records of a log; one cut short by an interruption is cut off."""
    if not path.exists():
        return []
    content = path.read_bytes()
    numbers = np.frombuffer(content[: len(content) // 8 * 8], dtype="<f8")
    records, at = [], 0
    while at + 2 <= len(numbers):
        n_point, n_residuals = int(numbers[at]), int(numbers[at + 1])
        end = at + 2 + n_point + n_residuals
        if end > len(numbers):
            break
        records.append((numbers[at + 2 : at + 2 + n_point].copy(), numbers[at + 2 + n_point : end].copy()))
        at = end
    if at * 8 < len(content):
        path.write_bytes(content[: at * 8])
    return records
