"""The one contract of integration, whatever the method behind it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.kinetics import Model
from koebner.solver import ensemble, methods
from koebner.solver.distribution.cluster import integrate_on_cluster
from koebner.solver.distribution.sharding import Shard
from koebner.solver.doses import Doses
from koebner.solver.problem import Outcome, Problem, Progress, prepare
from koebner.solver.records import Record, RecordPlan
from koebner.solver.reference import lsoda
from koebner.solver.sensitivities import sensitivities_of, with_sensitivities

if TYPE_CHECKING:
    from distributed import Client

Array = NDArray[np.float64]

METHODS = ("auto", *methods.available(), "reference")
"""What integrates: a Rosenbrock method, LSODA, or "auto", which takes a Rosenbrock method by tolerance."""

_TIGHT = 1e-7
"""Tolerance below which the higher order of Rodas5P pays (Steinebach 2023)."""
_BEYOND_DOUBLES = 1e-14
"""Tolerance below which only the reference method can say what is possible."""

_NONE: Mapping[str, ArrayLike] = MappingProxyType({})
_NO_RECORDS: Mapping[str, Record] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """Values of all patients; a failed patient's are nan and `reasons` says why.

    `times` has shape `(n_times,)`, `values` `(n_patients, n_times, n_outputs)`, `status`
    `(n_patients,)`; `names` are the outputs and `reasons` one sentence a patient, "ok" or why not.
    `records` holds by name what was recorded on the way, each of shape `(n_patients,)`.
    `sensitivities` are the derivatives of the outputs by `parameters`, those that were asked for, shape
    `(n_patients, n_times, n_outputs, n_parameters)`.
    """

    times: Array
    names: tuple[str, ...]
    values: Array
    status: NDArray[np.int64]
    reasons: tuple[str, ...]
    records: Mapping[str, Array]
    parameters: tuple[str, ...]
    sensitivities: Array

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

    def sensitivity(self, name: str, parameter: str) -> Array:
        """Return the derivative of one output by a parameter, shape `(n_patients, n_times)`.

        Raises
        ------
        UnknownNameError
            When the solution holds no such output, or no sensitivities by this parameter.
        """
        if name not in self.names:
            raise UnknownNameError("output", name, self.names)
        if parameter not in self.parameters:
            hint = "Ask for it in `sensitivities` of `integrate`."
            raise UnknownNameError("sensitivity by", parameter, self.parameters, hint=hint)
        return self.sensitivities[:, :, self.names.index(name), self.parameters.index(parameter)]


def integrate(
    model: Model,
    *,
    times: ArrayLike,
    n_patients: int = 1,
    parameters: Mapping[str, ArrayLike] = _NONE,
    initial: Mapping[str, ArrayLike] = _NONE,
    doses: Doses | None = None,
    outputs: Sequence[str] | None = None,
    records: Mapping[str, Record] = _NO_RECORDS,
    sensitivities: Sequence[str] = (),
    rtol: float = 1e-6,
    atol: float = 1e-9,
    max_steps: int = 20_000,
    allow_negative: bool = False,
    longest_step: float | None = None,
    first_patient: int = 0,
    method: str = "auto",
    threads: int | None = None,
    scheduler: "str | Client | None" = None,
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
    records
        By name, reductions that are taken on the way from time 0 to the last of `times`: `Minimum`,
        `Maximum`, `Area` and `FirstTime` of formulas. With `outputs=()` nothing else is kept.
    sensitivities
        Parameters by which the outputs are differentiated, all else that was given being kept. The
        derivatives are integrated along, each as one more state for every state that depends on the
        parameter, to the same tolerances in units of the state and a change of the parameter by its own
        size. A value that was given or set by a dose depends on no parameter from then on; what an
        initial assignment computes from a parameter does.
    rtol, atol
        Relative and absolute tolerance of a step.
    max_steps
        Most steps from one stop to the next, or in a hundredth of the whole time; stops are output times
        and doses. A new start after a condition changed may count as several.
    allow_negative
        Whether species may fall below 0; otherwise a patient in whom one does has failed.
    longest_step
        Longest step, in the model's time. Give a fraction of the period where something smooth, such as
        `sin(time)`, changes much faster than the rest: a solver may step over what it does not look at.
    first_patient
        Number of the first patient, where the call is a part of a larger one.
    method
        Name of the method, one of `METHODS`; "auto" takes Rodas4P2, below an `rtol` of 1e-7 Rodas5P.
    threads
        Number of threads, by default one a processor. The numbers do not depend on it.
    scheduler
        Of a Dask cluster that integrates the patients in shards, its address such as "tcp://host:8786" or
        a `distributed.Client`. The numbers do not depend on it, see `solver.machine`.
    progress
        Called with the number of patients done, every now and then.

    Raises
    ------
    UnknownNameError
        When a parameter, state, output, dose target or method does not exist.
    InvalidValueError
        When a value, shape or time is wrong, or a sensitivity would be: when the model has events, a dose
        sets the parameter, or a rate has a condition on what depends on it.

    Examples
    --------
    >>> from koebner.kinetics import read_antimony
    >>> decay = read_antimony("model decay()\\n x = 1; k = 0.5; x' = -k*x\\nend")
    >>> solution = integrate(decay, times=[0, 2], n_patients=2, parameters={"k": [0.5, 1.0]})
    >>> solution.column("x").round(3)
    array([[1.   , 0.368],
           [1.   , 0.135]])

    How much less is left for a little more of `k`, -t exp(-kt):

    >>> integrate(decay, times=[0, 2], sensitivities=["k"]).sensitivity("x", "k").round(3)
    array([[ 0.   , -0.736]])
    """
    if method not in METHODS:
        raise UnknownNameError("method", method, METHODS)
    if threads is not None and threads < 1:
        raise InvalidValueError(f"`threads` is {threads}; 1 or more is expected, or None for all processors.")
    for word, names in (("outputs", outputs), ("sensitivities", sensitivities)):
        if isinstance(names, str):
            raise InvalidValueError(f"`{word}` is the text {names!r}; a list of names is expected.")
    shard = Shard(
        n_patients=n_patients,
        first_patient=first_patient,
        parameters=parameters,
        initial=initial,
        doses=doses,
    )
    options: dict[str, Any] = {
        "times": times,
        "outputs": outputs,
        "records": records,
        "rtol": rtol,
        "atol": atol,
        "max_steps": max_steps,
        "allow_negative": allow_negative,
        "longest_step": longest_step,
    }
    if scheduler is not None:
        options |= {"method": method, "threads": 1, "sensitivities": sensitivities}
        return integrate_on_cluster(
            integrate, model, shard, scheduler=scheduler, progress=progress, **options
        )
    problem = prepare(model, **shard.arguments, **options)
    return _solution(problem, tuple(records), tuple(sensitivities), method, threads, progress or _silent)


