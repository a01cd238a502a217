"""Runs a folder of SBML Test Suite cases and judges each by the suite's own rule.

Run `python benchmarks/sbml_suite.py FOLDER`. Each case is a folder `NNNNN` with `NNNNN-settings.txt`,
`NNNNN-results.csv` and `NNNNN-sbml-lXvY.xml`, of which the newest level is taken. Printed is one line a
case that is refused or wrong, and at the end `passed N, refused N, wrong N`. The exit status is 0 when
nothing is wrong. A value is right where |ours - expected| <= absolute + relative * |expected|.

One patient is integrated a case, which costs the reference method less than compiling does, so that is
the default method; `--both N` sends N of the cases through the method that many patients get as well.
"""

import argparse
import csv
import hashlib
import math
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from koebner.errors import KoebnerError
from koebner.kinetics import Model, read_sbml
from koebner.kinetics.formulas import RESERVED
from koebner.solver import METHODS, Status, integrate

Array = NDArray[np.float64]

DEFAULT_METHOD = "reference"
BOTH_METHODS = ("reference", "auto")
RELATIVE_TOLERANCE = 1e-9
# Errors of steps add up over a case, whose own absolute tolerance they must stay well below.
ABSOLUTE_SHARE = 1e-5
MAX_STEPS = 100_000
PASSED, REFUSED, WRONG = "passed", "refused", "wrong"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came out of a case: "passed", "refused" or "wrong", and why."""

    number: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a case asks for."""

    times: Array
    variables: tuple[str, ...]
    amounts: frozenset[str]
    concentrations: frozenset[str]
    absolute: float
    relative: float


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of cases")
    parser.add_argument("--both", type=int, default=0, metavar="N", help="cases that go through both methods")
    parser.add_argument("--method", default=DEFAULT_METHOD, choices=sorted(METHODS))
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    cases = sorted(path for path in arguments.folder.glob("*") if path.name.isdigit())
    if not cases:
        print(f"{arguments.folder} holds no cases; folders such as 00001 are expected.", file=sys.stderr)
        return 2
    counts = Counter({PASSED: 0, REFUSED: 0, WRONG: 0})
    for verdict in run(cases, arguments.method, arguments.both, arguments.processes):
        counts[verdict.outcome] += 1
        if verdict.outcome != PASSED:
            print(f"{verdict.number} {verdict.outcome}: {verdict.detail}", flush=True)
    print(", ".join(f"{outcome} {counts[outcome]}" for outcome in (PASSED, REFUSED, WRONG)))
    return 1 if counts[WRONG] else 0


def run(cases: list[Path], method: str, n_both: int, n_processes: int) -> Iterable[Verdict]:
    """Yield the verdict on each case, in order."""
    # Which cases are taken hangs on their numbers alone, in no order that the suite's authors chose.
    shuffled = sorted(cases, key=lambda case: hashlib.sha256(case.name.encode()).digest())
    sample = {case.name for case in shuffled[:n_both]}
    with (
        tempfile.TemporaryDirectory(prefix="koebner-suite-") as cache,
        ProcessPoolExecutor(n_processes, initializer=_use_cache, initargs=(cache,)) as pool,
    ):
        yield from pool.map(partial(_judged, method=method, sample=frozenset(sample)), cases, chunksize=8)


def _use_cache(folder: str) -> None:
    """Keep the code of the cases out of the user's own cache."""
    os.environ["KOEBNER_CACHE"] = folder


def _judged(case: Path, method: str, sample: frozenset[str]) -> Verdict:
    try:
        for name in BOTH_METHODS if case.name in sample else (method,):
            verdict = judge(case, name)
            if verdict.outcome != PASSED:
                return verdict
    except Exception as error:  # noqa: BLE001 - a crash is a wrong case, and the others go on
        return Verdict(number=case.name, outcome=WRONG, detail=f"crashed, {type(error).__name__}: {error}")
    return verdict


