"""What becomes of given mesenchymal stem cells: where they live and die, and what remains of them."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from koebner.errors import InvalidValueError
from koebner.plots.style import GREY, PANEL_HEIGHT, colour, styled
from koebner.simulation import Trajectories

DAYS_SHOWN = 5.0
STATEMENT = (
    "Exploratory: the model's prior, no measurement in people. Where cells live is known<br>"
    "from animals, in people only where their label goes. That an effect lasts rests on<br>"
    "2 to 17 uncontrolled patients."
)
_HOURS_APART = 3.0
_CELLS = "million cells/kg"


@dataclass(frozen=True, kw_only=True)
class _Panel:
    """One panel: its title and axis, and the quantities in it with their labels."""

    title: str
    axis: str
    lines: tuple[tuple[str, str], ...]
    in_days: bool = False
    least: float | None = None
    from_zero: bool = True


_PANELS = (
    _Panel(
        title="Living cells",
        axis=_CELLS,
        lines=(
            ("MSC_lung", "lung"),
            ("MSC_blood", "blood"),
            ("MSC_liver_spleen", "liver, spleen"),
            ("MSC_node", "lymph nodes"),
            ("MSC_skin", "skin"),
            ("MSC_local", "injected"),
            ("MSC_exosome", "vesicles"),
        ),
        in_days=True,
        least=1e-4,  # a logarithmic axis, as few cells reach the skin
    ),
    _Panel(title="Dying cells", axis=_CELLS, lines=(("MSC_apoptotic", "dying"),), in_days=True),
    _Panel(
        title="What the cells leave",
        axis="relative",
        lines=(("Efferocyte", "efferocytes"), ("MSC_factor", "factors")),
    ),
    _Panel(
        title="Regulation, 1 at the lesion",
        axis="relative",
        lines=(("Treg_blood", "Treg in blood"), ("Suppression", "suppression")),
        from_zero=False,
    ),
    _Panel(title="PASI", axis="points", lines=(("PASI", "PASI"),)),
)
QUANTITIES = tuple(name for panel in _PANELS for name, _ in panel.lines)
"""What a course must hold to be drawn."""


def fate_weeks(weeks: float) -> NDArray[np.float64]:
    """Return times [weeks] that show both hours and months: quarters of hours first, then hours, then days.

    Parameters
    ----------
    weeks
        Length of the course [weeks].

    Examples
    --------
    >>> times = fate_weeks(12)
    >>> float(times[1] * 7 * 24), float(times[-1])
    (0.25, 12.0)
    """
    if not DAYS_SHOWN / 7 < weeks < np.inf:
        raise InvalidValueError(f"weeks {weeks:g} was given; expected more than {DAYS_SHOWN:g} days.")
    quarters = np.arange(0.0, _HOURS_APART, 0.25) / 24
    hourly = np.arange(_HOURS_APART, DAYS_SHOWN * 24) / 24
    daily = np.arange(DAYS_SHOWN, weeks * 7)
    return np.append(np.concatenate([quarters, hourly, daily]) / 7, weeks)


def msc_fate(course: Trajectories) -> go.Figure:
    """Draw the fate of given cells over hours and days, and what remains of it over weeks.

    Parameters
    ----------
    course
        What `koebner.simulation.simulate` returned for a cell product, at the times of `fate_weeks`; of
        several patients the mean is drawn.

    Raises
    ------
    InvalidValueError
        When no cells were given, or the times are too far apart to show hours.
    UnknownNameError
        When the course lacks a quantity of `QUANTITIES`.
    """
    weeks = course["PASI"]["week"].to_numpy().astype(float)
    means = {name: course[name].mean("patient").to_numpy() for name in QUANTITIES}
    first = _first_dose(weeks, means)
    figure = make_subplots(
        rows=len(_PANELS), cols=1, subplot_titles=[panel.title for panel in _PANELS], vertical_spacing=0.075
    )
    for row, panel in enumerate(_PANELS, start=1):
        for name, label in panel.lines:
            if name.startswith("MSC_") and not means[name].max() > 0:
                continue
            x = (weeks - first) * 7 if panel.in_days else weeks
            shown = (x >= 0) & (x <= DAYS_SHOWN) if panel.in_days else np.ones(len(x), dtype=bool)
            figure.add_trace(_line(x[shown], means[name][shown], label, panel), row=row, col=1)
    return _finished(figure, weeks[-1])


def _first_dose(weeks: NDArray[np.float64], means: dict[str, NDArray[np.float64]]) -> float:
    """Return the week of the first dose: the last time before anything is there."""
    given = sum(means[name] for name in ("MSC_blood", "MSC_local", "MSC_exosome"))
    there = np.flatnonzero(np.asarray(given) > 0)
    if not len(there):
        raise InvalidValueError("no cells were given in this course; expected that of a cell product.")
    start = max(int(there[0]) - 1, 0)
    days = (weeks - weeks[start]) * 7
    apart = np.diff(days[(days >= 0) & (days <= DAYS_SHOWN)])
    if not len(apart) or apart.max() > _HOURS_APART / 24 + 1e-9:
        raise InvalidValueError(
            "the times of the course are too far apart to show hours after the first dose; simulate at "
            "`at_weeks=fate_weeks(weeks)`."
        )
    return float(weeks[start])


def _line(x: NDArray[np.float64], y: NDArray[np.float64], label: str, panel: _Panel) -> go.Scatter:
    labels = [each for _, each in panel.lines]
    time = "day" if panel.in_days else "week"
    return go.Scatter(
        x=x.tolist(),
        y=y.tolist(),
        mode="lines",
        name=label,
        line={"color": colour(labels.index(label)), "width": 2.5},
        legend="legend" if panel is _PANELS[0] else f"legend{_PANELS.index(panel) + 1}",
        showlegend=len(labels) > 1,
        hovertemplate=f"{label}: %{{y:.3g}} at {time} %{{x:.3g}}<extra></extra>",
    )


def _highest(figure: go.Figure, row: int) -> float:
    axis = f"y{row if row > 1 else ''}"
    return 2 * max(float(max(trace.y)) for trace in figure.data if trace.yaxis == axis)


def _finished(figure: go.Figure, last_week: float) -> go.Figure:
    styled(figure, x="", y="")
    height = 120 + PANEL_HEIGHT * len(_PANELS)
    for row, panel in enumerate(_PANELS, start=1):
        time = "Days since the first dose" if panel.in_days else "Weeks"
        span = [-0.05, DAYS_SHOWN] if panel.in_days else [-0.01 * last_week, 1.02 * last_week]
        figure.update_xaxes(title_text=time, title_standoff=4, range=span, row=row, col=1)
        figure.update_yaxes(title_text=panel.axis, row=row, col=1)
        if panel.least is not None:
            figure.update_yaxes(type="log", dtick=1, exponentformat="power", row=row, col=1)
            figure.update_yaxes(
                range=[np.log10(panel.least), np.log10(_highest(figure, row))], row=row, col=1
            )
        elif panel.from_zero:
            figure.update_yaxes(rangemode="tozero", row=row, col=1)
        top = figure.layout[f"yaxis{row if row > 1 else ''}"].domain[1]
        legend = {"orientation": "v", "x": 0.99, "xanchor": "right", "y": top, "yanchor": "top"}
        legend |= {"bgcolor": "rgba(255,255,255,0.7)", "font": {"size": 12}}
        figure.update_layout({"legend" if row == 1 else f"legend{row}": legend})
    figure.add_annotation(
        text=STATEMENT, x=0, y=0, xref="paper", yref="paper", xanchor="left", yanchor="top", yshift=-52,
        align="left", showarrow=False, font={"size": 12, "color": GREY},
    )  # fmt: skip
    return figure.update_layout(height=height, margin={"t": 40, "b": 125})
