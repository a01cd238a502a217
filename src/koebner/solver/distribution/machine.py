"""What two computers must have in common to compute the same bytes."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version

from koebner.errors import InvalidValueError
from koebner.solver.machine_code.assembly import cpu
from koebner.solver.machine_code.object_cache import code_hash

_LIBRARIES = ("koebner", "numpy", "scipy", "llvmlite")
# Families of instructions that compilers and libraries choose between for arithmetic.
_VECTORS = ("sse4.2", "avx", "avx2", "fma", "avx512f", "neon", "sve")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Software and type of processor of a computer.

    Other software may give another result; another type of processor gives one that differs by
    rounding, since other instructions and other versions of elementary functions are used there.
    """

    software: Mapping[str, str]
    processor: Mapping[str, str]


@lru_cache(maxsize=1)
def this_machine() -> Machine:
    """Return what this process runs on."""
    name, features, _ = cpu()
    has = features.split(",")
    return Machine(
        software={
            "Python": ".".join(platform.python_version_tuple()[:2]),
            **{library: version(library) for library in _LIBRARIES},
            "code of Koebner": code_hash()[:12],
        },
        processor={
            "system": " ".join((platform.system(), platform.machine(), *platform.libc_ver())).strip(),
            "processor": name,
            "instructions": " ".join(vector for vector in _VECTORS if f"+{vector}" in has),
        },
    )


def difference(found: Mapping[str, str], expected: Mapping[str, str]) -> str:
    """Return what differs first, empty when nothing does.

    Examples
    --------
    >>> difference({"Python": "3.11", "numpy": "2.1.0"}, {"Python": "3.11", "numpy": "2.4.6"})
    'numpy 2.1.0 in place of 2.4.6'
    """
    differing = (name for name, value in expected.items() if found.get(name) != value)
    return next((f"{name} {found.get(name)} in place of {expected[name]}" for name in differing), "")


def check_alike(worker: str, found: Machine, expected: Machine) -> None:
    """Refuse a worker that would compute other bytes.

    Raises
    ------
    InvalidValueError
        When its software or its processor is not the one expected; the message names the first difference.
    """
    for kind in ("software", "processor"):
        differing = difference(getattr(found, kind), getattr(expected, kind))
        if differing:
            raise InvalidValueError(
                f"worker {worker} has {differing}; all workers need the software of the calling process and "
                "one type of processor, or a result would depend on where it was computed."
            )
