"""The regimen of a therapy over the weeks: one row an agent, doses as stems, daily intake as areas."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from koebner.errors import InvalidValueError
from koebner.patients import Patient
from koebner.plots.style import GREY, add_note, colour, plain, styled, tint
from koebner.therapies import Agent, Phase, PlannedDose, Regimen, Therapy

_ROW_HEIGHT = 150
_NOTE_WIDTH = 84
# More changes of dose than these and a label at each would cover the next.
_MOST_LABELS = 6
_HEADROOM = 1.45
# Share of the width that a label of a dose takes, and that is kept free before week 0.
_LABEL_SHARE = 0.08
_MAX_WEEKS = 520.0


@dataclass(frozen=True, kw_only=True)
class DoseScale:
    """How a dose of a regimen is told for one patient: its unit, and the factor that leads to it.

    Doses by body weight become what the patient gets; doses of light and applications stay.

    Examples
    --------
    >>> DoseScale.of("mg/kg", weight_kg=80).told(5)
    '400 mg'
    >>> DoseScale.of("cells/kg", weight_kg=80).told(2e6)
    '160×10⁶ cells'
    >>> DoseScale.of("application", weight_kg=80).told(2)
    '2 applications'
    """

    unit: str
    factor: float

    @classmethod
    def of(cls, unit: str, *, weight_kg: float) -> "DoseScale":
        """Return the scale of a regimen's unit for a patient of that weight [kg]."""
        known = {
            "mg/kg": ("mg", weight_kg),
            "cells/kg": ("×10⁶ cells", weight_kg / 1e6),
            "cells/cm2": ("×10⁶ cells/cm²", 1e-6),
        }
        words, factor = known.get(unit, (unit, 1.0))
        return cls(unit=words, factor=factor)

    def told(self, amount: float) -> str:
        """Return a dose in words."""
        value = f"{self.factor * amount:.4g}"
        if self.unit == "application":
            return f"{value} application{'' if value == '1' else 's'}"
        return f"{value}{'' if self.unit.startswith('×') else ' '}{self.unit}"

    @property
    def axis(self) -> str:
        """The unit as the title of an axis says it."""
        return {"application": "applications"}.get(self.unit, self.unit.removeprefix("×"))


def timeline(therapy: Therapy, *, weeks: float = 52, weight_kg: float | None = None) -> go.Figure:
    """Draw when and how much of each agent is given.

    One row an agent: a stem a dose, as high as the dose, and an area for daily intake, as high as a day's
    amount. Starts, stops and restarts stand as dashed lines, left-out doses as crosses; a rule of
    retreatment is a note, since only a simulated course says when it brings the therapy back.

    Parameters
    ----------
    therapy
        What is given.
    weeks
        How long [weeks], at most 520.
    weight_kg
        Body weight [kg], which decides weight bands and doses by weight; that of the reference patient
        when left out.

    Raises
    ------
    InvalidValueError
        Weeks or a body weight that are out of range.

    Examples
    --------
    >>> from koebner.therapies import load
    >>> figure = timeline(load("secukinumab").stop(week=24).then(load("uc_msc")), weeks=52)
    >>> [trace.name for trace in figure.data]
    ['Secukinumab', 'Umbilical-cord MSC']
    """
    if not isinstance(therapy, Therapy):
        raise InvalidValueError(f"{therapy!r} was given; expected what `koebner.therapies.load` returns.")
    if not 0 < weeks <= _MAX_WEEKS:
        raise InvalidValueError(f"weeks {weeks:g} was given; expected above 0 and at most {_MAX_WEEKS:g}.")
    patient = Patient(pasi=10.0) if weight_kg is None else Patient(pasi=10.0, weight_kg=weight_kg)
    agents = [agent for agent in therapy.agents if agent.regimen is not None]
    n_rows = max(1, len(agents))
    figure = make_subplots(rows=n_rows, cols=1, shared_xaxes=True, vertical_spacing=0.24 / n_rows)
    styled(figure, x="", y="", weeks=weeks)
    ticks = [i * _tick(weeks) for i in range(math.floor(weeks / _tick(weeks)) + 1)]
    figure.update_xaxes(range=[-_LABEL_SHARE * weeks, 1.01 * weeks], tickmode="array", tickvals=ticks)
    for row, agent in enumerate(agents, start=1):
        _draw_agent(figure, row, agent, weeks, patient.weight_kg)
    if not agents:
        add_note(figure, plain(f"{therapy.name}: nothing is given")).update_yaxes(visible=False)
    if therapy.retreatment is not None:
        _shade_retreatment(figure, therapy, weeks, n_rows)
    figure.update_xaxes(title_text="Weeks", row=n_rows, col=1)
    return _laid_out(figure, _notes(therapy, patient.weight_kg), n_rows)


@dataclass(frozen=True, kw_only=True)
class _Row:
    """What the parts of one row share."""

    scale: DoseScale
    colour: str
    weeks: float


