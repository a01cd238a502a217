"""The sections of a page of validation on courses over time: responses, and relapse after stopping."""

import pandas as pd
from pathway_pages import escaped
from reference_pages import table
from validation_figures import figure_block, folded, sentence, whole
from validation_words import number

from koebner.plots.validation_curves import drawn_courses, relapse_curves, relapse_points, response_curves
from koebner.plots.validation_tables import ValidationTables
from koebner.plots.validation_withdrawal import withdrawal_predictions

_PERIODS = (("before week 10", 0, 10), ("weeks 10 to 16", 10, 17), ("after week 16", 17, float("inf")))


def courses_section(found: ValidationTables) -> list[str]:
    """Return the section on responses by week."""
    drawn = pd.concat(drawn_courses(found.arms).values())
    active = drawn[drawn["therapy"] != "placebo"]
    told = []
    for words, first, end in _PERIODS:
        rows = active[(active["week"] >= first) & (active["week"] < end)]
        if len(rows):
            told.append(f"{words} {rows['error'].mean():+.1f} points on average, {len(rows)} rows")
    block = figure_block(
        "time-courses",
        response_curves(found.responders, found.arms),
        alt="PASI75 and PASI90 by week, predicted and published, a panel a drug. Predicted less published: "
        + "; ".join(told)
        + ".",
        caption="One course of doses of each drug: the labelled one where trials gave it. Bands: 90 % "
        "interval for a trial so large that sampling does not count, so that a small one may well lie "
        "outside. Hover for the trial.",
    )
    return ["## Time courses\n", block, "Predicted less published, placebo aside: " + sentence(told)]


def withdrawal_section(found: ValidationTables) -> list[str]:
    """Return the section on withdrawal, nothing without figures."""
    withdrawal = found.withdrawal
    if withdrawal.empty:
        return []
    held = withdrawal[~withdrawal["met_by_fit"]]
    outside = int((~withdrawal["inside"]).sum())
    block = figure_block(
        "withdrawal",
        withdrawal_predictions(withdrawal),
        alt=f"{len(withdrawal)} published figures of withdrawal beside their predictions, {len(held)} of "
        f"them held out; {outside} lie outside their 90 % interval. All numbers stand in the table below.",
        caption="What happened after treatment stopped (or went on), each figure under its own definition, "
        "clock and visits.",
    )
    columns = (
        "trial",
        "arm",
        "definition",
        "what",
        "clock from",
        "n",
        "observed",
        "predicted",
        "90 %",
        "assumed",
    )
    rows = [
        (
            f"`{row['trial']}`",
            row["drug"],
            escaped(row["definition"]),
            row["metric"],
            row["time_origin"],
            whole(row["n"]),
            f"{number(row['observed'])} {row['unit']}",
            number(row["predicted"]) + ("" if row["inside"] else ", **outside**"),
            f"{number(row['lower'])} to {number(row['upper'])}",
            escaped(str(row["assumptions"])),
        )
        for row in withdrawal.to_dict("records")
    ]
    return [
        "## Withdrawal\n",
        *_relapse(found),
        "### Every figure\n",
        block,
        folded(f"All {len(rows)} figures with what was assumed", table(columns, rows)),
    ]


def _relapse(found: ValidationTables) -> list[str]:
    """Return the curves of relapse, nothing where no study has one."""
    published = relapse_points(found.withdrawal)
    points = published[published["course"].isin(set(found.relapse["course"]))]
    if points.empty:
        return []
    # A later median and more patients without relapse both say that the model keeps the skin clear longer.
    rarer = points["measure"] == "relapsed"
    longer = (points["predicted"] > points["observed"]) != rarer
    told = [
        f"{points['course'].nunique()} studies, {len(points)} published figures of relapse; in "
        f"{int(longer.sum())} of them the model keeps patients without relapse longer than published"
    ]
    block = figure_block(
        "relapse-curves",
        relapse_curves(found.relapse, found.withdrawal),
        alt="Patients without relapse by visit, predicted and published, a panel a study. " + told[0] + ".",
        caption="Each study by its own definition, clock and visits; a step is a visit. A published "
        "median stands at 50 %. Bands: 90 % interval for a study of that size, without sampling where the "
        "size is not known.",
    )
    return [block, sentence(told)]
