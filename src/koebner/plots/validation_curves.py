"""What a frozen fit says between the figures that trials publish: responses by week, relapse by visit."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from koebner.calibration.withdrawal.studies import WEEKS_PER_UNIT
from koebner.plots.style import GREY, PALETTE, add_note, band_traces, named_once, plain, styled
from koebner.therapies import load

COLUMNS = 3
_PANEL, _AROUND = 210, 160
# Axes of one panel are as wide as its last week, with ticks that still fit.
_TICKS = ((20, 4), (60, 12), (130, 26), (10_000, 52))
_ENDPOINTS = {"PASI75": PALETTE[0], "PASI90": PALETTE[1]}


def response_curves(responders: pd.DataFrame, arms: pd.DataFrame) -> go.Figure:
    """Draw PASI75 and PASI90 by week with all published rows, a panel a drug.

    Of each drug the labelled doses are drawn where trials gave them, else those with most rows. Bands are
    90 % intervals for a trial so large that sampling does not count. Rows from memory are left out; with no
    row at all the figure says so.

    Parameters
    ----------
    responders, arms
        Of `koebner.plots.validation_tables.read_validation`.

    Examples
    --------
    >>> from koebner.fits import ensemble_folder
    >>> from koebner.plots.validation_tables import read_validation
    >>> found = read_validation(ensemble_folder("protocol") / "validation")
    >>> response_curves(found.responders, found.arms).layout.annotations[0].text
    '<b>acitretin</b><br>acitretin 25'
    """
    drawn = drawn_courses(arms)

    def panel(figure: go.Figure, course: tuple[str, str], place: dict[str, int]) -> float:
        therapy, given = course
        weeks = [0.0]
        for endpoint, colour in _ENDPOINTS.items():
            curve = _rows(responders, therapy=therapy, given=given, endpoint=endpoint)
            observed = _rows(drawn[course], endpoint=endpoint).assign(
                at=lambda rows: rows["week"], percent=lambda rows: rows["observed"]
            )
            _add_curve(figure, curve, f"{endpoint}, predicted", colour, "linear", place)
            _add_observed(figure, observed, endpoint, colour, place)
            weeks += curve["week"].tolist()
        return max(weeks)

    titles = {course: f"<b>{plain(course[0])}</b><br>{plain(_label(drawn[course]))}" for course in drawn}
    return _small_multiples(
        titles, panel, x="Weeks since the start of treatment", y="Responders [%]", nothing="No row to draw."
    )


def drawn_courses(arms: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """Return the rows that `response_curves` shows, by therapy and doses, one of each drug."""
    rows = arms[arms["endpoint"].isin(list(_ENDPOINTS)) & ~arms["from_memory"]]
    found = {}
    for therapy, mine in rows.groupby("therapy"):
        labelled = load(str(therapy)).sentence()
        given = labelled if (mine["given"] == labelled).any() else str(mine["given"].value_counts().index[0])
        found[str(therapy), given] = mine[mine["given"] == given]
    return found


def relapse_curves(relapse: pd.DataFrame, withdrawal: pd.DataFrame) -> go.Figure:
    """Draw who is without relapse by visit, with what was published, a panel a withdrawal study.

    Each study has its own definition, clock and visits. A published median stands at 50 %. Studies whose
    figures are none of relapse (still responding at a visit) have no panel.

    Parameters
    ----------
    relapse, withdrawal
        Of `koebner.plots.validation_tables.read_validation`.

    Examples
    --------
    >>> from koebner.fits import ensemble_folder
    >>> from koebner.plots.validation_tables import read_validation
    >>> found = read_validation(ensemble_folder("protocol") / "validation")
    >>> relapse_curves(found.relapse, found.withdrawal).layout.annotations[0].text
    '<b>guselkumab</b><br>voyage-2-2017'
    """
    published = relapse_points(withdrawal)
    firsts = relapse.drop_duplicates("course").set_index("course").to_dict("index")

    def panel(figure: go.Figure, course: str, place: dict[str, int]) -> float:
        curve, observed = _rows(relapse, course=course), _rows(published, course=course)
        _add_curve(figure, curve, "without relapse, predicted", PALETTE[0], "hv", place)
        _add_observed(figure, observed, "published", PALETTE[1], place)
        clock = f"Weeks since {firsts[course]['time_origin']}"
        figure.update_xaxes(title={"text": clock, "font": {"size": 11}, "standoff": 4}, **place)
        return float(max(curve["week"].max(), observed["at"].max()))

    titles = {
        course: f"<b>{plain(str(firsts[course]['drug']))}</b><br>{plain(str(firsts[course]['trial']))}"
        for course in published["course"].unique()
        if course in firsts
    }
    return _small_multiples(
        titles, panel, x="", y="Without relapse [%]", nothing="No published relapse to draw."
    )


def relapse_points(withdrawal: pd.DataFrame) -> pd.DataFrame:
    """Return figures of relapse with `at` [weeks] and who had none by then, `percent`."""
    rows = withdrawal[withdrawal["measure"] != "still responding"]
    median = rows["measure"] == "median"
    in_weeks = rows["observed"] * rows["unit"].map(WEEKS_PER_UNIT)
    free = rows["observed"].where(rows["measure"] == "relapse-free", 100.0 - rows["observed"])
    return rows.assign(at=rows["week"].where(~median, in_weeks), percent=free.where(~median, 50.0))


def _small_multiples(
    titles: dict[Any, str],
    panel: Callable[[go.Figure, Any, dict[str, int]], float],
    *,
    x: str,
    y: str,
    nothing: str,
) -> go.Figure:
    """Return a panel for each title, drawn by `panel`, which returns the last week of its axis."""
    if not titles:
        return add_note(styled(go.Figure(), x=x, y=y), nothing)
    lines = -(-len(titles) // COLUMNS)
    figure = make_subplots(
        rows=lines,
        cols=COLUMNS,
        subplot_titles=list(titles.values()),
        horizontal_spacing=0.07,
        vertical_spacing=0.45 / lines,
        x_title=x,
        y_title=y,
    )
    styled(figure, x="", y="")
    figure.update_annotations(font_size=12)
    for number, what in enumerate(titles):
        place = {"row": number // COLUMNS + 1, "col": number % COLUMNS + 1}
        weeks = max(panel(figure, what, place), 1.0)
        tick = next(step for last, step in _TICKS if weeks <= last)
        figure.update_xaxes(range=[-0.02 * weeks, 1.04 * weeks], dtick=tick, tick0=0, **place)
    figure.update_yaxes(range=[-3, 103], dtick=50)
    return named_once(figure).update_layout(
        height=_PANEL * lines + _AROUND,
        margin={"l": 70, "t": 100},
        legend={"y": 1.0, "yref": "container", "yanchor": "top", "traceorder": "normal"},
    )


def _add_curve(
    figure: go.Figure, curve: pd.DataFrame, name: str, colour: str, shape: str, place: dict[str, int]
) -> None:
    weeks = curve["week"].tolist()
    band = band_traces(
        weeks, curve["lower"].tolist(), curve["upper"].tolist(), colour=colour, group=name, shape=shape
    )
    line = go.Scatter(
        x=weeks,
        y=curve["predicted"].tolist(),
        mode="lines",
        name=name,
        legendgroup=name,
        line={"color": colour, "width": 2, "shape": shape},
        hovertemplate="week %{x:g}: %{y:.0f} %<extra></extra>",
    )
    for trace in (*band, line):
        figure.add_trace(trace, **place)


def _add_observed(
    figure: go.Figure, rows: pd.DataFrame, what: str, colour: str, place: dict[str, int]
) -> None:
    """Add `percent` of rows `at` their weeks: full where the fit has met them, open where held out."""
    for met, words in ((True, "fitted"), (False, "held out")):
        mine = rows[rows["met_by_fit"] == met]
        if mine.empty:
            continue
        trace = go.Scatter(
            x=mine["at"].tolist(),
            y=mine["percent"].tolist(),
            mode="markers",
            name=f"{what}, {words}",
            legendgroup=f"{what}, {words}",
            marker={
                "size": 7,
                "color": colour if met else "white",
                "line": {"width": 1.5, "color": colour if not met else GREY},
            },
            text=[plain(f"{row['trial']}, {row.get('arm', row['drug'])}") for row in mine.to_dict("records")],
            hovertemplate="%{text}<br>week %{x:.3g}: %{y:.1f} %<extra></extra>",
        )
        figure.add_trace(trace, **place)


def _rows(table: pd.DataFrame, **of: str) -> pd.DataFrame:
    for column, value in of.items():
        table = table[table[column] == value]
    return table


def _label(rows: pd.DataFrame) -> str:
    """Return what most trials call the arm."""
    return str(rows["arm"].value_counts().index[0])
