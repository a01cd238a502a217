"""A long computation cut into parts that a compiler takes one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from koebner.solver.symbolic.expressions import BOOLEAN, Graph


@dataclass(frozen=True, kw_only=True)
class Part:
    """Nodes that are computed together, and those of them that later parts need."""

    nodes: tuple[int, ...]
    kept: tuple[int, ...]


def split(graph: Graph, order: Sequence[int], size: int) -> list[Part]:
    """Cut nodes, which are in the order of evaluation, into parts of at most `size`.

    Truth values are not kept: a later part computes them anew from numbers.
    """
    pieces = [order[i : i + size] for i in range(0, len(order), size)]
    piece_of = {node: i for i, piece in enumerate(pieces) for node in piece}
    last_use: dict[int, int] = {}
    for node in reversed(order):
        is_truth = graph.nodes[node].operation in BOOLEAN
        used = last_use.get(node, piece_of[node]) if is_truth else piece_of[node]
        for argument in graph.nodes[node].arguments:
            last_use[argument] = max(last_use.get(argument, 0), used)
    return [
        Part(
            nodes=tuple(piece),
            kept=tuple(
                node
                for node in piece
                if last_use.get(node, 0) > i and graph.nodes[node].operation not in (*BOOLEAN, "number")
            ),
        )
        for i, piece in enumerate(pieces)
    ]
