"""The section of a page of validation on trials that were left out of the fit and then predicted."""

from pathlib import Path

import pandas as pd
from reference_pages import table
from validation_figures import figure_block

from koebner.plots.validation_left_out import LATE_WEEKS, left_out_trials, read_left_out


def left_out_section(path: Path) -> list[str]:
    """Return the section, from the table that the calibration wrote; nothing without it."""
    if not path.is_file():
        return []
    rows = read_left_out(path)
    known = rows[rows["predicted"].notna()]
    alike = known[known["copied"].notna()]
    first, last = LATE_WEEKS
    told = (
        f"PASI75 and PASI90 at weeks {first:g} to {last:g}: {len(known)} rows of {known['study'].nunique()} "
        f"trials, predicted with an error of {_error(known, 'predicted'):.1f} points (bias "
        f"{(known['predicted'] - known['observed']).mean():+.1f}), {_within(known, 'predicted'):.0f} % "
        f"within. Of these {len(alike)} rows have other trials of the same drug and doses: the model errs "
        f"by {_error(alike, 'predicted'):.1f} points, {_within(alike, 'predicted'):.0f} % within, the mean "
        f"of those trials by {_error(alike, 'copied'):.1f}, {_within(alike, 'copied'):.0f} % within."
    )
    silent = len(rows) - len(known)
    block = figure_block(
        "left-out-trials",
        left_out_trials(rows),
        alt=f"Predicted against observed, of fits without the trial and of like trials. {told}",
        caption=f"The {len(alike)} rows for which both have an answer. Grey: 10 points either side. Hover "
        "for the trial.",
    )
    return [
        "## Trials left out\n",
        f"The trials were cut at random into {rows['fold'].nunique()} parts. Each part was left out of one "
        "more fit, which began at the fit to all trials, and was then predicted by it: a single parameter "
        "set, no ensemble. Shape and priors of the model had been chosen with these trials in view.\n",
        block,
        f"{told}\n",
        *([f"Without an answer, as no other trial of the drug was met: {silent}.\n"] if silent else []),
        _by_drug(known),
    ]


def _by_drug(rows: pd.DataFrame) -> str:
    found = []
    for drug, mine in rows.groupby("therapy"):
        alike = mine[mine["copied"].notna()]
        found.append(
            (
                drug,
                mine["study"].nunique(),
                len(mine),
                f"{(mine['predicted'] - mine['observed']).mean():+.1f}",
                f"{_error(mine, 'predicted'):.1f}",
                len(alike),
                *((f"{_error(alike, name):.1f}" if len(alike) else "") for name in ("predicted", "copied")),
            )
        )
    names = ("drug", "trials", "rows", "bias [points]", "error [points]", "rows with like trials")
    return table((*names, "error on these", "error of the like trials"), found)


def _error(rows: pd.DataFrame, answer: str) -> float:
    return float((rows[answer] - rows["observed"]).abs().mean())


def _within(rows: pd.DataFrame, answer: str) -> float:
    return 100.0 * float(((rows[answer] - rows["observed"]).abs() <= rows["tolerance"]).mean())