def _solution(
    problem: Problem,
    records: Sequence[str],
    sensitivities: Sequence[str],
    method: str,
    threads: int | None,
    progress: Progress,
) -> Solution:
    names = problem.outputs
    if sensitivities:
        problem = with_sensitivities(problem, sensitivities)
    outcome = _solve(problem, method, progress, threads)
    return Solution(
        times=problem.times,
        names=names,
        values=np.ascontiguousarray(outcome.values[:, :, : len(names)]),
        status=outcome.status,
        reasons=outcome.reasons,
        records=_named(problem.recipe.plan, records, outcome.records),
        parameters=tuple(sensitivities),
        sensitivities=sensitivities_of(outcome, problem, names, sensitivities),
    )


def _named(plan: RecordPlan, asked: Iterable[str], records: Array) -> Mapping[str, Array]:
    """Return records by name, in the order asked; the least value of minus a formula is its largest."""
    columns = zip(plan.names, plan.negated, records.T, strict=True)
    signed = {name: -column if negated else column for name, negated, column in columns}
    return {name: signed[name] for name in asked}


def _solve(problem: Problem, method: str, progress: Progress, threads: int | None) -> Outcome:
    if method == "reference" or problem.rtol < _BEYOND_DOUBLES:
        return lsoda.solve(problem, progress)
    if method == "auto":
        method = "rodas5p" if problem.rtol < _TIGHT else "rodas4p2"
    return ensemble.solve(problem, progress, method, threads)


def _silent(done: int) -> None:
    """Report no progress."""
