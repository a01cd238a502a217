"""Peak memory of a stream of patients whose outputs are reduced: `python benchmarks/memory.py N_PATIENTS`.

Shards of patients are drawn as the stream goes, as their parameters would else be what grows. Of each
patient are kept: one state at a few visits, its least value, the area under its curve, the time to half.
"""

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from koebner_methods import doses_of
from problem import draw_patients, read_plain_model

from koebner.kinetics import Model
from koebner.solver import Area, FirstTime, Minimum
from koebner.solver.distribution.sharding import Shard
from koebner.solver.distribution.stream import integrate_stream

SHARD = 500
VISITS = (84.0, 168.0, 364.0)
OUTPUT = "PASI"
RECORDS = {"least": Minimum(OUTPUT), "area": Area(OUTPUT), "half": FirstTime(f"{OUTPUT} < 2")}


def stream(n_patients: int) -> int:
    """Integrate a year of all patients; return how many of them halved the output."""
    model = read_plain_model()
    solutions = integrate_stream(
        model,
        shards(model, n_patients),
        times=VISITS,
        outputs=[OUTPUT],
        records=RECORDS,
        rtol=1e-4,
        atol=1e-7,
        threads=1,
    )
    return sum(int((solution.records["half"] < VISITS[-1]).sum()) for solution in solutions)


def shards(model: Model, n_patients: int) -> Iterator[Shard]:
    for seed in range(n_patients // SHARD):
        yield Shard(
            n_patients=SHARD, parameters=draw_patients(model, SHARD, seed=seed), doses=doses_of(SHARD)
        )


def peak_memory(n_patients: int) -> float:
    """Return the peak memory of a new process that integrates so many patients [MB]."""
    command = [sys.executable, __file__, str(n_patients)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def own_peak() -> float:
    """Return the peak memory of this process [MB]."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count what the parent held when it started this process
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
        return float(lines["VmHWM"].split()[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    stream(int(sys.argv[1]))
    print(f"{own_peak():.1f}")
