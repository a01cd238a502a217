"""`koebner therapy list` and `koebner therapy show`."""

from typing import Annotated

import typer

from koebner.cli.printing import console, print_json, print_table
from koebner.evidence import load_sources
from koebner.therapies import available, load
from koebner.therapies.entries import Value, entry

app = typer.Typer(help="The treatments that can be simulated.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_command(*, json: Json = False) -> None:
    """List all therapies with class, evidence grade and calibration status."""
    therapies = [load(name) for name in available()]
    if json:
        keys = ("id", "name", "drug_class", "evidence_grade", "calibration")
        print_json([{key: getattr(t, key) for key in keys} for t in therapies])
        return
    rows = [(t.id, t.drug_class, t.evidence_grade, t.calibration, t.sentence()) for t in therapies]
    print_table("", ("id", "class", "grade", "calibration", "regimen"), rows)


@app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(help="Name of the therapy, see `koebner therapy list`.")],
    *,
    json: Json = False,
) -> None:
    """Show a therapy: regimen, numbers with unit and source, studies."""
    therapy, found = load(name), entry(name)
    if json:
        print_json({"id": name, "sentence": therapy.sentence(), **found.model_dump(by_alias=True)})
        return
    out = console()
    out.print(therapy.sentence(), markup=False)
    out.print(
        f"{therapy.drug_class}; evidence grade {therapy.evidence_grade}; {therapy.calibration}.", markup=False
    )
    out.print(therapy.statement, markup=False)
    if therapy.studies:
        out.print(f"Rests on: {', '.join(therapy.studies)} (see `koebner evidence show`).", markup=False)
    values = (found.model.values if found.model else {}) | found.values
    if values:
        rows = [(key, v.value, v.unit, v.meaning, _source(v)) for key, v in values.items()]
        print_table("", ("id", "value", "unit", "meaning", "source"), rows)


def _source(value: Value) -> str:
    source = load_sources().get(value.source)
    return value.source if source is None else source.citation
