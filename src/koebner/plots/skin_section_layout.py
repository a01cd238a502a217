"""Where the parts of a drawn skin section lie: outlines, keratinocytes and corneocytes, in micrometres.

Thicknesses and numbers of layers are read-outs of the model. The rest is convention of the drawing, not
biology, and stands in the constants below: how rete ridges are spaced and rounded, how thin the epidermis
stays over the papillae, how keratinocytes flatten upward. The drawing has no sweat glands, hair,
melanocytes or mast cells, and no dermis below the thickness that the model reports.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree, Voronoi

from koebner.plots.skin_section_state import SkinState, expected_number, parakeratotic_share

Points = NDArray[np.float64]
Streams = Callable[[str], np.random.Generator]

_RIDGE_SPACING_UM = 130.0
# Over the papillae the epidermis keeps this share of its mean thickness, but at most so much [um].
# What is left of the thickness goes into the ridges: the thicker the epidermis, the longer they are.
_PLATE_SHARE = 0.6
_PLATE_UM = 60.0
_RIDGE_STEEPNESS = 2.2
_RIDGE_FULLNESS = 0.3
_RIDGE_SCATTER = 0.07
_CORNEOCYTE_UM = (17.0, 2.0)
_EDGE = np.linspace(0.0, 2.0 * np.pi, 11)
ROUND = np.column_stack([np.cos(_EDGE), np.sin(_EDGE)])
_FLAT = np.array([(1, 0), (0.6, 0.85), (-0.6, 0.85), (-1, 0), (-0.6, -0.85), (0.6, -0.85), (1, 0)])


@dataclass(frozen=True, kw_only=True)
class Outline:
    """The borders of the layers [um]; height 0 is the mean upper border of the viable epidermis.

    Attributes
    ----------
    x, corneum, surface, junction
        Upper borders of stratum corneum, viable epidermis and dermis over the width, `(n_points,)`.
    bottom
        Lower end of the dermis.
    papillae, tips
        Place and highest point of the dermal papillae, `(n_papillae,)`.
    ridge_depth
        Mean height of the rete ridges.
    """

    x: Points
    corneum: Points
    surface: Points
    junction: Points
    bottom: float
    papillae: Points
    tips: Points
    ridge_depth: float


@dataclass(frozen=True, kw_only=True)
class Keratinocytes:
    """Closed outlines, separated by rows of NaN, `(n_points, 2)`, and how many there are of each."""

    cells: Points
    nuclei: Points
    proliferating: Points
    granular: Points
    n_cells: int
    n_proliferating: int


@dataclass(frozen=True, kw_only=True)
class Corneocytes:
    """Closed outlines as those of keratinocytes, and how many there are of each."""

    cells: Points
    nuclei: Points
    n_cells: int
    n_nuclei: int


def mean_height(x: Points, y: Points) -> float:
    """Return the mean of a border over its width."""
    return float(np.trapezoid(y, x) / (x[-1] - x[0]))


def rings(centres: Points, size: Points, turn: Points | float = 0.0, shape: Points = ROUND) -> Points:
    """Return one closed outline a centre, separated by rows of NaN.

    Parameters
    ----------
    centres, size
        Place and half axes [um], `(n, 2)`.
    turn
        Angle by which each is turned [rad], `(n,)`.
    shape
        The outline for half axes of 1, `(n_corners, 2)`, closed.
    """
    turned = np.broadcast_to(np.asarray(turn, dtype=float), (len(centres),))[:, None]
    along, across = np.moveaxis(shape[None] * np.reshape(size, (-1, 1, 2)), 2, 0)
    drawn = np.stack(
        [
            along * np.cos(turned) - across * np.sin(turned),
            along * np.sin(turned) + across * np.cos(turned),
        ],
        axis=2,
    )
    return _separated(list(drawn + centres[:, None, :]))


def _separated(outlines: list[Points]) -> Points:
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for outline in outlines for part in (outline, gap)] or [gap])


def outline(state: SkinState, width_um: float, streams: Streams) -> Outline:
    """Return the borders; the area between two of them, by the width, is the thickness of that layer."""
    random = streams("skin section: ridges")
    x = np.linspace(0.0, width_um, max(200, int(width_um)) + 1)
    surface = 4.0 * np.sin(2 * np.pi * (x / 310.0 + random.random()))
    surface -= mean_height(x, surface)
    # Ridges before and after the width, so that both ends look like the middle.
    n_ridges = max(1, round(width_um / _RIDGE_SPACING_UM)) + 4
    spacing = width_um / (n_ridges - 4)
    papillae = spacing * (np.arange(n_ridges) - 2 + random.random() + 0.15 * random.standard_normal(n_ridges))
    length = 1.0 + _RIDGE_SCATTER * random.standard_normal(n_ridges)
    phase = np.interp(x, papillae, 2 * np.pi * np.arange(n_ridges))
    ridges = _ridge(phase) * np.interp(
        phase, 2 * np.pi * (np.arange(n_ridges) + 0.5), np.clip(length, 0.6, 1.4)
    )
    plate = min(_PLATE_SHARE * state.thickness_epidermis, _PLATE_UM)
    ridge_depth = (state.thickness_epidermis - plate) / mean_height(x, ridges)
    junction = surface - plate - ridge_depth * ridges
    inside = papillae[(papillae > 0) & (papillae < width_um)]
    return Outline(
        x=x,
        corneum=surface + state.thickness_corneum,
        surface=surface,
        junction=junction,
        bottom=mean_height(x, junction) - state.thickness_dermis,
        papillae=inside,
        tips=np.interp(inside, x, junction),
        ridge_depth=float(ridge_depth),
    )


def _ridge(phase: Points) -> Points:
    """Return 0 over a papilla and 1 in a ridge, with broad ridges and narrow papillae between."""

    def bend(cosine: Points | float) -> Points:
        return np.tanh(_RIDGE_STEEPNESS * (_RIDGE_FULLNESS - np.asarray(cosine)))

    return (bend(np.cos(phase)) - bend(1.0)) / (bend(-1.0) - bend(1.0))


def row_edges(thickness_um: float, cell_layers: float, deepest_um: float) -> Points:
    """Return the depths between layers, flatter ones above.

    The first `cell_layers` (rounded) fill the mean thickness; ridges go on with rows as high as the last.
    """
    n_layers = max(1, round(cell_layers))
    flatness = np.minimum(0.5 + 1.5 * np.arange(n_layers) / n_layers, 1.0)
    heights = flatness * thickness_um / flatness.sum()
    n_more = max(0, int(np.ceil((deepest_um - thickness_um) / heights[-1])))
    return np.concatenate([[0.0], np.cumsum(np.append(heights, np.full(n_more, heights[-1])))])


def _arc_length(borders: Outline) -> Points:
    steps = np.hypot(np.diff(borders.x), np.diff(borders.junction))
    return np.concatenate([[0.0], np.cumsum(steps)])


def junction_points(borders: Outline) -> Points:
    """Return points of the junction so close that a steep wall has no gaps, `(n, 2)`."""
    along = _arc_length(borders)
    places = np.arange(0.0, along[-1], 2.0)
    return np.column_stack([np.interp(places, along, borders.x), np.interp(places, along, borders.junction)])


@dataclass(frozen=True, kw_only=True)
class _Lattice:
    """Centres, half axes and turn of keratinocytes, and how far each lies from the junction."""

    centres: Points
    size: Points
    turn: Points
    distance: Points
    depth: Points


def _basal(borders: Outline, height: float) -> _Lattice:
    """Stand a palisade on the junction."""
    along = _arc_length(borders)
    places = np.linspace(0.0, along[-1], max(3, round(along[-1] / (0.65 * height))))
    places = (places[:-1] + places[1:]) / 2
    ahead, behind = places + 0.3 * height, places - 0.3 * height
    slope_x = np.interp(ahead, along, borders.x) - np.interp(behind, along, borders.x)
    slope_y = np.interp(ahead, along, borders.junction) - np.interp(behind, along, borders.junction)
    turn = np.arctan2(slope_y, slope_x)
    foot = np.column_stack([np.interp(places, along, borders.x), np.interp(places, along, borders.junction)])
    centres = foot + 0.45 * height * np.column_stack([-np.sin(turn), np.cos(turn)])
    centres[:, 0] = np.clip(centres[:, 0], 1.0, borders.x[-1] - 1.0)
    return _Lattice(
        centres=centres,
        size=np.tile([0.2 * height, 0.29 * height], (len(places), 1)),
        turn=turn,
        distance=np.zeros(len(places)),
        depth=np.interp(centres[:, 0], borders.x, borders.surface) - centres[:, 1],
    )


def _suprabasal(borders: Outline, edges: Points, height: float, random: np.random.Generator) -> _Lattice:
    """Lay rows below the surface, staggered like bricks, wherever they are clear of the palisade."""
    parts = []
    for row, (upper, lower) in enumerate(pairwise(edges)):
        tall = lower - upper
        wide = height * (height / tall) ** 1.5
        columns = np.arange(0.5 * wide * (row % 2), borders.x[-1], wide)
        x = columns + wide * (0.25 + 0.2 * (random.random(len(columns)) - 0.5))
        depth = (upper + lower) / 2 + 0.25 * tall * (random.random(len(columns)) - 0.5)
        parts.append(np.column_stack([x, depth, np.full(len(x), wide), np.full(len(x), tall)]))
    x, depth, wide, tall = np.concatenate(parts).T
    centres = np.column_stack([x, np.interp(x, borders.x, borders.surface) - depth])
    distance = np.asarray(KDTree(junction_points(borders)).query(centres)[0])
    above = centres[:, 1] > np.interp(x, borders.x, borders.junction)
    kept = above & (distance > 1.15 * height) & (x < borders.x[-1])
    return _Lattice(
        centres=centres[kept],
        size=np.column_stack([0.26 * wide, 0.27 * tall])[kept],
        turn=np.zeros(int(kept.sum())),
        distance=distance[kept],
        depth=depth[kept],
    )


def keratinocytes(state: SkinState, borders: Outline, streams: Streams) -> Keratinocytes:
    """Return the viable keratinocytes: a palisade on the junction and rows that get flatter upward.

    Proliferating cells are drawn at random among the basal ones, then among the next ones up. A granular
    layer is drawn in the share of the two uppermost rows over which corneocytes have no nuclei.
    """
    random = streams("skin section: keratinocytes")
    height = state.thickness_epidermis / max(1, round(state.cell_layers))
    deepest = float((borders.surface - borders.junction).max())
    edges = row_edges(state.thickness_epidermis, state.cell_layers, deepest)
    basal, rows = _basal(borders, height), _suprabasal(borders, edges, height, random)
    centres = np.concatenate([basal.centres, rows.centres])
    size, turn = np.concatenate([basal.size, rows.size]), np.concatenate([basal.turn, rows.turn])
    distance, depth = (
        np.concatenate([basal.distance, rows.distance]),
        np.concatenate([basal.depth, rows.depth]),
    )
    outlines = _tessellation(centres, basal, borders)

    rank = np.lexsort([random.random(len(centres)), np.ceil(distance / height)])
    n_proliferating = min(expected_number(state.KC_proliferating, float(borders.x[-1])), len(centres))
    divides = np.zeros(len(centres), dtype=bool)
    divides[rank[:n_proliferating]] = True
    upper = (depth < edges[min(2, len(edges) - 1)]) & ~divides
    granular = upper & (random.random(len(centres)) >= state.Parakeratosis)
    return Keratinocytes(
        cells=_separated(outlines),
        nuclei=rings(centres[~divides], size[~divides], turn[~divides]),
        proliferating=rings(centres[divides], 1.25 * size[divides], turn[divides]),
        granular=_separated([outlines[number] for number in np.flatnonzero(granular)]),
        n_cells=len(centres),
        n_proliferating=n_proliferating,
    )


def _tessellation(centres: Points, basal: _Lattice, borders: Outline) -> list[Points]:
    """Return the outline of each cell: all that is nearer to its centre than to any other.

    Mirror images across the borders make the cells end there.
    """
    width = float(borders.x[-1])
    foot = np.interp(centres[:, 0], borders.x, borders.surface)
    below = basal.centres + 2 * 0.45 / 0.29 * basal.size[:, 1:] * np.column_stack(
        [np.sin(basal.turn), -np.cos(basal.turn)]
    )
    shallow = foot - centres[:, 1] < 60.0
    above = np.column_stack([centres[shallow, 0], 2 * foot[shallow] - centres[shallow, 1]])
    sites = np.concatenate([centres, below, above])
    left, right = sites[sites[:, 0] < 60.0], sites[sites[:, 0] > width - 60.0]
    mirrored = np.concatenate([left * [-1, 1], right * [-1, 1] + [2 * width, 0]])
    around = 1e5 * np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)])
    diagram = Voronoi(np.concatenate([sites, mirrored, around]))
    return [
        _shrunk(diagram.vertices[diagram.regions[diagram.point_region[number]]], centres[number])
        for number in range(len(centres))
    ]


def _shrunk(corners: Points, centre: Points) -> Points:
    """Return the corners of a cell in order, closed, and a little inward: the gap is the membrane."""
    spokes = corners - centre
    ordered = spokes[np.argsort(np.arctan2(spokes[:, 1], spokes[:, 0]))]
    return centre + 0.92 * np.concatenate([ordered, ordered[:1]])


def corneocytes(state: SkinState, borders: Outline, streams: Streams) -> Corneocytes:
    """Return flat cells in rows, and the nuclei that the parakeratotic share of them keeps."""
    random = streams("skin section: corneocytes")
    half_length, half_height = _CORNEOCYTE_UM
    width = float(borders.x[-1])
    n_rows = max(1, round(state.thickness_corneum / (2 * half_height)))
    tall = state.thickness_corneum / n_rows
    rows = []
    for row in range(n_rows):
        x = np.arange(half_length * (row % 2), width, 2 * half_length)
        x = np.minimum(x + 0.5 * half_length * random.random(len(x)), width)
        rows.append(np.column_stack([x, np.interp(x, borders.x, borders.surface) + tall * (row + 0.5)]))
    centres = np.concatenate(rows)
    size = np.tile([half_length, tall / 2], (len(centres), 1))
    kept = random.permutation(len(centres))[: round(parakeratotic_share(state) * len(centres))]
    cells = rings(centres, size, shape=_FLAT)
    cells[:, 0] = np.clip(cells[:, 0], 0.0, width)
    return Corneocytes(
        cells=cells,
        nuclei=rings(centres[kept], size[kept] * [0.32, 0.55]),
        n_cells=len(centres),
        n_nuclei=len(kept),
    )
