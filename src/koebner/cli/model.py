"""`koebner model`: look at the disease model, compare its packs, draw it, export it."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from koebner.cli.coverage import coverage_command
from koebner.cli.model_assumptions import assumptions_command
from koebner.cli.model_compare import compare_command
from koebner.cli.model_map import map_command
from koebner.cli.model_show import show_command
from koebner.cli.model_variants import packs_command, switches_command
from koebner.cli.options import Pack, Switches, read_switches
from koebner.cli.output import check_output
from koebner.cli.printing import console
from koebner.disease import load_model, load_packs
from koebner.errors import InvalidValueError
from koebner.kinetics import to_sbml
from koebner.simulation import composed_with
from koebner.therapies import load

app = typer.Typer(help="The disease model: its parts, numbers and sources.", no_args_is_help=True)
app.command("show")(show_command)
app.command("packs")(packs_command)
app.command("switches")(switches_command)
app.command("compare")(compare_command)
app.command("assumptions")(assumptions_command)
app.command("coverage")(coverage_command)
app.command("map")(map_command)


@app.command("list", hidden=True)
def list_command() -> None:
    """Point to the command that lists the model."""
    raise InvalidValueError("`koebner model list` was given; expected `koebner model show`, which lists it.")


@app.command("export")
def export_command(
    *,
    sbml: Annotated[Path, typer.Option(help="SBML file to write.")],
    therapy: Annotated[str | None, typer.Option(help="Include the equations of this therapy.")] = None,
    pack: Pack = "human_plaque",
    switch: Switches = None,
) -> None:
    """Write the model as SBML Level 3, readable by any SBML tool."""
    check_output(sbml, "--sbml", endings=(".xml", ".sbml"), example="model.xml")
    model = load_model(pack, read_switches(switch))
    whole = composed_with(model, None if therapy is None else load(therapy))
    sbml.write_text(to_sbml(whole, notes=_notes(pack, switch, therapy)), encoding="utf-8")
    console().print(
        f"{sbml}: {len(whole.states)} states, {len(whole.parameters)} parameters and rules. "
        "Doses are not part of it: add them in your tool.",
        markup=False,
    )


def _notes(pack: str, switch: list[str] | None, therapy: str | None) -> str:
    """Return what must travel with the model: what it is, whose, and what it is not for."""
    about = load_packs()[pack]
    chosen = [*(switch or ()), *([f"therapy {therapy}"] if therapy else [])]
    lines = [
        f"{about.title}: pack {pack} of Koebner {version('koebner')}. Licence: Apache-2.0.",
        about.statement,
        f"Written with {', '.join(chosen)}." if chosen else "",
        "For research: not for diagnosis, dosing or choice of a treatment for a person.",
    ]
    return "\n".join(lines)
