"""A whole calibration: members side by side in processes, what they say of the numbers, what is written.

A member's fit hangs on nothing but its number, so that the result is the same for any number of workers.
"""

import hashlib
import multiprocessing
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import pandas as pd

from koebner.calibration.calibration_file import CalibrationFile, CalibrationSection
from koebner.calibration.fitting.ablation import ablate
from koebner.calibration.fitting.figures import DATA, figures_of
from koebner.calibration.fitting.fit import Fitting, Member, fit_member
from koebner.calibration.fitting.identifiability import prior_and_posterior, spectrum, strongest_pairs
from koebner.calibration.fitting.search import evaluations_of
from koebner.calibration.protocol import PROTOCOL_FILE, load_protocol
from koebner.calibration.published.arms import TABLES
from koebner.calibration.validation.cross_validation import cross_validate
from koebner.calibration.validation.rates import held_out_error
from koebner.disease import load_model
from koebner.evidence.sources import TABLES as EVIDENCE_TABLES
from koebner.fits import RESULTS, WIDTH, Ensemble, write_ensemble
from koebner.kinetics import Model
from koebner.populations import Population, load_population
from koebner.trials.record import code_fingerprint
from koebner.trials.tables import write_csv

_EVIDENCE = ("trials.csv", "withdrawal.csv", "baselines.csv")
_LOOKS_PER_SECOND = 2.0

Progress = Callable[[str, int, int], None]
"""Called with what is done now, how much of it is done, and of how much."""

