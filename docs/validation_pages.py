"""Writes a page for each shipped fit with what it said of published trials, misses first.

Read from the folder `validation` that `koebner validate --out` wrote beside the fit, and from the tables of
its calibration; nothing is simulated.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from pathway_pages import escaped
from plotly.offline import get_plotlyjs
from reference_pages import table
from validation_curves import courses_section, withdrawal_section
from validation_figures import (
    agreement_section,
    coverage_section,
    errors_section,
    figure_block,
    folded,
    whole,
)
from validation_left_out import left_out_section
from validation_misses import holds_out, misses_section
from validation_numbers import numbers_section
from validation_words import PLAIN, ROLE_WORDS, reached_words

from koebner.calibration.protocol import load_protocol
from koebner.calibration.validation.mark import REPORTED
from koebner.fits import available_ensembles, ensemble_folder
from koebner.plots.validation_tables import (
    GROUPS,
    ValidationTables,
    read_validation,
)

FIRST = "protocol"
INDEX = "validation"
SCRIPT = "plotly.min.js"


def write(folder: Path) -> None:
    """Write the page of the protocol, and one for each other fit that was validated."""
    names = [name for name in available_ensembles() if (ensemble_folder(name) / "validation").is_dir()]
    others = [name for name in names if name != FIRST]
    for path in folder.glob(f"{INDEX}*.md"):
        path.unlink()
    for name in names:
        page = validation_page(name, others if name == FIRST else [])
        (folder / f"{page_name(name)}.md").write_text(page, encoding="utf-8")


def write_script(folder: Path) -> None:
    """Write what draws the figures in a browser into the static files of the built pages."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SCRIPT).write_text(get_plotlyjs(), encoding="utf-8")


def page_name(fit: str) -> str:
    """Return the name of the page of a fit."""
    return INDEX if fit == FIRST else f"{INDEX}_{fit}"


def validation_page(fit: str, others: Iterable[str] = ()) -> str:
    """Return the page of one fit, with links to the others."""
    folder = ensemble_folder(fit)
    found = read_validation(folder / "validation")
    title = "Predictions against trials" if fit == FIRST else f"Predictions against trials: the fit `{fit}`"
    listed = list(others)
    parts = [
        f"# {title}\n",
        f'```{{raw}} html\n<script src="_static/{SCRIPT}" charset="utf-8"></script>\n```\n',
        *_intro(fit, found),
        *misses_section(found),
        *_fitted(found),
        *_marks(found.marks),
        *agreement_section(found.arms),
        *(errors_section(found.arms) if holds_out(found) else []),
        *left_out_section(folder / "left_out.csv"),
        *coverage_section(found.arms),
        *courses_section(found),
        *withdrawal_section(found),
        *_every_row(found.arms),
        *_not_predicted(found.not_predicted),
        *numbers_section(folder, figure_block),
    ]
    if listed:
        links = [f"- [the fit `{name}`]({page_name(name)}.md)" for name in listed]
        hidden = "```{toctree}\n:hidden:\n\n" + "\n".join(page_name(name) for name in listed) + "\n```\n"
        parts += ["## Other fits\n", "\n".join(links) + "\n", hidden]
    return "\n".join(parts)


def _intro(fit: str, found: ValidationTables) -> list[str]:
    told = found.summary
    rows = told["rows"]
    light = found.marks[found.marks["mark"].str.startswith("UVB")]
    uvb = " --uvb uvb.csv" if light["passed"].notna().any() else ""
    return [
        f"The fit `{fit}` was fitted to {escaped(told['fitted_to'])}. Frozen, it was asked what every "
        f"open trial found: {rows['predicted']} responder rates and {rows['withdrawal']} figures of "
        f"withdrawal, with {told['members']} members and {told['patients']} plausible patients an arm. "
        "The page shows all that this command wrote, failures included:\n",
        f"```console\nkoebner validate --fit {fit}{uvb} --out validation\n```\n",
        "[The protocol](calibration/protocol.md) says what was to be fitted, what to be held out and "
        "which marks decide.\n",
        *_not_blind(found),
    ]


