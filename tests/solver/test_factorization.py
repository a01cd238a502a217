"""The factors are those of the matrix, in block triangular form, with little fill."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koebner.solver.symbolic.expressions import Graph
from koebner.solver.symbolic.factorization import Factorization, factorize

Pattern = dict[tuple[int, int], float]


def solve(matrix: np.ndarray, side: np.ndarray) -> tuple[np.ndarray, Factorization]:
    """Solve (shift I - J) u = side with factors of numbers, where shift I - J is the matrix."""
    graph, n, shift = Graph(), len(matrix), 50.0
    rows = [
        {j: graph.number(shift * (i == j) - matrix[i, j]) for j in range(n) if matrix[i, j] or i == j}
        for i in range(n)
    ]
    factors = factorize(graph, rows, graph.number(shift))

    def value(node: int) -> float:
        known = graph.constant(node)
        assert known is not None
        return known

    solution = np.zeros(n)
    for begin, end in factors.blocks:
        for k in range(begin, end):
            coupled = sum(value(node) * solution[j] for j, node in factors.coupling[k].items())
            inner = sum(value(node) * solution[j] for j, node in factors.lower[k].items())
            solution[k] = side[factors.order[k]] - coupled - inner
        for k in reversed(range(begin, end)):
            upper = sum(value(node) * solution[j] for j, node in factors.upper[k].items())
            solution[k] = (solution[k] - upper) * value(factors.inverse[k])
    result = np.zeros(n)
    result[list(factors.order)] = solution
    return result, factors


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 9), st.integers(0, 10_000), st.floats(0.05, 0.9))
def test_the_factors_solve_the_system(n: int, seed: int, density: float) -> None:
    rng = np.random.Generator(np.random.Philox(seed))
    matrix = rng.normal(size=(n, n)) * (rng.random((n, n)) < density) + 10 * np.eye(n)
    side = rng.normal(size=n)
    np.testing.assert_allclose(solve(matrix, side)[0], np.linalg.solve(matrix, side), rtol=1e-9, atol=1e-12)


def test_a_chain_has_blocks_of_one_and_no_fill() -> None:
    # Each state depends on the one before: nothing to eliminate, whatever the numbering.
    n = 6
    order = [3, 0, 5, 1, 4, 2]
    matrix = 10 * np.eye(n)
    for before, after in pairwise(order):
        matrix[after, before] = 1.0
    _, factors = solve(matrix, np.ones(n))
    assert factors.order == tuple(order)
    assert factors.blocks == tuple((k, k + 1) for k in range(n))
    assert not any(factors.lower)
    assert not any(factors.upper)
    assert sum(map(len, factors.coupling)) == n - 1


def test_an_arrow_is_eliminated_from_its_point() -> None:
    # A hub that depends on all others and they on it: taken last, there is no fill.
    n = 7
    matrix = 10 * np.eye(n)
    matrix[0, :] = matrix[:, 0] = 1.0
    matrix[0, 0] = 10.0
    _, factors = solve(matrix, np.ones(n))
    assert sum(map(len, factors.lower)) == sum(map(len, factors.upper)) == n - 1


@pytest.mark.parametrize("seed", range(3))
def test_blocks_come_after_what_they_depend_on(seed: int) -> None:
    rng = np.random.Generator(np.random.Philox(seed))
    matrix = (rng.random((30, 30)) < 0.05) * 1.0 + 10 * np.eye(30)
    _, factors = solve(matrix, np.ones(30))
    for k, row in enumerate(factors.coupling):
        begin = max(first for first, end in factors.blocks if first <= k)
        assert all(j < begin for j in row)
