"""What a frozen fit said of published trials, beside what they found, from the tables of a validation."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from koebner.intervals import wilson_interval
from koebner.plots.style import GREY, PALETTE, add_note, plain, styled, tint
from koebner.plots.validation_tables import COMPARATORS, GROUPS

CLASS_COLOURS = {
    "IL-17": PALETTE[0],
    "IL-23": PALETTE[2],
    "TNF": PALETTE[1],
    "oral": PALETTE[3],
    "other": GREY,
}
"""Colour of each class of drugs."""

TOLERANCE = 10.0
"""Half-width of the band in which every row counts as within [points]."""

_PANELS = ("fitted", "tier 1", "tier 2, never seen", "tier 2, seen before")

SIGNS = {"PASI75": "circle", "PASI90": "diamond-open"}
"""Mark of each endpoint that is drawn."""

_ROW = 24
_PANEL = 360


def predicted_against_observed(arms: pd.DataFrame) -> go.Figure:
    """Draw PASI75 and PASI90 predicted against observed: a panel a role, a colour a class.

    Thin bars are the 90 % prediction intervals, the grey band is 10 points, the line is where both agree.
    Rows from memory are left out, and roles without a row; with no row at all the one panel says so.

    Parameters
    ----------
    arms
        Of `koebner.plots.validation_tables.read_validation`.

    Examples
    --------
    >>> from koebner.fits import ensemble_folder
    >>> from koebner.plots.validation_tables import read_validation
    >>> found = read_validation(ensemble_folder("protocol") / "validation")
    >>> predicted_against_observed(found.arms).layout.xaxis.title.text
    'Observed [%]'
    """
    shown = arms[arms["endpoint"].isin(list(SIGNS)) & ~arms["from_memory"]]
    counts = {group: int((shown["group"] == group).sum()) for group in _PANELS}
    panels = [group for group in _PANELS if counts[group]] or [_PANELS[0]]
    columns = min(2, len(panels))
    lines = -(-len(panels) // columns)
    figure = make_subplots(
        rows=lines,
        cols=columns,
        subplot_titles=[f"{GROUPS[group]}<br>({counts[group]} rows)" for group in panels],
        horizontal_spacing=0.12,
        vertical_spacing=0.17,
    )
    styled(figure, x="Observed [%]", y="Predicted [%]")
    figure.update_annotations(font_size=13)
    named: set[str] = set()
    for number, group in enumerate(panels):
        place = {"row": number // columns + 1, "col": number % columns + 1}
        for trace in agreement():
            figure.add_trace(trace, **place)
        for (family, endpoint), rows in shown[shown["group"] == group].groupby(["family", "endpoint"]):
            name = f"{family}, {endpoint}"
            figure.add_trace(_points(rows, str(family), str(endpoint), shown=name not in named), **place)
            named.add(name)
        if not counts[group]:
            figure.add_annotation(
                text="no such row", x=50, y=50, showarrow=False, font={"color": GREY}, **place
            )
    figure.update_xaxes(range=[-2, 102], dtick=25)
    figure.update_yaxes(range=[-2, 102], dtick=25)
    return figure.update_layout(
        height=lines * _PANEL + 210,
        margin={"t": 130},
        legend={"y": 1.09, "traceorder": "normal"},
    )


def agreement() -> list[go.Scatter]:
    """Return the band of the tolerance and the line of agreement."""
    quiet = {"mode": "lines", "showlegend": False, "hoverinfo": "skip"}
    band = go.Scatter(
        x=[-5, 105, 105, -5],
        y=[-5 + TOLERANCE, 105 + TOLERANCE, 105 - TOLERANCE, -5 - TOLERANCE],
        fill="toself",
        fillcolor=tint(GREY, 0.12),
        line={"width": 0},
        name="within 10 points",
        **quiet,
    )
    line = go.Scatter(x=[-5, 105], y=[-5, 105], line={"color": GREY, "width": 1}, name="agreement", **quiet)
    return [band, line]


def _points(rows: pd.DataFrame, family: str, endpoint: str, *, shown: bool) -> go.Scatter:
    colour = CLASS_COLOURS[family]
    words = [
        f"{plain(str(row['trial']))}, {plain(str(row['arm']))}, week {row['week']:g}, {endpoint}"
        for row in rows.to_dict("records")
    ]
    return go.Scatter(
        x=list(rows["observed"]),
        y=list(rows["predicted"]),
        mode="markers",
        name=f"{family}, {endpoint}",
        legendgroup=f"{family}, {endpoint}",
        showlegend=shown,
        marker={"size": 7, "color": colour, "symbol": SIGNS[endpoint], "line": {"width": 1}},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": list(rows["upper"] - rows["predicted"]),
            "arrayminus": list(rows["predicted"] - rows["lower"]),
            "color": tint(colour, 0.45),
            "thickness": 1,
            "width": 0,
        },
        text=words,
        hovertemplate="%{text}<br>observed %{x:.1f} %, predicted %{y:.1f} %<extra></extra>",
    )


def errors_by_drug(held_out: pd.DataFrame) -> go.Figure:
    """Draw the mean absolute error of each drug on held-out rows, the model beside each comparator.

    The first panel is the model on all of its rows; in the others both are on identical rows, those for
    which the comparator has an answer.

    Parameters
    ----------
    held_out
        Of `koebner.plots.validation_tables.with_comparators`.

    Examples
    --------
    >>> from koebner.fits import ensemble_folder
    >>> from koebner.plots.validation_tables import read_validation, with_comparators
    >>> found = read_validation(ensemble_folder("protocol") / "validation")
    >>> errors_by_drug(with_comparators(found.arms)).layout.xaxis.title.text
    'Mean absolute error [points]'
    """
    if held_out.empty:
        return add_note(styled(go.Figure(), x="", y=""), "The fit has met all rows: none is held out.")
    titles = ["All held-out rows", *(f"Beside: {name}" for name in COMPARATORS)]
    tables = [_by_drug(held_out, None), *(_by_drug(held_out, name) for name in COMPARATORS)]
    heights = [max(len(first), len(second)) + 1 for first, second in (tables[:2], tables[2:])]
    figure = make_subplots(
        rows=2,
        cols=2,
        subplot_titles=titles,
        row_heights=heights,
        horizontal_spacing=0.28,
        vertical_spacing=0.12,
    )
    styled(figure, x="Mean absolute error [points]", y="")
    figure.update_annotations(font_size=13)
    for number, table in enumerate(tables):
        _errors_panel(figure, table, number)
    most = max(float(table[["model", "other"]].max().max()) for table in tables if len(table))
    figure.update_xaxes(range=[0, 1.08 * most])
    return figure.update_layout(
        height=_ROW * sum(heights) + 260, margin={"l": 150, "t": 90}, legend={"y": 1.06}
    )


def _by_drug(rows: pd.DataFrame, comparator: str | None) -> pd.DataFrame:
    """Return rows, error of the model and of the other by drug, the worst last, which stands on top."""
    used = rows if comparator is None else rows[rows[comparator].notna()]
    other = used[comparator] if comparator is not None else pd.Series(float("nan"), index=used.index)
    table = used.assign(model=used["error"].abs(), other=other)
    found = table.groupby("therapy").agg(
        rows=("model", "size"), model=("model", "mean"), other=("other", "mean")
    )
    return found.sort_values("model").reset_index()


def _errors_panel(figure: go.Figure, table: pd.DataFrame, number: int) -> None:
    place = {"row": number // 2 + 1, "col": number % 2 + 1}
    at = list(range(len(table)))
    for key, name, colour, sign in (
        ("other", "without a model", PALETTE[1], "diamond-open"),
        ("model", "the model", PALETTE[0], "circle"),
    ):
        if key == "other" and number == 0:
            continue
        trace = go.Scatter(
            x=list(table[key]),
            y=at,
            mode="markers",
            name=name,
            legendgroup=name,
            showlegend=number == 1,
            marker={"size": 9, "color": colour, "symbol": sign, "line": {"width": 1.5}},
            hovertemplate="%{x:.1f} points<extra></extra>",
        )
        figure.add_trace(trace, **place)
    figure.update_yaxes(
        tickvals=at,
        ticktext=[
            f"{plain(str(drug))} ({n})" for drug, n in zip(table["therapy"], table["rows"], strict=True)
        ],
        range=[-0.6, max(len(table) - 0.4, 0.6)],
        **place,
    )


def interval_coverage(arms: pd.DataFrame, *, needed: Sequence[float]) -> go.Figure:
    """Draw how many rows lie inside their 90 % prediction interval, by role, all responder rates.

    Bars are Wilson's 95 % interval, as if rows were independent, which those of one trial are not.

    Parameters
    ----------
    arms
        Of `koebner.plots.validation_tables.read_validation`.
    needed
        Lowest and highest coverage that passes [percent].

    Examples
    --------
    >>> from koebner.fits import ensemble_folder
    >>> from koebner.plots.validation_tables import read_validation
    >>> found = read_validation(ensemble_folder("protocol") / "validation")
    >>> len(interval_coverage(found.arms, needed=(80, 97)).data)
    1
    """
    rates = arms[arms["endpoint"].str.fullmatch(r"PASI\d+") & ~arms["from_memory"]]
    groups = [group for group in GROUPS if (rates["group"] == group).any()][::-1]
    counts = [rates.loc[rates["group"] == group, "inside"] for group in groups]
    share = [100.0 * float(each.mean()) for each in counts]
    ends = [wilson_interval(int(each.sum()), len(each)) for each in counts]
    figure = go.Figure(
        go.Scatter(
            x=share,
            y=list(range(len(groups))),
            mode="markers",
            marker={"size": 10, "color": PALETTE[0]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [100 * upper - mid for (_, upper), mid in zip(ends, share, strict=True)],
                "arrayminus": [mid - 100 * lower for (lower, _), mid in zip(ends, share, strict=True)],
                "color": PALETTE[0],
                "thickness": 2,
                "width": 0,
            },
            hovertemplate="%{x:.0f} %<extra></extra>",
        )
    )
    styled(figure, x="Rows inside their 90 % interval [%]", y="")
    figure.add_vrect(x0=needed[0], x1=needed[1], fillcolor=tint(GREY, 0.12), line_width=0)
    figure.add_vline(x=90, line={"color": GREY, "width": 1})
    figure.update_xaxes(range=[0, 102])
    figure.update_yaxes(
        tickvals=list(range(len(groups))),
        ticktext=[f"{GROUPS[group]} ({len(each)})" for group, each in zip(groups, counts, strict=True)],
        range=[-0.6, len(groups) - 0.4],
        automargin=True,
    )
    return figure.update_layout(height=40 * len(groups) + 120)
