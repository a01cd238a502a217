"""The memory in which lanes are integrated: one table of numbers and addresses, known to both sides.

Python fills the table; the step driver (`driver`), which is LLVM code, reads it by the same names.
Every entry has 8 bytes. Arrays "by lane" hold one vector, or one number a lane, for each element.
"""

import ctypes
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

FUNCTIONS = (
    *("start", "hoist", "rates", "factor", "solve", "residual"),
    *("observe", "conditions", "guards", "watch"),
)
"""Addresses of the model's functions."""

SIZES = (
    "n_states",
    "n_steps",  # states, and time where rates depend on it
    "n_constants",
    "n_conditions",
    "n_guards",
    "n_bases",  # guards that come first: bases of roots and powers; the others are species
    "n_minima",
    "n_firsts",
    "n_areas",
    "n_pivots",
    "n_outputs",
    "n_times",
    "n_given_states",  # columns that differ between patients
    "n_given_constants",
    "has_events",
    "max_steps",
    "next_patient",
    "last_patient",
    "budget",  # most steps before returning, so that an interrupt comes through
)

REALS = ("rtol", "atol", "end", "longest_step", "landing")

STATE_ARRAYS: Mapping[str, Callable[[Mapping[str, int]], int]] = {
    **{
        name: lambda size: size["n_states"] + 1
        for name in ("y", "y_new", "y_inside", "stage_y", "residual_y")
    },
    "stages": lambda size: size["n_stages"] * (size["n_states"] + 1),
    "dense": lambda size: size["n_dense"] * (size["n_states"] + 1),
    "p": lambda size: size["n_p"],
    "factors": lambda size: size["n_factors"],
    "observed": lambda size: size["n_observed"],
    **{f"conditions_{word}": lambda size: size["n_conditions"] for word in ("now", "new", "turned")},
    **{name: lambda size: size["n_guards"] for name in ("guards_new", "guards_low", "guards_high")},
    **{name: lambda size: size["n_minima"] + size["n_firsts"] for name in ("watched", "records_now")},
    "samples": lambda size: 3 * size["n_minima"],
}
"""Vectors by lane, and how many of them; states have one place more, for the time."""

LANE_REALS = (
    *("t", "t_new", "h", "h_used", "shift", "error", "stop", "target", "agenda", "next_output"),
    *("inside_t", "low_t", "mark"),
)
"""One number a lane: times and step sizes; `agenda` is when an event is due."""

LANE_WHOLES = (
    *("active", "accepted", "rejected", "arriving", "loading", "paused", "crossing", "fresh"),
    *("suspect", "writing", "seeking", "found"),
    *("patient", "change", "output", "steps", "age"),
)
"""One whole number a lane: flags that are 0 or -1, then counts."""

PROBLEM_ARRAYS = (
    *("times", "default_states", "default_constants", "keep_states", "keep_constants"),
    *("given_states", "given_state_places", "given_constants", "given_constant_places"),
    *("change_first", "change_time", "change_place", "change_kind", "change_amount"),
    *("output_kind", "output_place", "area_place", "pivot_place"),
    *("values", "records", "status", "ended", "scratch_y", "scratch_p"),
)
"""What is to be integrated, and where results go."""

FIELDS = (*FUNCTIONS, *SIZES, *REALS, *STATE_ARRAYS, *LANE_REALS, *LANE_WHOLES, *PROBLEM_ARRAYS)
POSITION = {name: i for i, name in enumerate(FIELDS)}


class Workspace:
    """The table and the arrays that it points to; one a thread."""

    def __init__(self, *, width: int, sizes: Mapping[str, int]) -> None:
        self.table = np.zeros(len(FIELDS), dtype=np.int64)
        self.lanes: dict[str, NDArray[Any]] = {}
        self._kept: dict[str, NDArray[Any]] = {}
        for name, size in STATE_ARRAYS.items():
            self._lane_array(name, (size(sizes), width), np.float64)
        for name in LANE_REALS:
            self._lane_array(name, (width,), np.float64)
        for name in LANE_WHOLES:
            self._lane_array(name, (width,), np.int64)

    def _lane_array(self, name: str, shape: tuple[int, ...], kind: type) -> None:
        self.lanes[name] = array = aligned_zeros(shape, kind)
        self.point(name, array)

    def point(self, name: str, array: NDArray[Any]) -> None:
        """Let a field be the address of an array, which is kept alive."""
        self._kept[name] = array
        self.table[POSITION[name]] = array.__array_interface__["data"][0]

    def kept(self, name: str) -> NDArray[Any]:
        """Return the array that a field points to."""
        return self._kept[name]

    def set(self, name: str, value: float) -> None:
        """Set a number, whole or real as the field is."""
        place = POSITION[name]
        if name in REALS:
            self.table[place : place + 1].view(np.float64)[0] = value
        else:
            self.table[place] = value

    def get(self, name: str) -> int:
        """Return a whole number."""
        return int(self.table[POSITION[name]])

    @property
    def address(self) -> ctypes.c_void_p:
        """Address of the table."""
        return ctypes.c_void_p(self.table.__array_interface__["data"][0])


def aligned_zeros(shape: tuple[int, ...], kind: type) -> NDArray[Any]:
    """Zeros that begin at a multiple of 64 bytes, as vector loads expect."""
    size = int(np.prod(shape)) * 8
    raw = np.zeros(size + 64, dtype=np.uint8)
    begin = -raw.__array_interface__["data"][0] % 64
    return raw[begin : begin + size].view(kind).reshape(shape)
