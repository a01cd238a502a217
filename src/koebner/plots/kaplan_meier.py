"""Kaplan-Meier curves of the loss of response after the last dose."""

import plotly.graph_objects as go

from koebner.plots.style import add_note, band_traces, colour, plain, styled
from koebner.trials import Outcome, SurvivalCurve

_ROW_HEIGHT = 22
_TOP_OF_COUNTS = 70


def kaplan_meier(outcome: Outcome, event: str | None = None) -> go.Figure:
    """Draw the share of responders who still hold their response, with patients at risk below.

    Parameters
    ----------
    outcome
        The outcome of a trial.
    event
        A relapse definition, for example "loss of PASI75"; the trial's own when left out.
    """
    relapse = outcome.relapse(event)
    curves = {arm: curve for arm, curve in relapse.curves.items() if curve is not None}
    figure = go.Figure()
    for number, arm in enumerate(relapse.curves):
        if arm in curves:
            _add_curve(figure, arm, curves[arm], colour(number))
    weeks = max((float(curve.weeks[-1]) for curve in curves.values()), default=1.0)
    styled(
        figure,
        x="Weeks since last dose",
        y="Still in response [% of responders]",
        weeks=max(weeks, 1.0),
    )
    figure.update_yaxes(range=[-2, 102])
    if not curves:
        return add_note(figure, f"Nobody reached {relapse.responder}: there is no response to lose.")
    _add_counts(figure, curves, list(relapse.curves), weeks)
    return figure


def _add_curve(figure: go.Figure, arm: str, curve: SurvivalCurve, line_colour: str) -> None:
    band = band_traces(
        curve.weeks.tolist(),
        (100 * curve.lower).tolist(),
        (100 * curve.upper).tolist(),
        colour=line_colour,
        group=arm,
        shape="hv",
    )
    figure.add_traces(band)
    figure.add_trace(
        go.Scatter(
            x=curve.weeks.tolist(),
            y=(100 * curve.share).tolist(),
            mode="lines",
            name=f"{plain(arm)} (n = {curve.n} responders)",
            legendgroup=arm,
            line={"color": line_colour, "width": 3, "shape": "hv"},
            hovertemplate="%{x:g} weeks: %{y:.0f} %",
        )
    )


def _add_counts(figure: go.Figure, curves: dict[str, SurvivalCurve], arms: list[str], weeks: float) -> None:
    """Write patients at risk under the axis, one row an arm, in the arm's colour."""
    step = 4 if weeks <= 60 else 12
    text = {"showarrow": False, "yref": "paper", "y": 0, "yanchor": "top"}
    for row, (arm, curve) in enumerate(curves.items()):
        font = {"size": 12, "color": colour(arms.index(arm))}
        shift = -(_TOP_OF_COUNTS + _ROW_HEIGHT * row)
        for week in range(0, int(weeks) + 1, step):
            figure.add_annotation(
                text=str(curve.at_risk_at(week)), x=week, xref="x", yshift=shift, font=font, **text
            )
    figure.add_annotation(
        text="at risk", x=0, xref="paper", xanchor="right", xshift=-14, yshift=-_TOP_OF_COUNTS, **text
    )
    bottom = _TOP_OF_COUNTS + _ROW_HEIGHT * (len(curves) + 1)
    figure.update_layout(margin_b=bottom, height=430 + _ROW_HEIGHT * len(curves))
