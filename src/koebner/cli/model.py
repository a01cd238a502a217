"""`koebner model show` and `koebner model export`."""

from pathlib import Path
from typing import Annotated

import typer

from koebner.cli.output import check_output
from koebner.cli.printing import console, print_json, print_table
from koebner.disease import load_model
from koebner.errors import UnknownNameError
from koebner.kinetics import Model, to_sbml
from koebner.simulation import composed_with
from koebner.therapies import load

app = typer.Typer(help="The disease model: its parts, numbers and sources.", no_args_is_help=True)
Pack = Annotated[str, typer.Option(help="Parameter pack.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("show")
def show_command(
    name: Annotated[
        str | None, typer.Argument(help="A parameter, species or rule; all when left out.")
    ] = None,
    *,
    pack: Pack = "human_plaque",
    json: Json = False,
) -> None:
    """Show one symbol (value, unit, source, meaning, equation), or list the whole model."""
    model = load_model(pack)
    if name is None:
        _list(model, as_json=json)
        return
    facts = _facts(model, name)
    if json:
        print_json(facts)
        return
    for key, value in facts.items():
        console().print(f"{key:>9}  {value}", markup=False)


@app.command("export")
def export_command(
    *,
    sbml: Annotated[Path, typer.Option(help="SBML file to write.")],
    therapy: Annotated[str | None, typer.Option(help="Include the equations of this therapy.")] = None,
    pack: Pack = "human_plaque",
) -> None:
    """Write the model as SBML Level 3, readable by any SBML tool."""
    check_output(sbml, "--sbml")
    model = composed_with(load_model(pack), None if therapy is None else load(therapy))
    sbml.write_text(to_sbml(model), encoding="utf-8")
    console().print(
        f"{sbml}: {len(model.states)} states, {len(model.parameters)} parameters and rules. "
        "Doses are not part of it: add them in your tool.",
        markup=False,
    )


def _facts(model: Model, name: str) -> dict[str, str | float | None]:
    derivatives = model.derivatives()
    if name in derivatives:
        species = model.species[name]
        return {
            "id": name,
            "kind": "state",
            "meaning": species.meaning,
            "unit": species.unit,
            "at lesion": species.initial,
            "equation": f"d[{name}]/dt = {derivatives[name]}",
        }
    if name in model.rules:
        return {
            "id": name,
            "kind": "rule",
            "unit": model.parameters[name].unit,
            "equation": f"{name} = {model.rules[name].formula}",
        }
    if name not in model.parameters:
        raise UnknownNameError(
            "symbol", name, [*model.parameters, *model.species], hint="List them with `koebner model show`."
        )
    row = model.parameters[name]
    return {
        "id": name,
        "kind": "parameter",
        "value": row.value,
        "unit": row.unit,
        "prior": row.prior,
        "source": row.source,
        "meaning": row.meaning,
    }


def _list(model: Model, *, as_json: bool) -> None:
    numbers = [row for row in model.parameters.values() if row.id not in model.rules]
    if as_json:
        print_json(
            {
                "states": model.derivatives(),
                "rules": {k: r.formula for k, r in model.rules.items()},
                "parameters": {row.id: row.value for row in numbers},
            }
        )
        return
    states = [(name, formula) for name, formula in model.derivatives().items()]
    print_table(f"{model.id}: {len(states)} states", ("state", "change per day"), states)
    rows = [(r.id, r.value if r.value is not None else "", r.unit, r.source, r.meaning) for r in numbers]
    print_table(f"{len(rows)} parameters", ("id", "value", "unit", "source", "meaning"), rows)
