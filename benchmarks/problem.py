"""What is integrated and how an error is measured: the same for Koebner and for every peer.

A year of patients on a model of 48 states and 215 parameters made for timing, with 13 doses of two drugs.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import libsbml
import numpy as np
from numpy.typing import NDArray

from koebner.kinetics import Model, read_sbml

Array = NDArray[np.float64]
Patients = Mapping[str, Array]
"""Parameter values, each of shape `(n_patients,)`."""
Run = Callable[[Patients, float], Array]
"""From patients and rtol to all states at all weeks, shape `(n_patients, n_weeks, n_states)`."""

MODEL = Path(__file__).parent / "models" / "psoqsp.xml"
WEEKS = np.arange(0, 365, 7.0)
YEARS = WEEKS[-1] / 364
DOSE_DAYS = np.arange(0, 364, 28.0)
WEEKS_A_DOSE = 4
DOSES = {"A_sc": 300.0, "B_sc": 100.0}  # as the events of the file
SPREAD = 0.3  # standard deviation of the logarithm of every varied parameter
EXPONENTS = ("n17", "n23", "ntnf", "nkc")  # the same for every patient
SHARES = ("F_A", "F_B")  # bioavailabilities, at most 1
ATOL_SHARE = 1e-3  # of rtol


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to integrate, a method of Koebner or a peer."""

    name: str
    run: Run
    repeats: bool = True
    """Whether its timing is repeated; not where speed is not the point."""
    ready_in: float = 0.0
    """What loading or compiling the model took [s]."""
    mark: float = 0.0
    """How many times faster than this peer Koebner is to be."""


def write_plain_model(file: Path) -> None:
    """Write the model without its events: everyone gets the doses as stops, which is exact."""
    document = libsbml.readSBMLFromFile(str(MODEL))
    while document.getModel().getNumEvents():
        document.getModel().removeEvent(0)
    libsbml.writeSBMLToFile(document, str(file))


def read_plain_model() -> Model:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plain.xml"
        write_plain_model(file)
        return read_sbml(file)


def draw_patients(model: Model, n_patients: int, seed: int = 1) -> Patients:
    """Draw parameters log-normally about those of the model; more patients begin with the same ones."""
    centre = {
        name: parameter.value
        for name, parameter in model.parameters.items()
        if parameter.value is not None and name not in model.states and name not in EXPONENTS
    }
    rng = np.random.Generator(np.random.Philox(seed))
    factors = rng.lognormal(0, SPREAD, (n_patients, len(centre))).T
    varied = {name: value * row for (name, value), row in zip(centre.items(), factors, strict=True)}
    return varied | {name: np.minimum(varied[name], 1.0) for name in SHARES}


def first(patients: Patients, n_patients: int) -> Patients:
    return {name: values[:n_patients] for name, values in patients.items()}


def count(patients: Patients) -> int:
    return len(patients[SHARES[0]])


def largest_error(values: Array, exact: Array) -> float:
    """Largest difference, relative to the value and to a thousandth of the state's largest value."""
    scale = np.abs(exact) + 1e-3 * np.abs(exact).max(axis=1, keepdims=True) + 1e-12
    return float((np.abs(values - exact) / scale).max())
