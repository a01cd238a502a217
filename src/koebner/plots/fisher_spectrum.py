"""How many combinations of numbers the figures of a fit inform."""

import pandas as pd
import plotly.graph_objects as go

from koebner.plots.style import GREY, PALETTE, styled, tint


def fisher_spectrum(spectrum: pd.DataFrame) -> go.Figure:
    """Draw the eigenvalues of the Fisher information of the figures, in units of the prior's.

    Above the line at 1 the figures say more of a combination of numbers than the prior does.

    Parameters
    ----------
    spectrum
        A column for each fit, the central one first, largest eigenvalue first: `spectrum.csv`.

    Examples
    --------
    >>> fisher_spectrum(pd.DataFrame({"member 0": [30.0, 2.0, 0.1]})).layout.yaxis.type
    'log'
    """
    order = list(range(1, len(spectrum) + 1))
    central, *others = spectrum.columns
    figure = go.Figure()
    for number, name in enumerate(others):
        line = {"color": tint(GREY, 0.45), "width": 1}
        figure.add_scatter(
            x=order,
            y=list(spectrum[name]),
            mode="lines",
            line=line,
            name="other members",
            showlegend=number == 0,
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=order,
        y=list(spectrum[central]),
        mode="markers",
        name="central fit",
        marker={"size": 9, "color": PALETTE[0]},
        hovertemplate="%{y:.3g}<extra></extra>",
    )
    figure.add_hline(y=1.0, line={"color": PALETTE[1], "width": 1.5})
    styled(figure, x="Combination of numbers", y="Information, prior = 1")
    figure.update_yaxes(type="log", dtick=1)
    return figure.update_layout(height=340)
