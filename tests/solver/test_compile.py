"""The cache of compiled equations: fast, shared and never trusted when damaged."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from koebner.kinetics import read_antimony
from koebner.solver import integrate
from koebner.solver.driver.advance import load_driver
from koebner.solver.machine_code.compile import compile_model, compile_recipe
from koebner.solver.machine_code.lane_code import compile_lanes

TEXT = "model cached()\n x = 1; k = 0.5; x' = -k*x^1.5\nend"
PROGRAM = f"""
from koebner.kinetics import read_antimony
from koebner.solver import integrate
print(integrate(read_antimony({TEXT!r}), times=[0, 2]).column("x")[0, 1].hex())
"""


def in_a_new_process(cache: Path) -> str:
    environment = {**os.environ, "KOEBNER_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.fixture
def end_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Integrates with nothing compiled in memory, as a new process would, and a cache in `tmp_path`."""
    monkeypatch.setenv("KOEBNER_CACHE", str(tmp_path))

    def run() -> str:
        forget()
        end: float = integrate(read_antimony(TEXT), times=[0, 2]).column("x")[0, 1]
        return end.hex()

    yield run
    forget()


def forget() -> None:
    """Empty the memory of compiled code, as in a new process."""
    compile_recipe.cache_clear()
    compile_lanes.cache_clear()
    load_driver.cache_clear()


def objects(cache: Path) -> list[Path]:
    return sorted((cache / "solver").iterdir())


def test_a_second_process_finds_what_the_first_compiled(tmp_path: Path, end_value: Callable[[], str]) -> None:
    first = end_value()
    assert in_a_new_process(tmp_path) == first
    times = {file: file.stat().st_mtime_ns for file in objects(tmp_path)}
    assert in_a_new_process(tmp_path) == first
    assert {file: file.stat().st_mtime_ns for file in objects(tmp_path)} == times


@pytest.mark.parametrize("damage", [lambda content: content[:-20] + b"\x00garbage", lambda _: b"garbage"])
def test_a_damaged_cache_is_built_again(
    tmp_path: Path, end_value: Callable[[], str], damage: Callable[[bytes], bytes]
) -> None:
    first = end_value()
    files = objects(tmp_path)
    for file in files:
        file.write_bytes(damage(file.read_bytes()))
    assert end_value() == first
    assert objects(tmp_path) == files
    assert b"garbage" not in b"".join(file.read_bytes() for file in files)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, end_value: Callable[[], str]) -> None:
    (tmp_path / "solver").touch()
    assert float.fromhex(end_value()) == pytest.approx(1 / 1.5**2, rel=1e-4)  # (1 + t/4)^-2


def test_models_that_differ_in_values_alone_share_code() -> None:
    model = read_antimony(TEXT)
    assert compile_model(model) is compile_model(model.with_parameters(k=3.0))
    other = read_antimony(TEXT.replace("1.5", "2.5"))
    assert compile_model(other) is not compile_model(model)
