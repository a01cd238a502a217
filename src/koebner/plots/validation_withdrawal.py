"""Withdrawal of treatment: what trials found beside what a frozen fit said, each by its own definition."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from koebner.calibration.withdrawal.studies import WEEKS_PER_UNIT
from koebner.evidence import load_study_designs
from koebner.plots.style import GREY, PALETTE, named_once, plain, styled

_ROW = 44
_AROUND = 250
_APART = 0.14


def withdrawal_predictions(withdrawal: pd.DataFrame) -> go.Figure:
    """Draw each published figure of withdrawal beside its prediction with the 90 % interval, by study.

    Shares of patients stand above medians of the time to relapse, which are in weeks. Figures that the fit
    has met are grey. An interval without an upper end runs to the edge.

    Parameters
    ----------
    withdrawal
        Columns of `withdrawal.csv` of a validation.

    Examples
    --------
    >>> from koebner.fits import ensemble_folder
    >>> from koebner.plots.validation_tables import read_validation
    >>> found = read_validation(ensemble_folder("protocol") / "validation")
    >>> withdrawal_predictions(found.withdrawal).layout.xaxis.title.text
    'Patients [%]'
    """
    records = withdrawal.to_dict("records")
    shares = [row for row in records if row["unit"] == "%"]
    times = [_in_weeks(row) for row in records if row["unit"] != "%"]
    panels = [(title, rows) for title, rows in (("Patients [%]", shares), ("Median [weeks]", times)) if rows]
    heights = [len(rows) + 1 for _, rows in panels]
    figure = make_subplots(
        rows=max(len(panels), 1), cols=1, row_heights=heights or None, vertical_spacing=0.05
    )
    styled(figure, x="", y="")
    for number, (title, rows) in enumerate(panels, start=1):
        _draw(figure, number, rows)
        figure.update_xaxes(title_text=title, row=number, col=1)
    return named_once(figure).update_layout(
        height=_ROW * sum(heights) + _AROUND,
        margin={"l": 20, "t": 80},
        legend={"y": 1.0, "yref": "container", "yanchor": "top", "traceorder": "normal"},
    )


def _draw(figure: go.Figure, panel: int, rows: list[dict[Any, Any]]) -> None:
    """Draw the figures of one panel from top to bottom, as they come, which is by study."""
    edge = _edge(rows)
    place = {"row": panel, "col": 1}
    for name, colour, mine in (
        ("predicted, held out: with 90 % interval", PALETTE[0], False),
        ("predicted, fitted: with 90 % interval", GREY, True),
    ):
        used = [(i, row) for i, row in enumerate(rows) if bool(row["met_by_fit"]) is mine]
        if used:
            figure.add_trace(_intervals(used, name, colour, edge), **place)
    observed = go.Scatter(
        x=[row["observed"] for row in rows],
        y=[-i + _APART for i in range(len(rows))],
        mode="markers",
        name="observed",
        legendgroup="observed",
        marker={"symbol": "diamond", "size": 9, "color": PALETTE[1]},
        hovertemplate="observed %{x:.3g}<extra></extra>",
    )
    figure.add_trace(observed, **place)
    figure.update_xaxes(range=[-0.02 * edge, edge], **place)
    figure.update_yaxes(
        tickvals=[-float(i) for i in range(len(rows))],
        ticktext=[figure_label(row) for row in rows],
        tickfont_size=12,
        range=[0.6 - len(rows), 0.6],
        automargin=True,
        **place,
    )


def _intervals(used: list[tuple[int, dict[Any, Any]]], name: str, colour: str, edge: float) -> go.Scatter:
    middle = [min(float(row["predicted"]), edge) for _, row in used]
    ends = [min(float(row["upper"]), edge) for _, row in used]
    return go.Scatter(
        x=middle,
        y=[-i - _APART for i, _ in used],
        mode="markers",
        name=name,
        legendgroup=name,
        marker={"size": 8, "color": colour},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [end - mid for end, mid in zip(ends, middle, strict=True)],
            "arrayminus": [mid - float(row["lower"]) for (_, row), mid in zip(used, middle, strict=True)],
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        hovertemplate="predicted %{x:.3g}<extra></extra>",
    )


def figure_label(row: Mapping[Any, Any]) -> str:
    """Return study and arm, and below them the definition and what was counted.

    Examples
    --------
    >>> figure_label({"trial": "reveal-2008", "drug": "adalimumab", "definition": "loss", "metric": "median"})
    '<b>REVEAL</b>, adalimumab<br>loss: median'
    """
    names = {each.study: each.name for each in load_study_designs()}
    trial = names.get(str(row["trial"])) or str(row["trial"])
    found = f"{row['definition']}: {row['metric']}"
    return f"<b>{plain(trial)}</b>, {plain(str(row['drug']))}<br>{plain(found)}"


def _in_weeks(row: dict[Any, Any]) -> dict[Any, Any]:
    factor = WEEKS_PER_UNIT[row["unit"]]
    return row | {key: row[key] * factor for key in ("observed", "predicted", "lower", "upper")}


def _edge(rows: list[dict[Any, Any]]) -> float:
    """Return the right end of an axis: all finite values and some room."""
    ends = [float(row[key]) for row in rows for key in ("observed", "predicted", "upper")]
    return 1.04 * max((end for end in ends if math.isfinite(end)), default=1.0)