def _not_blind(found: ValidationTables) -> list[str]:
    """Return what was met or looked at before, and what that means for rows and for intervals."""
    protocol = load_protocol()
    told = []
    if not holds_out(found):
        told.append(
            f"**Not judged on what it met.** This fit has met {int(found.arms['met_by_fit'].sum())} of the "
            f"{len(found.arms)} responder rates and {int(found.withdrawal['met_by_fit'].sum())} of the "
            f"{len(found.withdrawal)} figures of withdrawal below. How near it comes to those is no measure "
            f"of how it predicts others; [the page of the fit `{FIRST}`]({INDEX}.md) shows that for the "
            "same model, fitted to a part.\n"
        )
    elif protocol.version > 1:
        told.append(
            f"**Not a blind test.** This is version {protocol.version} of the protocol. Held-out rows had "
            "been looked at with earlier versions when it was written: no fit met them, but they are not "
            "unseen. *Never seen* below speaks of the feasibility study before version 1 alone.\n"
        )
    if protocol.likelihood.model_sd > 0:
        told.append(
            "**The intervals were widened afterwards.** With an earlier version of the protocol they held "
            "too few held-out rows and missed their mark. What the frozen model misses of the anchor arms "
            f"({protocol.likelihood.model_sd:g} on the logit) was then added. That figure comes from no "
            "held-out row, but the decision to add it came after the miss.\n"
        )
    return told


def _fitted(found: ValidationTables) -> list[str]:
    arms = found.arms
    rows = []
    for group, words in GROUPS.items():
        mine = arms[arms["group"] == group]
        if len(mine):
            drugs = ", ".join(sorted(mine["therapy"].unique()))
            became = _placebo_words(mine) if group == "placebo" else ROLE_WORDS[group]
            rows.append((words, became, escaped(drugs), mine["trial"].nunique(), len(mine)))
    met = found.withdrawal["met_by_fit"]
    seen = (
        " *Seen before* means that a feasibility study had printed the rows while the structure was chosen: "
        "they are no clean test."
    )
    return [
        "## What was fitted, and what was held out\n",
        table(("rows", "what became of them", "drugs", "trials", "responder rates"), rows),
        f"Of withdrawal the fit has met {int(met.sum())} figures; {int((~met).sum())} are held out. The "
        "placebo response is empirical: nothing of it follows from the biology of the model."
        + (seen if (arms["group"] == "tier 2, seen before").any() else "")
        + "\n",
    ]


def _placebo_words(arms: pd.DataFrame) -> str:
    fitted = int(arms["met_by_fit"].sum())
    return f"{fitted} fitted, {len(arms) - fitted} never" if fitted else "never fitted"


def _marks(marks: pd.DataFrame) -> list[str]:
    rows = [
        (
            PLAIN.get(mark["mark"], mark["mark"]),
            mark["needed"] or "",
            reached_words(mark),
            {"True": "passed", "False": "**MISSED**"}.get(
                str(mark["passed"]), REPORTED if mark["needed"] == REPORTED else "not judged"
            ),
            mark["rows"],
            escaped(str(mark["note"])),
        )
        for mark in marks.to_dict("records")
        if mark["rows"] or mark["needed"] != REPORTED  # what decides nothing and has no row says nothing
    ]
    return [
        "## Marks\n",
        f"*Within* means: the error is at most the larger of {load_protocol().marks.tolerance:g} points and "
        "the half-width of the trial's own 95 % interval. Comparisons are on identical rows.\n",
        table(("mark", "needed", "reached", "", "rows", "note"), rows),
    ]


def _every_row(arms: pd.DataFrame) -> list[str]:
    columns = ("trial", "arm", "week", "endpoint", "n", "observed", "predicted", "90 %", "error", "role")
    parts = ["## Every row, by drug\n"]
    for drug, mine in arms.groupby("therapy"):
        rows = [
            (
                f"`{row['trial']}`",
                escaped(str(row["arm"])),
                row["week"],
                row["endpoint"],
                whole(row["n"]),
                f"{row['observed']:.1f}",
                f"{row['predicted']:.1f}",
                f"{row['lower']:.1f} to {row['upper']:.1f}" + ("" if row["inside"] else ", **outside**"),
                f"{row['error']:+.1f}",
                row["group"] + (", from memory" if row["from_memory"] else ""),
            )
            for row in mine.to_dict("records")
        ]
        outside = int((~mine["inside"]).sum())
        parts.append(folded(f"{drug}: {len(mine)} rows, {outside} outside", table(columns, rows)))
    return parts


def _not_predicted(refused: pd.DataFrame) -> list[str]:
    rows = [(f"`{row.trial}`", escaped(row.arm), escaped(row.reason)) for row in refused.itertuples()]
    shown = table(("trial", "arm", "why"), rows) if rows else "Every row was answered.\n"
    return [
        "## What could not be predicted, and why\n",
        shown,
        "Trials that no table holds were not asked, and PASI is all that is compared: no adverse event, no "
        "quality of life, no biomarker.\n",
    ]
