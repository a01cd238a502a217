"""What published arms say of a drug beyond the model: a correction of its rates, for use.

Frozen parameters cannot meet every drug at every dose. What they miss, published less predicted rate on
the logit, is taken as a Gaussian process (Kennedy and O'Hagan 2001): alike for arms of one drug, more so at
the same doses, at near weeks and for neighbouring endpoints; each trial adds an effect of its own, which
says nothing of the next one. The correction of a rate is what the open arms let expect there, and none
where no arm is alike. It belongs to the fit for use; the fit of the protocol is judged without.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy import linalg, optimize

from koebner.calibration.fitting.responses import RATES
from koebner.catalogs import Strict
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.fits import ensemble_folder

Array = NDArray[np.float64]
Doses = tuple[tuple[float, float], ...]

DISCREPANCY = "discrepancy.json"
"""File of a discrepancy in the folder of its ensemble."""

_DIGITS = 6
# Variance of the process that is no likeness: the matrix of covariances can then be factored.
_JITTER = 1e-6


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a rate stands.

    Attributes
    ----------
    therapy
        Name in the therapy catalogue.
    doses
        Week and amount of all that was given before the rate, `(n_doses, 2)`.
    study
        The trial; empty for one that is not among the open ones.
    week, endpoint
        Of the rate.
    """

    therapy: str
    doses: Doses
    study: str
    week: float
    endpoint: str

    def __post_init__(self) -> None:
        if self.endpoint not in RATES:
            raise UnknownNameError("endpoint", self.endpoint, RATES)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Published less predicted rate on the logit, and the variance of the published one by sampling."""

    place: Place
    difference: float
    sampling: float


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """How much the model misses, and how far that carries from arm to arm.

    Attributes
    ----------
    drug, course, trial
        Standard deviations on the logit: of what all arms of a drug share, of what those at the same doses
        share beyond it, and of what one trial adds to its arms at the same doses.
    weeks
        Weeks over which the correlation falls to 1/e.
    endpoint
        Correlation of neighbouring endpoints.
    """

    drug: float
    course: float
    trial: float
    weeks: float
    endpoint: float


# Where the search for the kernel starts, and its limits: wide, so that they hold a slip of the search.
_START = Kernel(drug=0.3, course=0.2, trial=0.3, weeks=20.0, endpoint=0.7)
_LOWEST = Kernel(drug=0.02, course=0.02, trial=0.05, weeks=4.0, endpoint=0.2)
_HIGHEST = Kernel(drug=2.0, course=2.0, trial=1.0, weeks=100.0, endpoint=0.98)


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What to add to a rate on the logit, and the standard deviation of what stays unknown of it."""

    mean: float
    sd: float


class Discrepancy:
    """What the differences of open arms let expect elsewhere.

    Parameters
    ----------
    differences
        Of the open arms.
    kernel
        How far they carry; `fitted_kernel` finds it.

    Examples
    --------
    >>> place = Place(therapy="adalimumab", doses=((0.0, 80.0),), study="a", week=12.0, endpoint="PASI75")
    >>> found = Difference(place=place, difference=0.5, sampling=0.0)
    >>> kernel = Kernel(drug=0.4, course=0.0, trial=0.4, weeks=20.0, endpoint=0.9)
    >>> round(Discrepancy([found], kernel).at(place).mean, 3)  # half of it may be the trial's own
    0.25
    """

    def __init__(self, differences: Sequence[Difference], kernel: Kernel) -> None:
        self.differences = tuple(differences)
        self.kernel = kernel
        self._places = tuple(each.place for each in self.differences)
        self._factor = _factored(_Likeness(self._places, self._places), _sampling(self.differences), kernel)
        self._weighted = linalg.cho_solve(self._factor, _values(self.differences))

    @property
    def studies(self) -> frozenset[str]:
        """The trials whose arms it rests on."""
        return frozenset(place.study for place in self._places)

    def at(self, place: Place) -> Correction:
        """Return the correction of a rate in a trial that has an effect of its own, not known yet."""
        alike = _Likeness([place], self._places).shared(self.kernel)[0]
        explained = float(alike @ linalg.cho_solve(self._factor, alike))
        whole = self.kernel.drug**2 + self.kernel.course**2
        return Correction(mean=float(alike @ self._weighted), sd=float(np.sqrt(max(whole - explained, 0.0))))

    def without(self, study: str) -> "Discrepancy":
        """Return the discrepancy that the other trials give, with the same kernel."""
        return Discrepancy([each for each in self.differences if each.place.study != study], self.kernel)


def fitted_kernel(differences: Sequence[Difference]) -> Kernel:
    """Return the kernel under which the differences are most likely.

    Raises
    ------
    InvalidValueError
        There is no difference.
    """
    if not differences:
        raise InvalidValueError("no difference was given; expected published and predicted rates.")
    places = [each.place for each in differences]
    likeness, values, sampling = _Likeness(places, places), _values(differences), _sampling(differences)

    def misfit(logs: Array) -> float:
        factor = _factored(likeness, sampling, _kernel_of(logs))
        log_determinant = 2 * np.sum(np.log(np.diag(factor[0])))
        return float(values @ linalg.cho_solve(factor, values) + log_determinant)

    bounds = list(zip(_logs_of(_LOWEST), _logs_of(_HIGHEST), strict=True))
    return _kernel_of(optimize.minimize(misfit, _logs_of(_START), method="L-BFGS-B", bounds=bounds).x)


