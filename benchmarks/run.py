"""Speed of the solver beside its peers, at equal error: `make bench`, about three minutes.

`python benchmarks/run.py --patients 16 --rounds 1` is a quick look. The exit code is 1 when any number
was wrong; a speed is printed and never a failure.
"""

import argparse
import math
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from koebner_methods import koebner_methods, run
from memory import SHARD, peak_memory
from peer_libroadrunner import libroadrunner
from peer_odeint import scipy_odeint
from problem import Array, Method, Patients, count, draw_patients, first, largest_error, read_plain_model
from start import start_times
from tables import print_curves, print_mark, print_ratios
from work_precision import Curve, measure

from koebner.kinetics import Model
from koebner.solver.machine_code.assembly import lane_width

PEERS: dict[str, Callable[[Model], Method]] = {"roadrunner": libroadrunner, "numba": scipy_odeint}
"""How to load a peer, by the package that it needs."""
MOST_PATIENTS = 4_096
REFERENCE_RTOL, AGREEMENT, N_AGREEING = 1e-11, 1e-7, 16
TIGHT_RTOL, TIGHT_ERROR = 1e-10, 1e-5
RATE_RTOL, RATE_MARK = 1e-4, 3_500.0
START_MARKS = {"cold": 1.0, "warm": 0.1}  # seconds
MEMORY_PATIENTS = (1_000, 20_000)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the speed of Koebner and its peers at equal error.")
    parser.add_argument("--patients", type=int, default=64, help="patients whose error is measured")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions, of which the fastest counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["KOEBNER_CACHE"] = cache  # what earlier runs left there must not matter
        wrong = list(compare(arguments.patients, arguments.rounds))
    print("\n".join(f"WRONG: {line}" for line in wrong) if wrong else "No number was wrong.")
    return 1 if wrong else 0


def compare(n_patients: int, n_rounds: int) -> Iterator[str]:
    """Print all that is measured; yield a line for everything that is wrong."""
    model = read_plain_model()
    patients = draw_patients(model, MOST_PATIENTS)
    few = first(patients, n_patients)
    print(f"{cpu_name()}, {lane_width()} lanes; Python {platform.python_version()}; {n_patients} patients")
    exact = run(few, REFERENCE_RTOL, model=model, method="rodas5p")
    yield from check_reference(model, first(few, N_AGREEING), exact)
    own = koebner_methods(model)
    peers = load_peers(model)
    curves = measure([*own, *peers], patients, exact, n_rounds)
    print_curves(curves)
    fast = [curve for curve in curves if curve.method in own and curve.method.repeats]
    print_ratios(fast, curves[len(own) :])
    print_own(fast[0], n_rounds)
    yield from check_tight([*(curve.method for curve in fast), *peers], few, exact)
    yield from check_threads(model, patients, n_rounds)


def load_peers(model: Model) -> list[Method]:
    """Return the peers that are installed, ready to run."""
    peers = []
    for package, load in PEERS.items():
        if find_spec(package) is None:
            print(f"{load.__name__} is left out: {package} is not installed; `make bench` installs it.")
            continue
        peers.append(load(model))
        print(f"{peers[-1].name}: ready in {peers[-1].ready_in:.2f} s")
    return peers


def print_own(default: Curve, n_rounds: int) -> None:
    """Print what has no peer: absolute rate, start and memory."""
    rate = next((point.rate for point in default.points if point.rtol == RATE_RTOL), math.nan)
    line = f"\n{default.method.name} at rtol {RATE_RTOL:g}: {rate:.0f} patient-years per second of one core"
    print_mark(line, f"{RATE_MARK:g}", met=rate >= RATE_MARK)
    for kind, parts in start_times(n_rounds).items():
        total = sum(seconds for part, seconds in parts.items() if part != "imports")
        listed = ", ".join(f"{part} {seconds:.3f}" for part, seconds in parts.items())
        mark = START_MARKS[kind]
        print_mark(f"start, {kind}: {total:.3f} s ({listed})", f"{mark:g} s", met=total < mark)
    peak_memory(SHARD)  # compiles, which takes memory of its own
    peaks = ", ".join(f"{n:,} patients {peak_memory(n):.0f} MB" for n in MEMORY_PATIENTS)
    print(f"peak memory, outputs reduced, in shards of {SHARD}: {peaks}")


def check_reference(model: Model, patients: Patients, exact: Array) -> Iterator[str]:
    """Print how far another method is from the exact values; yield a line when it is too far."""
    other = run(patients, REFERENCE_RTOL, model=model, method="reference")
    apart = largest_error(other, exact[: len(other)])
    text = f"Rodas5P and LSODA at rtol {REFERENCE_RTOL:g} differ by {apart:.1e}"
    print(f"{text} ({count(patients)} patients); errors are those against Rodas5P at this rtol")
    if not apart <= AGREEMENT:  # nan is wrong
        yield f"{text}, at most {AGREEMENT:g} is expected"


def check_tight(methods: Sequence[Method], patients: Patients, exact: Array) -> Iterator[str]:
    """Print the error of every method at a tight tolerance; yield those that are wrong."""
    for method in methods:
        error = largest_error(method.run(patients, TIGHT_RTOL), exact)
        text = f"{method.name} at rtol {TIGHT_RTOL:g}: error {error:.1e}"
        print(text)
        if not error <= TIGHT_ERROR:
            yield f"{text}, at most {TIGHT_ERROR:g} is expected"


def check_threads(model: Model, patients: Patients, n_rounds: int) -> Iterator[str]:
    """Print the speed by the clock with 1 and 2 threads; yield a line when their numbers differ."""
    year = partial(run, patients, RATE_RTOL, model=model, method="rodas4p2")
    seconds: dict[int, list[float]] = {1: [], 2: []}
    numbers = {}
    for _ in range(n_rounds):
        for threads, times in seconds.items():
            begin = time.perf_counter()
            numbers[threads] = year(threads=threads).tobytes()
            times.append(time.perf_counter() - begin)
    one, two = (count(patients) / min(times) for times in seconds.values())
    print(f"by the clock, rodas4p2 at rtol {RATE_RTOL:g}: 1 thread {one:.0f}, 2 threads {two:.0f}, ", end="")
    print(f"{two / one:.2f} times as many")
    if numbers[1] != numbers[2]:
        yield "1 and 2 threads do not give the same bytes"


def cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main())