def judge(case: Path, method: str) -> Verdict:
    """Return the verdict on one case with one method."""
    try:
        model = read_sbml(_newest_model(case))
        settings = _read_settings(case)
        ours = _simulate(model, settings, method)
    except KoebnerError as error:
        return Verdict(number=case.name, outcome=REFUSED, detail=getattr(error, "message", str(error)))
    expected = _read_results(case, settings.variables)
    detail = _difference(ours, expected, settings)
    if detail:
        return Verdict(number=case.name, outcome=WRONG, detail=f"{detail} ({method})")
    return Verdict(number=case.name, outcome=PASSED)


class _FailedError(KoebnerError):
    """The solver gave no numbers, and said why."""


def _simulate(model: Model, settings: Settings, method: str) -> Array:
    """Return the variables of a case, shape `(n_times, n_variables)`."""
    recipes = [_recipe(model, name, settings) for name in settings.variables]
    outputs = tuple(dict.fromkeys(output for recipe in recipes for output in recipe))
    solution = integrate(
        model,
        times=settings.times,
        outputs=outputs,
        rtol=RELATIVE_TOLERANCE,
        atol=settings.absolute * ABSOLUTE_SHARE,
        max_steps=MAX_STEPS,
        allow_negative=True,
        method=method,
    )
    if solution.status[0] != Status.OK:
        raise _FailedError(f"the solver ({method}) reports: {solution.reasons[0]}")
    columns = []
    for value, *divisor in recipes:
        column = solution.column(value)[0]
        columns.append(column / solution.column(divisor[0])[0] if divisor else column)
    return np.stack(columns, axis=1)


def _recipe(model: Model, name: str, settings: Settings) -> tuple[str, ...]:
    """Return the output that a variable is, and what it is to be divided by."""
    symbol = f"{name}_" if name in RESERVED else name
    if symbol in model.species:
        is_concentration = name in settings.concentrations
        return (symbol, model.species[symbol].compartment) if is_concentration else (symbol,)
    if name in settings.amounts and symbol in model.parameters:
        amount = re.compile(re.escape(symbol) + "_amount_*")
        return next(((species,) for species in model.species if amount.fullmatch(species)), (symbol,))
    return (symbol,)


def _newest_model(case: Path) -> Path:
    files = sorted(case.glob(f"{case.name}-sbml-l*v*.xml"))
    if not files:
        raise KoebnerError("there is no SBML file.")
    return files[-1]


def _read_settings(case: Path) -> Settings:
    text = (case / f"{case.name}-settings.txt").read_text(encoding="utf-8-sig")
    lines = (line.partition(":") for line in text.splitlines())
    entries = {key.strip(): value.strip() for key, _, value in lines}
    start, duration, steps = float(entries["start"]), float(entries["duration"]), int(entries["steps"])
    return Settings(
        times=np.linspace(start, start + duration, steps + 1),
        variables=_names(entries["variables"]),
        amounts=frozenset(_names(entries.get("amount", ""))),
        concentrations=frozenset(_names(entries.get("concentration", ""))),
        absolute=float(entries["absolute"]),
        relative=float(entries["relative"]),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _read_results(case: Path, variables: tuple[str, ...]) -> Array:
    with (case / f"{case.name}-results.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = (row for row in csv.reader(file) if any(cell.strip() for cell in row))
    # The first column is the time of the row, whatever it is called; a variable may be called so too.
    names = [name.strip() for name in header[1:]]
    columns = [names.index(variable) + 1 for variable in variables]
    return np.array([[float(row[column]) for column in columns] for row in rows])


def _difference(ours: Array, expected: Array, settings: Settings) -> str:
    """Return where ours is farthest from what is expected; empty where all is right."""
    if ours.shape != expected.shape:
        return f"{expected.shape[0]} rows are expected, the settings ask for {ours.shape[0]}"
    same = (ours == expected) | (np.isnan(ours) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        excess = np.abs(ours - expected) / (settings.absolute + settings.relative * np.abs(expected))
    excess = np.where(same, 0.0, np.where(np.isnan(excess), math.inf, excess))
    if (excess <= 1).all():
        return ""
    row, column = np.unravel_index(int(excess.argmax()), excess.shape)
    return (
        f"{settings.variables[column]} at time {settings.times[row]:g} is {ours[row, column]:.6g}, "
        f"{expected[row, column]:.6g} is expected"
    )


if __name__ == "__main__":
    sys.exit(main())