class _Likeness:
    """What two lists of places share, before a kernel weighs it; each array `(n_first, n_second)`."""

    def __init__(self, first: Sequence[Place], second: Sequence[Place]) -> None:
        self.weeks = np.abs(np.subtract.outer([a.week for a in first], [b.week for b in second]))
        self.steps = np.abs(np.subtract.outer(_ranks(first), _ranks(second)))
        self.drug = np.equal.outer(_array([a.therapy for a in first]), _array([b.therapy for b in second]))
        until = np.minimum.outer([a.week for a in first], [b.week for b in second])
        self.course = self.drug & (_parting(first, second) >= until)
        study = np.equal.outer(_array([a.study for a in first]), _array([b.study for b in second]))
        self.trial = self.course & study

    def shared(self, kernel: Kernel) -> Array:
        """Return the covariance of what arms share whatever their trial."""
        return np.asarray((kernel.drug**2 * self.drug + kernel.course**2 * self.course) * self._near(kernel))

    def within_trials(self, kernel: Kernel) -> Array:
        """Return the covariance that a trial's own effect adds."""
        return np.asarray(kernel.trial**2 * self.trial * self._near(kernel))

    def _near(self, kernel: Kernel) -> Array:
        return np.asarray(np.exp(-self.weeks / kernel.weeks) * kernel.endpoint**self.steps)


def _array(names: Sequence[str]) -> NDArray[np.object_]:
    return np.array(names, dtype=object)


def _ranks(places: Sequence[Place]) -> list[int]:
    return [RATES.index(place.endpoint) for place in places]


def _parting(first: Sequence[Place], second: Sequence[Place]) -> Array:
    """Return the week from which the doses of two arms differ; inf where they never do."""
    here, own = _unique(first)
    there, others = _unique(second)
    weeks = [[min((week for week, _ in one ^ other), default=np.inf) for other in there] for one in here]
    return np.array(weeks, dtype=float).reshape(len(here), len(there))[np.ix_(own, others)]


def _unique(places: Sequence[Place]) -> tuple[list[frozenset[tuple[float, float]]], list[int]]:
    """Return the doses of places, each once, and which of them each place has."""
    known = {doses: number for number, doses in enumerate(dict.fromkeys(place.doses for place in places))}
    return [frozenset(doses) for doses in known], [known[place.doses] for place in places]


def _factored(likeness: _Likeness, sampling: Array, kernel: Kernel) -> tuple[Array, bool]:
    """Return the Cholesky factor of the covariance of differences."""
    covariance = likeness.shared(kernel) + likeness.within_trials(kernel) + np.diag(sampling + _JITTER)
    factor, lower = linalg.cho_factor(covariance, lower=True)
    return np.asarray(factor), bool(lower)


def _values(differences: Sequence[Difference]) -> Array:
    return np.array([each.difference for each in differences], dtype=float)


def _sampling(differences: Sequence[Difference]) -> Array:
    return np.array([each.sampling for each in differences], dtype=float)


def _logs_of(kernel: Kernel) -> Array:
    return np.log(list(asdict(kernel).values()))


def _kernel_of(logs: Array) -> Kernel:
    return Kernel(**dict(zip(asdict(_START), np.exp(logs).tolist(), strict=True)))


class _File(Strict):
    """The content of a file."""

    kernel: Kernel
    differences: tuple[Difference, ...]


def write_discrepancy(path: Path, discrepancy: Discrepancy) -> None:
    """Write a discrepancy, numbers to six digits, one difference a line."""
    kernel = json.dumps(_rounded(asdict(discrepancy.kernel)))
    lines = ",\n  ".join(json.dumps(_rounded(asdict(each))) for each in discrepancy.differences)
    path.write_text(f'{{\n "kernel": {kernel},\n "differences": [\n  {lines}\n ]\n}}\n', encoding="utf-8")


def read_discrepancy(path: Path) -> Discrepancy:
    """Return the discrepancy of a file.

    Raises
    ------
    InvalidValueError
        The file cannot be read, or holds no discrepancy.
    """
    try:
        content = _File.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidValueError(f"The discrepancy cannot be read ({error.strerror}).", file=path) from error
    except (ValidationError, UnicodeDecodeError, UnknownNameError) as error:
        raise InvalidValueError(
            f"This is no discrepancy; a file `{DISCREPANCY}` that `koebner calibrate` wrote is expected.",
            file=path,
        ) from error
    return Discrepancy(content.differences, content.kernel)


@cache
def load_discrepancy(name: str) -> Discrepancy | None:
    """Return the discrepancy of a shipped ensemble; None where it has none, as that of the protocol.

    Examples
    --------
    >>> load_discrepancy("protocol") is None
    True
    """
    path = ensemble_folder(name) / DISCREPANCY
    return read_discrepancy(path) if path.exists() else None


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
