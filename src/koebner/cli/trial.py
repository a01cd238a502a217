"""`koebner trial`: run a trial file, and look at what a run has shown."""

import platform
import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from koebner.cli.printing import console, print_json, print_table, progress_bar, say
from koebner.disease import load_model
from koebner.reports import wording, write_trial_report
from koebner.solver import connected
from koebner.trials import (
    Outcome,
    TrialFile,
    load_trial,
    lock_run,
    open_run,
    prior_check,
    read_outcome,
    record_trial,
)
from koebner.trials.run_folder import RunFolder
from koebner.trials.tables import read_json, rows, write_json

app = typer.Typer(help="Run virtual trials and look at their results.", no_args_is_help=True)

_REPORT = "report.html"
_PROVENANCE = "provenance.json"
_INTERRUPTED = 130
# Columns that rates and means share, with the keys of their rows.
_PLACE = {"Endpoint": "endpoint", "Week": "week", "Arm": "arm"}
_INTERVALS = {"95 % (patients)": "sampling", "90 % (parameters)": "parameters"}


@app.command("run")
def run_trial(
    file: Annotated[
        Path, typer.Argument(help="Trial file (TOML), for example examples/uc_msc_vs_placebo.toml.")
    ],
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run. Default: runs/NAME of the file.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another run in that folder.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
    report: Annotated[bool, typer.Option(help="Write the HTML report.")] = True,
    scheduler: Annotated[
        str | None, typer.Option(help="Simulate on a Dask cluster, for example tcp://host:8786.")
    ] = None,
) -> None:
    """Run a trial; repeat the command to resume an interrupted run."""
    trial_file = load_trial(file)
    folder = out if out is not None else Path("runs") / file.stem
    record = record_trial(trial_file.trial, load_model(), trial_file.population)
    with lock_run(folder):
        run = open_run(folder, record.fingerprint, overwrite=overwrite)
        if run.finished:
            say(f"{folder} already holds this run: nothing was computed anew (--overwrite repeats it).")
            outcome = read_outcome(folder)
            _write_report(outcome, folder, report=report)
        else:
            outcome = _compute(trial_file, run, scheduler, report=report)
    if as_json:
        print_json(read_json(folder / "results.json"))
    else:
        _print_summary(outcome, folder)
    if any(outcome.failed.values()) or outcome.failed_draws:
        raise typer.Exit(code=1)


def _compute(trial_file: TrialFile, run: RunFolder, scheduler: str | None, *, report: bool) -> Outcome:
    """Run the trial into its folder; what is written before the rename is what a finished run holds."""
    if run.resumed:
        say(f"Resuming the unfinished run in {run.partial}.")
    started, clock = datetime.now(UTC), time.monotonic()
    try:
        with nullcontext() if scheduler is None else connected(scheduler) as client:
            outcome = _run_with_progress(trial_file, run, client)
        outcome = outcome.with_evidence(_evidence(trial_file))
    except KeyboardInterrupt:
        say(f"Interrupted. What is done is kept in {run.partial}; repeat the command to go on.")
        raise typer.Exit(code=_INTERRUPTED) from None
    outcome.write(run.partial)
    provenance = {
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - clock, 1),
        "resumed": run.resumed,
        "host": platform.node(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        **{package: version(package) for package in ("koebner", "numpy", "scipy", "llvmlite")},
    }
    write_json(run.partial / _PROVENANCE, provenance)
    _write_report(outcome, run.partial, report=report)
    run.complete()
    return outcome


def _evidence(trial_file: TrialFile) -> dict[str, Any]:
    """Return what the report shows beside the result: for cells, the check of their prior."""
    trial = trial_file.trial
    if not any(wording.CELL_PRODUCT in therapy.kinds for therapy in trial.arms.values()):
        return {}
    say("Checking the prior of the MSC effect against the published study.")
    return {"prior_check": prior_check(load_model(), trial_file.population, seed=trial.seed)}


def _run_with_progress(trial_file: TrialFile, run: RunFolder, client: Any) -> Outcome:
    trial = trial_file.trial
    total = len(trial.arms) * trial.n_per_arm * (trial.parameter_draws + 1)
    with progress_bar("Simulating", total=total, counted="patients") as (bar, task):
        return trial.run(
            load_model(),
            trial_file.population,
            progress=lambda n: bar.advance(task, n),
            checkpoint=run.checkpoints,
            scheduler=client,
        )


def _write_report(outcome: Outcome, folder: Path, *, report: bool) -> None:
    if report and not (folder / _REPORT).exists():
        write_trial_report(outcome, folder / _REPORT, read_json(folder / _PROVENANCE))


@app.command("show")
def show_trial(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    *,
    endpoint: Annotated[str, typer.Option(help="Endpoint, for example PASI75 or PASI<=3.")] = "PASI75",
    week: Annotated[float, typer.Option(help="A visit of the trial [weeks].")] = 12,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Show one endpoint at one visit of a finished run."""
    outcome = read_outcome(run)
    table = outcome.table(endpoint, week=week)
    if as_json:
        print_json({"missing_rule": outcome.missing_rule, "rows": rows(table)})
        return
    title = f"{outcome.record.name}: {endpoint} at week {week:g}"
    if "responders" in table:
        _print_responses(title, wording.response_rows(table))
        _note(outcome.missing_rule, wording.intervals(outcome.record))
    else:
        _print_means(title, wording.mean_rows(table))
        _note(wording.MEAN_RULE, wording.intervals(outcome.record))


def _print_summary(outcome: Outcome, folder: Path) -> None:
    record = outcome.record
    if not outcome.summary().empty:
        _print_responses(record.name, wording.response_rows(outcome.summary()))
        _note(outcome.missing_rule)
    if not outcome.mean_summary().empty:
        _print_means(record.name, wording.mean_rows(outcome.mean_summary()))
        _note(wording.MEAN_RULE)
    _note(wording.intervals(record))
    relapse = outcome.relapse()
    _print_rows(
        "Loss of response after the last dose",
        {
            "Arm": "arm",
            "Median weeks (95 %)": "median",
            "Lost response": "relapsed",
            "Responders at risk": "at_risk",
            "of them after the last dose": "responded_after_last_dose",
            "Never responders": "never_responders",
            "Failed to simulate": "failed",
        },
        [{**row, "failed": outcome.failed[row["arm"]]} for row in wording.relapse_rows(relapse)],
    )
    _note(wording.relapse_note(relapse), *wording.retreatments(outcome))
    _note(wording.failures(outcome), *wording.evidence_lines(record))
    if (folder / _REPORT).exists():
        console().print(f"Report: {folder / _REPORT}", markup=False, soft_wrap=True)


def _print_responses(title: str, table: list[dict[str, str]]) -> None:
    _print_rows(title, {**_PLACE, "Responders": "count", "Percent": "percent", **_INTERVALS}, table)


def _print_means(title: str, table: list[dict[str, str]]) -> None:
    _print_rows(title, {**_PLACE, "Patients seen": "n", "Mean": "mean", **_INTERVALS}, table)


def _print_rows(title: str, columns: Mapping[str, str], table: list[dict[str, Any]]) -> None:
    print_table(title, tuple(columns), [[row[key] for key in columns.values()] for row in table])


def _note(*sentences: str) -> None:
    for sentence in sentences:
        console().print(sentence, markup=False, soft_wrap=True)
    console().print()
