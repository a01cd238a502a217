"""Virtual populations: plausible patients drawn by weight, so that a sample resembles trials.

Every patient of a virtual population is one of a few thousand reference patients. A sample draws them
with replacement, so that in a large one the same reference patient comes again, under another number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.populations.population import (
    DeviationEntry,
    Moments,
    Population,
    PopulationEntry,
    load_plausible,
    numbered_patients,
    plausible_names,
    pooled,
)
from koebner.populations.reference_patients import (
    REFERENCES,
    Reference,
    ReferenceEntry,
    read_reference,
    reference_entry,
    reference_names,
)
from koebner.randomness import uniforms

_DRAWN = "reference patient"


class VirtualEntry(PopulationEntry):
    """A plausible population and what made it a virtual one.

    Attributes
    ----------
    plausible
        The population that its patients were drawn from.
    reference
        Hash of the patients.
    notes
        What covariates that were added do, in sentences.
    """

    plausible: str
    reference: str
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class VirtualPopulation(Population):
    """Weighted plausible patients: a sample draws them by weight.

    Attributes
    ----------
    reference
        The patients, their weights, and what was matched.

    Examples
    --------
    >>> population = load_population("virtual-moderate-to-severe")
    >>> bool(population.reference.effective_size > 500)
    True
    """

    entry: VirtualEntry
    reference: Reference = field(repr=False)

    def sample(self, n: int, *, seed: int, first: int = 0) -> Cohort:
        """Return patients `first` to `first + n - 1`, each a reference patient drawn by weight.

        Who a patient is hangs on the seed and the patient's number alone; the covariate
        `reference_patient` says it.

        Raises
        ------
        InvalidValueError
            A number of patients below 1, or a negative seed or first patient.

        Examples
        --------
        >>> population = load_population("virtual-moderate-to-severe")
        >>> population.sample(2, seed=1, first=5).patients.tolist()
        [5, 6]
        """
        patients = numbered_patients(n, seed=seed, first=first)
        return self._drawn(patients, uniforms(seed, patients, _DRAWN)[:, 0])

    def spread(self, n: int, *, seed: int) -> Cohort:
        """Return `n` patients whose numbers follow the weights as evenly as whole patients can.

        Unlike those of `sample`, the patients depend on how many there are.

        Raises
        ------
        InvalidValueError
            A number of patients below 1, or a negative seed.

        Examples
        --------
        >>> len(load_population("virtual-moderate-to-severe").spread(64, seed=1))
        64
        """
        if n < 1 or seed < 0:
            raise InvalidValueError(
                f"n {n} and seed {seed} were given; expected n above 0 and a seed not below."
            )
        begin = uniforms(seed, [0], _DRAWN)[0, 0]
        return self._drawn(range(n), (np.arange(n) + begin) / n)

    def differing(self, model: Model) -> tuple[str, ...]:
        """Return the parameters that a model has at other values than those the weights were found under.

        With any, patients still resemble the published baselines, but no longer the responses.
        """
        values = self.reference.manifest.parameter_set
        return tuple(
            name
            for name, parameter in model.parameters.items()
            if name in values
            and not np.isclose(np.nan if parameter.value is None else parameter.value, values[name])
        )

    def _drawn(self, patients: range, places: NDArray[np.float64]) -> Cohort:
        """Return the reference patients at places between 0 and 1 along the sum of the weights."""
        ends = np.cumsum(self.reference.weights)
        chosen = np.minimum(np.searchsorted(ends, places, side="right"), len(ends) - 1)
        known = self.reference.cohort.subset(chosen)
        index = pd.Index(patients, name="patient")
        return Cohort(
            covariates=known.covariates.assign(reference_patient=known.patients).set_index(index),
            deviations=known.deviations.set_index(index),
            scales=known.scales,
            signs=known.signs,
            regions=known.regions,
        )


def available_populations() -> tuple[str, ...]:
    """Return the names of all populations, of plausible patients and virtual ones.

    Examples
    --------
    >>> available_populations()
    ('moderate-to-severe', 'virtual-moderate-to-severe')
    """
    return tuple(sorted((*plausible_names(), *reference_names())))


@cache
def load_population(name: str = "moderate-to-severe") -> Population:
    """Return a population by name: of plausible patients, or a virtual one.

    Raises
    ------
    UnknownNameError
        No such population; the closest names are offered.
    """
    if name not in available_populations():
        raise UnknownNameError("population", name, available_populations())
    if name in plausible_names():
        return load_plausible(name)
    return virtual_population(name, reference_entry(name), read_reference(REFERENCES / name))


def virtual_population(name: str, entry: ReferenceEntry, reference: Reference) -> VirtualPopulation:
    """Return the virtual population of weighted patients."""
    plausible = load_plausible(entry.plausible)
    described = plausible.entry.model_dump() | {"title": entry.title, "plausible": entry.plausible}
    described["deviations"] = [
        _as_wide_as_fitted(deviation, reference.manifest.parameter_set).model_dump()
        for deviation in plausible.entry.deviations
    ]
    return VirtualPopulation(
        name=name,
        entry=VirtualEntry(
            **described,
            reference=reference.manifest.patients,
            notes=tuple(share.effect for share in entry.shares.values()),
        ),
        moments=baseline_moments(entry),
        reference=reference,
    )


def baseline_moments(entry: ReferenceEntry) -> dict[str, Moments]:
    """Return the published baselines that a reference is matched to, by covariate."""
    plausible = load_plausible(entry.plausible)
    shares = {name: pooled(share.quantity, plausible.entry.studies) for name, share in entry.shares.items()}
    return {**plausible.moments, **shares}


def _as_wide_as_fitted(entry: DeviationEntry, values: Mapping[str, float]) -> DeviationEntry:
    name = f"sd of {entry.parameter}"
    if name not in values:
        return entry
    return entry.model_copy(update={"sd": values[name], "source": f"calibration: `{name}` of the manifest"})
