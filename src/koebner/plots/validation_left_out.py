"""Trials left out of a fit and then predicted, beside the mean of other trials of the same drug and doses."""

from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from koebner.calibration.validation.left_out import main_rows, with_both
from koebner.plots.style import plain, styled
from koebner.plots.validation import CLASS_COLOURS, SIGNS, agreement
from koebner.plots.validation_tables import class_of

_PANELS = {
    "predicted": "A fit without the trial",
    "copied": "Mean of the other trials<br>of the same drug and doses",
}
_HEIGHT = 480


def read_left_out(path: Path) -> pd.DataFrame:
    """Return PASI75 and PASI90 at weeks 10 to 16, of `left_out.csv` of a calibration.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    DataFrame
        Its columns, and `family` (class of the drug).
    """
    used = main_rows(pd.read_csv(path))
    return used.assign(family=[class_of(str(name)) for name in used["therapy"]])


def left_out_trials(rows: pd.DataFrame) -> go.Figure:
    """Draw what fits without a trial say of it, and what its like say, on identical rows.

    Parameters
    ----------
    rows
        Of `read_left_out`; rows without either answer are not drawn.

    Examples
    --------
    >>> rows = pd.DataFrame({"study": ["a"], "arm": ["b"], "week": [12.0], "endpoint": ["PASI75"],
    ...     "observed": [70.0], "predicted": [74.0], "copied": [68.0], "family": ["TNF"]})
    >>> left_out_trials(rows).layout.yaxis.title.text
    'Predicted [%]'
    """
    both = with_both(rows)
    figure = make_subplots(rows=1, cols=2, subplot_titles=list(_PANELS.values()), horizontal_spacing=0.12)
    styled(figure, x="Observed [%]", y="Predicted [%]")
    figure.update_annotations(font_size=13)
    for column, answer in enumerate(_PANELS, start=1):
        for trace in agreement():
            figure.add_trace(trace, row=1, col=column)
        for (family, endpoint), mine in both.groupby(["family", "endpoint"]):
            points = _points(mine, answer, f"{family}, {endpoint}", shown=column == 1)
            points.marker.color, points.marker.symbol = CLASS_COLOURS[str(family)], SIGNS[str(endpoint)]
            figure.add_trace(points, row=1, col=column)
    figure.update_xaxes(range=[-2, 102], dtick=25)
    figure.update_yaxes(range=[-2, 102], dtick=25)
    return figure.update_layout(height=_HEIGHT, margin={"t": 140}, legend={"y": 1.16})


def _points(rows: pd.DataFrame, answer: str, name: str, *, shown: bool) -> go.Scatter:
    words = [
        f"{plain(str(row['study']))}, {plain(str(row['arm']))}, week {row['week']:g}, {row['endpoint']}"
        for row in rows.to_dict("records")
    ]
    return go.Scatter(
        x=list(rows["observed"]),
        y=list(rows[answer]),
        mode="markers",
        name=name,
        legendgroup=name,
        showlegend=shown,
        marker={"size": 7, "line": {"width": 1}},
        text=words,
        hovertemplate="%{text}<br>observed %{x:.1f} %, predicted %{y:.1f} %<extra></extra>",
    )
