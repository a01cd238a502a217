"""The first section of a page of validation: what the fit misses."""

import pandas as pd
from pathway_pages import escaped
from validation_words import missed_sentence

from koebner.calibration.fitting.figures import DATA
from koebner.plots.validation import TOLERANCE
from koebner.plots.validation_tables import ValidationTables, held_out


def holds_out(found: ValidationTables) -> bool:
    """Return whether the fit has met what the protocol names alone, so that the tiers judge it."""
    return bool(found.summary["fitted_to"] == DATA["protocol"])


def misses_section(found: ValidationTables) -> list[str]:
    """Return the section on missed marks, and on where predictions are far off."""
    missed = [mark for mark in found.marks.to_dict("records") if str(mark["passed"]) == "False"]
    passed = (found.marks["passed"].astype(str) == "True").sum()
    lines = [f"- **MISSED.** {missed_sentence(mark)}" for mark in missed]
    lines += [f"- {sentence}" for sentence in (*_far_drugs(found), *_far_withdrawal(found.withdrawal))]
    judged = len(missed) + passed
    verdict = (
        f"**{len(missed)} of {judged} marks are missed.**"
        if missed
        else f"None of the {judged} marks that were judged is missed."
    )
    return ["## What it misses\n", f"{verdict}\n", "\n".join(lines) + "\n"]


def _far_drugs(found: ValidationTables) -> list[str]:
    """Return a sentence on the drugs of which PASI75 and PASI90 are far off on average.

    Of a fit that holds rows out these are meant, of another all rows of active arms.
    """
    arms = found.arms
    if holds_out(found):
        used, which = held_out(arms), "held-out "
    else:
        main = arms["endpoint"].isin(["PASI75", "PASI90"]) & (arms["group"] != "placebo")
        used, which = arms[main & ~arms["from_memory"]], "met or not, "
    told = []
    for drug, rows in used.groupby("therapy"):
        error, bias = rows["error"].abs().mean(), rows["error"].mean()
        if error > TOLERANCE:
            counted = f"{len(rows)} row{'s' * (len(rows) != 1)}"
            told.append((error, f"{drug} {error:.0f} (bias {bias:+.0f}, {counted})"))
    if not told:
        return []
    listed = ", ".join(words for _, words in sorted(told, reverse=True))
    return [
        f"Drugs that are off by more than {TOLERANCE:g} points on average, {which}PASI75 and PASI90 at "
        f"all weeks (a minus is predicted too low): {escaped(listed)}."
    ]


def _far_withdrawal(withdrawal: pd.DataFrame) -> list[str]:
    used = withdrawal[~withdrawal["met_by_fit"] & ~withdrawal["from_memory"]]
    if used.empty:
        return []
    outside = (~used["inside"]).sum()
    times = used[used["unit"] != "%"]
    late = (times["predicted"] > times["observed"]).sum()
    continued = used[used["drug"].str.contains("continued")]
    told = [
        f"Withdrawal: {outside} of {len(used)} held-out figures lie outside their 90 % interval, and "
        f"{late} of {len(times)} medians are predicted too late."
    ]
    high = (
        (continued["predicted"] > continued["observed"]) ^ continued["metric"].str.contains("lost|relapsed")
    ).sum()
    if len(continued):
        told.append(
            f"Treatment that goes on: {high} of {len(continued)} held-out figures are predicted better "
            f"than observed; {(~continued['inside']).sum()} of {len(continued)} lie outside their 90 % "
            "interval."
            + (
                " The model keeps patients on their drug responding longer than trials do."
                if 2 * high > len(continued)
                else ""
            )
        )
    return told
