"""`koebner population show` and `sample`: what a population is, and patients of it as a CSV."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from koebner.cli.output import check_output
from koebner.cli.printing import console, print_json, print_table
from koebner.disease import load_model
from koebner.populations import Population, VirtualPopulation, available_populations, load_population

app = typer.Typer(help="Populations of plausible patients, and virtual ones.", no_args_is_help=True)


@app.command("list")
def list_command(*, as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """List the populations: of plausible patients, and virtual ones, which are weighted."""
    found = [(name, _kind(load_population(name))) for name in available_populations()]
    if as_json:
        print_json([{"population": name, "kind": kind} for name, kind in found])
    else:
        print_table("", ("population", "kind"), found)


@app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(help="Which population.")] = "moderate-to-severe",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show what a population follows; of a virtual one, how well its weights match what was published."""
    population = load_population(name)
    described = _described(population)
    if as_json:
        print_json(described)
    elif isinstance(population, VirtualPopulation):
        _print_virtual(population, described)
    else:
        _print_plausible(population)


@app.command("sample")
def sample_command(
    *,
    name: Annotated[str, typer.Option(help="Which population.")] = "moderate-to-severe",
    n: Annotated[int, typer.Option(help="How many patients.")] = 100,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same patients.")] = 1,
    out: Annotated[Path | None, typer.Option(help="CSV file to write, one row a patient.")] = None,
) -> None:
    """Draw patients of a population; print how they compare with published baselines."""
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
    print_table(f"{n} {_drawn_from(population)} `{name}`, seed {seed}", columns, rows)
    if out is not None:
        console().print(f"Written to {out}", markup=False)


def _kind(population: Population) -> str:
    return "virtual population" if isinstance(population, VirtualPopulation) else "plausible patients"


def _drawn_from(population: Population) -> str:
    virtual = isinstance(population, VirtualPopulation)
    return "patients of the virtual population" if virtual else "plausible patients of"


def _described(population: Population) -> dict[str, Any]:
    """Return what is known of a population, for programs."""
    described: dict[str, Any] = {
        "population": population.name,
        "kind": _kind(population),
        "title": population.entry.title,
        "studies": list(population.entry.studies),
        "baselines": {name: vars(moments) for name, moments in population.moments.items()},
        "deviations": [entry.model_dump() for entry in population.entry.deviations],
    }
    if isinstance(population, VirtualPopulation):
        reference = population.reference
        size, n = reference.effective_size, len(reference.cohort)
        described |= {
            "drawn": reference.manifest.n_drawn,
            "plausible": n,
            "effective_sample_size": round(size, 1),
            "effective_share": round(size / n, 4),
            "matched": [vars(each) for each in reference.matched],
            "manifest": reference.manifest.model_dump(),
        }
    return described


def _print_virtual(population: VirtualPopulation, described: dict[str, Any]) -> None:
    reference = population.reference
    columns = ("figure", "published", "standard error", "unweighted", "weighted")
    rows = [
        (each.figure, *map(_rounded, (each.published, each.error, each.unweighted, each.weighted)))
        for each in reference.matched
    ]
    n, size = described["plausible"], described["effective_sample_size"]
    print_table(f"{population.name}: {population.entry.title}", columns, rows)
    for sentence in (
        f"{n} of {described['drawn']} patients drawn from `{population.entry.plausible}` are plausible: "
        "their lesion is stable.",
        f"Weighted as a virtual population they have an effective sample size of {size:.0f} "
        f"({100 * described['effective_share']:.0f} %).",
        *population.entry.notes,
        *_held_under(population),
    ):
        console().print(sentence, markup=False, soft_wrap=True)


def _held_under(population: VirtualPopulation) -> tuple[str, ...]:
    """Say where the shipped model is not the one that the weights were found under."""
    differing = population.differing(load_model())
    if not differing:
        return ()
    return (
        f"The weights were found under a parameter set in which {len(differing)} numbers differ, "
        f"{differing[0]} among them: at those of the model as shipped, responses are not those of the table.",
    )


def _print_plausible(population: Population) -> None:
    columns = ("covariate", "published mean", "published sd", "published n")
    rows = [(name, _short(each.mean), _short(each.sd), each.n) for name, each in population.moments.items()]
    print_table(f"{population.name}: {population.entry.title}", columns, rows)
    deviations = [(e.parameter, e.scale, _short(e.sd), e.source) for e in population.entry.deviations]
    print_table("How patients differ beyond that", ("parameter", "scale", "sd", "source"), deviations)
    console().print("Plausible patients, not weighted to any response.", markup=False, soft_wrap=True)


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def _short(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "–"
