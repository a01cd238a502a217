"""libroadrunner: CVODE with code by LLVM, one patient after the other.

Its integrator is called directly and gets states and parameters as arrays, which is some 5 % faster than
`simulate`, with the same numbers. CVODE is restarted at every dose and nothing is reset that need not be.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
from problem import (
    ATOL_SHARE,
    DOSE_DAYS,
    DOSES,
    WEEKS,
    WEEKS_A_DOSE,
    Array,
    Method,
    Patients,
    write_plain_model,
)

from koebner.kinetics import Model


def libroadrunner(model: Model) -> Method:
    import roadrunner  # noqa: PLC0415 - optional

    begin = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plain.xml"
        write_plain_model(file)
        runner = roadrunner.RoadRunner(str(file))
    ready_in = time.process_time() - begin
    ids = list(runner.model.getGlobalParameterIds())
    states = [ids.index(name) for name in model.states]
    start = np.array([model.parameters[name].value for name in model.states], dtype=float)
    dose = np.array([DOSES.get(name, 0.0) for name in model.states])
    integrator = runner.getIntegrator()
    integrator.stiff = True
    integrator.maximum_num_steps = 100_000
    week = WEEKS[1] - WEEKS[0]

    def run(patients: Patients, rtol: float) -> Array:
        integrator.relative_tolerance, integrator.absolute_tolerance = rtol, ATOL_SHARE * rtol
        places = [ids.index(name) for name in patients]
        rows = np.column_stack([*patients.values()])
        courses = np.empty((len(rows), len(WEEKS), len(states)))
        for course, row in zip(courses, rows, strict=True):
            runner.model.setGlobalParameterValues(places, row)
            course[0] = start
            for k, day in enumerate(DOSE_DAYS):
                runner.model.setTime(day)
                runner.model.setGlobalParameterValues(states, course[WEEKS_A_DOSE * k] + dose)
                integrator.restart(day)
                for i in range(WEEKS_A_DOSE):
                    integrator.integrate(day + i * week, week)
                    course[WEEKS_A_DOSE * k + i + 1] = runner.model.getGlobalParameterValues(states)
        return courses

    return Method(name=f"libroadrunner {roadrunner.__version__}", run=run, ready_in=ready_in, mark=40.0)
