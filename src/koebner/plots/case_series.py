"""Published MSC reports against what was predicted for cohorts like them, and against chance."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from koebner.plots.style import GREY, colour, plain, styled
from koebner.trials.case_series import Predicted, ReplayedCase, ReplayedOutcome

_ROW_HEIGHT = 46
_AROUND = 260
_NOTE = (
    "Exploratory: uncontrolled reports of 1 to 17 patients,<br>"
    "an effect that is a prior; agreement is no validation."
)
# Cells are drawn above chance on the line of an outcome, the report between them.
_APART = 0.16


def case_series(cases: Sequence[ReplayedCase]) -> go.Figure:
    """Draw each reported outcome beside its 90 % prediction interval, with the cells and by chance.

    Counts are a share of patients, scores stand in points below them. The interval of a single
    patient's yes or no can only be one of them or both.

    Parameters
    ----------
    cases
        Cases that were held again, from `koebner.trials.case_series.replay`.
    """
    outcomes = [(case.published.name, each) for case in cases for each in case.outcomes]
    panels = [
        (title, rows)
        for title, rows in (
            ("Patients [%]", [row for row in outcomes if row[1].outcome.is_count]),
            ("Score [points]", [row for row in outcomes if not row[1].outcome.is_count]),
        )
        if rows
    ]
    heights = [len(rows) + 1.0 for _, rows in panels]
    figure = make_subplots(rows=len(panels), cols=1, row_heights=heights, vertical_spacing=0.14)
    styled(figure, x="", y="")
    for number, (title, rows) in enumerate(panels, start=1):
        _draw(figure, number, rows)
        figure.update_xaxes(title_text=title, rangemode="tozero", row=number, col=1)
        if number == 1 and rows[0][1].outcome.is_count:
            figure.update_xaxes(range=[-5, 108], row=number, col=1)
    figure.update_layout(
        height=int(_ROW_HEIGHT * sum(heights) + _AROUND),
        title={
            "text": _NOTE,
            "font": {"size": 13},
            "x": 0.01,
            "xanchor": "left",
            "y": 0.985,
            "yanchor": "top",
        },
        margin={"l": 20, "r": 20, "t": 140, "b": 60},
        legend={"traceorder": "normal"},
    )
    return figure


def _draw(figure: go.Figure, panel: int, rows: Sequence[tuple[str, ReplayedOutcome]]) -> None:
    """Draw the outcomes of one panel from top to bottom."""
    kinds = (
        ("with the cells: median and 90 % interval", colour(0), _APART, [each.cells for _, each in rows]),
        ("no drug effect: median and 90 % interval", GREY, -_APART, [each.chance for _, each in rows]),
    )
    scales = [_percent(each) for _, each in rows]
    for name, line_colour, shift, predicted in kinds:
        figure.add_trace(
            _intervals(name, line_colour, shift, predicted, scales, shown=panel == 1), row=panel, col=1
        )
    reported = go.Scatter(
        x=[each.outcome.observed * scale for (_, each), scale in zip(rows, scales, strict=True)],
        y=[-float(i) for i in range(len(rows))],
        mode="markers",
        name="report",
        legendgroup="report",
        showlegend=panel == 1,
        marker={"symbol": "diamond", "size": 11, "color": colour(1)},
        hovertemplate="report: %{x:.3g}<extra></extra>",
    )
    figure.add_trace(reported, row=panel, col=1)
    figure.update_yaxes(
        title_text="",
        tickvals=[-float(i) for i in range(len(rows))],
        ticktext=[_label(name, each) for name, each in rows],
        range=[0.6 - len(rows), 0.6],
        automargin=True,
        row=panel,
        col=1,
    )


def _intervals(
    name: str,
    line_colour: str,
    shift: float,
    predicted: Sequence[Predicted],
    scales: Sequence[float],
    *,
    shown: bool,
) -> go.Scatter:
    middle = [each.median * scale for each, scale in zip(predicted, scales, strict=True)]
    return go.Scatter(
        x=middle,
        y=[shift - i for i in range(len(predicted))],
        mode="markers",
        name=name,
        legendgroup=name,
        showlegend=shown,
        marker={"size": 8, "color": line_colour},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [(each.upper - each.median) * s for each, s in zip(predicted, scales, strict=True)],
            "arrayminus": [(each.median - each.lower) * s for each, s in zip(predicted, scales, strict=True)],
            "color": line_colour,
            "thickness": 3,
            "width": 0,
        },
        hovertemplate="median %{x:.3g}<extra></extra>",
    )


def _percent(replayed: ReplayedOutcome) -> float:
    """Return what makes a count a percentage of its patients; scores stay points."""
    return 100.0 / replayed.n if replayed.outcome.is_count else 1.0


def _label(name: str, replayed: ReplayedOutcome) -> str:
    """Return the words at the axis: two short lines, so that a phone can show them."""
    return f"<b>{plain(name)}</b>, n = {replayed.n}<br>{plain(replayed.outcome.quantity)}"