def _draw_agent(figure: go.Figure, row: int, agent: Agent, weeks: float, weight_kg: float) -> None:
    regimen = agent.regimen
    if regimen is None:
        return
    scale = DoseScale.of(regimen.unit, weight_kg=weight_kg)
    shared = _Row(scale=scale, colour=colour(row - 1), weeks=weeks)
    planned = regimen.planned(weeks, weight_kg=weight_kg)
    daily = any(dose.until_week is not None for dose in planned)
    draw = _area if daily else _stems
    figure.add_trace(draw(agent.name, planned, scale, shared.colour), row=row, col=1)
    top = _HEADROOM * max((scale.factor * dose.amount for dose in planned), default=1.0)
    title = scale.axis + (" a day" if daily else "")
    figure.update_yaxes(title_text=title, range=[0, top], nticks=4, row=row, col=1)
    for dose in _labelled(planned):
        _label(figure, row, dose, planned, shared)
    _mark_courses(figure, row, regimen, weeks)
    _cross_out(figure, row, regimen, shared)
    _above(figure, row, f"<b>{plain(agent.name)}</b>, {plain(regimen.route)}", x=0, text_colour=shared.colour)
    if _goes_on(regimen, weeks):
        _above(figure, row, "goes on →", x=1, text_colour=GREY)


def _above(figure: go.Figure, row: int, text: str, *, x: float, text_colour: str) -> None:
    """Write above a row, at its left (x = 0) or right (x = 1) end."""
    number = "" if row == 1 else str(row)
    figure.add_annotation(
        text=text,
        x=x,
        y=1,
        xref=f"x{number} domain",
        yref=f"y{number} domain",
        xanchor="right" if x else "left",
        yanchor="bottom",
        showarrow=False,
        font={"color": text_colour, "size": 12 if x else 14},
    )


