"""Which patients keep their lesion: the slowest way back to it, patient by patient."""

import numpy as np
from numpy.typing import NDArray

from koebner.disease import lesion_state
from koebner.errors import ModelError
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.solver.machine_code.compile import compile_model
from koebner.solver.problem import constant_value, initial_value

Array = NDArray[np.float64]


def lesion_growth(model: Model, cohort: Cohort) -> Array:
    """Return how fast the slowest disturbance of each patient's lesion grows [1/day], `(n_patients,)`.

    It is the largest real part of the eigenvalues of the Jacobian at the lesion where a patient starts;
    below 0 the lesion is stable. `koebner.disease.lesion_state` says the same of one model.

    Parameters
    ----------
    model
        The disease, starting at its plaque.
    cohort
        The patients.

    Raises
    ------
    ModelError
        The model starts with healthy skin, or does not rest where it starts.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> from koebner.patients import Patient
    >>> bool(lesion_growth(load_model(), Patient(pasi=20).cohort())[0] < 0)
    True
    """
    if lesion_state(model) is None:
        raise ModelError(
            f"`{model.id}` does not rest where it starts; expected a model with a lesion that stays."
        )
    code = compile_model(model)
    layout = code.layout
    place = {name: number for number, name in enumerate(layout.constants)}
    begin = np.array([initial_value(model, name) for name in layout.states])
    typical = np.zeros(len(layout.constants) + code.n_hoisted)
    typical[: len(place)] = [constant_value(model, name) for name in layout.constants]
    own = {place[name]: values for name, values in cohort.parameters(model).items() if name in place}
    no_state, no_constant = np.zeros(len(begin), dtype=np.bool_), np.zeros(len(place), dtype=np.bool_)
    growth = np.zeros(len(cohort))
    for patient in range(len(cohort)):
        states, constants = begin.copy(), typical.copy()
        for where, values in own.items():
            constants[where] = values[patient]
        code.start(states, constants, no_state, no_constant)
        code.hoist(constants)
        growth[patient] = np.linalg.eigvals(code.jacobian(0.0, states, constants)).real.max()
    return growth
