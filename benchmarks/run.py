"""Speed and error of the solver on a common model, beside libroadrunner where it is installed.

Run `python benchmarks/run.py [n_patients]`. It prints, for each method and tolerance, patient-years per
second on one core and the largest error, so that methods are compared at equal error.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import libsbml
import numpy as np
from numpy.typing import NDArray

from koebner.kinetics import Model, read_sbml
from koebner.solver import METHODS, Doses, integrate

Array = NDArray[np.float64]

MODEL = Path(__file__).parent / "models" / "psoqsp.xml"
WEEKS = np.arange(0, 365, 7.0)
DOSE_DAYS = np.arange(0, 364, 28.0)
DOSES = {"A_sc": 300.0, "B_sc": 100.0}  # as the events of the file
EXPONENTS = ("n17", "n23", "ntnf", "nkc")  # the same for every patient
SPREAD = 0.3  # standard deviation of the logarithm of every other parameter
TOLERANCES = (1e-4, 1e-6)
REFERENCE_TOLERANCE = 1e-11
START = """
import sys, time
from pathlib import Path
import numba
begin = time.perf_counter()
sys.path.insert(0, sys.argv[1])
from run import without_events
from koebner.solver.compile import compile_model
model = without_events()
imported = time.perf_counter()
compile_model(model)
print(f"{imported - begin:.2f} {time.perf_counter() - imported:.2f}")
"""


def without_events(file: Path | None = None) -> Model:
    """Return the benchmark model; its doses, events in the file, are given as doses instead."""
    document = libsbml.readSBMLFromFile(str(MODEL))
    while document.getModel().getNumEvents():
        document.getModel().removeEvent(0)
    with tempfile.TemporaryDirectory() as folder:
        plain = file or Path(folder) / "plain.xml"
        libsbml.writeSBMLToFile(document, str(plain))
        return read_sbml(plain)


def patients(model: Model, n_patients: int) -> dict[str, Array]:
    """Return parameter values, log-normal about those of the model."""
    rng = np.random.Generator(np.random.Philox(1))
    varied = {
        name: parameter.value * rng.lognormal(0, SPREAD, n_patients)
        for name, parameter in model.parameters.items()
        if parameter.value is not None and name not in model.states and name not in EXPONENTS
    }
    for name in ("F_A", "F_B"):  # a bioavailability is at most 1
        varied[name] = np.minimum(varied[name], 1.0)
    return varied


def ours(model: Model, values: dict[str, Array], rtol: float, method: str) -> Array:
    n_patients = len(values["F_A"])
    n_doses = len(DOSE_DAYS) * len(DOSES)
    doses = Doses(
        patient=np.repeat(np.arange(n_patients), n_doses),
        time=np.tile(np.repeat(DOSE_DAYS, len(DOSES)), n_patients),
        target=tuple(DOSES) * (len(DOSE_DAYS) * n_patients),
        amount=np.tile([*DOSES.values()], len(DOSE_DAYS) * n_patients),
    )
    solution = integrate(
        model,
        times=WEEKS,
        n_patients=n_patients,
        parameters=values,
        doses=doses,
        outputs=model.states,
        rtol=rtol,
        atol=1e-3 * rtol,
        method=method,
    )
    failed = int((solution.status != 0).sum())
    if failed:
        print(f"{failed} patients failed: {solution.reasons[int(np.argmax(solution.status != 0))]}")
    return solution.values


class RoadRunner:
    """libroadrunner, restarted at every dose; loading the model is not counted."""

    def __init__(self, file: Path, model: Model) -> None:
        import roadrunner  # type: ignore[import-untyped]  # noqa: PLC0415 - optional

        self.runner = roadrunner.RoadRunner(str(file))
        self.runner.timeCourseSelections = list(model.states)
        ids = list(self.runner.model.getGlobalParameterIds())
        self.states = [ids.index(name) for name in model.states]
        self.start = np.array([model.parameters[name].value for name in model.states], dtype=float)
        self.dosed = {model.states.index(name): amount for name, amount in DOSES.items()}
        self.ids = ids

    def __call__(self, values: dict[str, Array], rtol: float) -> Array:
        integrator = self.runner.getIntegrator()
        integrator.relative_tolerance, integrator.absolute_tolerance = rtol, 1e-3 * rtol
        integrator.maximum_num_steps = 100_000
        places = [self.ids.index(name) for name in values]
        rows = np.column_stack([*values.values()])
        courses = np.empty((len(rows), len(WEEKS), len(self.start)))
        for course, row in zip(courses, rows, strict=True):
            self.runner.reset()
            self.runner.model.setGlobalParameterValues(places, row)
            course[0] = y = self.start
            for k, day in enumerate(DOSE_DAYS):
                y = y.copy()
                for place, amount in self.dosed.items():
                    y[place] += amount
                self.runner.model.setGlobalParameterValues(self.states, y)
                course[4 * k + 1 : 4 * k + 5] = self.runner.simulate(day, day + 28, 5)[1:]
                y = course[4 * k + 4]
        return courses


def largest_error(values: Array, exact: Array) -> float:
    """Largest difference, relative to the value and to a thousandth of the state's largest value."""
    scale = np.abs(exact) + 1e-3 * np.abs(exact).max(axis=1, keepdims=True) + 1e-12
    return float((np.abs(values - exact) / scale).max())


def cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor() or platform.machine()


def start_times() -> str:
    """Seconds from model to machine code, in new processes without and with a cache."""
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-c", START, str(Path(__file__).parent)]
        environment = {**os.environ, "KOEBNER_CACHE": cache}
        runs = [
            subprocess.run(
                command, env=environment, capture_output=True, text=True, check=True
            ).stdout.split()
            for _ in range(2)
        ]
    (_, cold), (imports, warm) = runs
    return f"compile {cold} s cold, {warm} s warm; imports without numba {imports} s"


def main(n_patients: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plain.xml"
        model = without_events(file)
        values = patients(model, n_patients)
        methods: dict[str, Callable[[float], Array]] = {
            f"koebner, {name}": lambda rtol, name=name: ours(model, values, rtol, name)  # type: ignore[misc]
            for name in METHODS
        }
        if find_spec("roadrunner") is not None:
            runner = RoadRunner(file, model)
            methods["libroadrunner"] = lambda rtol: runner(values, rtol)
        exact = ours(model, values, REFERENCE_TOLERANCE, "reference")
        print(f"{cpu_name()}, one core; Python {platform.python_version()}; {n_patients} patients")
        print(f"{start_times()}\n")
        print("| method | rtol | patient-years per second | largest error |\n|---|---|---|---|")
        for name, run in methods.items():
            for rtol in TOLERANCES:
                begin = time.process_time()
                courses = run(rtol)
                speed = n_patients * WEEKS[-1] / 364 / (time.process_time() - begin)
                print(f"| {name} | {rtol:g} | {speed:.0f} | {largest_error(courses, exact):.1e} |")
        if "libroadrunner" in methods:
            apart = largest_error(methods["libroadrunner"](REFERENCE_TOLERANCE), exact)
            print(f"\nAt rtol {REFERENCE_TOLERANCE:g}, the reference, the two differ by {apart:.1e}.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 64)
