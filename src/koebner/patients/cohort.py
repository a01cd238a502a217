"""Many patients: what is known of them, and how each differs from the typical one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.kinetics import Model
from koebner.patients.lesion import REGIONS, SIGNS, lesion

Scale = Literal["log", "logit", "add"]


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Patients of a population, indexed by their number in it.

    Attributes
    ----------
    covariates
        One row a patient: `pasi` [points], `weight_kg`, `years_since_onset` and others that the model
        does not use; the index is the patient's number.
    deviations
        One row a patient, one column a model parameter: how far the patient is from the typical
        value, on the scale that `scales` names (log, logit or add).
    scales
        Scale of each column of `deviations`.
    signs, regions
        Relative size of the three signs and of the four regions' involvement.
    """

    covariates: pd.DataFrame
    deviations: pd.DataFrame
    scales: Mapping[str, Scale]
    signs: NDArray[np.float64]
    regions: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.covariates)
        if (
            len(self.deviations) != n
            or self.signs.shape != (n, len(SIGNS))
            or self.regions.shape != (n, len(REGIONS))
        ):
            raise InvalidValueError(
                "covariates, deviations, signs and regions differ in their number of patients."
            )

    def __len__(self) -> int:
        return len(self.covariates)

    @property
    def patients(self) -> NDArray[np.int64]:
        """Numbers of the patients in their population, `(n_patients,)`."""
        return self.covariates.index.to_numpy(dtype=np.int64)

    def subset(self, places: NDArray[np.int64]) -> "Cohort":
        """Return the patients at these places, each as they are."""
        return Cohort(
            covariates=self.covariates.iloc[places],
            deviations=self.deviations.iloc[places],
            scales=self.scales,
            signs=self.signs[places],
            regions=self.regions[places],
        )

    def widened(self, factors: Mapping[str, float]) -> "Cohort":
        """Return the patients with their deviations in some parameters multiplied; each keeps his place.

        Parameters
        ----------
        factors
            By parameter; 1 changes nothing. Parameters in which patients do not differ are passed over.
        """
        deviations = self.deviations.copy()
        for parameter in deviations.columns.intersection(list(factors)):
            deviations[parameter] *= factors[parameter]
        return replace(self, deviations=deviations)

    def parameters(self, model: Model) -> dict[str, NDArray[np.float64]]:
        """Return every parameter in which patients differ, each `(n_patients,)`.

        The model gives the typical values, so the same patients can meet another parameter set.

        Raises
        ------
        UnknownNameError
            A deviation names no parameter of the model.
        """
        own = {name: self._individual(name, model) for name in self.deviations.columns}
        own["f_TRM"] = self._memory_share(model, own.get("f_TRM"))
        own["weight_kg"] = self.covariates["weight_kg"].to_numpy(dtype=float)
        pasi = self.covariates["pasi"].to_numpy(dtype=float)
        return own | lesion(model, pasi, self.signs, self.regions)

    def _individual(self, name: str, model: Model) -> NDArray[np.float64]:
        if name not in model.parameters:
            raise UnknownNameError("parameter", name, model.parameters)
        deviation = self.deviations[name].to_numpy(dtype=float)
        return shifted(_typical(model, name), deviation, self.scales[name])

    def _memory_share(self, model: Model, base: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Longer disease, more memory: the log odds rise with the log of its duration."""
        share = np.full(len(self), _typical(model, "f_TRM")) if base is None else base
        years = self.covariates["years_since_onset"].to_numpy(dtype=float)
        years = np.maximum(years, _typical(model, "duration_shortest"))
        rise = _typical(model, "duration_effect_TRM") * np.log(years / _typical(model, "duration_reference"))
        odds = share / (1 - share) * np.exp(rise)
        return np.asarray(odds / (1 + odds), dtype=float)


def shifted(typical: float, deviation: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    """Return the values at a deviation from a typical value.

    Examples
    --------
    >>> shifted(0.5, np.array([0.0, 1.0]), "logit").round(3).tolist()
    [0.5, 0.731]
    """
    if scale == "log":
        return typical * np.exp(deviation)
    if scale == "add":
        return typical + deviation
    odds = typical * np.exp(deviation)
    return np.asarray(odds / (odds + 1 - typical), dtype=float)


def _typical(model: Model, name: str) -> float:
    value = model.parameters[name].value
    if value is None:
        raise InvalidValueError(f"`{name}` has no typical value; give one with `model.with_parameters`.")
    return value
