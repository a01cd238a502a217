"""Plausible patients: a population is a description, a sample of it is a cohort.

Covariates are drawn from families whose means and standard deviations are pooled over the baseline
tables of published trials; what cannot be measured is drawn from the deviations of the file.
Patients are *plausible*, not yet weighted into a *virtual population* (Allen, Rieger and Musante
2016, doi:10.1002/psp4.12063; `koebner.populations.virtual`). Left out: correlation between the
covariates, except that disease duration rises with age and cannot exceed it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field
from scipy import stats

from koebner.catalogs import Strict, entry_names, read_entry
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.evidence import load_baselines
from koebner.patients import Cohort
from koebner.patients.cohort import Scale
from koebner.patients.lesion import REGIONS, SIGNS
from koebner.randomness import normals

_FOLDER = Path(str(files("koebner.populations"))) / "catalog"
# A point of the Sobol sequence may lie on the edge, where the normal score is infinite.
_EDGE = 1e-9

# Normal scores of the patients for one purpose, `(n_patients, width)`.
Scores = Callable[[str, int], NDArray[np.float64]]


class CovariateEntry(Strict):
    """How a covariate is drawn: family, limits, and the quantity of the baseline tables it follows.

    `follows` names a covariate drawn before, which this one cannot exceed and rises with.
    """

    quantity: str
    family: Literal["lognormal", "gamma"]
    above: float
    below: float
    follows: str | None = None
    correlation: float = Field(default=0.0, ge=-1, le=1)


class DeviationEntry(Strict):
    """How patients differ in one model parameter."""

    parameter: str
    scale: Scale
    sd: float = Field(ge=0)
    source: str = Field(min_length=1)


class LesionEntry(Strict):
    """How signs and regions differ within a patient."""

    sd_signs: float = Field(ge=0)
    sd_regions: float = Field(ge=0)
    source: str = Field(min_length=1)


class PopulationEntry(Strict):
    """One file of the population catalogue."""

    title: str
    studies: tuple[str, ...]
    covariates: dict[str, CovariateEntry]
    deviations: tuple[DeviationEntry, ...]
    lesion: LesionEntry


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Pooled mean and standard deviation of a baseline quantity, and how many patients gave it."""

    mean: float
    sd: float
    n: int


@dataclass(frozen=True, kw_only=True)
class Population:
    """A description from which any number of plausible patients can be drawn.

    Attributes
    ----------
    moments
        Mean and standard deviation of each covariate, pooled over published trial arms.
    """

    name: str
    entry: PopulationEntry
    moments: Mapping[str, Moments]

    def sample(self, n: int, *, seed: int, first: int = 0) -> Cohort:
        """Return patients `first` to `first + n - 1`; each is the same whoever else is drawn.

        Raises
        ------
        InvalidValueError
            A number of patients below 1, or a negative seed or first patient.

        Examples
        --------
        >>> population = load_plausible("moderate-to-severe")
        >>> population.sample(3, seed=1).patients.tolist()
        [0, 1, 2]
        """
        patients = numbered_patients(n, seed=seed, first=first)
        return self._cohort(patients, lambda purpose, width: normals(seed, patients, purpose, width))

    def spread(self, n: int, *, seed: int) -> Cohort:
        """Return patients that fill the population evenly, for means that hang less on who was drawn.

        Their scores are a scrambled Sobol sequence. Unlike those of `sample`, the patients depend on
        how many there are.

        Raises
        ------
        InvalidValueError
            A number of patients that is no power of two, where the sequence is balanced, or a negative
            seed.

        Examples
        --------
        >>> len(load_plausible("moderate-to-severe").spread(64, seed=1))
        64
        """
        power = int(n).bit_length() - 1
        if n < 1 or n != 2**power or seed < 0:
            raise InvalidValueError(
                f"n {n} and seed {seed} were given; expected a power of two, and a seed of 0 or more."
            )
        widths = self._widths()
        sequence = stats.qmc.Sobol(sum(widths.values()), rng=np.random.default_rng(seed))
        inside = np.clip(sequence.random_base2(power), _EDGE, 1 - _EDGE)
        ends = np.cumsum(list(widths.values()))[:-1]
        columns = dict(zip(widths, np.split(stats.norm.ppf(inside), ends, axis=1), strict=True))
        return self._cohort(range(n), lambda purpose, _: columns[purpose])

    def _widths(self) -> dict[str, int]:
        """Return how many scores a patient has for each purpose."""
        single = (*self.entry.covariates, *(entry.parameter for entry in self.entry.deviations))
        return {**dict.fromkeys(single, 1), "signs": len(SIGNS), "regions": len(REGIONS)}

    def _cohort(self, patients: range, scores: Scores) -> Cohort:
        """Return the patients of given normal scores."""
        index = pd.Index(patients, name="patient")
        spread, widths = self.entry.lesion, self._widths()
        deviations = {
            entry.parameter: entry.sd * scores(entry.parameter, 1)[:, 0] for entry in self.entry.deviations
        }
        return Cohort(
            covariates=pd.DataFrame(self._covariates(patients, scores), index=index),
            deviations=pd.DataFrame(deviations, index=index),
            scales={entry.parameter: entry.scale for entry in self.entry.deviations},
            signs=np.exp(spread.sd_signs * scores("signs", widths["signs"])),
            regions=np.exp(spread.sd_regions * scores("regions", widths["regions"])),
        )

    def _covariates(self, patients: range, draw: Scores) -> dict[str, NDArray[np.float64]]:
        """Return the covariates in the order of the file, through correlated normal scores."""
        scores: dict[str, NDArray[np.float64]] = {}
        covariates: dict[str, NDArray[np.float64]] = {}
        for name, entry in self.entry.covariates.items():
            scores[name] = draw(name, 1)[:, 0]
            limit = np.full(len(patients), entry.below)
            if entry.follows is not None:
                rho = entry.correlation
                scores[name] = rho * scores[entry.follows] + np.sqrt(1 - rho**2) * scores[name]
                limit = np.minimum(limit, covariates[entry.follows])
            u = np.asarray(stats.norm.cdf(scores[name]), dtype=float)
            covariates[name] = _quantiles(entry, self.moments[name], u, limit)
        return covariates


