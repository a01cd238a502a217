"""scipy's odeint: LSODA with rates and exact Jacobian compiled by numba, restarted at every dose."""

import time

import numpy as np
import scipy
from problem import ATOL_SHARE, DOSE_DAYS, DOSES, WEEKS, WEEKS_A_DOSE, Array, Method, Patients
from scipy.integrate import odeint

from koebner.kinetics import Model
from koebner.solver.symbolic.equations import Layout


def scipy_odeint(model: Model) -> Method:
    from odeint_numba import compiled  # noqa: PLC0415 - needs numba, which is optional

    begin = time.process_time()
    functions, n_hoisted = compiled(model)
    ready_in = time.process_time() - begin
    rates, jacobian, hoist = (functions[name] for name in ("rates", "jacobian", "hoist"))
    layout = Layout.of(model)
    default = np.array([model.parameters[name].value for name in layout.constants], dtype=float)
    start = np.array([model.parameters[name].value for name in model.states], dtype=float)
    dose = np.array([DOSES.get(name, 0.0) for name in model.states])

    def run(patients: Patients, rtol: float) -> Array:
        places = [layout.constants.index(name) for name in patients]
        rows = np.column_stack([*patients.values()])
        courses = np.empty((len(rows), len(WEEKS), len(start)))
        for course, row in zip(courses, rows, strict=True):
            p = np.concatenate([default, np.zeros(n_hoisted)])
            p[places] = row
            hoist(p)
            course[0] = start
            for k in range(0, WEEKS_A_DOSE * len(DOSE_DAYS), WEEKS_A_DOSE):
                course[k + 1 : k + WEEKS_A_DOSE + 1] = odeint(
                    rates,
                    course[k] + dose,
                    WEEKS[k : k + WEEKS_A_DOSE + 1],
                    args=(p,),
                    Dfun=jacobian,
                    col_deriv=True,
                    tfirst=True,
                    rtol=rtol,
                    atol=ATOL_SHARE * rtol,
                    mxstep=100_000,
                )[1:]
        return courses

    return Method(name=f"scipy {scipy.__version__} odeint, numba", run=run, ready_in=ready_in, mark=25.0)