def _stems(name: str, planned: Sequence[PlannedDose], scale: DoseScale, own: str) -> go.Scatter:
    """Return doses as points on stems; gaps part the stems."""
    x = [week for dose in planned for week in (dose.week, dose.week, None)]
    y = [height for dose in planned for height in (0.0, scale.factor * dose.amount, None)]
    words = [text for dose in planned for text in ("", scale.told(dose.amount), "")]
    crowded = len(planned) > 60
    return go.Scatter(
        x=x,
        y=y,
        name=plain(name),
        mode="lines+markers",
        line={"color": tint(own, 0.55), "width": 1 if crowded else 2},
        marker={"color": own, "size": [0, 4 if crowded else 9, 0] * len(planned), "line": {"width": 0}},
        text=words,
        hovertemplate="week %{x:.3~f}: %{text}<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )


def _area(name: str, planned: Sequence[PlannedDose], scale: DoseScale, own: str) -> go.Scatter:
    """Return daily intake as the area below its steps; gaps part the courses."""
    x: list[float | None] = []
    y: list[float | None] = []
    for dose, after in zip(planned, [*planned[1:], None], strict=True):
        end = dose.week if dose.until_week is None else dose.until_week
        height = scale.factor * dose.amount
        joined_before = bool(x) and x[-1] == dose.week
        x += [dose.week, end] if joined_before else [dose.week, dose.week, end]
        y += [height, height] if joined_before else [0.0, height, height]
        if after is None or after.week > end:
            x += [end, None]
            y += [0.0, None]
    return go.Scatter(
        x=x,
        y=y,
        name=plain(name),
        mode="lines",
        fill="tozeroy",
        fillcolor=tint(own, 0.3),
        line={"color": own, "width": 2, "shape": "linear"},
        hovertemplate="week %{x:.3~f}: %{y:.4~g} " + plain(scale.unit) + " a day<extra></extra>",
        showlegend=False,
    )


def _labelled(planned: Sequence[PlannedDose]) -> list[PlannedDose]:
    """Return the doses to be labelled: wherever the amount changes; of many changes first and largest."""
    changed = [
        dose
        for dose, before in zip(planned, [None, *planned[:-1]], strict=True)
        if before is None or abs(before.amount - dose.amount) > 1e-9 * dose.amount
    ]
    if len(changed) <= _MOST_LABELS:
        return changed
    largest = max(changed, key=lambda dose: dose.amount)
    return [changed[0]] if largest is changed[0] else [changed[0], largest]


def _label(
    figure: go.Figure, row: int, dose: PlannedDose, planned: Sequence[PlannedDose], shared: _Row
) -> None:
    """Write a dose beside its point: above it, or left of it where higher doses follow soon."""
    room = _LABEL_SHARE * shared.weeks
    soon = [later for later in planned if dose.week < later.week < dose.week + room]
    crowded = dose.until_week is None and any(later.amount > dose.amount for later in soon)
    left = crowded or dose.week > shared.weeks - room
    figure.add_annotation(
        text=plain(shared.scale.told(dose.amount)),
        x=dose.week,
        y=shared.scale.factor * dose.amount,
        xanchor="right" if left else "left",
        yanchor="middle" if left else "bottom",
        xshift=-7 if left else 4,
        yshift=0 if left else 4,
        showarrow=False,
        font={"size": 12, "color": shared.colour},
        row=row,
        col=1,
    )


def _mark_courses(figure: go.Figure, row: int, regimen: Regimen, weeks: float) -> None:
    """Mark begin and end of every course, other than a begin at week 0."""
    marks = []
    for number, course in enumerate(regimen.courses):
        if course.start_week > 0:
            marks.append((course.start_week, "again" if number else "start"))
        if course.stop_week is not None:
            marks.append((course.stop_week, "stop"))
    for week, words in marks:
        if week > weeks:
            continue
        figure.add_vline(x=week, line={"color": GREY, "width": 1, "dash": "dash"}, row=row, col=1)
        figure.add_annotation(
            text=f"{words} {week:.3g}",
            x=week,
            y=0.99,
            yref="y domain" if row == 1 else f"y{row} domain",
            xanchor="right" if words == "stop" else "left",
            yanchor="top",
            showarrow=False,
            font={"size": 11, "color": GREY},
            row=row,
            col=1,
        )


def _cross_out(figure: go.Figure, row: int, regimen: Regimen, shared: _Row) -> None:
    """Put a cross where a dose is left out."""
    left_out = [week for week in regimen.skipped if week < shared.weeks]
    if not left_out:
        return
    figure.add_trace(
        go.Scatter(
            x=left_out,
            y=[0.0] * len(left_out),
            name="left out",
            mode="markers",
            marker={"symbol": "x-thin", "size": 10, "line": {"color": shared.colour, "width": 2}},
            hovertemplate="week %{x:.3~f}: left out<extra></extra>",
            showlegend=False,
            cliponaxis=False,
        ),
        row=row,
        col=1,
    )


def _shade_retreatment(figure: go.Figure, therapy: Therapy, weeks: float, n_rows: int) -> None:
    """Shade the weeks in which the rule may bring the therapy back."""
    begin = therapy.start_week + therapy.course_weeks
    if begin < weeks:
        figure.add_vrect(x0=begin, x1=weeks, fillcolor=tint(GREY, 0.1), line_width=0, layer="below")
        _above(figure, n_rows, "shaded: may be given again", x=1, text_colour=GREY)


def _tick(weeks: float) -> float:
    """Return the distance of ticks: visits people think in, at most some fifteen of them."""
    return next((step for step in (1, 2, 4, 12, 26) if weeks <= 15 * step), 52)


def _goes_on(regimen: Regimen, weeks: float) -> bool:
    """Whether doses follow the end of the figure."""
    return bool([dose for dose in regimen.planned(weeks + 53.0) if (dose.until_week or dose.week) >= weeks])


def _notes(therapy: Therapy, weight_kg: float) -> list[str]:
    """Return what cannot be drawn: the patient, the rule of retreatment, random misses."""
    units = {agent.regimen.unit for agent in therapy.agents if agent.regimen is not None}
    banded = any(phase.above_kg > 0 for agent in therapy.agents for phase in _phases(agent))
    notes = []
    if banded or units & {"mg/kg", "cells/kg"}:
        notes.append(f"For a patient of {weight_kg:g} kg.")
    if "MED" in units:
        notes.append("MED: multiples of the patient's own minimal erythema dose.")
    notes += [
        f"{agent.name}: {100 * agent.regimen.missed.share:g} % of doses are missed at random, not drawn here."
        for agent in therapy.agents
        if agent.regimen is not None and agent.regimen.missed is not None
    ]
    if any(agent.regimen is not None and agent.regimen.skipped for agent in therapy.agents):
        notes.append("A cross is a dose that is left out.")
    if therapy.retreatment is not None:
        words = therapy.retreatment.sentence()
        notes.append(f"{words[0].upper()}{words[1:]}; when that is, only a simulated course tells.")
    return [line for note in notes for line in wrap(note, _NOTE_WIDTH)]


def _phases(agent: Agent) -> tuple[Phase, ...]:
    return () if agent.regimen is None else agent.regimen.phases


def _laid_out(figure: go.Figure, notes: Sequence[str], n_rows: int) -> go.Figure:
    below = 58 + 18 * len(notes)
    figure.update_layout(
        height=40 + _ROW_HEIGHT * n_rows + below,
        margin={"l": 90, "r": 25, "t": 40, "b": below},
        hovermode="closest",
    )
    figure.update_yaxes(zeroline=True, zerolinecolor=GREY, title_font_size=13, tickfont_size=12)
    figure.update_xaxes(title_font_size=13, title_standoff=6, tickfont_size=12)
    if notes:
        figure.add_annotation(
            text="<br>".join(map(plain, notes)),
            x=0,
            y=0,
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="top",
            yshift=-50,
            align="left",
            showarrow=False,
            font={"size": 12, "color": GREY},
        )
    return figure
