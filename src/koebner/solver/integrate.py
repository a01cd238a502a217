"""The one contract of integration, whatever the method behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from koebner.errors import UnknownNameError
from koebner.kinetics import Model
from koebner.solver.doses import Doses
from koebner.solver.problem import Outcome, Problem, Progress, prepare
from koebner.solver.reference import solve

Array = NDArray[np.float64]

METHODS: Mapping[str, Callable[[Problem, Progress], Outcome]] = MappingProxyType({"reference": solve})
"""By name, functions that integrate all patients of a problem."""

_NONE: Mapping[str, ArrayLike] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """Values of all patients; a failed patient's are nan and `reasons` says why.

    `times` has shape `(n_times,)`, `values` `(n_patients, n_times, n_outputs)`, `status`
    `(n_patients,)`; `names` are the outputs and `reasons` one sentence a patient, "ok" or why not.
    """

    times: Array
    names: tuple[str, ...]
    values: Array
    status: NDArray[np.int64]
    reasons: tuple[str, ...]

    def column(self, name: str) -> Array:
        """Return one output, shape `(n_patients, n_times)`.

        Raises
        ------
        UnknownNameError
            When the solution holds no such output.
        """
        if name not in self.names:
            raise UnknownNameError("output", name, self.names)
        return self.values[:, :, self.names.index(name)]


def integrate(
    model: Model,
    *,
    times: ArrayLike,
    n_patients: int = 1,
    parameters: Mapping[str, ArrayLike] = _NONE,
    initial: Mapping[str, ArrayLike] = _NONE,
    doses: Doses | None = None,
    outputs: Sequence[str] | None = None,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    max_steps: int = 20_000,
    method: str = "reference",
    progress: Progress | None = None,
) -> Solution:
    """Integrate a model from time 0 for many patients, each by itself.

    A patient's numbers do not depend on who else is in the call. A patient who fails does not stop the
    others.

    Parameters
    ----------
    model
        Equations, default values and initial values.
    times
        When to report, 0 or later, rising, in the model's time, shape `(n_times,)`. At the time of a
        dose the value before the dose is reported.
    n_patients
        Number of patients.
    parameters
        Values that replace those of the model, one number or shape `(n_patients,)`.
    initial
        Values of states at time 0, likewise. They replace initial assignments.
    doses
        Exact stops at which states or parameters change.
    outputs
        States, variables of assignment rules or parameters; by default all states and such variables.
    rtol, atol
        Relative and absolute tolerance of a step.
    max_steps
        Most steps from one stop to the next; stops are output times and doses.
    method
        Name of the method, one of `METHODS`.
    progress
        Called after each patient with the number of patients done.

    Raises
    ------
    UnknownNameError
        When a parameter, state, output, dose target or method does not exist.
    InvalidValueError
        When a value, shape or time is wrong.

    Examples
    --------
    >>> from koebner.kinetics import read_antimony
    >>> decay = read_antimony("model decay()\\n x = 1; k = 0.5; x' = -k*x\\nend")
    >>> solution = integrate(decay, times=[0, 2], n_patients=2, parameters={"k": [0.5, 1.0]})
    >>> solution.column("x").round(3)
    array([[1.   , 0.368],
           [1.   , 0.135]])
    """
    if method not in METHODS:
        raise UnknownNameError("method", method, METHODS)
    problem = prepare(
        model,
        times=times,
        n_patients=n_patients,
        parameters=parameters,
        initial=initial,
        doses=doses,
        outputs=outputs,
        rtol=rtol,
        atol=atol,
        max_steps=max_steps,
    )
    outcome = METHODS[method](problem, progress or _silent)
    return Solution(
        times=problem.times,
        names=problem.outputs,
        values=outcome.values,
        status=outcome.status,
        reasons=outcome.reasons,
    )


def _silent(done: int) -> None:
    """Report no progress."""
