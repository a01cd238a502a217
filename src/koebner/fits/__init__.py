"""The parameter sets that calibrations left: an ensemble each, never one point."""

from koebner.fits.ensemble import (
    ADOPTED_DIGITS,
    FITTED,
    RESULTS,
    WIDTH,
    Ensemble,
    available_ensembles,
    ensemble_folder,
    load_ensemble,
    posterior_file,
    read_ensemble,
    write_ensemble,
)

__all__ = [
    "ADOPTED_DIGITS",
    "FITTED",
    "RESULTS",
    "WIDTH",
    "Ensemble",
    "available_ensembles",
    "ensemble_folder",
    "load_ensemble",
    "posterior_file",
    "read_ensemble",
    "write_ensemble",
]
