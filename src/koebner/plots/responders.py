"""Responder curves: the share of patients who reach an endpoint, visit by visit."""

import pandas as pd
import plotly.graph_objects as go

from koebner.plots.style import band_traces, colour, plain, styled
from koebner.trials import Outcome


def responders(outcome: Outcome, endpoint: str = "PASI75") -> go.Figure:
    """Draw responders of each arm with their Wilson 95 % band.

    Parameters
    ----------
    outcome
        The outcome of a trial.
    endpoint
        A responder endpoint, for example "PASI75".
    """
    figure = go.Figure()
    weeks = outcome.record.visits
    table = pd.concat([outcome.response(endpoint, week=week) for week in weeks])
    for number, arm in enumerate(outcome.record.labels):
        rows = table[table["arm"] == arm]
        line_colour = colour(number)
        band = band_traces(
            weeks,
            rows["lower_95"].tolist(),
            rows["upper_95"].tolist(),
            colour=line_colour,
            group=arm,
        )
        figure.add_traces(band)
        figure.add_trace(
            go.Scatter(
                x=list(weeks),
                y=rows["percent"].tolist(),
                mode="lines+markers",
                name=f"{plain(arm)} (n = {rows['n'].max()})",
                legendgroup=arm,
                line={"color": line_colour, "width": 3},
                marker={"size": 6},
                hovertemplate="week %{x:g}: %{y:.0f} %",
            )
        )
    styled(figure, x="Weeks since first dose", y=f"{endpoint} [% of patients]", weeks=weeks[-1])
    return figure.update_yaxes(range=[-2, 102])
