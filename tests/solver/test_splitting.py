"""Long code is cut into parts, which changes no number."""

from pathlib import Path

import numpy as np
import pytest

from koebner.kinetics import read_antimony
from koebner.solver import integrate
from koebner.solver.machine_code import emission, solution
from koebner.solver.machine_code.compile import compile_recipe
from koebner.solver.machine_code.lane_code import compile_lanes
from koebner.solver.machine_code.splitting import split
from koebner.solver.symbolic.expressions import Graph

RING = read_antimony(
    "model ring()\n"
    + "\n".join(
        f"x{i} = {1 + i % 3}; k{i} = {0.1 + 0.1 * i};"
        f" x{i}' = piecewise(k{i}, x{(i + 2) % 12} > 0.5, 0.1)"
        f"*x{(i - 1) % 12}^2.5/(1 + x{(i * 5 + 3) % 12}) - x{i}"
        for i in range(12)
    )
    + "\nend"
)


def course() -> bytes:
    compile_lanes.cache_clear()
    compile_recipe.cache_clear()
    return integrate(RING, times=np.linspace(0, 5, 6)).values.tobytes()


def test_parts_change_no_bit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KOEBNER_CACHE", str(tmp_path / "whole"))
    whole = course()
    monkeypatch.setenv("KOEBNER_CACHE", str(tmp_path / "parts"))
    monkeypatch.setattr(emission, "_LONGEST", 40)
    monkeypatch.setattr(solution, "_LONGEST", 5)
    in_parts = course()
    compile_lanes.cache_clear()
    compile_recipe.cache_clear()
    # A product and a sum in two parts are rounded twice, so the last digits may differ.
    values = (np.frombuffer(content) for content in (in_parts, whole))
    np.testing.assert_allclose(*values, rtol=1e-9)


def test_a_part_keeps_what_later_parts_need() -> None:
    graph = Graph()
    x = graph.variable("y[0]")
    powers = [x]
    for _ in range(9):
        powers.append(graph.apply("+", graph.apply("*", powers[-1], x), graph.number(1.0)))
    condition = graph.apply("<", powers[2], powers[3])
    root = graph.apply("if", condition, powers[-1], powers[1])
    order = graph.needed([root])
    parts = split(graph, order, 4)
    assert [node for part in parts for node in part.nodes] == order
    kept = {node for part in parts for node in part.kept}
    # The condition is computed anew, from the two numbers that it compares.
    assert condition not in kept
    assert {powers[1], powers[2], powers[3]} <= kept
