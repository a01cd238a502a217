"""`koebner cases`: the published MSC reports held again as virtual cohorts, beside chance."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated, Any

import pandas as pd
import typer

from koebner.cli.msc_posterior import posterior_command
from koebner.cli.options import Json, check_at_least_one
from koebner.cli.printing import console, print_json, print_table, progress_bar, say
from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.plots.case_series import case_series
from koebner.populations import load_population
from koebner.trials.case_files import PublishedCase, case_named, load_cases, load_selection
from koebner.trials.case_series import CHANCE_COHORTS, DRAWS, STATEMENT, ReplayedCase, replay
from koebner.trials.tables import write_csv, write_json

app = typer.Typer(help="The published MSC reports, held again as virtual cohorts.", no_args_is_help=True)
app.command("posterior")(posterior_command)


@app.command("list")
def list_command(*, json: Json = False) -> None:
    """List the published reports: how many patients, which design, what was given."""
    published = tuple(load_cases().values())
    if json:
        print_json([_describe(each) for each in published])
        return
    rows = [
        (
            each.name,
            each.case.n,
            each.study.design.value,
            each.study.level.value,
            f"{each.study.therapy}, {each.study.dose}; {each.study.route}; {each.study.schedule}",
            each.case.used_for_fitting,
        )
        for each in published
    ]
    print_table("", ("case", "n", "design", "level", "given", "used for fitting"), rows)


@app.command("run")
def run_command(
    *,
    case: Annotated[
        str | None, typer.Option(help="One case, see `koebner cases list`; all when left out.")
    ] = None,
    draws: Annotated[
        int, typer.Option(help="Repetitions, each with other patients and another draw of the parameters.")
    ] = DRAWS,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same numbers.")] = 1,
    reported_of: Annotated[
        int | None,
        typer.Option(
            help="Of how many like cohorts the best one is taken to be reported; an assumption of the "
            "case file when left out."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="New folder for cases.csv, cases.html and results.json.")
    ] = None,
    json: Json = False,
) -> None:
    """Hold the published MSC reports again: prediction interval against report, and chance."""
    check_at_least_one("--draws", draws)
    check_at_least_one("--reported-of", reported_of)
    if seed < 0:
        raise InvalidValueError(f"--seed {seed} was given; expected 0 or more.")
    chosen = tuple(load_cases().values()) if case is None else (case_named(case),)
    if out is not None:
        _check_folder(out)
    best_of = load_selection().reported_of if reported_of is None else reported_of
    held = _replayed(chosen, draws, seed, best_of)
    results = _results(held, draws, seed, best_of, assumed=reported_of is None)
    if out is not None:
        _write(out, held, results)
        say(f"Wrote cases.csv, cases.html and results.json into {out}.")
    if json:
        print_json(results)
    else:
        _print(held, draws, best_of)


def _replayed(chosen: Sequence[PublishedCase], draws: int, seed: int, reported_of: int) -> list[ReplayedCase]:
    model, population = load_model(), load_population()
    held = []
    with progress_bar("Holding the cases again", total=len(chosen) * draws) as (bar, task):
        for each in chosen:
            bar.update(task, description=each.name)
            held.append(
                replay(
                    each,
                    model,
                    population,
                    seed=seed,
                    draws=draws,
                    reported_of=reported_of,
                    progress=lambda n: bar.advance(task, n),
                )
            )
        bar.update(task, description="Cases held again")
    return held


def _describe(published: PublishedCase) -> dict[str, Any]:
    study, case = published.study, published.case
    return {
        "case": published.name,
        "study": study.name,
        "n": case.n,
        "design": study.design.value,
        "level": study.level.value,
        "given": [group.therapy().sentence() for group in case.groups],
        "used_for_fitting": case.used_for_fitting,
        "assumed": list(case.assumed),
        "confounders": study.confounders,
    }


def _results(
    held: Sequence[ReplayedCase], draws: int, seed: int, reported_of: int, *, assumed: bool
) -> dict[str, Any]:
    return {
        "statement": STATEMENT,
        "draws": draws,
        "seed": seed,
        "cohorts_by_chance": CHANCE_COHORTS,
        "reported_of": reported_of,
        "reported_of_source": load_selection().source if assumed else "given",
        "cases": [{**_describe(each.published), "outcomes": each.rows()} for each in held],
    }


def _print(held: Sequence[ReplayedCase], draws: int, reported_of: int) -> None:
    rows = [_row(row) for each in held for row in each.rows()]
    columns = (
        "case",
        "reported outcome",
        "report",
        "median",
        "90 %",
        "inside",
        "cells\n%",
        "chance\n%",
        f"best of\n{reported_of}, %",
        "used for fitting",
    )
    print_table(f"Published MSC reports against virtual cohorts like them, {draws} draws", columns, rows)
    about = [
        (
            each.published.name,
            each.published.case.n,
            each.published.study.level.value,
            " ".join(each.published.case.assumed),
            each.published.study.confounders,
        )
        for each in held
    ]
    print_table(
        "What they rest on",
        ("case", "n", "level", "assumed where the report is silent", "confounders"),
        about,
    )
    out = console()
    out.print(
        "Cells, chance: share of cohorts at least as good as the report, with the cells and without any drug "
        f"effect. Best of {reported_of}: that the best of so many cohorts without a drug effect is, "
        f"1 - (1 - p)^{reported_of} with p the chance of one; an upper bound where p is 0, as none of "
        f"{CHANCE_COHORTS} was. From so many, a chance of 1 % is known to a third of itself.",
        markup=False,
    )
    out.print(STATEMENT, markup=False)


def _row(row: dict[str, Any]) -> tuple[object, ...]:
    counted = row["unit"] == "patients"
    decimals = 0 if counted else 1
    report, lower, upper = (f"{row[key]:.{decimals}f}" for key in ("observed", "lower", "upper"))
    sign = ">= " if row["observed_is_lower_bound"] else ""
    return (
        row["case"],
        row["outcome"],
        f"{sign}{report} of {row['n']}" if counted else report,
        round(row["median"], 1),
        f"{lower} to {upper}",
        "yes" if row["inside"] else "no",
        *(_percent(row[key]) for key in ("as_good_with_cells", "as_good_by_chance", "best_by_chance")),
        row["used_for_fitting"],
    )


def _percent(share: float) -> float:
    return round(100 * share, 1)


def _check_folder(out: Path) -> None:
    """Refuse a place that cannot become a new folder, before anything is computed."""
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise InvalidValueError(
            f"--out {out} exists; expected a new or empty folder, so that nothing is lost."
        )
    parent = out.resolve().parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise InvalidValueError(
            f"folder {parent} does not exist or cannot be written to; choose another --out."
        )


def _write(out: Path, held: Sequence[ReplayedCase], results: dict[str, Any]) -> None:
    """Let the folder appear whole: it is filled beside its place and then renamed."""
    place = out.resolve()
    fresh = Path(mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        write_csv(fresh / "cases.csv", pd.DataFrame([row for each in held for row in each.rows()]))
        write_json(fresh / "results.json", results)
        case_series(held).write_html(fresh / "cases.html", include_plotlyjs=True, div_id="cases")
        fresh.chmod(0o755)  # a temporary folder is private; results are to be shared like any other file
        if place.exists():
            place.rmdir()  # it was empty
        fresh.rename(place)
    finally:
        if fresh.exists():
            shutil.rmtree(fresh)
