"""One restrained look for every figure: few colours, named axes with units, no decoration."""

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

# Okabe and Ito's palette, told apart with any colour vision (https://jfly.uni-koeln.de/color/).
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
GREY = "#666666"
# Of one of several panels below one another, which a phone shows as well as a desk.
PANEL_HEIGHT = 270
_GRID = "#E6E6E6"
_FONT = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"


def colour(number: int) -> str:
    """Return the colour of the arm or curve of that number."""
    return PALETTE[number % len(PALETTE)]


def plain(text: str) -> str:
    """Return a user's text so that Plotly shows it as it is, not as markup."""
    return escape(text, quote=False)


def tint(hex_colour: str, opacity: float) -> str:
    """Return a colour with an opacity, as Plotly writes it."""
    red, green, blue = (int(hex_colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def styled(figure: go.Figure, *, x: str, y: str, weeks: float | None = None) -> go.Figure:
    """Give a figure the common look.

    Parameters
    ----------
    figure
        The figure, changed in place and returned.
    x, y
        Titles of the axes, with units.
    weeks
        Length of a time axis [weeks]; its ticks then fall on visits people think in.
    """
    axis = {"gridcolor": _GRID, "zeroline": False, "linecolor": GREY, "ticks": "outside", "tickcolor": GREY}
    figure.update_layout(
        template="none",
        font={"family": _FONT, "size": 14, "color": "#222222"},
        paper_bgcolor="white",
        plot_bgcolor="white",
        margin={"l": 70, "r": 20, "t": 20, "b": 75},
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        hovermode="closest",
        height=440,
    )
    figure.update_xaxes(title_text=x, **axis)
    figure.update_yaxes(title_text=y, **axis)
    if weeks is not None:
        figure.update_xaxes(tick0=0, dtick=4 if weeks <= 60 else 12, range=[-0.01 * weeks, 1.02 * weeks])
    return figure


def band_traces(
    x: Sequence[float],
    lower: Sequence[float],
    upper: Sequence[float],
    *,
    colour: str,
    group: str,
    shape: str = "linear",
) -> list[go.Scatter]:
    """Return a shaded band between two lines, shown and hidden together with its `group`."""
    shared = {
        "x": list(x),
        "mode": "lines",
        "line": {"width": 0, "shape": shape},
        "legendgroup": group,
        "showlegend": False,
        "hoverinfo": "skip",
    }
    return [
        go.Scatter(y=list(upper), **shared),
        go.Scatter(y=list(lower), fill="tonexty", fillcolor=tint(colour, 0.18), **shared),
    ]


def named_once(figure: go.Figure) -> go.Figure:
    """Leave one legend entry of each name, wherever its first trace stands; without a name none."""
    named: set[str] = set()
    for trace in figure.data:
        trace.showlegend = bool(trace.name) and trace.name not in named
        named.add(trace.name)
    return figure


def add_note(figure: go.Figure, text: str) -> go.Figure:
    """Say in the figure itself that there is nothing to draw, and why."""
    figure.add_annotation(
        text=text, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font={"size": 16, "color": GREY}
    )
    return figure
