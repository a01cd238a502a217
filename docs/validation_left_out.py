"""The section of a page of validation on trials that were left out of the fit and then predicted."""

from pathlib import Path

import pandas as pd
from reference_pages import table
from validation_figures import figure_block

from koebner.calibration.validation.left_out import left_out_words, score_left_out, with_both
from koebner.plots.validation import TOLERANCE
from koebner.plots.validation_left_out import left_out_trials, read_left_out

_COLUMNS = (
    *("drug", "trials", "rows", "bias [points]", "error [points]"),
    *("rows with like trials", "error on these", "error of the like trials"),
)


def left_out_section(path: Path) -> list[str]:
    """Return the section, from the table that the calibration wrote; nothing without it."""
    if not path.is_file():
        return []
    rows = read_left_out(path)
    told = left_out_words(rows)
    silent = int(rows["predicted"].isna().sum())
    block = figure_block(
        "left-out-trials",
        left_out_trials(rows),
        alt=f"Predicted against observed, of fits without the trial and of like trials. {told}",
        caption=f"The {len(with_both(rows))} rows for which both have an answer. Grey: {TOLERANCE:g} points "
        "either side. Hover for the trial.",
    )
    return [
        "## Trials left out\n",
        f"The trials were cut at random into {rows['fold'].nunique()} parts. Each part was left out of one "
        "more fit, which began at the fit to all trials, and was then predicted by it: a single parameter "
        "set, no ensemble. Shape and priors of the model had been chosen with these trials in view.\n",
        block,
        f"{told}\n",
        *([f"Without an answer, as no other trial of the drug was met: {silent}.\n"] if silent else []),
        table(_COLUMNS, [_of_drug(str(drug), mine) for drug, mine in rows.groupby("therapy")]),
    ]


def _of_drug(drug: str, rows: pd.DataFrame) -> tuple[object, ...]:
    own, alike = score_left_out(rows), with_both(rows)
    both = (score_left_out(alike), score_left_out(alike, "copied")) if len(alike) else ()
    return (
        drug,
        own.trials,
        own.rows,
        *((f"{own.bias:+.1f}", f"{own.error:.1f}") if own.rows else ("", "")),
        len(alike),
        *(f"{each.error:.1f}" for each in both),
        *("" for _ in range(2 - len(both))),
    )
