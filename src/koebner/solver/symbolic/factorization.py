"""The matrix of a Rosenbrock step, g I - J, factored once and for all as expressions.

The states are put into block triangular form, so that the rates of a block depend on earlier blocks
and on itself alone (Duff, Erisman and Reid, Direct Methods for Sparse Matrices, 2nd ed. 2017, chapter
6). Only the blocks on the diagonal are factored, each in the order of Markowitz, without pivoting:
as the pattern is the same for every patient, so are the operations, and lanes go in step. Without
pivoting a factorization may be inaccurate; whoever uses it must check the residual.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from koebner.solver.symbolic.expressions import Graph

Row = dict[int, int]


@dataclass(frozen=True, kw_only=True)
class Factorization:
    """Triangular factors, by place in the order of elimination; entries are nodes of the graph.

    `order[k]` is the state eliminated at place k. Row k of the unit lower factor is `lower[k]`, of the
    upper factor `upper[k]` right of the diagonal; `inverse[k]` is the reciprocal of its diagonal.
    `coupling[k]` holds the entries of the matrix in the columns of earlier blocks. `blocks` are the
    places where blocks begin and end.
    """

    order: tuple[int, ...]
    blocks: tuple[tuple[int, int], ...]
    lower: tuple[Row, ...]
    upper: tuple[Row, ...]
    inverse: tuple[int, ...]
    coupling: tuple[Row, ...]

    @property
    def entries(self) -> tuple[int, ...]:
        """All nodes, each once."""
        rows = (*self.lower, *self.upper, *self.coupling)
        found = dict.fromkeys(node for row in rows for node in row.values())
        return tuple(found | dict.fromkeys(self.inverse))


def factorize(graph: Graph, jacobian: Sequence[Mapping[int, int]], shift: int) -> Factorization:
    """Factor the matrix shift * I - J.

    Parameters
    ----------
    graph
        Gets the entries of the factors.
    jacobian
        By row, the nodes of the entries by column.
    shift
        Node of the number on the diagonal.
    """
    blocks = [_markowitz(jacobian, block) for block in _strong_components(jacobian)]
    order = [state for block in blocks for state in block]
    place = {state: k for k, state in enumerate(order)}
    ends = [sum(len(block) for block in blocks[: i + 1]) for i in range(len(blocks))]
    spans = [(end - len(block), end) for block, end in zip(blocks, ends, strict=True)]
    rows: list[Row] = [{} for _ in order]
    for state, row in enumerate(jacobian):
        target = rows[place[state]]
        for column, node in row.items():
            target[place[column]] = graph.apply("neg", node)
        target[place[state]] = graph.apply("+", target.get(place[state], graph.number(0.0)), shift)
    lower: list[Row] = [{} for _ in order]
    coupling: list[Row] = [{} for _ in order]
    inverse = [0] * len(order)
    for begin, end in spans:
        for k in range(begin, end):
            coupling[k] = {j: node for j, node in sorted(rows[k].items()) if j < begin}
            rows[k] = {j: node for j, node in rows[k].items() if j >= begin}
        _eliminate(graph, rows, lower, inverse, begin, end)
    upper = [{j: node for j, node in sorted(row.items()) if j > k} for k, row in enumerate(rows)]
    return Factorization(
        order=tuple(order),
        blocks=tuple(spans),
        lower=tuple(dict(sorted(row.items())) for row in lower),
        upper=tuple(upper),
        inverse=tuple(inverse),
        coupling=tuple(coupling),
    )


def _eliminate(
    graph: Graph, rows: list[Row], lower: list[Row], inverse: list[int], begin: int, end: int
) -> None:
    """Gaussian elimination of one block, in place; multipliers go to `lower`."""
    zero = graph.number(0.0)
    for k in range(begin, end):
        inverse[k] = graph.apply("rcp", rows[k][k])
        for i in range(k + 1, end):
            if k not in rows[i]:
                continue
            lower[i][k] = multiplier = graph.apply("*", rows[i].pop(k), inverse[k])
            for j, node in rows[k].items():
                if j > k:
                    product = graph.apply("*", multiplier, node)
                    rows[i][j] = graph.apply("-", rows[i].get(j, zero), product)


def _strong_components(pattern: Sequence[Mapping[int, int]]) -> list[list[int]]:
    """States that depend on each other, each group after those that it depends on (Tarjan 1972)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    open_states: list[int] = []
    is_open: set[int] = set()
    components: list[list[int]] = []
    for root in range(len(pattern)):
        if root in index:
            continue
        work = [(root, iter(pattern[root]))]
        index[root] = low[root] = len(index)
        open_states.append(root)
        is_open.add(root)
        while work:
            state, neighbours = work[-1]
            for other in neighbours:
                if other not in index:
                    index[other] = low[other] = len(index)
                    open_states.append(other)
                    is_open.add(other)
                    work.append((other, iter(pattern[other])))
                    break
                if other in is_open:
                    low[state] = min(low[state], index[other])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[state])
                if low[state] == index[state]:
                    cut = open_states.index(state)
                    components.append(sorted(open_states[cut:]))
                    is_open.difference_update(open_states[cut:])
                    del open_states[cut:]
    return components


def _markowitz(pattern: Sequence[Mapping[int, int]], block: Sequence[int]) -> list[int]:
    """Order of a block in which each pivot on the diagonal makes the least fill (Markowitz 1957)."""
    left = set(block)
    rows = {i: {i, *pattern[i]} & left for i in block}
    columns: dict[int, set[int]] = {i: set() for i in block}
    for i, row in rows.items():
        for j in row:
            columns[j].add(i)
    order = []
    while left:
        pivot = min(left, key=lambda i: ((len(rows[i]) - 1) * (len(columns[i]) - 1), i))
        order.append(pivot)
        left.discard(pivot)
        across = rows.pop(pivot) & left
        down = columns.pop(pivot) & left
        for j in across:
            columns[j].discard(pivot)
        for i in down:
            rows[i].discard(pivot)
            rows[i] |= across
        for j in across:
            columns[j] |= down
    return order
