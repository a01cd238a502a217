"""The sentences and rows of a trial report: numbers put into words, nothing computed anew."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from koebner.trials import Outcome, Relapse, TrialRecord
from koebner.trials.tables import rows

CELL_PRODUCT = "cell product"
_KEY_ENDPOINT = "PASI75"
MEAN_RULE = "Means are over the patients seen at the visit."


def exploratory(record: TrialRecord) -> str:
    """Return the banner that an arm with a cell product demands; empty without one."""
    if not any(CELL_PRODUCT in arm.kinds for arm in record.arms):
        return ""
    return (
        "The effect of mesenchymal stem cells (MSC) in this model is drawn from a prior, not fitted to "
        "controlled trials, because there are none. How long it lasts rests on 2 to 17 uncontrolled "
        "patients. Use this page to plan a trial, not to expect a result."
    )


def findings(outcome: Outcome) -> list[str]:
    """Return the main result in sentences: the first endpoint at the first summary week, and relapse."""
    table = outcome.summary()
    sentences = []
    if not table.empty:
        names = table["endpoint"].unique().tolist()
        name = _KEY_ENDPOINT if _KEY_ENDPOINT in names else names[0]
        week = outcome.summary_weeks[0]
        shown = rows(table[(table["endpoint"] == name) & (table["week"] == week)])
        parts = [
            f"{row['responders']} of {row['n']} patients on {row['arm']} "
            f"({_percent(row['percent'])} %, 95 % interval {_range(row['lower_95'], row['upper_95'])}"
            f"{_over_parameters(row)})"
            for row in shown
        ]
        sentences.append(f"At week {week:g}, {name} was reached by {listed(parts)}.")
    parts = [
        f"{row['arm']}: {row['median']}" + (f" among {row['at_risk']} responders" if row["at_risk"] else "")
        for row in rows(outcome.relapse().table)
    ]
    sentences.append(
        f"Median weeks from the last dose to loss of response (95 % interval): {'; '.join(parts)}. "
        "Arms differ in who responded, so these medians do not compare them."
    )
    return sentences + retreatments(outcome)


def retreatments(outcome: Outcome) -> list[str]:
    """Return, of each arm with a rule of retreatment, how many patients were treated how often."""
    sentences = []
    for arm in outcome.record.arms:
        if arm.retreatment is None:
            continue
        courses = outcome.patients.loc[outcome.patients["arm"] == arm.label, "courses"]
        numbers, counts = np.unique(courses.to_numpy(dtype=int), return_counts=True)
        often = [f"{count} got it {_times(n)}" for n, count in zip(numbers, counts, strict=True)]
        sentences.append(
            f"{arm.label}: of {len(courses)} patients, {listed(often)}; loss of response is "
            "counted from the last dose of the first course."
        )
    return sentences


def must_not(record: TrialRecord) -> list[str]:
    """Return what the result must not be used for."""
    general = [
        "Diagnosis, dosing or the choice of a treatment for any person.",
        "Evidence that a treatment works: simulated patients repeat what the model was given.",
        "Safety: adverse events and tumours are not predicted.",
        "Psoriatic arthritis, pustular, guttate or paediatric psoriasis, which the model does not describe.",
    ]
    if not exploratory(record):
        return general
    cells = [
        "Proof that MSC cure psoriasis, that resident MSC cause it, or that one source of cells is better.",
        "A statement on how long an MSC effect lasts: its durability has not been validated.",
    ]
    return general + cells


def design(record: TrialRecord) -> list[str]:
    """Return the design in sentences."""
    visits = ", ".join(f"{week:g}" for week in record.visits)
    arms = "one arm" if len(record.arms) == 1 else f"{len(record.arms)} parallel arms"
    replays = (
        f"The same patients were replayed in {record.parameter_draws} models whose uncertain parameters were "
        "drawn from their priors."
        if record.parameter_draws
        else "Model parameters were held at their central values."
    )
    return [
        f"The trial has {arms} of {record.n_per_arm} virtual patients each, drawn from the population "
        f"“{record.population}”: baseline PASI, weight, age and disease duration follow the published "
        "baselines of trials.",
        f"Visits at weeks {visits}. Patients leave at the dropout rate of published trials. Every visit "
        "records PASI with an assessor's noise and a detection limit, and every arm has the placebo "
        "response of a blinded trial.",
        replays,
    ]


def response_rows(table: pd.DataFrame) -> list[dict[str, str]]:
    """Return responder rates as text."""
    return [
        {
            **_place(row),
            "count": f"{row['responders']} of {row['n']}",
            "percent": _percent(row["percent"]),
            **_spread(row, decimals=0),
        }
        for row in rows(table)
    ]


def mean_rows(table: pd.DataFrame) -> list[dict[str, str]]:
    """Return means as text."""
    return [
        {
            **_place(row),
            "endpoint": f"{row['endpoint']} [{row['unit']}]",
            "n": str(row["n"]),
            "mean": _number(row["mean"]),
            **_spread(row, decimals=1),
        }
        for row in rows(table)
    ]


def relapse_rows(relapse: Relapse) -> list[dict[str, Any]]:
    """Return the relapse table as text."""
    return [{**row, "last_dose": f"{row['last_dose_week']:g}"} for row in rows(relapse.table)]


def relapse_note(relapse: Relapse) -> str:
    """Return how loss of response is defined."""
    return (
        f"Loss of response: {relapse.meaning}. Time runs from the last dose; an arm without doses takes "
        f"the longest schedule of the other arms. Patients who never reached {relapse.responder} are not at "
        "risk and are counted apart; those who reached it only after the last dose count from the last dose "
        "all the same. Dropout censors. The placebo response is held at its size from its last informed week "
        "on, an assumption: how it is lost is not predicted, and arms differ in who is at risk, so that "
        "their medians are no comparison of treatments."
    )


def intervals(record: TrialRecord) -> str:
    """Return what the two columns of intervals mean."""
    sampling = (
        "The 95 % interval is what chance does to a trial of this size in this model (rates: Wilson; means: "
        "Student)."
    )
    if not record.parameter_draws:
        return sampling
    return (
        f"{sampling} The 90 % range says how far the rate moves in the same patients when the parameters "
        "are drawn anew: those of the calibration from the members of its fit, the others from their priors "
        f"({record.parameter_draws} draws). The two are not combined. Where one published number holds the "
        "potencies of an arm, it has no range (–)."
    )


def failures(outcome: Outcome) -> str:
    """Return how many patients could not be simulated."""
    failed = outcome.failed
    total = sum(failed.values())
    draws = (
        f" {outcome.failed_draws} simulations failed in the replays with drawn parameters."
        if outcome.failed_draws
        else ""
    )
    if not total:
        return f"All patients could be simulated.{draws}"
    parts = ", ".join(f"{count} in {arm}" for arm, count in failed.items())
    who = (
        "1 patient could not be simulated and is"
        if total == 1
        else f"{total} patients could not be simulated and are"
    )
    return f"{who} left out of every rate ({parts}).{draws}"


def evidence_lines(record: TrialRecord) -> list[str]:
    """Return one line an arm: its evidence grade and what its numbers are."""
    return [
        f"{arm.label}: evidence grade {arm.evidence_grade or 'none'} ({arm.calibration}). {arm.statement}"
        for arm in record.arms
    ]


def provenance(record: TrialRecord, given: Mapping[str, Any]) -> dict[str, str]:
    """Return what is needed to compute the page again."""
    return {
        "Koebner": record.koebner_version,
        "Disease model": record.model,
        "Model fingerprint": record.model_fingerprint,
        "Trial fingerprint": record.fingerprint,
        "Seed": str(record.seed),
        **{str(name).replace("_", " ").capitalize(): str(value) for name, value in given.items()},
    }


def listed(parts: Sequence[str]) -> str:
    """Join parts as a sentence does.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def _place(row: Mapping[str, Any]) -> dict[str, str]:
    return {"arm": row["arm"], "endpoint": row["endpoint"], "week": f"{row['week']:g}"}


def _spread(row: Mapping[str, Any], *, decimals: int) -> dict[str, str]:
    return {
        "sampling": _range(row["lower_95"], row["upper_95"], decimals=decimals),
        "parameters": _range(row["parameters_lower_90"], row["parameters_upper_90"], decimals=decimals),
    }


def _over_parameters(row: Mapping[str, Any]) -> str:
    lower, upper = row["parameters_lower_90"], row["parameters_upper_90"]
    return "" if _absent(lower) else f"; {_range(lower, upper)} over plausible model parameters"


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def _percent(value: float | None) -> str:
    return "–" if _absent(value) else f"{value:.0f}"


def _number(value: float | None) -> str:
    return "–" if _absent(value) else f"{value:.1f}"


def _range(lower: float | None, upper: float | None, *, decimals: int = 0) -> str:
    return "–" if _absent(lower) or _absent(upper) else f"{lower:.{decimals}f} to {upper:.{decimals}f}"


def _absent(value: float | None) -> bool:
    return value is None or not math.isfinite(value)