def plausible_names() -> tuple[str, ...]:
    """Return the names of all populations of plausible patients."""
    return entry_names(_FOLDER)


@cache
def load_plausible(name: str) -> Population:
    """Return a population of plausible patients by name.

    Raises
    ------
    UnknownNameError
        No such population; the closest names are offered.
    """
    if name not in plausible_names():
        raise UnknownNameError("population of plausible patients", name, plausible_names())
    entry = read_entry(_FOLDER / f"{name}.toml", PopulationEntry)
    moments = {key: pooled(covariate.quantity, entry.studies) for key, covariate in entry.covariates.items()}
    return Population(name=name, entry=entry, moments=moments)


def numbered_patients(n: int, *, seed: int, first: int) -> range:
    """Return the numbers of `n` patients from `first` on.

    Raises
    ------
    InvalidValueError
        A number of patients below 1, or a negative seed or first patient.
    """
    if n < 1 or seed < 0 or first < 0:
        raise InvalidValueError(
            f"n {n}, seed {seed} and first {first} were given; expected n above 0, the others not below."
        )
    return range(first, first + n)


def pooled(quantity: str, studies: tuple[str, ...]) -> Moments:
    """Pool mean and standard deviation of a baseline quantity over the arms of some studies.

    The pooled variance is the weighted variance within arms plus that between their means.
    """
    rows = [row for row in load_baselines() if row.quantity == quantity and row.study in studies]
    if not rows:
        raise InvalidValueError(f"no baseline of `{quantity}` in the studies {', '.join(studies)}.")
    n = np.array([row.n for row in rows], dtype=float)
    mean = np.array([row.mean for row in rows], dtype=float)
    sd = np.array([row.sd for row in rows], dtype=float)
    grand = float(np.average(mean, weights=n))
    variance = float(np.average(sd**2 + (mean - grand) ** 2, weights=n))
    return Moments(mean=grand, sd=variance**0.5, n=int(n.sum()))


def _quantiles(
    entry: CovariateEntry, moments: Moments, u: NDArray[np.float64], limit: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Map uniforms to the covariate's distribution, cut at each patient's limit."""
    excess, variance = moments.mean - entry.above, moments.sd**2
    if entry.family == "lognormal":
        s2 = np.log1p(variance / excess**2)
        family = stats.lognorm(s=np.sqrt(s2), scale=excess * np.exp(-s2 / 2))
    else:
        family = stats.gamma(a=excess**2 / variance, scale=variance / excess)
    return np.asarray(entry.above + family.ppf(u * family.cdf(limit - entry.above)), dtype=float)
