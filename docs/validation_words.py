"""The marks and roles of a validation in plain words."""

import math
import re
from collections.abc import Mapping
from typing import Any

from pathway_pages import escaped

PLAIN = {
    "tier 1: error against copying another trial": "held-out trials of the fitted drugs: mean error, "
    "against copying another trial of the same drug and dose",
    "tier 1: within against copying another trial": "held-out trials of the fitted drugs: rows within, "
    "against copying another trial of the same drug and dose",
    "tier 2: error": "drugs not fitted: mean error of phase 3",
    "tier 2: within": "drugs not fitted: rows of phase 3 within",
    "tier 2: error against the class mean": "drugs not fitted: mean error, against the mean of the class",
    "tier 2: error against the phase-2 value carried over": "drugs not fitted: mean error, against "
    "repeating the phase-2 result",
    "tier 2: error from in-vitro affinity alone": "drugs not fitted: mean error if the potency came from "
    "binding in a dish alone",
    "PASI100: error": "complete clearance (PASI100), held out: mean error",
    "90 % intervals: rows inside": "90 % intervals: held-out rows inside",
    **{
        f"tier 2, {kind}: {what}": f"drugs not fitted, rows {kind}: {words}"
        for kind in ("never seen", "seen before")
        for what, words in (
            ("error", "mean error"),
            ("within", "rows within"),
            ("error against the class mean", "mean error, beside the mean of the class"),
            ("error against the phase-2 value carried over", "mean error, beside the phase-2 result"),
        )
    },
}
"""Marks whose names are short; the others say it themselves."""

# Marks that rest on a simulation or a cross-validation and on no row of a trial.
_NO_ROWS = ("untreated", "UVB")

ROLE_WORDS = {
    "fitted": "targets of the fit",
    "anchor": "set one potency a drug, the disease being frozen, or belong to the same study",
    "tier 1": "never fitted",
    "tier 2, never seen": "never fitted, and not printed while the structure was chosen",
    "tier 2, seen before": "never fitted, but printed while the structure was chosen",
    "other": "never fitted; reported, no mark of their own",
}

_MISSED = {
    "tier 1: error against copying another trial": "On trials of the fitted drugs that were held out, the "
    "model errs more than copying another trial of the same drug and dose, by more than was allowed",
    "tier 1: within against copying another trial": "On trials of the fitted drugs that were held out, "
    "fewer predictions come near enough than when another trial of the same drug and dose is simply "
    "copied, by more than was allowed",
    "tier 2: error": "On drugs that it was not fitted to, the mean error is too large",
    "tier 2: within": "On drugs that it was not fitted to, too few predictions come near enough",
    "tier 2: error against the class mean": "On drugs that it was not fitted to, the model is not enough "
    "better than the mean of the class",
    "tier 2: error against the phase-2 value carried over": "On drugs that it was not fitted to, the model "
    "is no better than repeating the phase-2 result",
    "PASI100: error": "Complete clearance is predicted too poorly",
    "untreated: largest drift of mean PASI in two years": "Untreated patients drift from their baseline",
    "untreated, injured once: distance from baseline after two years": "After one injury untreated patients "
    "do not come back to their baseline",
    "order of classes in PASI90 at weeks 12 to 16": "The order of the classes comes out wrong",
    "relapse: medians, the worst of all": "The time to relapse after stopping is off by more than allowed; "
    "the worst of the medians decides",
    "relapse-free after one year, the worst of all": "The share without relapse a year after stopping is off "
    "by more than allowed",
    "UVB: MAE behind least squares": "Under narrow-band UVB least squares on the score of week 3 does better",
    "UVB: RMSE behind least squares": "Under narrow-band UVB least squares on the score of week 3 has fewer "
    "large errors",
    "UVB: 90 % intervals": "Under narrow-band UVB the 90 % intervals hold the wrong share of patients",
}


def missed_sentence(mark: Mapping[Any, Any]) -> str:
    """Return what a missed mark means, what was needed and what was reached."""
    name = str(mark["mark"])
    words = _MISSED.get(name)
    if name.startswith("placebo: rows within"):
        words = "Too few placebo arms are predicted to a few points"
    if name == "90 % intervals: rows inside":
        low = float(re.findall(r"[\d.]+", str(mark["needed"]))[0])
        narrow = float(mark["reached"]) < low
        words = (
            "The model is too sure of itself: the 90 % intervals are too narrow"
            if narrow
            else "The 90 % intervals are too wide"
        )
    numbers = f"needed {mark['needed']}, reached {reached_words(mark) or 'not in every row'}"
    note = _short(str(mark["note"]))
    rows = "" if name.startswith(_NO_ROWS) else f", on {mark['rows']} row{'s' * (mark['rows'] != 1)}"
    return f"{words or escaped(PLAIN.get(name, name))}: {numbers}{rows}{note}."


def _short(note: str) -> str:
    """Return a note in brackets; of a list how many are near enough, as the table of marks has the list."""
    counted = re.match(r"(\d+ of \d+):", note)
    if counted:
        return f" ({counted[1]} near enough)"
    return f" ({escaped(note)})" if note else ""


def reached_words(mark: Mapping[Any, Any]) -> str:
    """Return what was reached, in the unit of what was needed."""
    value = float(mark["reached"])
    if math.isnan(value):
        return ""
    needed = str(mark["needed"])
    unit = next((unit for unit in ("of baseline", "points", "%") if unit in needed), "")
    if not unit:
        unit = "points" if "error" in str(mark["mark"]) else "%"
    return f"{value:.3f} {unit}" if unit == "of baseline" else f"{value:.1f} {unit}"


def number(value: float) -> str:
    """Return a number with one decimal, and words where it has no end."""
    return "not reached" if not math.isfinite(value) else f"{value:.1f}".removesuffix(".0")
