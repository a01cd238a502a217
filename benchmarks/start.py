"""How soon a model is ready in a new process; prints one line of seconds.

Imports are apart. `model` is its machine code, `driver` the loop over steps, which all models share,
`first` the first year of a patient, at rtol 1e-4.
"""

import os
import subprocess
import sys
import tempfile
import time

PARTS = ("imports", "model", "driver", "first")
METHOD = "rodas4p2"


def start_up() -> list[float]:
    """Return the seconds of each part, in this process."""
    begin = time.perf_counter()
    from koebner_methods import run  # noqa: PLC0415 - its time is measured
    from problem import draw_patients, read_plain_model  # noqa: PLC0415

    from koebner.solver.driver.advance import load_driver  # noqa: PLC0415
    from koebner.solver.machine_code.compile import Recipe  # noqa: PLC0415
    from koebner.solver.machine_code.lane_code import compile_lanes  # noqa: PLC0415

    seconds = [time.perf_counter() - begin]
    model = read_plain_model()
    patients = draw_patients(model, 1)
    for part in (
        lambda: compile_lanes(Recipe(model)),
        lambda: load_driver(METHOD),
        lambda: run(patients, 1e-4, model=model, method=METHOD),
    ):
        begin = time.perf_counter()
        part()
        seconds.append(time.perf_counter() - begin)
    return seconds


def start_times(n_rounds: int) -> dict[str, dict[str, float]]:
    """Return the best seconds of each part in new processes, `cold` without and `warm` with a cache."""
    best: dict[str, dict[str, float]] = {"cold": {}, "warm": {}}
    for _ in range(n_rounds):
        with tempfile.TemporaryDirectory() as cache:
            for parts in best.values():
                output = subprocess.run(
                    [sys.executable, __file__],
                    env={**os.environ, "KOEBNER_CACHE": cache},
                    stdout=subprocess.PIPE,
                    text=True,
                    check=True,
                ).stdout
                for part, seconds in zip(PARTS, output.split(), strict=True):
                    parts[part] = min(parts.get(part, float("inf")), float(seconds))
    return best


if __name__ == "__main__":
    print(*(f"{seconds:.4f}" for seconds in start_up()))
