"""Waterfall: every patient's change of PASI, sorted from the worst to the best."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from koebner.errors import InvalidValueError
from koebner.plots.style import GREY, PANEL_HEIGHT, add_note, colour, plain, styled
from koebner.trials import Outcome

_FLOOR = -105.0  # a little below clear skin


def waterfall(outcome: Outcome, week: float | None = None) -> go.Figure:
    """Draw the change of PASI from baseline of every patient, one panel an arm, below one another.

    Parameters
    ----------
    outcome
        The outcome of a trial.
    week
        A visit; None for each patient's best visit after week 0. Patients not seen then are absent,
        and their number stands in the panel's title.

    Raises
    ------
    InvalidValueError
        When `week` is no visit of the trial.
    """
    if week is not None and week not in outcome.record.visits:
        known = ", ".join(f"{visit:g}" for visit in outcome.record.visits)
        raise InvalidValueError(f"Week {week:g} was given; expected a visit of the trial, one of {known}.")
    changes = {arm: _changes(outcome, arm, week) for arm in outcome.record.labels}
    titles = [
        f"{plain(arm)}: {len(change)} patients, {absent} not seen"
        for arm, (change, absent) in changes.items()
    ]
    figure = make_subplots(
        rows=len(changes), cols=1, subplot_titles=titles, vertical_spacing=0.25 / len(changes)
    )
    for number, (arm, (change, _)) in enumerate(changes.items()):
        figure.add_trace(
            go.Bar(
                x=list(range(1, len(change) + 1)),
                y=change.tolist(),
                name=plain(arm),
                marker={"color": colour(number), "line": {"width": 0}},
                hovertemplate="%{y:.0f} %",
            ),
            row=number + 1,
            col=1,
        )
    styled(figure, x="Patients, sorted", y="")
    figure.update_xaxes(title_text="")
    figure.update_xaxes(title_text="Patients, sorted", row=len(changes), col=1)
    figure.update_yaxes(title_text="PASI [% change]")
    figure.update_layout(showlegend=False, bargap=0.1, margin_t=50, height=130 + PANEL_HEIGHT * len(changes))
    largest = max((float(change.max()) for change, _ in changes.values() if len(change)), default=0.0)
    figure.update_yaxes(range=[_FLOOR, max(1.05 * largest, 5.0)])
    for percent in (-50, -75, -90):
        figure.add_hline(y=percent, line={"color": GREY, "width": 1, "dash": "dot"})
    if not any(len(change) for change, _ in changes.values()):
        add_note(figure, "No patient was seen after week 0.")
    return figure


def _changes(outcome: Outcome, arm: str, week: float | None) -> tuple[np.ndarray, int]:
    """Return changes [percent], sorted from worst to best, and how many patients were not seen."""
    pasi = outcome.recorded(arm).pasi
    simulated = pasi[np.isfinite(pasi[:, 0])]
    if week is None:
        later = np.where(np.isfinite(simulated[:, 1:]), simulated[:, 1:], np.inf).min(axis=1)
    else:
        later = simulated[:, outcome.record.visits.index(week)]
    seen = np.isfinite(later)
    change = 100.0 * (later[seen] / simulated[seen, 0] - 1.0)
    return np.sort(change)[::-1], int((~seen).sum())
