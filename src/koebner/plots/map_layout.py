"""Where the nodes and edges of a map stand.

Compartments are bands, from the skin's surface down. In a band the nodes stand in rows like bricks, so
that an edge passes between two nodes of the next row; they change places while that shortens the edges.
The same network gives the same layout.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from koebner.plots.map_network import Network

BANDS = (("exposure", "treatment", "person"), ("epidermis",), ("dermis",), ("blood", "organs"))
"""Compartments from top to bottom; what is not named here stands below them."""
WIDTH = 1600.0
MARGIN = 20.0
GAP = 12.0
HEADING = 24.0
ROW = 96.0
NODE_HEIGHT = 28.0
_LETTER = 6.7  # of a node's name, in its font
# Of an edge's length, in the order of preference. All to one side, so edges there and back part ways.
_BENDS = (0.13, 0.2, 0.07, 0.28, 0.36)
_SHIFT = 0.5  # of every second row, in columns
_TOUCH = 3.0  # between an edge and the nodes it joins

Point = tuple[float, float]
Edge = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle [px], by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        """The middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def holds(self, point: Point, margin: float = 0.0) -> bool:
        """Whether a point lies inside, or not further than the margin outside."""
        x, y = self.centre
        inside_x = abs(point[0] - x) <= self.width / 2 + margin
        return inside_x and abs(point[1] - y) <= self.height / 2 + margin


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A quadratic Bézier curve from cause to effect."""

    start: Point
    control: Point
    end: Point

    def at(self, t: float) -> Point:
        """Return the point at a share of the way."""
        return self._blossom(t, t)

    def between(self, first: float, last: float) -> "Curve":
        """Return a part of the curve."""
        return Curve(start=self.at(first), control=self._blossom(first, last), end=self.at(last))

    def _blossom(self, s: float, t: float) -> Point:
        a, b, c = (1 - s) * (1 - t), (1 - s) * t + s * (1 - t), s * t
        x, y = (a * self.start[i] + b * self.control[i] + c * self.end[i] for i in (0, 1))
        return x, y


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Boxes of compartments and nodes by id, curves by cause and effect; sizes in px."""

    height: float
    compartments: Mapping[str, Box]
    nodes: Mapping[str, Box]
    edges: Mapping[Edge, Curve]


def layout(network: Network) -> Layout:
    """Return the layout of a network."""
    members: dict[str, list[str]] = {}
    for node in network.nodes:
        members.setdefault(node.compartment, []).append(node.id)
    widths = {node.id: _width(node.label) for node in network.nodes}
    boxes: dict[str, Box] = {}
    slots: dict[str, list[Point]] = {}
    top, rows_above = MARGIN, 0
    for band in _bands(members):
        widest = max(widths[name] for group in band for name in members[group])
        columns_at_most = _columns(len(network.nodes), len(band), widest)
        rows, columns = _grid([len(members[group]) for group in band], columns_at_most)
        height = HEADING + rows * ROW
        for name, box, wide in zip(band, _side_by_side(columns, top, height), columns, strict=True):
            boxes[name] = box
            slots[name] = _bricks(box, rows, wide, rows_above)
        top += height + GAP
        rows_above += rows
    edges = [(edge.cause, edge.effect) for edge in network.edges]
    centres = _settled(members, slots, edges)
    nodes = {name: _node_box(centres[name], width) for name, width in widths.items()}
    return Layout(
        height=top - GAP + MARGIN,
        compartments=boxes,
        nodes=nodes,
        edges={edge: _curve(nodes[edge[0]], nodes[edge[1]], nodes.values()) for edge in edges},
    )


def _bands(members: Iterable[str]) -> Iterator[tuple[str, ...]]:
    known = {name for band in BANDS for name in band}
    others = tuple(name for name in members if name not in known)
    for band in (*BANDS, others):
        present = tuple(name for name in band if name in set(members))
        if present:
            yield present


def _columns(n_nodes: int, n_compartments: int, widest: float) -> int:
    """Return how many nodes may stand side by side in a band: as many as suit the map, and fit."""
    suiting = max(6, min(11, math.ceil(1.4 * math.sqrt(n_nodes))))
    return min(suiting, int(_room(n_compartments) / (widest + GAP) - _SHIFT * n_compartments))


def _room(n_compartments: int) -> float:
    return WIDTH - 2 * MARGIN - GAP * (n_compartments - 1)


