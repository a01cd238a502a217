"""Vessels, cells of the infiltrate and collagen of a drawn skin section, placed at random.

Numbers come from the model; where a cell lies is drawn, with the tendencies of the constants below, which
are conventions of the drawing: an infiltrate densest under the junction, some T cells in the epidermis,
neutrophils of a parakeratotic corneum in microabscesses, one vessel in each papilla before any other.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from koebner.plots.skin_section_layout import (
    Outline,
    Points,
    Streams,
    junction_points,
    rings,
)
from koebner.plots.skin_section_state import (
    SkinState,
    expected_number,
    number_of_loops,
    parakeratotic_share,
)

# Mean depth under the junction of cells, and of loops for which there is no papilla [um].
_INFILTRATE_DEPTH_UM = 140.0
_LOOP_DEPTH_UM = 140.0
_EPIDERMAL_T_CELLS = 0.1
# Share of neutrophils in the corneum where every corneocyte keeps its nucleus.
_CORNEAL_NEUTROPHILS = 0.5
_ABSCESS_CELLS = 14
# Calibre of a vessel [um] at 0 of the state Vessel, and what 1 adds.
_CALIBRE_UM = 9.0
_DILATION_UM = 13.0
_PAPILLARY_LENGTH = 0.28
_ATTEMPTS = 30
_FIBRE_AREA_UM2 = 2200.0
_ANGLE = np.linspace(0.0, 2.0 * np.pi, 21)


def _lobed(n_lobes: int, depth: float) -> Points:
    radius = 1.0 - depth + depth * np.cos(n_lobes * _ANGLE)
    return np.column_stack([radius * np.cos(_ANGLE), radius * np.sin(_ANGLE)])


# Blunt ends and nearly parallel walls.
_LOOP = np.column_stack(
    [
        np.sign(np.cos(_ANGLE)) * np.abs(np.cos(_ANGLE)) ** 0.6,
        np.sign(np.sin(_ANGLE)) * np.abs(np.sin(_ANGLE)) ** 0.6,
    ]
)

# Radius [um] and outline: kinds differ by shape as well as by colour.
_SHAPES = {
    "Macrophages": (9.0, _lobed(2, 0.2)),
    "Dendritic cells": (12.0, _lobed(5, 0.42)),
    "T cells": (4.2, _lobed(0, 0.0)),
    "Neutrophils": (5.5, _lobed(3, 0.24)),
}


def calibre_um(state: SkinState) -> float:
    """Return the mean calibre at which vessels are drawn [um]."""
    return _CALIBRE_UM + _DILATION_UM * max(state.Vessel, 0.0)


def vessels(state: SkinState, borders: Outline, streams: Streams) -> tuple[Points, Points]:
    """Return the outlines of vessels, and the ground they take: place and radius, `(n_discs, 3)`."""
    random = streams("skin section: vessels")
    number = number_of_loops(state, float(borders.x[-1]))
    order = random.permutation(len(borders.papillae))[:number]
    radius = calibre_um(state) / 2 * np.exp(0.2 * random.standard_normal(number))
    stretch = np.exp(0.35 * np.abs(random.standard_normal(number)))
    turn = np.pi * random.random(number)

    # A loop that rises into a papilla is cut lengthwise; a vessel below lies about across.
    first, rest = slice(len(order)), slice(len(order), None)
    half_loop = np.maximum(_PAPILLARY_LENGTH * borders.ridge_depth, radius[first])
    below_tip = half_loop + 0.9 * calibre_um(state)
    loops = np.column_stack([borders.papillae[order], borders.tips[order] - below_tip])
    loop_size = np.column_stack([half_loop, radius[first]])
    upright = np.full(len(order), np.pi / 2)
    ground = _ground(loops, loop_size, upright)

    size = np.column_stack([radius * stretch, radius])[rest]
    candidates = _dermal(random, number - len(order), _LOOP_DEPTH_UM, borders)
    others = _place(candidates, size[:, 0], ground, borders)
    outlines = [rings(loops, loop_size, upright, _LOOP), rings(others, size, turn[rest])]
    return np.concatenate(outlines), np.concatenate([ground, _ground(others, size, turn[rest])])


def _ground(centres: Points, radii: Points, turn: Points) -> Points:
    """Cover each ellipse with discs along its length."""
    steps = np.linspace(-0.9, 0.9, 9)[None, :, None]
    axis = np.column_stack([np.cos(turn), np.sin(turn)])[:, None, :]
    discs = centres[:, None, :] + steps * radii[:, :1, None] * axis
    return np.column_stack([discs.reshape(-1, 2), np.repeat(radii[:, 1], steps.size)])


def infiltrate(
    state: SkinState, borders: Outline, streams: Streams, densities: Mapping[str, float], taken: Points
) -> dict[str, tuple[Points, int]]:
    """Return outlines and number of the cells of each kind.

    Parameters
    ----------
    densities
        Of each kind, under the skin surface [cells/mm2].
    taken
        Ground that is not free, place and radius [um], `(n, 3)`.
    """
    drawn = {}
    for kind, density in densities.items():
        random = streams(f"skin section: {kind}")
        radius, shape = _SHAPES[kind]
        number = expected_number(density, float(borders.x[-1]))
        elsewhere = np.empty((0, 2))
        if kind == "T cells":
            elsewhere = _epidermal(random, round(_EPIDERMAL_T_CELLS * number), borders)
        elif kind == "Neutrophils":
            elsewhere = _corneal(
                random, round(_CORNEAL_NEUTROPHILS * parakeratotic_share(state) * number), borders
            )
        candidates = _dermal(random, number - len(elsewhere), _INFILTRATE_DEPTH_UM, borders)
        radii = np.full(len(candidates), radius)
        dermal = _place(candidates, radii, taken, borders)
        taken = np.concatenate([taken, np.column_stack([dermal, radii])])
        centres = np.concatenate([elsewhere, dermal])
        turn = 2 * np.pi * random.random(number)
        drawn[kind] = rings(centres, np.full((number, 2), radius), turn, shape), number
    return drawn


def _dermal(random: np.random.Generator, number: int, depth_um: float, borders: Outline) -> Points:
    """Return places to try for each of a number of cells, `(number, n_attempts, 2)`."""
    # A row of draws a cell: when their number rises, those drawn before stay where they were.
    chance = random.random((number, _ATTEMPTS, 2))
    x = chance[..., 0] * borders.x[-1]
    top = np.interp(x, borders.x, borders.junction)
    inside = -np.expm1(-(top - borders.bottom) / depth_um)
    return np.stack([x, top + depth_um * np.log1p(-chance[..., 1] * inside)], axis=2)


def _epidermal(random: np.random.Generator, number: int, borders: Outline) -> Points:
    chance = random.random((number, 2))
    x = chance[:, 0] * borders.x[-1]
    junction, surface = np.interp(x, borders.x, borders.junction), np.interp(x, borders.x, borders.surface)
    return np.column_stack([x, junction + (0.1 + 0.8 * chance[:, 1] ** 1.5) * (surface - junction)])


def _corneal(random: np.random.Generator, number: int, borders: Outline) -> Points:
    """Return places in microabscesses between corneocytes."""
    n_abscesses = -(-number // _ABSCESS_CELLS)
    width = float(borders.x[-1])
    middles = width * (0.1 + 0.8 * random.random(n_abscesses))
    x = middles[np.arange(number) % max(n_abscesses, 1)] + 22.0 * random.standard_normal(number)
    x = np.clip(x, 0.0, width)
    lower, upper = np.interp(x, borders.x, borders.surface), np.interp(x, borders.x, borders.corneum)
    return np.column_stack([x, lower + (0.15 + 0.7 * random.random(number)) * (upper - lower)])


def _place(candidates: Points, radii: Points, taken: Points, borders: Outline) -> Points:
    """Return for each cell the first place that is free, else the freest of those tried."""
    to_border = np.asarray(KDTree(junction_points(borders)).query(candidates)[0])
    below = np.minimum(candidates[..., 1] - borders.bottom, to_border)
    sides = np.minimum(candidates[..., 0], borders.x[-1] - candidates[..., 0])
    room: NDArray[np.float64] = np.minimum(below, sides) - radii[:, None]
    ground = np.empty((len(taken) + len(candidates), 3))
    ground[: len(taken)] = taken
    for number, tried in enumerate(candidates):
        known = ground[: len(taken) + number]
        apart = np.hypot(tried[:, :1] - known[:, 0], tried[:, 1:] - known[:, 1]) - known[:, 2]
        free = np.minimum(room[number], apart.min(axis=1, initial=np.inf) - radii[number])
        best = int(np.argmax(free >= 0) if (free >= 0).any() else np.argmax(free))
        ground[len(taken) + number] = (*tried[best], radii[number])
    return ground[len(taken) :, :2]


def collagen(borders: Outline, streams: Streams) -> Points:
    """Return fibres as wavy lines in the dermis, separated by rows of NaN."""
    random = streams("skin section: collagen")
    width, top = float(borders.x[-1]), float(borders.junction.max())
    n_fibres = round(width * (top - borders.bottom) / _FIBRE_AREA_UM2)
    middle = random.random((n_fibres, 2)) * [width, top - borders.bottom] + [0.0, borders.bottom]
    along = np.linspace(-1.0, 1.0, 13)
    length = 25.0 + 45.0 * random.random((n_fibres, 1))
    turn = 0.35 * random.standard_normal((n_fibres, 1))
    wave = 4.0 * np.sin(3.0 * along + 2 * np.pi * random.random((n_fibres, 1)))
    x = middle[:, :1] + length * along * np.cos(turn) - wave * np.sin(turn)
    y = middle[:, 1:] + length * along * np.sin(turn) + wave * np.cos(turn)
    free = (x > 0) & (x < width) & (y > borders.bottom) & (y < np.interp(x, borders.x, borders.junction) - 4)
    fibres = np.where(free[..., None], np.stack([x, y], axis=2), np.nan)
    return np.pad(fibres, ((0, 0), (0, 1), (0, 0)), constant_values=np.nan).reshape(-1, 2)