# Of a worker: how many evaluations all of them have done.
_count: "Synchronized[int] | None" = None


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What a calibration found.

    Attributes
    ----------
    ensemble
        What is used of it.
    members
        The fits, the central one first.
    ablation
        What each block is worth; None where it was not asked for.
    left_out
        Trials as fits without them predict them; None where it was not asked for.
    """

    ensemble: Ensemble
    members: tuple[Member, ...]
    ablation: pd.DataFrame | None
    left_out: pd.DataFrame | None


def _quiet(what: str, done: int, total: int) -> None:
    """Show nothing."""


def manifest(file: CalibrationFile) -> dict[str, str | int]:
    """Return what decides a calibration: hashes of tables, protocol, model and code, and the seed."""
    protocol = load_protocol()
    model, population = load_model(), load_population()
    fitted = frozenset(name for free in protocol.free for name in free.sets)
    hashed = {path.name: _hash(path.read_bytes()) for path in _inputs()}
    return {
        "koebner": version("koebner"),
        "seed": protocol.seed,
        "protocol_version": protocol.version,
        "file": _hash(file.model_dump_json().encode()),
        "model": _hash(repr(_fixed_of(model, fitted)).encode()),
        "population": _hash(repr(_fixed_of_patients(population, fitted)).encode()),
        "code": code_fingerprint(),
        **hashed,
    }


def _fixed_of(model: Model, fitted: Collection[str]) -> tuple[object, ...]:
    """Return what the fit takes from the model: all but the numbers that it sets itself."""
    numbers = {name: each.value for name, each in model.parameters.items() if name not in fitted}
    return model.reactions, model.rules, model.initial_assignments, numbers


def _fixed_of_patients(population: Population, fitted: Collection[str]) -> tuple[object, ...]:
    """Return what the fit takes from the population: all but the widths that it sets itself."""
    widths = {
        each.parameter: each.sd
        for each in population.entry.deviations
        if f"{WIDTH}{each.parameter}" not in fitted
    }
    return population.entry.model_copy(update={"deviations": ()}), dict(population.moments), widths


def fingerprint(manifest: Mapping[str, str | int]) -> str:
    """Return one hash of a manifest."""
    return _hash(repr(sorted(manifest.items())).encode())


def _inputs() -> tuple[Path, ...]:
    tables = sorted(path for path in TABLES.iterdir() if path.suffix in (".csv", ".toml"))
    return (PROTOCOL_FILE, *tables, *(EVIDENCE_TABLES / name for name in _EVIDENCE))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def calibrate(
    file: CalibrationFile,
    *,
    checkpoints: Path,
    workers: int = 1,
    progress: Progress = _quiet,
) -> Calibration:
    """Fit all members, and say what the figures tell.

    Parameters
    ----------
    file
        What is fitted.
    checkpoints
        Folder of unfinished work; made if absent. What it holds is not done again.
    workers
        Processes side by side; of what follows the fits, threads.
    progress
        Called now and then, see `Progress`.
    """
    checkpoints.mkdir(parents=True, exist_ok=True)
    members = _fit_all(file, checkpoints, workers, progress)
    decided = manifest(file)
    ensemble = Ensemble(
        fingerprint=fingerprint(decided),
        name=file.calibration.name,
        data=DATA[file.calibration.data],
        central=members[0].numbers,
        members=tuple(member.numbers for member in members[1:]),
        costs=tuple(member.cost for member in members),
        manifest=decided,
    )
    central, asked = members[0], file.calibration
    fitting = _fitting(file, threads=workers)
    return Calibration(
        ensemble=ensemble,
        members=members,
        ablation=_ablate(fitting, central, checkpoints, progress) if asked.ablation else None,
        left_out=_leave_out(fitting, central, asked, checkpoints, progress) if asked.folds else None,
    )


def write_calibration(folder: Path, found: Calibration) -> None:
    """Write the ensemble and what the figures say of each number, into a folder."""
    protocol = load_protocol()
    write_csv(folder / "numbers.csv", prior_and_posterior(protocol, found.members))
    write_csv(folder / "pairs.csv", strongest_pairs(protocol, found.members[0]))
    eigenvalues = {f"member {member.number}": spectrum(member) for member in found.members}
    write_csv(folder / "spectrum.csv", pd.DataFrame(eigenvalues))
    write_csv(folder / "figures.csv", _figures(found.members))
    if found.ablation is not None:
        write_csv(folder / "ablation.csv", found.ablation)
    if found.left_out is not None:
        write_csv(folder / "left_out.csv", found.left_out)
    write_ensemble(folder / RESULTS, found.ensemble)


def _figures(members: tuple[Member, ...]) -> pd.DataFrame:
    """Return every fitted figure, published and as the central fit and the mean of the members have it."""
    central, others = members[0], members[1:]
    rows = []
    for place, figure in enumerate(central.figures):
        of_members = [member.figures[place].predicted for member in others]
        rows.append(
            {
                "kind": figure.kind,
                "figure": figure.id,
                "observed": figure.observed,
                "central": figure.predicted,
                "mean": sum(of_members) / len(of_members) if of_members else float("nan"),
                "deviation": figure.deviation,
            }
        )
    return pd.DataFrame(rows)


def _fitting(file: CalibrationFile, threads: int) -> Fitting:
    protocol = load_protocol()
    return Fitting(
        protocol=protocol,
        search=file.searched(protocol),
        model=load_model(),
        population=load_population(),
        figures=figures_of(protocol, file.calibration.data),
        threads=threads,
    )


def _ablate(fitting: Fitting, central: Member, checkpoints: Path, progress: Progress) -> pd.DataFrame:
    def judge(values: Mapping[str, float]) -> float:
        return held_out_error(values, model=fitting.model, population=fitting.population)

    step = _steps("Switching blocks off", len(fitting.protocol.ablated), progress)
    return ablate(fitting, central, judge, checkpoints=checkpoints, done=step)


def _leave_out(
    fitting: Fitting, central: Member, asked: CalibrationSection, checkpoints: Path, progress: Progress
) -> pd.DataFrame:
    step = _steps("Leaving trials out", asked.folds, progress)
    return cross_validate(fitting, central, asked.data, folds=asked.folds, checkpoints=checkpoints, done=step)


def _steps(what: str, total: int, progress: Progress) -> Callable[[], None]:
    """Return what is to be called after each step of a known number."""
    finished = count(1)
    progress(what, 0, total)
    return lambda: progress(what, next(finished), total)


def _fit_all(
    file: CalibrationFile, checkpoints: Path, workers: int, progress: Progress
) -> tuple[Member, ...]:
    """Fit the members in processes, each on one thread; the caller sees how far they are."""
    protocol = load_protocol()
    search = file.searched(protocol)
    total = (search.members + 1) * evaluations_of(search, len(protocol.free))
    context = multiprocessing.get_context("spawn")
    done = context.Value("q", 0)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(done,)) as pool:
        waiting = [pool.submit(_fit_one, file, n, checkpoints) for n in range(search.members + 1)]
        try:
            _watch(waiting, lambda: progress("Fitting (evaluations)", done.value, total))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return tuple(each.result() for each in waiting)


def _watch(waiting: list[Future[Member]], look: Callable[[], None]) -> None:
    pending = set(waiting)
    while pending:
        done, pending = wait(pending, timeout=1 / _LOOKS_PER_SECOND)
        for each in done:
            each.result()  # raises what its process met
        look()


def _begin(evaluations: "Synchronized[int]") -> None:
    global _count  # noqa: PLW0603 - a worker process has no other place that its calls share
    _count = evaluations


def _fit_one(file: CalibrationFile, number: int, checkpoints: Path) -> Member:
    return fit_member(_fitting(file, threads=1), number, checkpoints=checkpoints, evaluated=_counted)


def _counted() -> None:
    if _count is not None:
        with _count.get_lock():
            _count.value += 1
