"""The sections of a page of validation on arms and intervals; each figure is also said in words."""

import json
from collections.abc import Iterable
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from koebner.calibration.protocol import load_protocol
from koebner.plots.validation import TOLERANCE, errors_by_drug, interval_coverage, predicted_against_observed
from koebner.plots.validation_tables import COMPARATORS, GROUPS, with_comparators


def figure_block(name: str, figure: go.Figure, *, alt: str, caption: str) -> str:
    """Return a figure with its words for those who cannot see it, and a short caption."""
    drawing = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=f"figure-{name}",
        config={"displayModeBar": False, "responsive": True},
    )
    label = " ".join(alt.split()).replace("&", "&amp;").replace('"', "&quot;")
    return (
        f'```{{raw}} html\n<figure style="margin:1em 0"><div style="overflow-x:auto">'
        f'<div role="img" aria-label="{label}" style="min-width:640px">\n{drawing}\n</div></div>'
        f"<figcaption>{caption}</figcaption></figure>\n```\n"
    )


def agreement_section(arms: pd.DataFrame) -> list[str]:
    """Return the section on predictions against observations."""
    told = []
    for group in ("fitted", "tier 1", "tier 2, never seen", "tier 2, seen before"):
        rows = arms[(arms["group"] == group) & arms["endpoint"].isin(["PASI75", "PASI90"])]
        if len(rows):
            near = 100 * (rows["error"].abs() <= TOLERANCE).mean()
            told.append(f"{GROUPS[group]}: {len(rows)} rows, {near:.0f} % in the band")
    block = figure_block(
        "predicted-against-observed",
        predicted_against_observed(arms),
        alt="Scatter of predicted against observed PASI75 and PASI90, a panel a role. "
        + "; ".join(told)
        + ".",
        caption="Predicted against observed responder rates. Bars: 90 % prediction interval; grey: "
        f"{TOLERANCE:g} points "
        "either side. Hover for the trial.",
    )
    return ["## Predicted against observed\n", block, sentence(told)]


def errors_section(arms: pd.DataFrame) -> list[str]:
    """Return the section on errors by drug."""
    rows = with_comparators(arms)
    told = []
    for name in COMPARATORS:
        used = rows[rows[name].notna()]
        if len(used):
            own, other = used["error"].abs().mean(), used[name].mean()
            told.append(f"{name}: {other:.1f} points, the model {own:.1f} on the same {len(used)} rows")
    block = figure_block(
        "errors-by-drug",
        errors_by_drug(rows),
        alt="Mean absolute error by drug, the model beside each comparator. " + "; ".join(told) + ".",
        caption="Held-out PASI75 and PASI90; in brackets the number of rows. <em>Copy another "
        "trial</em>: same drug and doses, closest week. <em>Class mean</em>: the fitted drugs of the "
        "class. <em>Phase-2 value carried over</em>: the study that set the potency, nearest dose.",
    )
    return ["## Errors by drug, beside what needs no model\n", block, sentence(told)]


def coverage_section(arms: pd.DataFrame) -> list[str]:
    """Return the section on the coverage of the intervals."""
    limits = load_protocol().marks
    rates = arms[~arms["from_memory"]]
    told = [
        f"{GROUPS[group]}: {100 * rows['inside'].mean():.0f} % of {len(rows)}"
        for group, rows in ((name, rates[rates["group"] == name]) for name in GROUPS)
        if len(rows)
    ]
    needed = (limits.interval_low, limits.interval_high)
    block = figure_block(
        "interval-coverage",
        interval_coverage(arms, needed=needed),
        alt="Share of rows inside their 90 % interval by role. " + "; ".join(told) + ".",
        caption=f"PASI50 to PASI100 inside their 90 % interval. Grey: {needed[0]:g} to {needed[1]:g} %, "
        "which passes. "
        "Bars: 95 % interval of the share, rows taken as independent.",
    )
    return ["## Do the 90 % intervals hold 90 %?\n", block, sentence(told)]


def folded(summary: str, body: str) -> str:
    """Return text that is shown on a click."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n</details>\n"


def sentence(told: Iterable[str]) -> str:
    """Return what was told as one sentence."""
    return "; ".join(told) + ".\n"


def whole(value: Any) -> str:
    """Return a whole number, or nothing where it is not known."""
    return "" if pd.isna(value) else json.dumps(int(value))
