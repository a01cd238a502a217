"""What one parameter set says of responder rates: enough to compare many fits, without intervals."""

from collections.abc import Mapping, Sequence

import numpy as np

from koebner.calibration.fitting.courses import Course, Rehearsal, weeks_by_course
from koebner.calibration.fitting.prediction import SEED
from koebner.calibration.fitting.responses import responder_percent, with_values
from koebner.calibration.protocol import Protocol, load_protocol
from koebner.calibration.validation.rows import AskedArm, asked_of, open_rows
from koebner.calibration.validation.scores import MAIN_ENDPOINTS
from koebner.calibration.validation.simulation import course_name
from koebner.kinetics import Model
from koebner.populations import Population
from koebner.trials.observation import visit_model

# Many fits are compared, for which fewer patients do.
_PATIENTS = 256


def rates_of(
    values: Mapping[str, float],
    rows: Sequence[AskedArm],
    *,
    model: Model,
    population: Population,
    n_patients: int = _PATIENTS,
) -> tuple[float, ...]:
    """Return the responder rate of each row as one parameter set has it [percent].

    Parameters
    ----------
    values
        The parameter set, with potencies of all drugs of the rows.
    rows
        Responder rates.
    model, population
        The disease, and the population that the patients come from.
    n_patients
        Patients of each arm, a power of two.
    """
    therapies = {course_name(row): row.therapy for row in rows}
    weeks = weeks_by_course((course_name(row), row.week) for row in rows)
    courses = {name: Course(therapy=therapies[name], weeks=weeks[name]) for name in weeks}
    fared = Rehearsal(model, population, population.spread(n_patients, seed=SEED), courses).run(values)
    visit = with_values(visit_model(model), values)
    return tuple(
        responder_percent(fared[course_name(row)].at(row.week), row.week, row.endpoint, visit) for row in rows
    )


def held_out_error(
    values: Mapping[str, float],
    *,
    model: Model,
    population: Population,
    protocol: Protocol | None = None,
    n_patients: int = _PATIENTS,
) -> float:
    """Return the mean absolute error of one parameter set on what the protocol holds out [points].

    PASI75 and PASI90 of both tiers.

    Parameters
    ----------
    values, model, population, n_patients
        As of `rates_of`.
    protocol
        The shipped one when left out.
    """
    rows = [
        row
        for row in asked_of(open_rows(protocol or load_protocol()))
        if row.role in ("tier 1", "tier 2") and row.endpoint in MAIN_ENDPOINTS and not row.from_memory
    ]
    found = rates_of(values, rows, model=model, population=population, n_patients=n_patients)
    return float(np.mean(np.abs(np.array(found) - [row.observed for row in rows])))
