"""Ensembles of parameter sets: what a calibration ships.

A parameter set gives numbers by name: parameters of the disease, "THERAPY.IC50" for the potency of a
drug, "sd of PARAMETER" for how widely patients differ in it. The central set is the fit to the figures as
published; each member is the fit to one perturbation of them by their own errors, so that the members
spread as the posterior does.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from koebner.errors import InvalidValueError, UnknownNameError

_FOLDER = Path(str(files("koebner.fits"))) / "ensembles"
_DIGITS = 6
_POTENCY = ".IC50"

RESULTS = "results.json"
"""File of an ensemble in its folder."""

FITTED = "calibration: the fit to all open trial arms (docs/calibration/protocol.md)"
"""Source of the numbers in pack, populations and catalogue that the shipped fit gave."""

_ADOPTED_DIGITS = 4

WIDTH = "sd of "
"""Before the name of a parameter: how widely patients differ in it."""


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """Parameter sets of one calibration.

    Attributes
    ----------
    name
        For example "shipped".
    data
        Which figures it was fitted to, in words.
    central
        The central parameter set.
    members
        The members.
    costs
        Sum of squared residuals of the central set and of each member, `(1 + n_members,)`.
    manifest
        Hashes of tables, protocol, model and code, and the seed.
    fingerprint
        Hash of everything that decided the fit.
    """

    fingerprint: str
    name: str
    data: str
    central: Mapping[str, float]
    members: tuple[Mapping[str, float], ...]
    costs: tuple[float, ...]
    manifest: Mapping[str, str | int]

    def member(self, number: int) -> Mapping[str, float]:
        """Return the central set for 0, else a member; numbers beyond the last begin again."""
        if number < 0:
            raise InvalidValueError(f"member {number} was given; expected 0 or more.")
        return self.central if number == 0 else self.members[(number - 1) % len(self.members)]


def potency_name(therapy: str) -> str:
    """Return the name of a drug's potency in a parameter set: "THERAPY.IC50"."""
    return f"{therapy}{_POTENCY}"


def potencies(values: Mapping[str, float]) -> dict[str, float]:
    """Return the potencies of a parameter set by drug.

    Examples
    --------
    >>> potencies({"K_KC": 0.5, "secukinumab.IC50": 112.0})
    {'secukinumab': 112.0}
    """
    return {name.removesuffix(_POTENCY): value for name, value in values.items() if name.endswith(_POTENCY)}


def adopted(value: float) -> float:
    """Return a fitted number as pack, populations and catalogue hold it: to four digits."""
    return float(f"{value:.{_ADOPTED_DIGITS}g}")


def available_ensembles() -> tuple[str, ...]:
    """Return the names of the shipped ensembles."""
    return tuple(sorted(path.parent.name for path in _FOLDER.glob(f"*/{RESULTS}")))


@cache
def load_ensemble(name: str = "shipped") -> Ensemble:
    """Return a shipped ensemble.

    Raises
    ------
    UnknownNameError
        No such ensemble.

    Examples
    --------
    >>> len(load_ensemble("protocol").members) >= 5
    True
    """
    if name not in available_ensembles():
        raise UnknownNameError("fit", name, available_ensembles())
    return read_ensemble(ensemble_folder(name) / RESULTS)


def ensemble_folder(name: str) -> Path:
    """Return the folder of a shipped ensemble, with the tables that its calibration wrote."""
    return _FOLDER / name


def posterior_file(name: str) -> Path:
    """Return the file of a shipped posterior of one block: "msc" or "phototherapy"."""
    return _FOLDER.parent / "posteriors" / f"{name}.json"


def read_ensemble(path: Path) -> Ensemble:
    """Return the ensemble of a file.

    Raises
    ------
    InvalidValueError
        The file cannot be read, or is no ensemble.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Ensemble(**{**content, "members": tuple(content["members"]), "costs": tuple(content["costs"])})
    except OSError as error:
        raise InvalidValueError(f"The fit cannot be read ({error.strerror}).", file=path) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidValueError(
            "This is no fit; a file `results.json` that `koebner calibrate` wrote is expected.", file=path
        ) from error


def write_ensemble(path: Path, ensemble: Ensemble) -> None:
    """Write an ensemble, numbers to six digits."""
    content = asdict(ensemble)
    content["central"] = _rounded(ensemble.central)
    content["members"] = [_rounded(member) for member in ensemble.members]
    content["costs"] = [round(each, 3) for each in ensemble.costs]
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.{_DIGITS}g}") for name, value in values.items()}