def _grid(counts: list[int], widest: int) -> tuple[int, list[int]]:
    """Return the number of rows of a band, and of columns of each compartment in it."""
    rows = max(1, math.ceil(sum(counts) / widest))
    while sum(math.ceil(n / rows) for n in counts) > max(widest, len(counts)):
        rows += 1
    columns = [math.ceil(n / rows) for n in counts]
    while sum(columns) < widest:
        fullest = max(range(len(counts)), key=lambda i: counts[i] / columns[i])
        columns[fullest] += 1
    return rows, columns


def _side_by_side(columns: list[int], top: float, height: float) -> Iterator[Box]:
    shares = [n + _SHIFT for n in columns]
    left = MARGIN
    for share in shares:
        width = _room(len(columns)) * share / sum(shares)
        yield Box(x=left, y=top, width=width, height=height)
        left += width + GAP


def _bricks(box: Box, rows: int, columns: int, rows_above: int) -> list[Point]:
    pitch = box.width / (columns + _SHIFT)
    return [
        (
            box.x + pitch * (column + 0.5 + _SHIFT * ((row + rows_above) % 2)),
            box.y + HEADING + ROW * (row + 0.5) - HEADING / 4,
        )
        for row in range(rows)
        for column in range(columns)
    ]


def _settled(
    members: Mapping[str, list[str]], slots: Mapping[str, list[Point]], edges: list[Edge]
) -> dict[str, Point]:
    """Return the centres of the nodes after all changes of place that shorten the edges."""
    partners: dict[str, list[str]] = {name: [] for names in members.values() for name in names}
    for cause, effect in edges:
        partners[cause].append(effect)
        partners[effect].append(cause)
    # Empty places take part, under the number of their slot.
    seats: dict[str, list[str | int]] = {
        group: [*names, *range(len(slots[group]) - len(names))] for group, names in members.items()
    }
    centres = {
        who: place
        for group, row in seats.items()
        for who, place in zip(row, slots[group], strict=True)
        if isinstance(who, str)
    }
    moved = True
    while moved:
        moved = False
        for group, row in seats.items():
            for i, j in combinations(range(len(row)), 2):
                if _gain(row[i], row[j], slots[group][i], slots[group][j], centres, partners) > 1e-6:
                    row[i], row[j] = row[j], row[i]
                    centres |= {who: slots[group][k] for k in (i, j) if isinstance(who := row[k], str)}
                    moved = True
    return centres


def _gain(
    first: str | int,
    second: str | int,
    here: Point,
    there: Point,
    centres: Mapping[str, Point],
    partners: Mapping[str, list[str]],
) -> float:
    """Return by how much the edges get shorter when two change places; their own stay as long."""
    gain = 0.0
    for who, other, old, new in ((first, second, here, there), (second, first, there, here)):
        if isinstance(who, str):
            for partner in partners[who]:
                if partner != other:
                    gain += math.dist(old, centres[partner]) - math.dist(new, centres[partner])
    return gain


def _width(label: str) -> float:
    return max(52.0, _LETTER * len(label) + 20)


def _node_box(centre: Point, width: float) -> Box:
    return Box(x=centre[0] - width / 2, y=centre[1] - NODE_HEIGHT / 2, width=width, height=NODE_HEIGHT)


def _curve(cause: Box, effect: Box, boxes: Collection[Box]) -> Curve:
    """Return the first curve that runs behind no other node, or the one that runs behind the fewest."""
    others = [box for box in boxes if box not in (cause, effect)]
    behind: list[tuple[int, Curve]] = []
    for bend in _BENDS:
        curve = _bent(cause, effect, bend)
        behind.append((_hidden(curve, others), curve))
        if not behind[-1][0]:
            return curve
    return min(behind, key=lambda pair: pair[0])[1]


def _hidden(curve: Curve, others: list[Box]) -> int:
    points = [curve.at(i / 16) for i in range(1, 16)]
    return sum(any(box.holds(point) for point in points) for box in others)


def _bent(cause: Box, effect: Box, bend: float) -> Curve:
    (x0, y0), (x1, y1) = cause.centre, effect.centre
    control = ((x0 + x1) / 2 + bend * (y1 - y0), (y0 + y1) / 2 - bend * (x1 - x0))
    whole = Curve(start=cause.centre, control=control, end=effect.centre)
    steps = [i / 100 for i in range(101)]
    first = next((t for t in steps if not cause.holds(whole.at(t), _TOUCH)), 0.0)
    last = next((t for t in reversed(steps) if not effect.holds(whole.at(t), _TOUCH)), 1.0)
    return whole.between(first, last)
