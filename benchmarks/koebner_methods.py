"""Koebner itself, by each of its methods, on one thread unless told otherwise."""

from functools import partial

import numpy as np
from problem import ATOL_SHARE, DOSE_DAYS, DOSES, WEEKS, Array, Method, Patients, count

from koebner.kinetics import Model
from koebner.solver import METHODS, Doses, Status, integrate


def doses_of(n_patients: int) -> Doses:
    """Return both drugs on each day of dosing, for every patient."""
    n_days, n_drugs = len(DOSE_DAYS), len(DOSES)
    return Doses(
        patient=np.repeat(np.arange(n_patients), n_days * n_drugs),
        time=np.tile(np.repeat(DOSE_DAYS, n_drugs), n_patients),
        target=tuple(DOSES) * (n_days * n_patients),
        amount=np.tile([*DOSES.values()], n_days * n_patients),
    )


def run(patients: Patients, rtol: float, *, model: Model, method: str, threads: int = 1) -> Array:
    """Integrate a year; patients whom the method itself did not finish are nan."""
    n_patients = count(patients)
    solution = integrate(
        model,
        times=WEEKS,
        n_patients=n_patients,
        parameters=patients,
        doses=doses_of(n_patients),
        outputs=model.states,
        rtol=rtol,
        atol=ATOL_SHARE * rtol,
        method=method,
        threads=threads,
    )
    # Numbers for which the reference method took over would say nothing of this one.
    solution.values[solution.status != Status.OK] = np.nan
    return solution.values


def koebner_methods(model: Model) -> list[Method]:
    """Return all methods, the default first; how soon they are ready is measured apart."""
    return [
        Method(
            name=f"koebner {name}",
            run=partial(run, model=model, method=name),
            repeats=name != "reference",
        )
        for name in METHODS
        if name != "auto"
    ]
