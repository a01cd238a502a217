"""The parameter sets that calibrations left: an ensemble each, never one point."""

from koebner.fits.ensemble import (
    FITTED,
    RESULTS,
    WIDTH,
    Ensemble,
    adopted,
    available_ensembles,
    ensemble_folder,
    load_ensemble,
    posterior_file,
    potencies,
    potency_name,
    read_ensemble,
    write_ensemble,
)

__all__ = [
    "FITTED",
    "RESULTS",
    "WIDTH",
    "Ensemble",
    "adopted",
    "available_ensembles",
    "ensemble_folder",
    "load_ensemble",
    "posterior_file",
    "potencies",
    "potency_name",
    "read_ensemble",
    "write_ensemble",
]
