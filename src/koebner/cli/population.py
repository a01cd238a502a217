"""`koebner population sample`: plausible patients as a CSV."""

import math
from pathlib import Path
from typing import Annotated

import typer

from koebner.cli.output import check_output
from koebner.cli.printing import console, print_table
from koebner.populations import load_population

app = typer.Typer(help="Populations of plausible patients.", no_args_is_help=True)


@app.command("sample")
def sample_command(
    *,
    name: Annotated[str, typer.Option(help="Which population.")] = "moderate-to-severe",
    n: Annotated[int, typer.Option(help="How many patients.")] = 100,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same patients.")] = 1,
    out: Annotated[Path | None, typer.Option(help="CSV file to write, one row a patient.")] = None,
) -> None:
    """Draw plausible patients; print how they compare with published baselines."""
    check_output(out, "--out")
    population = load_population(name)
    covariates = population.sample(n, seed=seed).covariates
    if out is not None:
        covariates.to_csv(out, float_format="%.6g")
    rows = [
        (
            key,
            *map(_short, (covariates[key].mean(), covariates[key].std(), moments.mean, moments.sd)),
            moments.n,
        )
        for key, moments in population.moments.items()
    ]
    columns = ("covariate", "mean", "sd", "published mean", "published sd", "published n")
    print_table(f"{n} plausible patients of `{name}`, seed {seed}", columns, rows)
    if out is not None:
        console().print(f"Written to {out}", markup=False)


def _short(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "–"
