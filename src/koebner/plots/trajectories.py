"""Courses over time: PASI of a trial's arms, and any quantity of simulated patients."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from koebner.errors import InvalidValueError
from koebner.plots.style import PANEL_HEIGHT, add_note, band_traces, colour, plain, styled, tint
from koebner.simulation import Trajectories
from koebner.trials import Outcome

BAND_PERCENT = (10, 90)
_MOST_SINGLE_PATIENTS = 60


def pasi_over_time(outcome: Outcome) -> go.Figure:
    """Draw recorded PASI, one panel an arm: mean, band of 10 to 90 % of patients, single patients thin.

    Panels stand below one another. Mean and band are over the patients seen at each visit.
    """
    arms = outcome.record.labels
    weeks = outcome.record.visits
    courses = [outcome.recorded(arm).pasi for arm in arms]
    simulated = [pasi[np.isfinite(pasi[:, 0])] for pasi in courses]
    titles = [f"{plain(arm)} (n = {len(pasi)})" for arm, pasi in zip(arms, simulated, strict=True)]
    figure = make_subplots(
        rows=len(arms), cols=1, shared_xaxes=True, subplot_titles=titles, vertical_spacing=0.2 / len(arms)
    )
    for number, pasi in enumerate(simulated):
        if len(pasi):
            _add_course(
                figure, weeks, pasi, name=plain(arms[number]), line_colour=colour(number), row=number + 1
            )
    styled(figure, x="Weeks since first dose", y="", weeks=weeks[-1])
    highest = max((float(np.nanmax(pasi)) for pasi in simulated if len(pasi)), default=0.0)
    figure.update_xaxes(title_text="")
    figure.update_xaxes(title_text="Weeks since first dose", row=len(arms), col=1)
    figure.update_yaxes(title_text="PASI [points]", range=[0, 1.05 * max(highest, 1.0)])
    figure.update_layout(showlegend=False, margin_t=50, height=130 + PANEL_HEIGHT * len(arms))
    return figure if figure.data else add_note(figure, "No patient could be simulated.")


def trajectories(course: Trajectories, names: Sequence[str]) -> go.Figure:
    """Draw quantities of simulated patients over time, one panel each.

    Parameters
    ----------
    course
        What `koebner.simulation.simulate` returned.
    names
        Names of the quantities, for example "PASI" or "TRM".

    Raises
    ------
    InvalidValueError
        When no name is given.
    """
    if not names:
        raise InvalidValueError('No quantity was given; at least one is expected, for example ["PASI"].')
    figure = make_subplots(rows=len(names), cols=1, shared_xaxes=True, vertical_spacing=0.05)
    weeks: list[float] = []
    for row, name in enumerate(names, start=1):
        values = course[name].transpose("patient", "time")
        weeks = [float(week) for week in values["week"].to_numpy()]
        _add_course(figure, weeks, values.to_numpy(), name=name, line_colour=colour(row - 1), row=row)
    styled(figure, x="", y="", weeks=weeks[-1])
    for row, name in enumerate(names, start=1):
        unit = course[name].attrs.get("units", "")
        figure.update_yaxes(title_text=f"{name} [{unit}]" if unit else name, row=row, col=1)
    figure.update_xaxes(title_text="Weeks", row=len(names), col=1)
    return figure.update_layout(height=max(430, 240 * len(names)))


def _add_course(
    figure: go.Figure,
    weeks: Sequence[float],
    values: NDArray[np.float64],
    *,
    name: str,
    line_colour: str,
    row: int = 1,
) -> None:
    """Add single patients, band and mean to a panel; a single patient is its own mean."""
    seen = np.isfinite(values).any(axis=0)
    lower, mean, upper = np.full((3, len(weeks)), np.nan)
    lower[seen], upper[seen] = np.nanpercentile(values[:, seen], BAND_PERCENT, axis=0)
    mean[seen] = np.nanmean(values[:, seen], axis=0)
    traces = [
        go.Scatter(
            x=list(weeks),
            y=mean.tolist(),
            mode="lines",
            name=f"{name} (n = {len(values)})",
            line={"color": line_colour, "width": 3},
            hovertemplate="week %{x:g}: %{y:.1f}",
        )
    ]
    if len(values) > 1:
        band = band_traces(weeks, lower.tolist(), upper.tolist(), colour=line_colour, group=name)
        traces = [_single_patients(weeks, values, line_colour), *band, *traces]
    figure.add_traces(traces, rows=row, cols=1)


def _single_patients(weeks: Sequence[float], values: NDArray[np.float64], line_colour: str) -> go.Scatter:
    """Return thin lines of the first patients as one trace, separated by gaps."""
    shown = values[:_MOST_SINGLE_PATIENTS]
    gap = np.full((len(shown), 1), np.nan)
    return go.Scatter(
        x=[*weeks, None] * len(shown),
        y=np.hstack([shown, gap]).ravel().tolist(),
        mode="lines",
        line={"color": tint(line_colour, 0.3), "width": 0.8},
        showlegend=False,
        hoverinfo="skip",
    )
