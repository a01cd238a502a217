"""What a simulation returns: labelled arrays, a status a patient, and where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass

import xarray as xr

from koebner.errors import UnknownNameError


@dataclass(frozen=True, kw_only=True)
class Trajectories:
    """The course of one or many patients.

    Attributes
    ----------
    dataset
        One variable a quantity, dims `(patient, time)`; coordinates `time` [days] and `week`.
    status
        "ok" or why the patient could not be simulated, dims `(patient,)`; such a patient is NaN.
    provenance
        Model fingerprint, therapy, tolerances and versions.

    Examples
    --------
    >>> import koebner as kb
    >>> course = kb.simulate(kb.load_model(), kb.Patient(pasi=20), weeks=4)
    >>> course["PASI"].dims
    ('patient', 'time')
    """

    dataset: xr.Dataset
    status: xr.DataArray
    provenance: Mapping[str, str | float]

    def __getitem__(self, name: str) -> xr.DataArray:
        if name not in self.dataset.data_vars:
            raise UnknownNameError(
                "quantity",
                name,
                [str(v) for v in self.dataset.data_vars],
                hint="List them with `course.names`.",
            )
        return self.dataset[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all quantities."""
        return tuple(str(name) for name in self.dataset.data_vars)

    @property
    def n_failed(self) -> int:
        """Number of patients who could not be simulated."""
        return int((self.status != "ok").sum())
