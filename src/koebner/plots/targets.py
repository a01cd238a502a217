"""What each target contributes to therapies: the share of the improvement that is lost without it."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from koebner.analysis.contributions import SUM, Comparison
from koebner.plots.style import GREY, colour, plain, styled
from koebner.trials.tables import rows

_ROW_HEIGHT = 34
_LEGEND_ROW = 26
_BETWEEN = 110
_BELOW = 70
_WIDTH = 760
# Therapies stand apart within the row of a target.
_SPREAD = 0.5
# Wider ranges run out of the panel; their numbers stand in the table.
_FARTHEST = (-60.0, 140.0)


def target_contributions(comparison: Comparison) -> go.Figure:
    """Draw the share of the improvement lost with each target off: a panel a week, a colour a therapy.

    Bars are the 90 % range over the draws. A therapy whose improvement is too small to be divided is named in
    the title of the panel. A range that runs out of the panel is cut at its edge.

    Parameters
    ----------
    comparison
        From `koebner.analysis.contributions.compare_targets`.
    """
    table = [row for row in rows(comparison.contributions) if row["target"] != SUM]
    weeks = list(dict.fromkeys(row["week"] for row in table))
    targets = list(dict.fromkeys(row["target"] for row in table))
    panel_height = _ROW_HEIGHT * len(targets)
    inside = len(weeks) * panel_height + (len(weeks) - 1) * _BETWEEN
    above = _LEGEND_ROW * len(comparison.therapies) + _BETWEEN // 2
    figure = make_subplots(
        rows=len(weeks),
        cols=1,
        subplot_titles=[_title(comparison, week) for week in weeks],
        vertical_spacing=_BETWEEN / inside if len(weeks) > 1 else 0.0,
    )
    styled(figure, x="", y="")
    figure.update_annotations(x=0, xanchor="left", align="left", font_size=14)
    for panel, week in enumerate(weeks, start=1):
        for number, therapy in enumerate(comparison.therapies):
            mine = [row for row in table if row["therapy"] == therapy.id and row["week"] == week]
            shift = _SPREAD * ((number + 0.5) / len(comparison.therapies) - 0.5)
            name = _name(therapy.name, exploratory="cell product" in therapy.kinds)
            figure.add_trace(_shares(mine, name, colour(number), shift, shown=panel == 1), row=panel, col=1)
        figure.add_vline(x=0, line={"color": GREY, "width": 1}, row=panel, col=1)
    figure.update_xaxes(range=_reach(table))
    figure.update_xaxes(title_text="Share of the improvement that is lost [%]", row=len(weeks), col=1)
    figure.update_yaxes(
        tickvals=list(range(len(targets))),
        ticktext=[plain(target) for target in targets],
        range=[len(targets) - 0.5, -0.5],
        automargin=True,
    )
    return figure.update_layout(
        width=_WIDTH,
        height=above + inside + _BELOW,
        margin={"l": 20, "r": 20, "t": above, "b": _BELOW},
        legend={"y": 1.0, "yref": "container", "yanchor": "top"},
    )


def _shares(
    table: Sequence[dict[str, Any]], name: str, line_colour: str, shift: float, *, shown: bool
) -> go.Scatter:
    known = [(i, row) for i, row in enumerate(table) if row["share"] is not None]
    return go.Scatter(
        x=[100 * row["share"] for _, row in known],
        y=[i + shift for i, _ in known],
        mode="markers",
        name=plain(name),
        legendgroup=name,
        showlegend=shown,
        marker={"size": 9, "color": line_colour},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [_beyond(row, "upper_90") for _, row in known],
            "arrayminus": [-_beyond(row, "lower_90") for _, row in known],
            "color": line_colour,
            "thickness": 3,
            "width": 0,
        },
        hovertemplate="%{x:.1f} %<extra></extra>",
    )


def _beyond(row: dict[str, Any], end: str) -> float:
    """Return how far an end of the range is from the share [%]; 0 without one."""
    return 0.0 if row[end] is None else 100 * float(row[end] - row["share"])


def _reach(table: Sequence[dict[str, Any]]) -> list[float]:
    ends = [
        100 * row[key] for row in table for key in ("share", "lower_90", "upper_90") if row[key] is not None
    ]
    return [max(min([0.0, *ends]) - 4, _FARTHEST[0]), min(max([100.0, *ends]) + 4, _FARTHEST[1])]


def _name(therapy: str, *, exploratory: bool) -> str:
    return f"{therapy} (exploratory: 2 to 17 uncontrolled patients)" if exploratory else therapy


def _title(comparison: Comparison, week: float) -> str:
    """Return the improvement of each therapy at a week, which the panel divides, two in a line."""
    undivided = {
        row["therapy"]
        for row in rows(comparison.contributions)
        if row["week"] == week and row["note"].startswith("not defined")
    }
    parts = [
        f"{plain(row['therapy'])} {100 * row['improvement']:.0f} %"
        + (" (too little to divide)" if row["therapy"] in undivided else "")
        for row in rows(comparison.improvement)
        if row["week"] == week
    ]
    lines = ["; ".join(parts[i : i + 2]) for i in range(0, len(parts), 2)]
    return f"<b>Week {week:g}</b>, improvement of PASI: {'<br>'.join(lines)}"
