"""Every patient's own sessions of light, simulated at all points of sensitivity and pace.

Doses enter relative to the patient's first: minimal erythema doses are not known here, so the first session
is taken to be the first of the catalogue's regimen, and a session's effect rises as it does there.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.light.cohort import SESSIONS_A_WEEK, LightCohort
from koebner.calibration.light.settings import Grid, light_settings
from koebner.errors import InvalidValueError, SolverError
from koebner.kinetics import Model
from koebner.solver import Doses, Status, integrate
from koebner.therapies import load
from koebner.units import DAYS_PER_WEEK

Array = NDArray[np.float64]

LIGHT = "nb_uvb"
RTOL = 1e-4
ATOL = 1e-6


def session_effects(
    cohort: LightCohort, escalation: Array, *, blank_is_missed: bool = False
) -> tuple[Array, Array]:
    """Return effect and day of every session of a whole course, `(n_patients, n_sessions)` each.

    Where no dose is written it is taken to have risen as the median patient's did (`escalation`, relative
    to the first dose), from the nearest that is; or the session was missed, which only those can have been
    that the cohort has a column for.
    """
    n_sessions = escalation.size
    relative = np.array([_completed(doses, escalation) for doses in cohort.doses])
    if blank_is_missed:
        known = relative[:, : cohort.doses.shape[1]]
        known[np.isnan(cohort.doses)] = 0.0
    session = np.arange(n_sessions)
    days = np.array(light_settings().course.session_days)[session % SESSIONS_A_WEEK]
    days += DAYS_PER_WEEK * (session // SESSIONS_A_WEEK)
    return _effect_of_relative(relative), np.broadcast_to(days, relative.shape)


def _completed(doses: Array, escalation: Array) -> Array:
    """Return doses over the first one, blanks filled between neighbours and beyond the last."""
    given = np.flatnonzero(np.nan_to_num(doses) > 0)
    if given.size == 0:
        return escalation.copy()
    first = doses[given[0]] / escalation[given[0]]
    pace = np.interp(np.arange(escalation.size), given, doses[given] / (first * escalation[given]))
    relative = pace * escalation
    relative[: doses.size][doses == 0] = 0.0
    return np.asarray(relative)


def _effect_of_relative(relative: Array) -> Array:
    agent = load(LIGHT).agents[0]
    if agent.dose_effect is None or agent.regimen is None:
        raise InvalidValueError(f"`{LIGHT}` has no dose effect or regimen; expected both in its file.")
    first = agent.regimen.planned(1.0)[0].amount
    return np.asarray((first * relative / agent.dose_effect.reference) ** agent.dose_effect.exponent)


def simulate_light(
    model: Model,
    cohort: LightCohort,
    grid: Grid,
    *,
    escalation: Array,
    lag_days: float = 0.0,
    blank_is_missed: bool = False,
    last_session: NDArray[np.int64] | None = None,
    weeks: Array | None = None,
    values: Mapping[str, float] | None = None,
) -> Array:
    """Return PASI over baseline of every patient at every point, `(n_patients, n_points, n_weeks)`.

    Parameters
    ----------
    model
        The disease.
    cohort
        Patients with the doses that are known.
    grid
        Sensitivity and pace to simulate.
    escalation
        Doses of the median patient over the first one, by session.
    lag_days
        By how much the score follows the skin [days].
    blank_is_missed
        Whether a session without a written dose was missed; otherwise it was given.
    last_session
        Number of the last session of each patient; all of a whole course when left out.
    weeks
        When to report [weeks], the weeks of the course when left out.
    values
        Parameters of the disease to change.

    Raises
    ------
    SolverError
        Some of the courses could not be integrated.
    """
    effect, day = session_effects(cohort, escalation, blank_is_missed=blank_is_missed)
    given = effect > 0
    if last_session is not None:
        given &= np.arange(effect.shape[1]) < last_session[:, None]
    times = np.arange(1.0, light_settings().course.longest_weeks + 1) if weeks is None else weeks
    n = len(cohort) * len(grid)
    rows, sessions = np.nonzero(given)
    who = rows[:, None] * len(grid) + np.arange(len(grid))
    doses = Doses(
        patient=who.ravel(),
        time=np.repeat(day[rows, sessions] + lag_days, len(grid)),
        target="UVB",
        amount=np.repeat(effect[rows, sessions], len(grid)),
    )
    changed = model if values is None else model.with_parameters(**values)
    own = {"UVB_sensitivity": grid.log_sensitivity, "pace": grid.log_pace}
    solution = integrate(
        changed,
        times=times * DAYS_PER_WEEK,
        n_patients=n,
        parameters={name: np.tile(np.exp(points), len(cohort)) for name, points in own.items()},
        doses=doses,
        outputs=["PASI_relative"],
        rtol=RTOL,
        atol=ATOL,
    )
    failed = {i: solution.reasons[i] for i, s in enumerate(solution.status) if not Status(s).succeeded}
    if failed:
        raise SolverError(
            f"{len(failed)} of {n} courses under light failed, first: {next(iter(failed.values()))}",
            failures=failed,
        )
    return solution.column("PASI_relative").reshape(len(cohort), len(grid), len(times))
