"""simulate(): patients under a therapy, from their own lesion on.

A patient starts where the model starts: in the packs of the established plaque at the lesional steady
state, which is 1 by construction, so there is no burn-in. Weeks at the border, days inside.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from types import NoneType
from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from koebner.errors import InvalidValueError, SolverError
from koebner.kinetics import Model, compose
from koebner.patients import Cohort, Patient
from koebner.simulation.dosing import planned_doses
from koebner.simulation.retreatment import Assess, find_restarts, visits_of
from koebner.simulation.trajectories import Trajectories
from koebner.simulation.triggers import Triggers
from koebner.solver import Doses, Solution, Status, integrate
from koebner.therapies import Therapy
from koebner.units import DAYS_PER_WEEK

if TYPE_CHECKING:
    from distributed import Client

# A lifetime; whoever asks for more has mistaken the unit.
LONGEST_WEEKS = 5200.0
SHORTEST_DAYS = 1e-3
METHOD = "rodas4p2"
RTOL = 1e-6
ATOL = 1e-9


def simulate(
    model: Model,
    patients: Patient | Cohort,
    therapy: Therapy | None = None,
    *,
    weeks: float,
    every_days: float = 7.0,
    at_weeks: ArrayLike | None = None,
    outputs: Sequence[str] | None = None,
    on_failure: Literal["raise", "keep"] = "raise",
    triggers: Triggers | None = None,
    rule_visits: ArrayLike | None = None,
    assess: Assess | None = None,
    threads: int | None = None,
    scheduler: "str | Client | None" = None,
    progress: Callable[[int], None] | None = None,
) -> Trajectories:
    """Simulate patients under a therapy.

    Parameters
    ----------
    model
        The disease, from `koebner.disease.load_model`.
    patients
        One patient or a cohort.
    therapy
        What they get; nothing when left out.
    weeks
        How long [weeks].
    every_days
        Distance of the reported times [days].
    at_weeks
        Reported times [weeks], `(n_times,)`, in place of `every_days`. A value at the time of a
        dose is the one before it.
    outputs
        States and rules to report; all of them when left out.
    on_failure
        "raise" a SolverError when a patient cannot be integrated, or "keep" the row as NaN.
    triggers
        Injuries, infections or stress that the patients meet; none when left out.
    rule_visits, assess
        For a therapy that comes again by a rule: the visits at which it is looked at [weeks], the first
        of them the baseline, and what such a visit sees of the true PASI. At the rule's own interval
        and without error when left out.
    threads, scheduler
        As of `koebner.solver.integrate`: threads here, or a Dask cluster. The numbers depend on neither.
    progress
        Called with the number of patients done.

    Returns
    -------
    Trajectories
        `course["PASI"]` has dims `(patient, time)`; the coordinate `courses` says how often each
        patient was given the therapy.

    Raises
    ------
    InvalidValueError
        An argument of another kind, or times that are negative, not rising, or later than `weeks`.
    UnknownNameError
        An output that the model does not have.
    SolverError
        A patient failed and `on_failure` is "raise"; it keeps who and why.

    Examples
    --------
    >>> import koebner as kb
    >>> uc_msc = kb.therapies.load("uc_msc")
    >>> course = kb.simulate(kb.load_model(), kb.Patient(pasi=20), uc_msc, weeks=12)
    >>> bool(course["PASI"].sel(time=84).item() < 20)
    True
    """
    _check_kinds(model, patients, therapy, triggers)
    if on_failure not in ("raise", "keep"):
        raise InvalidValueError(f'on_failure "{on_failure}" was given; expected "raise" or "keep".')
    cohort = patients.cohort() if isinstance(patients, Patient) else patients
    times = _times(weeks, every_days, at_weeks)
    setting = _Setting(
        model=model,
        whole=composed_with(model, therapy),
        therapy=therapy,
        triggers=triggers,
        weeks=weeks,
        threads=threads,
        scheduler=scheduler,
    )
    again = _restarts(setting, cohort, rule_visits, assess)
    solution = setting.integrated(cohort, times, outputs, again, progress)
    if on_failure == "raise":
        _raise_failures(solution, cohort)
    return _trajectories(solution, cohort, setting.whole, therapy, again)


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """What is simulated, whoever the patients are; `whole` is the disease with what the therapy brings."""

    model: Model
    whole: Model
    therapy: Therapy | None
    triggers: Triggers | None
    weeks: float
    threads: int | None
    scheduler: "str | Client | None"

    def integrated(
        self,
        cohort: Cohort,
        times: NDArray[np.float64],
        outputs: Sequence[str] | None,
        restarts: Sequence[Sequence[float]],
        progress: Callable[[int], None] | None = None,
    ) -> Solution:
        given = planned_doses(self.therapy, self.model, cohort, weeks=self.weeks, restarts=restarts)
        return integrate(
            self.whole,
            times=times,
            n_patients=len(cohort),
            parameters=cohort.parameters(self.model),
            doses=_together(given, _met(self.triggers, self.model, cohort, self.weeks)),
            outputs=outputs,
            method=METHOD,
            rtol=RTOL,
            atol=ATOL,
            threads=self.threads,
            scheduler=self.scheduler,
            progress=progress,
        )


def _restarts(
    setting: _Setting, cohort: Cohort, rule_visits: ArrayLike | None, assess: Assess | None
) -> list[list[float]]:
    """Return when each patient gets the therapy again by its rule; never without one."""
    therapy = setting.therapy
    if therapy is None or therapy.retreatment is None:
        return [[] for _ in range(len(cohort))]
    given = visits_of(therapy.retreatment, setting.weeks) if rule_visits is None else rule_visits
    visits = np.asarray(given, dtype=float)

    def course(some: NDArray[np.int64], restarts: Sequence[Sequence[float]]) -> NDArray[np.float64]:
        solution = setting.integrated(cohort.subset(some), visits * DAYS_PER_WEEK, ["PASI"], restarts)
        return solution.values[:, :, 0]

    return find_restarts(therapy, course, visits, len(cohort), until_week=setting.weeks, assess=assess)


def _check_kinds(model: object, patients: object, therapy: object, triggers: object) -> None:
    """Refuse an argument of another kind, such as the name of a pack in place of its model."""
    expected: dict[str, tuple[object, tuple[type, ...], str]] = {
        "model": (model, (Model,), "what `koebner.load_model` returns"),
        "patients": (patients, (Patient, Cohort), "a `Patient` or a `Cohort`"),
        "therapy": (therapy, (Therapy, NoneType), "what `koebner.therapies.load` returns"),
        "triggers": (
            triggers,
            (Triggers, NoneType),
            '`Triggers`, such as `Triggers.at([("Trauma", 1, 5.0)])`',
        ),
    }
    for name, (given, kinds, words) in expected.items():
        if not isinstance(given, kinds):
            raise InvalidValueError(f"{name} {given!r} was given; expected {words}.")


@lru_cache(maxsize=32)
def _composed(
    model: Model, parts: tuple[Model, ...], sets: tuple[tuple[str, str], ...], model_id: str
) -> Model:
    return compose([model, *parts], id=model_id, bind=dict(sets))


def composed_with(model: Model, therapy: Therapy | None) -> Model:
    """Return the disease with the equations and numbers that a therapy brings along."""
    if therapy is None:
        return model
    valued = model.with_parameters(**therapy.values) if therapy.values else model
    parts = tuple(agent.part for agent in therapy.agents if agent.part is not None)
    if not parts:
        return valued
    sets = tuple(sorted(therapy.sets.items()))
    return _composed(valued, parts, sets, f"{model.id}_{therapy.id.replace('+', '_')}")


def _times(weeks: float, every_days: float, at_weeks: ArrayLike | None) -> NDArray[np.float64]:
    if not 0 < weeks <= LONGEST_WEEKS:
        raise InvalidValueError(f"weeks {weeks:g} was given; expected above 0 and at most {LONGEST_WEEKS:g}.")
    if at_weeks is None:
        if not SHORTEST_DAYS <= every_days < np.inf:
            raise InvalidValueError(
                f"every_days {every_days:g} was given; expected {SHORTEST_DAYS:g} or more, and finite."
            )
        return np.arange(0.0, weeks * DAYS_PER_WEEK + 1e-9, every_days)
    times = np.atleast_1d(np.asarray(at_weeks, dtype=float)) * DAYS_PER_WEEK
    rising = np.all(np.diff(times) > 0)
    if times.size == 0 or not rising or times[0] < 0 or times[-1] > weeks * DAYS_PER_WEEK + 1e-9:
        raise InvalidValueError(
            f"times {np.asarray(at_weeks).tolist()} were given; expected rising weeks from 0 to {weeks:g}."
        )
    return times


def _met(triggers: Triggers | None, model: Model, cohort: Cohort, weeks: float) -> Doses | None:
    return None if triggers is None else triggers.doses(model, cohort.patients.tolist(), weeks)


def _together(*given: Doses | None) -> Doses | None:
    doses = [each for each in given if each is not None]
    if len(doses) < 2:
        return doses[0] if doses else None
    return Doses(
        patient=np.concatenate([each.patient for each in doses]),
        time=np.concatenate([each.time for each in doses]),
        target=tuple(target for each in doses for target in each.target),
        amount=np.concatenate([each.amount for each in doses]),
        kind=tuple(kind for each in doses for kind in each.kind),
    )


def _raise_failures(solution: Solution, cohort: Cohort) -> None:
    failed = {
        int(patient): reason
        for patient, status, reason in zip(cohort.patients, solution.status, solution.reasons, strict=True)
        if not Status(status).succeeded
    }
    if failed:
        first, reason = next(iter(failed.items()))
        raise SolverError(
            f"{len(failed)} of {len(cohort)} patients could not be simulated, "
            f"first patient {first}: {reason} "
            'Call with on_failure="keep" to go on without them.',
            failures=failed,
        )


def _trajectories(
    solution: Solution,
    cohort: Cohort,
    model: Model,
    therapy: Therapy | None,
    restarts: Sequence[Sequence[float]],
) -> Trajectories:
    given = 0 if therapy is None else therapy.n_courses
    coordinates = {
        "patient": cohort.patients,
        "courses": ("patient", [given + len(again) for again in restarts]),
        "time": ("time", solution.times, {"units": "day"}),
        "week": ("time", solution.times / DAYS_PER_WEEK),
    }
    columns = {name: (("patient", "time"), solution.column(name)) for name in solution.names}
    words = [
        "ok" if Status(status).succeeded else reason
        for status, reason in zip(solution.status, solution.reasons, strict=True)
    ]
    provenance: Mapping[str, str | float] = {
        "koebner": version("koebner"),
        "model": model.id,
        "model_fingerprint": model.fingerprint,
        "therapy": "none" if therapy is None else therapy.sentence(),
        "method": METHOD,
        "rtol": RTOL,
        "atol": ATOL,
    }
    return Trajectories(
        dataset=xr.Dataset(columns, coords=coordinates),
        status=xr.DataArray(words, dims=("patient",), coords={"patient": cohort.patients}),
        provenance=provenance,
    )
