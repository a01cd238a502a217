"""`koebner calibrate`: the fit again from scratch, with progress, checkpoints and resume."""

import os
import platform
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from koebner.calibration.calibration_file import CalibrationFile, load_calibration
from koebner.calibration.light.cohort import LightCohort, read_light_cohort
from koebner.calibration.light.fit import fit_phototherapy
from koebner.calibration.run import (
    calibrate,
    fingerprint,
    manifest,
    write_calibration,
)
from koebner.calibration.validation.left_out import left_out_words
from koebner.cli.options import Json
from koebner.cli.printing import print_json, print_table, progress_bar, say
from koebner.disease import load_model
from koebner.fits import RESULTS, Ensemble, read_ensemble
from koebner.trials import lock_run, open_run
from koebner.trials.run_folder import RunFolder
from koebner.trials.tables import read_json, rows, write_json

_INTERRUPTED = 130


def calibrate_command(
    file: Annotated[
        Path, typer.Argument(help="Calibration file (TOML), for example examples/calibration.toml.")
    ],
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run. Default: runs/NAME of the file.")
    ] = None,
    uvb: Annotated[
        Path | None, typer.Option(help="Patients under UVB (CSV): fits phototherapy too, patient by patient.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes side by side; 0 is one a core.", min=0)] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another run in that folder.")
    ] = False,
    json: Json = False,
) -> None:
    """Fit the model to published trials; repeat the command to resume an interrupted run."""
    given = load_calibration(file)
    folder = out if out is not None else Path("runs") / file.stem
    with lock_run(folder):
        run = open_run(folder, fingerprint(manifest(given)), overwrite=overwrite, what="calibration")
        if run.finished:
            say(f"{folder} already holds this run: nothing was computed anew (--overwrite repeats it).")
        else:
            _compute(given, run, workers or os.cpu_count() or 1, uvb)
    if json:
        print_json(read_json(folder / RESULTS))
    else:
        _print(folder, read_ensemble(folder / RESULTS))


def _compute(file: CalibrationFile, run: RunFolder, workers: int, uvb: Path | None) -> None:
    patients = None if uvb is None else read_light_cohort(uvb)  # bad input ends before the long work
    if run.resumed:
        say(f"Resuming the unfinished run in {run.partial}.")
    started, clock = datetime.now(UTC), time.monotonic()
    try:
        with progress_bar("Fitting", total=1) as (bar, task):
            found = calibrate(
                file,
                checkpoints=run.checkpoints,
                workers=workers,
                progress=lambda what, done, total: bar.update(
                    task, description=f"{what}: {done} of {total}", completed=done, total=total
                ),
            )
    except KeyboardInterrupt:
        say(f"Interrupted. What is done is kept in {run.partial}; repeat the command to go on.")
        raise typer.Exit(code=_INTERRUPTED) from None
    write_calibration(run.partial, found)
    _fit_light(patients, run.partial)
    provenance = {
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - clock, 1),
        "workers": workers,
        "host": platform.node(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        **{package: version(package) for package in ("koebner", "numpy", "scipy", "cma", "llvmlite")},
    }
    write_json(run.partial / "provenance.json", provenance)
    run.complete()


def _fit_light(patients: LightCohort | None, folder: Path) -> None:
    if patients is None:
        say("No patients under UVB were given (--uvb): phototherapy keeps its shipped posterior.")
        return
    say("Fitting the patients under UVB one by one.")
    fit_phototherapy(load_model(), patients).save(folder / "phototherapy.json")


def _print(folder: Path, ensemble: Ensemble) -> None:
    numbers = rows(pd.read_csv(folder / "numbers.csv"))
    print_table(
        f"{ensemble.name}: {len(ensemble.members)} members beside the central fit ({ensemble.data})",
        ["Number", "Prior (90 %)", "Central", "Posterior (90 %)", "What the figures say"],
        [
            [
                row["number"],
                f"{float(row['prior_low']):.3g} to {float(row['prior_high']):.3g}",
                f"{float(row['central']):.3g}",
                f"{float(row['low']):.3g} to {float(row['high']):.3g}",
                row["says"],
            ]
            for row in numbers
        ],
    )
    _print_ablation(folder / "ablation.csv")
    if (folder / "left_out.csv").is_file():
        print(left_out_words(pd.read_csv(folder / "left_out.csv")))
    costs = ", ".join(f"{cost:.0f}" for cost in ensemble.costs)
    print(f"Sum of squared deviations, central fit first: {costs}.")
    print(f"Written to {folder}.")


def _print_ablation(path: Path) -> None:
    if path.is_file():
        print_table(
            "Blocks switched off, the rest fitted again",
            ["Block", "Cost", "Held-out error [points]"],
            [
                [row["block"], f"{float(row['cost']):.1f}", f"{float(row['error']):.1f}"]
                for row in rows(pd.read_csv(path))
            ],
        )
