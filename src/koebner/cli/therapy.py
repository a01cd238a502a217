"""`koebner therapy list` and `koebner therapy show`: the catalogue in short, and one therapy whole."""

from pathlib import Path
from typing import Annotated, get_args

import plotly.graph_objects as go
import typer
from rich import box
from rich.table import Table

from koebner.cli.options import Json
from koebner.cli.output import check_output
from koebner.cli.printing import console, print_json
from koebner.cli.therapy_facts import CLOSING, catalog_rows, grade_meanings, therapy_facts
from koebner.cli.therapy_show import print_therapy
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.patients import Patient
from koebner.plots.timeline import timeline
from koebner.simulation import LONGEST_WEEKS
from koebner.therapies import load
from koebner.therapies.entries import CALIBRATIONS, Kind

app = typer.Typer(help="The treatments that can be simulated.", no_args_is_help=True)

_ENDINGS = (".svg", ".png", ".html")
_KINDS = get_args(Kind)
_PICTURE_WIDTH = 1000


@app.command("list")
def list_command(
    *,
    kind: Annotated[
        str | None, typer.Option(help="Only this kind, such as antibody or “cell product”.")
    ] = None,
    json: Json = False,
) -> None:
    """List all therapies by kind, with class, evidence grade, calibration and regimen in short."""
    kinds = _KINDS if kind is None else (_known_kind(kind),)
    rows = sorted(
        (row for row in catalog_rows() if row["kind"] in kinds), key=lambda row: _KINDS.index(row["kind"])
    )
    if json:
        print_json(rows)
        return
    out = console()
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("id", no_wrap=True)
    for column in ("class", "grade", "calibration", "regimen in short"):
        table.add_column(column, overflow="fold")
    for wanted in kinds:
        table.add_row(f"[bold]{wanted}[/bold]")
        for row in rows:
            if row["kind"] == wanted:
                keys = ("id", "drug_class", "evidence_grade", "calibration", "regimen")
                table.add_row(*(row[key] for key in keys))
        table.add_section()
    out.print(table, crop=False)
    _print_words({row["evidence_grade"] for row in rows}, {row["calibration"] for row in rows})


def _known_kind(text: str) -> str:
    wanted = text.lower().replace("-", " ").replace("_", " ")
    if wanted not in _KINDS:
        raise UnknownNameError("kind", text, _KINDS, hint="Give one of them.")
    return wanted


def _print_words(grades: set[str], calibrations: set[str]) -> None:
    out = console()
    meanings = "; ".join(
        f"{letter}: {words}" for letter, words in grade_meanings().items() if letter in grades
    )
    out.print(f"\nGrade, of the best study behind it. {meanings}.", markup=False, highlight=False)
    words = "; ".join(f"{word}: {words}" for word, words in CALIBRATIONS.items() if word in calibrations)
    out.print(f"Calibration, of the numbers of the model. {words}.", markup=False, highlight=False)
    out.print(f"Whole: `koebner therapy show NAME`. {CLOSING}", markup=False, highlight=False)


@app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(help="Name of the therapy, see `koebner therapy list`.")],
    *,
    weight_kg: Annotated[
        float, typer.Option(help="Body weight [kg] of the patient whose doses are told.")
    ] = Patient(pasi=10).weight_kg,
    weeks: Annotated[float, typer.Option(help="How long doses are told [weeks].")] = 26.0,
    timeline_file: Annotated[
        Path | None,
        typer.Option("--timeline", help="Draw the doses into this file: .svg, .png or .html."),
    ] = None,
    json: Json = False,
) -> None:
    """Show a therapy: regimen, doses of a patient, numbers with sources, published kinetics and harms."""
    therapy = load(name)
    Patient(pasi=10, weight_kg=weight_kg)  # refuses a weight that no patient has
    if not 0 < weeks <= LONGEST_WEEKS:
        raise InvalidValueError(
            f"--weeks {weeks:g} was given; expected above 0 and at most {LONGEST_WEEKS:g}."
        )
    check_output(timeline_file, "--timeline", endings=_ENDINGS, example=f"{name}.svg")
    facts = therapy_facts(name, weight_kg=weight_kg, weeks=weeks)
    if timeline_file is not None:
        _draw(timeline_file, timeline(therapy, weeks=weeks, weight_kg=weight_kg))
    if json:
        print_json(facts)
    else:
        print_therapy(facts)
        if timeline_file is not None:
            console().print(
                f"{timeline_file}: the doses over {weeks:g} weeks.", markup=False, highlight=False
            )


def _draw(path: Path, figure: go.Figure) -> None:
    """Write a figure by the ending of the file; a picture needs Kaleido and a Chromium."""
    if path.suffix.lower() == ".html":
        figure.write_html(path, include_plotlyjs=True, div_id="timeline")
        return
    try:
        figure.write_image(path, width=_PICTURE_WIDTH, height=figure.layout.height)
    except (ValueError, RuntimeError) as error:  # without Kaleido, or without a Chromium that it can start
        raise InvalidValueError(
            f"--timeline {path} was given, and no picture can be drawn here; expected the package `kaleido` "
            f"and a Chromium. Install them, or choose a name in .html, which needs neither."
        ) from error
