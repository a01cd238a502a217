"""A drawn section of epidermis and dermis of one patient at one time, from the model's read-outs.

Thicknesses, layers and numbers of cells and vessels are the model's; positions are drawn at random from
the seed, and shapes follow the conventions of `skin_section_layout` and `skin_section_cells`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from koebner.errors import InvalidValueError
from koebner.plots.skin_section_cells import calibre_um, collagen, infiltrate, vessels
from koebner.plots.skin_section_layout import Outline, Points, Streams, corneocytes, keratinocytes, outline
from koebner.plots.skin_section_state import (
    SECTION_UM,
    SkinState,
    check_course,
    check_weeks,
    chosen_patient,
    nearest_time,
    number_of_loops,
    skin_state,
)
from koebner.plots.style import GREY, PALETTE, styled
from koebner.randomness import stream
from koebner.simulation import Trajectories

SUBTITLE = "Positions are drawn at random; numbers and thicknesses are the model's."

_NARROWEST_UM, _WIDEST_UM = 200.0, 5000.0
_MARGIN_UM = 40.0
_LABEL_PX = 145
_LABEL_LINE_PX = 16
_TITLE_PX = 100
_KEY_PX = 320
_WIDEST_PX, _TALLEST_PX = 1350.0, 1150.0

# Fill, line, line width [px] and symbol in the key, if any. Tissue as haematoxylin and eosin stain it, but
# paler; cells of the infiltrate in Okabe and Ito's colours, and of different shapes.
_NONE = "rgba(0,0,0,0)"
_NUCLEUS = "#54437F"
_LOOKS: dict[str, tuple[str, str, float, str]] = {
    "Dermis": ("#FAEDEF", "#E3AEB9", 0.0, ""),
    "Collagen": (_NONE, "#E3AEB9", 1.2, "line-ew"),
    "Vessels": ("#F3B39A", PALETTE[1], 1.5, "circle"),
    "Viable epidermis": ("#C9B8DA", "#8F7BAA", 1.0, ""),
    "Keratinocytes": ("#E6DDEF", "#C9B8DA", 0.0, "hexagon2"),
    "Granular cells": ("#C3AEDA", "#A78CC2", 0.0, "hexagon2"),
    "Keratinocyte nuclei": ("#A796C4", _NONE, 0.0, ""),
    "Proliferating keratinocytes": (_NUCLEUS, _NUCLEUS, 0.3, "circle"),
    "Stratum corneum": ("#F6D9CF", "#D8A99A", 0.6, ""),
    "Corneocytes": ("#F0C4B6", "#DDA998", 0.4, "diamond-wide"),
    "Retained nuclei": ("#2B1F4D", "#2B1F4D", 0.0, "diamond-wide"),
    "Macrophages": (PALETTE[4], "#8A5F00", 0.6, "square"),
    "Dendritic cells": (PALETTE[2], "#005A42", 0.6, "star"),
    "T cells": (PALETTE[0], "#003F66", 0.5, "circle"),
    "Neutrophils": ("#222222", "#222222", 0.5, "triangle-up"),
}


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """All that is drawn of one kind: one trace; `number` is None where nothing is counted."""

    kind: str
    points: Points
    words: str
    number: int | None = None
    opacity: float = 1.0


def skin_section(
    course: Trajectories,
    *,
    week: float,
    patient: int | None = None,
    width_um: float = 1000,
    seed: int = 0,
) -> go.Figure:
    """Draw a section of a patient's skin at a time, to scale.

    Parameters
    ----------
    course
        What `koebner.simulation.simulate` returned, with the quantities of
        `koebner.plots.skin_section_state.SECTION_QUANTITIES`.
    week
        Time [weeks]; the nearest reported one is drawn and named in the title.
    patient
        Which patient of the course; may be left out when there is only one.
    width_um
        Width of the section [um], 200 to 5000.
    seed
        Seed of the positions; every week of a patient uses the same draws.

    Raises
    ------
    InvalidValueError
        When a quantity is missing or has no value, when the week lies outside the course, for a patient
        or width that is not possible, or for the course of an animal, whose thicknesses are not its own.

    Notes
    -----
    The number of cells is their density under the skin surface x `width_um` x 5 um, the thickness of a
    routine section, rounded. Capillary loops, counted from above, are cut along a row of papillae: the
    square root of their density x `width_um`. Deeper vessels have no read-out and are not drawn.

    Conventions of the drawing, not biology: over the papillae the epidermis keeps 60 % of its mean
    thickness, at most 60 um, and rete ridges hold the rest, so that they lengthen with the thickness;
    ridges stand about 130 um apart; vessels are 9 um wide plus 13 um at `Vessel` 1; a tenth of T cells
    lies in the epidermis, half of the neutrophils in a corneum where every nucleus is retained.

    Examples
    --------
    >>> import koebner as kb
    >>> from koebner.plots.skin_section import skin_section
    >>> course = kb.simulate(kb.load_model(), kb.Patient(pasi=20), weeks=4)
    >>> skin_section(course, week=0).layout.title.text
    'Week 0, PASI 20.0'
    """
    return skin_sections(course, weeks=[week], patient=patient, width_um=width_um, seed=seed)


def skin_sections(
    course: Trajectories,
    *,
    weeks: Sequence[float],
    patient: int | None = None,
    width_um: float = 1000,
    seed: int = 0,
) -> go.Figure:
    """Draw sections of one patient's skin at several times side by side, on the same scale.

    Parameters
    ----------
    weeks
        Times [weeks], 5 at most; of each the nearest reported one is drawn.
    course, patient, width_um, seed
        As of `skin_section`, which also says what is drawn and what it raises.

    Examples
    --------
    >>> import koebner as kb
    >>> from koebner.plots.skin_section import skin_sections
    >>> secukinumab = kb.therapies.load("secukinumab")
    >>> course = kb.simulate(kb.load_model(), kb.Patient(pasi=20), secukinumab, weeks=12)
    >>> len(skin_sections(course, weeks=[0, 4, 12]).layout.shapes)  # a scale bar and three measures each
    12
    """
    check_course(course)
    check_weeks(weeks)
    if not _NARROWEST_UM <= width_um <= _WIDEST_UM:
        raise InvalidValueError(
            f"width_um {width_um:g} was given; expected {_NARROWEST_UM:g} to {_WIDEST_UM:g} um."
        )
    chosen = chosen_patient(course, patient)
    streams = partial(stream, seed, chosen)
    times = [nearest_time(course, week) for week in weeks]
    states = [skin_state(course, chosen, time) for time in times]
    borders = [outline(state, width_um, streams) for state in states]
    panels = [_layers(state, border, streams) for state, border in zip(states, borders, strict=True)]
    figure = make_subplots(rows=1, cols=len(panels), shared_yaxes=True, horizontal_spacing=0.0)
    for column, layers in enumerate(panels, start=1):
        for layer in layers:
            figure.add_trace(_trace(layer), row=1, col=column)
    figure.add_traces(_key(panels))
    _frame(figure, states, borders, width_um)
    who = "" if course.status.size == 1 else f"Patient {chosen}, "
    return _titled(figure, who, [float(course.dataset["week"][time]) for time in times], states)


def _layers(state: SkinState, borders: Outline, streams: Streams) -> list[_Layer]:
    """Return all kinds in the order in which they are drawn."""
    width = float(borders.x[-1])
    loops, ground = vessels(state, borders, streams)
    dermis = [
        _Layer(
            kind="Dermis",
            points=_between(borders, borders.junction, borders.bottom),
            words=f"Dermis: {state.thickness_dermis:,.0f} µm",
        ),
        _Layer(
            kind="Collagen",
            points=collagen(borders, streams),
            words=f"Collagen: shade from ECM {state.ECM:.2f}",
            opacity=0.25 + 0.5 * min(max(state.ECM, 0.0), 1.5),
        ),
        _Layer(
            kind="Vessels",
            points=loops,
            number=number_of_loops(state, width),
            words=f"√({state.vessel_density:,.0f} per mm² of skin seen from above) × {width:,.0f} µm, "
            f"{calibre_um(state):.0f} µm wide (Vessel {state.Vessel:.2f})",
        ),
    ]
    return [*dermis, *_epidermis(state, borders, streams), *_cells(state, borders, streams, ground)]


def _epidermis(state: SkinState, borders: Outline, streams: Streams) -> list[_Layer]:
    keratin, corneum = keratinocytes(state, borders, streams), corneocytes(state, borders, streams)
    layers_words = f"{state.cell_layers:.0f} layers in {state.thickness_epidermis:,.0f} µm"
    thick = f"Stratum corneum: {state.thickness_corneum:,.0f} µm"
    kept = f"Parakeratosis {state.Parakeratosis:.2f} of {corneum.n_cells:,} corneocytes"
    return [
        _Layer(
            kind="Viable epidermis",
            points=_between(borders, borders.surface, borders.junction),
            words=f"Viable epidermis: {layers_words}",
        ),
        _Layer(kind="Keratinocytes", points=keratin.cells, words=f"Keratinocytes: {layers_words}"),
        _Layer(
            kind="Granular cells",
            points=keratin.granular,
            words="Granular cells: where corneocytes have no nuclei",
        ),
        _Layer(kind="Keratinocyte nuclei", points=keratin.nuclei, words=f"Keratinocytes: {layers_words}"),
        _Layer(
            kind="Proliferating keratinocytes",
            points=keratin.proliferating,
            number=keratin.n_proliferating,
            words=_origin(state.KC_proliferating, borders),
        ),
        _Layer(
            kind="Stratum corneum",
            points=_between(borders, borders.corneum, borders.surface),
            words=thick,
        ),
        _Layer(kind="Corneocytes", points=corneum.cells, words=thick),
        _Layer(kind="Retained nuclei", points=corneum.nuclei, number=corneum.n_nuclei, words=kept),
    ]


def _cells(state: SkinState, borders: Outline, streams: Streams, ground: Points) -> list[_Layer]:
    densities = {
        "Macrophages": state.macrophage_density,
        "Dendritic cells": state.dendritic_density,
        "T cells": state.T_cell_density,
        "Neutrophils": state.neutrophil_density,
    }
    placed = infiltrate(state, borders, streams, densities, ground)
    return [
        _Layer(kind=kind, points=points, number=number, words=_origin(densities[kind], borders))
        for kind, (points, number) in placed.items()
    ]


def _origin(density: float, borders: Outline) -> str:
    return f"{density:,.0f} per mm² of skin surface × {borders.x[-1]:,.0f} µm × {SECTION_UM:g} µm"


def _between(borders: Outline, upper: Points, lower: Points | float) -> Points:
    """Return the closed outline of what lies between two borders."""
    down = np.broadcast_to(lower, upper.shape)
    x = np.concatenate([borders.x, borders.x[::-1], borders.x[:1]])
    return np.column_stack([x, np.concatenate([upper, down[::-1], upper[:1]])])


def _trace(layer: _Layer) -> go.Scatter:
    """Return all outlines of one kind as one trace."""
    fill, line, width, _ = _LOOKS[layer.kind]
    filled = layer.kind != "Collagen"
    drawn = "" if layer.number is None else f"{layer.kind}: {layer.number:,} drawn<br>"
    # Half the bytes, and finer than a thousandth of a micrometre.
    x, y = layer.points.astype(np.float32).T
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": line, "width": width},
        fill="toself" if filled else "none",
        fillcolor=fill,
        opacity=layer.opacity,
        name=layer.kind,
        legendgroup=layer.kind,
        showlegend=False,
        text=f"{drawn}{layer.words}",
        hoverinfo="text",
        hoveron="fills" if filled else "points",
    )


def _key(panels: Sequence[Sequence[_Layer]]) -> list[go.Scatter]:
    """Return the entries of the key: a symbol like the outline, and the numbers of all panels."""
    entries = []
    for same in zip(*panels, strict=True):
        fill, line, _, symbol = _LOOKS[same[0].kind]
        if not symbol:
            continue
        numbers = " / ".join(f"{layer.number:,}" for layer in same if layer.number is not None)
        entries.append(
            go.Scatter(
                x=[None],
                y=[None],
                mode="markers",
                marker={"symbol": symbol, "size": 11, "color": fill, "line": {"color": line, "width": 1}},
                name=f"{same[0].kind}: {numbers}" if numbers else same[0].kind,
                legendgroup=same[0].kind,
            )
        )
    return entries


def _frame(
    figure: go.Figure, states: Sequence[SkinState], borders: Sequence[Outline], width_um: float
) -> None:
    """Give every panel the same scale, a scale bar and its measured thicknesses."""
    n_panels = len(states)
    highest = max(float(border.corneum.max()) for border in borders) + _MARGIN_UM
    lowest = min(border.bottom for border in borders) - 2 * _MARGIN_UM
    px_per_um = min(
        1.0,
        _TALLEST_PX / (highest - lowest),
        (_WIDEST_PX - _LABEL_PX * n_panels) / (width_um * n_panels),
    )
    panel_um = width_um + _LABEL_PX / px_per_um
    styled(figure, x="", y="")
    figure.update_xaxes(
        visible=False, range=[width_um - panel_um, width_um], scaleanchor="y", constrain="domain"
    )
    figure.update_yaxes(visible=False, range=[lowest, highest], constrain="domain")
    for column, (state, border) in enumerate(zip(states, borders, strict=True), start=1):
        _measure(figure, state, border, px_per_um, column)
        _scale_bar(figure, width_um, lowest + _MARGIN_UM, column)
    # Beside one panel there is room for the key; below several.
    right, below = (_KEY_PX, 10) if n_panels == 1 else (10, _KEY_PX // 2)
    place = {"x": 1.02, "y": 1, "yanchor": "top"} if n_panels == 1 else {"x": 0, "y": 0, "yanchor": "top"}
    figure.update_layout(
        width=round(panel_um * px_per_um * n_panels) + 10 + right,
        height=round((highest - lowest) * px_per_um) + _TITLE_PX + below,
        margin={"l": 10, "r": right, "t": _TITLE_PX, "b": below},
        legend={"orientation": "v" if n_panels == 1 else "h", "xanchor": "left", **place},
    )


def _measure(figure: go.Figure, state: SkinState, border: Outline, px_per_um: float, column: int) -> None:
    """Write mean thicknesses beside the section, each over the height it has."""
    junction = -state.thickness_epidermis
    half_line = _LABEL_LINE_PX / 2 / px_per_um
    spans = [
        ("Stratum corneum", "corneum", 0.0, state.thickness_corneum, half_line),
        ("Viable epidermis", "epidermis", junction, 0.0, min(junction / 2, -half_line)),
        ("Dermis", "dermis", border.bottom, junction, (border.bottom + junction) / 2),
    ]
    place = {"row": 1, "col": column}
    for kind, word, lower, upper, at in spans:
        line = {"color": _LOOKS[kind][1], "width": 5}
        x = -10 / px_per_um
        figure.add_shape(type="line", name=kind, x0=x, x1=x, y0=lower, y1=upper, line=line, **place)
        figure.add_annotation(
            text=f"{word} {upper - lower:,.0f} µm",
            x=2 * x,
            y=at,
            xanchor="right",
            showarrow=False,
            font={"size": 12, "color": GREY},
            **place,
        )


def _scale_bar(figure: go.Figure, width_um: float, y: float, column: int) -> None:
    length = max(bar for bar in (50, 100, 200, 500) if bar <= width_um / 4)
    place = {"row": 1, "col": column}
    line = {"color": "#222222", "width": 4}
    figure.add_shape(type="line", name="scale bar", x0=0, x1=length, y0=y, y1=y, line=line, **place)
    figure.add_annotation(
        text=f"{length} µm", x=length, y=y, xanchor="left", xshift=8, showarrow=False, **place
    )


def _titled(figure: go.Figure, who: str, weeks: Sequence[float], states: Sequence[SkinState]) -> go.Figure:
    names = [f"week {week:g}, PASI {state.PASI:.1f}" for week, state in zip(weeks, states, strict=True)]
    listed = ", ".join(f"{week:g}" for week in weeks)
    title = f"{who}{names[0]}" if len(names) == 1 else f"{who}skin at weeks {listed}"
    figure.update_layout(
        title={
            "text": title[:1].upper() + title[1:],
            "subtitle": {"text": SUBTITLE, "font": {"size": 13, "color": GREY}},
            "x": 0.01,
            "xanchor": "left",
            "y": 1.0,
            "yanchor": "top",
            "pad": {"t": 18},
        }
    )
    if len(names) > 1:
        for column, name in enumerate(names, start=1):
            figure.add_annotation(
                text=name,
                x=0.5,
                y=1,
                yref="paper",
                yanchor="bottom",
                showarrow=False,
                xref=f"{'x' if column == 1 else f'x{column}'} domain",
            )
    return figure
