"""Times to relapse of all arms in one table, with the words for what was not reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from koebner.trials.record import TrialRecord
from koebner.trials.recorded import Recorded
from koebner.trials.relapse import RelapseDefinition, relapse_times
from koebner.trials.survival import SurvivalCurve, kaplan_meier


@dataclass(frozen=True, kw_only=True)
class Relapse:
    """Times to relapse under one definition.

    `table` has one row an arm; `curves` the Kaplan-Meier curve of each arm, None where nobody was
    at risk.
    """

    definition: str
    meaning: str
    responder: str
    table: pd.DataFrame
    curves: Mapping[str, SurvivalCurve | None]


def summarise_relapse(
    record: TrialRecord, courses: Mapping[str, Recorded], definition: RelapseDefinition
) -> Relapse:
    """Return the times to relapse of each arm.

    Parameters
    ----------
    record
        The trial as it was run.
    courses
        Recorded scores of each arm, shape `(n_patients, n_visits)`.
    definition
        Which loss counts.
    """
    curves: dict[str, SurvivalCurve | None] = {}
    table = []
    for arm, recorded in courses.items():
        last_dose = record.last_dose_week(arm)
        times = relapse_times(recorded, np.array(record.visits), last_dose, definition)
        curves[arm] = kaplan_meier(times.weeks[times.at_risk], times.relapsed[times.at_risk])
        n = int(recorded.seen[:, 0].sum())
        at_risk = int(times.at_risk.sum())
        table.append(
            {
                "arm": arm,
                "definition": definition.name,
                "last_dose_week": last_dose,
                "n": n,
                "never_responders": n - at_risk,
                "at_risk": at_risk,
                "responded_after_last_dose": int(times.late.sum()),
                "relapsed": int(times.relapsed.sum()),
                **_describe_median(curves[arm]),
            }
        )
    return Relapse(
        definition=definition.name,
        meaning=definition.meaning,
        responder=definition.responder,
        table=pd.DataFrame(table),
        curves=curves,
    )


def _describe_median(curve: SurvivalCurve | None) -> dict[str, Any]:
    """Return median, limits and their wording; what was not reached says so."""
    if curve is None:
        nothing = float("nan")
        return {"median_weeks": nothing, "lower_95": nothing, "upper_95": nothing, "median": "no responder"}
    if np.isinf(curve.median_weeks):
        text = f"not reached ({curve.events} of {curve.n})"
    else:
        upper = "not reached" if np.isinf(curve.median_upper) else f"{curve.median_upper:g}"
        text = f"{curve.median_weeks:g} ({curve.median_lower:g} to {upper})"
    return {
        "median_weeks": curve.median_weeks,
        "lower_95": curve.median_lower,
        "upper_95": curve.median_upper,
        "median": text,
    }
