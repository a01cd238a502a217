"""Carrying a trial out: sample patients, simulate them, hold the visits.

Arms get disjoint patient numbers. Draw 0 is the model as calibrated; draws 1, 2, ... replay the same
patients, with the same visit noise, in models whose uncertain parameters are drawn anew. What has
been simulated is kept draw by draw and arm by arm, so that an interrupted run goes on from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from koebner.disease import known_pack, pack_of
from koebner.errors import InvalidValueError
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.populations import Population, draw_parameters, draw_patients
from koebner.simulation import simulate
from koebner.therapies import Therapy
from koebner.trials.checkpoints import Simulated, restore, store
from koebner.trials.observation import observe, recorded_pasi, visit_model
from koebner.trials.outcome import Outcome
from koebner.trials.record import record_trial
from koebner.trials.recorded import Array

if TYPE_CHECKING:  # a Trial runs by conduct: at run time the import goes that way only
    from distributed import Client

    from koebner.trials.design import Trial

OK = "ok"


@dataclass(frozen=True, kw_only=True)
class _Arm:
    number: int
    label: str
    therapy: Therapy
    cohort: Cohort

    @property
    def patients(self) -> list[int]:
        return [int(patient) for patient in self.cohort.patients]


def conduct(
    trial: "Trial",
    model: Model,
    population: Population,
    *,
    progress: Callable[[int], None] | None = None,
    checkpoint: Path | None = None,
    scheduler: "str | Client | None" = None,
) -> Outcome:
    """Carry out a trial; see `Trial.run` for the parameters."""
    _check_pack(model)
    arms = [
        _Arm(
            number=number,
            label=label,
            therapy=therapy,
            cohort=population.sample(trial.n_per_arm, seed=trial.seed, first=number * trial.n_per_arm),
        )
        for number, (label, therapy) in enumerate(trial.arms.items())
    ]
    visits: list[pd.DataFrame] = []
    statuses: list[NDArray[np.str_]] = []
    courses: list[NDArray[np.int64]] = []
    for draw in range(trial.parameter_draws + 1):
        drawn = draw_parameters(model, trial.seed, draw)
        for arm in arms:
            kept = checkpoint / f"draw-{draw}-arm-{arm.number}.npz" if checkpoint is not None else None
            simulated = _simulate_once(trial, drawn, arm, draw, kept, scheduler)
            visits.append(_hold_visits(trial, drawn, arm, draw, simulated))
            statuses.append(simulated.status)
            courses.append(simulated.courses)
            if progress is not None:
                progress(trial.n_per_arm)
    return Outcome(
        record=record_trial(trial, model, population),
        patients=_describe_patients(arms, statuses, courses),
        all_visits=pd.concat(visits, ignore_index=True),
    )


def _check_pack(model: Model) -> None:
    pack = known_pack(model.id)
    if pack is not None and not pack.treatments:
        raise InvalidValueError(
            f"pack `{pack_of(model.id)}` was given for a trial; no result of a treatment may be taken from "
            "it. Use `human_plaque`."
        )


def _simulate_once(
    trial: "Trial",
    model: Model,
    arm: _Arm,
    draw: int,
    kept: Path | None,
    scheduler: "str | Client | None",
) -> Simulated:
    """Simulate one arm, or read what an earlier run kept of it."""
    restored = restore(kept) if kept is not None else None
    if restored is not None:
        return restored

    def assess(pasi: Array, places: NDArray[np.int64]) -> Array:
        """What the investigators see at the visits, by which a rule of retreatment goes."""
        return recorded_pasi(
            pasi,
            visits=trial.all_visits,
            patients=arm.cohort.patients[places].tolist(),
            seed=trial.seed,
            visit=visit_model(model),
        )

    course = simulate(
        model,
        draw_patients(arm.cohort, draw),
        arm.therapy.drawn(trial.seed, draw),
        weeks=trial.all_visits[-1],
        at_weeks=trial.all_visits,
        outputs=["PASI", "sign_mean", "DLQI_mean"],
        on_failure="keep",
        rule_visits=trial.all_visits,
        assess=assess,
        scheduler=scheduler,
    )
    simulated = Simulated(
        pasi=course["PASI"].to_numpy(),
        sign=course["sign_mean"].to_numpy(),
        dlqi=course["DLQI_mean"].to_numpy(),
        status=np.asarray(course.status.to_numpy(), dtype=str),
        courses=course.dataset["courses"].to_numpy(),
    )
    if kept is not None:
        store(kept, simulated)
    return simulated


def _hold_visits(trial: "Trial", model: Model, arm: _Arm, draw: int, simulated: Simulated) -> pd.DataFrame:
    recorded = observe(
        simulated.pasi,
        simulated.sign,
        simulated.dlqi,
        visits=trial.all_visits,
        patients=arm.patients,
        seed=trial.seed,
        visit=visit_model(model),
    )
    n_visits = len(trial.all_visits)
    return pd.DataFrame(
        {
            "draw": draw,
            "arm": arm.label,
            "patient": np.repeat(arm.patients, n_visits),
            "week": np.tile(trial.all_visits, len(arm.patients)),
            "pasi_true": simulated.pasi.ravel(),
            "pasi": recorded.pasi.ravel(),
            "spga": recorded.spga.ravel(),
            "dlqi": recorded.dlqi.ravel(),
        }
    )


def _describe_patients(
    arms: list[_Arm], statuses: list[NDArray[np.str_]], courses: list[NDArray[np.int64]]
) -> pd.DataFrame:
    """Return one row a patient: arm, number, covariates, courses, status, and in how many draws it failed."""
    tables = []
    for arm in arms:
        of_arm = statuses[arm.number :: len(arms)]
        failed = np.sum([status != OK for status in of_arm[1:]], axis=0, dtype=int)
        table = (
            arm.cohort.covariates.rename(columns={"pasi": "baseline_pasi"})
            .rename_axis("patient")
            .reset_index()
        )
        table.insert(0, "arm", arm.label)
        given = courses[arm.number]  # in the central draw, which comes first
        tables.append(table.assign(courses=given, status=of_arm[0], failed_draws=failed))
    return pd.concat(tables, ignore_index=True)
