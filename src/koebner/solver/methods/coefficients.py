"""The coefficients of a Rosenbrock method, read from its file."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from koebner.errors import UnknownNameError


@dataclass(frozen=True, kw_only=True)
class Method:
    """Coefficients of a Rosenbrock method in the form of Hairer and Wanner (1996), section IV.7.

    Row 0 of `a` and `c`, of the first stage, is empty; `d` are the polynomials of the dense output.
    """

    name: str
    paper: str
    doi: str
    order: int
    error_exponent: int
    gamma: float
    a: tuple[tuple[float, ...], ...]
    c: tuple[tuple[float, ...], ...]
    d: tuple[tuple[float, ...], ...]

    @property
    def n_stages(self) -> int:
        """Number of stages."""
        return len(self.a)


def available() -> tuple[str, ...]:
    """Return the names of all methods."""
    names = (file.name for file in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@lru_cache(maxsize=8)
def load_method(name: str) -> Method:
    """Return a method by name.

    Raises
    ------
    UnknownNameError
        When there is no such method.

    Examples
    --------
    >>> load_method("rodas4p2").n_stages
    6
    """
    if name not in available():
        raise UnknownNameError("method", name, available())
    content = tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    rows = {key: tuple(tuple(map(float, row)) for row in content.pop(key)) for key in ("a", "c", "d")}
    return Method(a=((), *rows["a"]), c=((), *rows["c"]), d=rows["d"], **content)
