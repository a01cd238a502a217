"""The parameter sets that calibrations left: an ensemble each, never one point."""

from koebner.fits.ensemble import (
    RESULTS,
    WIDTH,
    Ensemble,
    available_ensembles,
    ensemble_folder,
    load_ensemble,
    read_ensemble,
    write_ensemble,
)

__all__ = [
    "RESULTS",
    "WIDTH",
    "Ensemble",
    "available_ensembles",
    "ensemble_folder",
    "load_ensemble",
    "read_ensemble",
    "write_ensemble",
]
