"""Prior against posterior of the MSC effect, beside the counts of the one study it rests on."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots
from scipy import special, stats

from koebner.calibration.msc.parameters import MovedParameter
from koebner.calibration.msc.posterior import MscPosterior
from koebner.calibration.msc.summary import predictions, weights_of
from koebner.plots.style import GREY, colour, styled, tint

Array = NDArray[np.float64]

_COLUMNS = 2
_ROW_HEIGHT = 190
_AROUND = 240
_POINTS = 201
# Of a density, how far beyond the draws it is shown, in their standard deviations.
_BEYOND = 0.5
_SHARES = ("improved", "clear", "PASI50 week 26", "PASI50 week 52")


def msc_posterior(posterior: MscPosterior) -> go.Figure:
    """Draw prior and posterior of the predicted shares, and of the parameters that moved most.

    Reported shares stand as dashed lines, those of untreated plaques as dotted ones.

    Parameters
    ----------
    posterior
        From `koebner.calibration.msc.posterior.fit_msc` or `load_msc`.
    """
    shown = [each for each in posterior.parameters if each.name in posterior.drawn]
    rows = (len(_SHARES) + len(shown) + _COLUMNS - 1) // _COLUMNS
    figure = make_subplots(
        rows=rows,
        cols=_COLUMNS,
        subplot_titles=[*_share_titles(posterior), *(_parameter_title(each) for each in shown)],
        vertical_spacing=0.4 / rows,
        horizontal_spacing=0.09,
    )
    styled(figure, x="", y="")
    for place, name in enumerate(_SHARES):
        _draw_share(figure, posterior, name, place)
    for place, each in enumerate(shown, start=len(_SHARES)):
        _draw_parameter(figure, posterior, each, place)
    _finish(figure, posterior, rows)
    return figure


def _draw_share(figure: go.Figure, posterior: MscPosterior, name: str, place: int) -> None:
    """Draw the densities of a predicted share, as percent of patients, and what was reported."""
    row, col = _cell(place)
    shares = np.array(posterior.predicted[name])
    grid = np.linspace(0.0, 1.0, _POINTS)
    _densities(figure, posterior, shares, grid, 100 * grid, place)
    reported = {"improved": posterior.reported.improved, "clear": posterior.reported.clear}.get(name)
    if reported is not None:
        figure.add_vline(
            100 * reported / posterior.reported.n,
            line={"color": colour(1), "dash": "dash"},
            row=row,
            col=col,
        )
    figure.add_vline(
        100 * posterior.without_cells[name], line={"color": GREY, "dash": "dot"}, row=row, col=col
    )
    figure.update_xaxes(range=[0, 100], ticksuffix=" %", row=row, col=col)


def _draw_parameter(figure: go.Figure, posterior: MscPosterior, each: MovedParameter, place: int) -> None:
    """Draw the densities of a parameter on the scale of its prior, labelled with its own values."""
    row, col = _cell(place)
    scaled = np.array(posterior.drawn[each.name])
    margin = _BEYOND * float(scaled.std())
    grid = np.linspace(scaled.min() - margin, scaled.max() + margin, _POINTS)
    if each.scale == "log odds":
        shown = special.expit(grid)
    else:
        shown = np.exp(grid) if each.scale == "logarithm" else grid
    _densities(figure, posterior, scaled, grid, shown, place)
    if each.scale == "logarithm":
        figure.update_xaxes(type="log", dtick="D2", row=row, col=col)


def _densities(
    figure: go.Figure, posterior: MscPosterior, values: Array, grid: Array, x: Array, place: int
) -> None:
    """Draw prior and posterior densities of draws; each has the same area on the scale of the grid."""
    row, col = _cell(place)
    for number, (of, weights) in enumerate(weights_of(posterior).items()):
        line_colour = GREY if of == "prior" else colour(0)
        density = stats.gaussian_kde(values, weights=weights)(grid)
        figure.add_trace(
            go.Scatter(
                x=x,
                y=density,
                mode="lines",
                line={"color": line_colour, "width": 2},
                fill="tozeroy",
                fillcolor=tint(line_colour, 0.12 + 0.1 * number),
                name=of,
                legendgroup=of,
                showlegend=place == 0,
                hovertemplate=f"{of}: %{{x:.3g}}<extra></extra>",
            ),
            row=row,
            col=col,
        )
    figure.update_yaxes(title_text="", showticklabels=False, ticks="", rangemode="tozero", row=row, col=col)


def _share_titles(posterior: MscPosterior) -> list[str]:
    rows = {row["name"]: row for row in predictions(posterior)}
    return [
        f"<b>{row['quantity']}</b><br>of patients; share of prior {_percent(row['share_of_prior'])}"
        for row in (rows[name] for name in _SHARES)
    ]


def _parameter_title(each: MovedParameter) -> str:
    unit = "" if each.unit == "dimensionless" else f" [{each.unit.replace('_', ' ')}]"
    return f"<b>{each.name}</b>{unit}<br>{_wrapped(each.words)}"


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.0f} %"


def _wrapped(words: str) -> str:
    """Return the words without what moved, which the curves show: a title has one line for them."""
    return words.split(", moved", maxsplit=1)[0]


def _finish(figure: go.Figure, posterior: MscPosterior, rows: int) -> None:
    n, improved, clear = posterior.reported.n, posterior.reported.improved, posterior.reported.clear
    for name, line in _keys(f"reported: {improved} of {n} improved, {clear} of {n} clear or minimal"):
        figure.add_trace(go.Scatter(x=[None], y=[None], mode="lines", name=name, line=line), row=1, col=1)
    figure.update_annotations(font={"size": 12})
    figure.update_layout(
        height=_ROW_HEIGHT * rows + _AROUND,
        title={
            "text": f"Exploratory: {n} uncontrolled patients.<br>"
            "How long a response lasts is not informed by MSC data.<br>"
            f"{posterior.draws} draws of the prior; the posterior is worth {posterior.effective_draws:.0f}.",
            "font": {"size": 13},
            "x": 0.01,
            "xanchor": "left",
            "y": 0.99,
            "yanchor": "top",
        },
        margin={"l": 20, "r": 20, "t": 190, "b": 50},
        legend={"y": 1.0 + 62 / (_ROW_HEIGHT * rows), "yanchor": "bottom"},
    )


def _keys(reported: str) -> Sequence[tuple[str, dict[str, str]]]:
    return (
        (reported, {"color": colour(1), "dash": "dash"}),
        ("no cells: untreated plaque with placebo response", {"color": GREY, "dash": "dot"}),
    )


def _cell(place: int) -> tuple[int, int]:
    return place // _COLUMNS + 1, place % _COLUMNS + 1
