"""`koebner simulate`: one patient under a therapy, or any SBML or Antimony file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from koebner.cli.output import check_output
from koebner.cli.printing import console, print_table
from koebner.disease import load_model
from koebner.errors import InvalidValueError, SolverError
from koebner.kinetics import read_antimony, read_sbml
from koebner.patients import Patient
from koebner.simulation import simulate
from koebner.solver import Status, integrate
from koebner.therapies import load

READ_OUTS = ("PASI", "PASI_relative", "Th17", "Treg", "TRM", "KC", "Epidermis")
_MOST_COLUMNS = 8
_MOST_ROWS = 15


def simulate_command(
    *,
    therapy: Annotated[str | None, typer.Option(help="Therapy of the catalogue; none when left out.")] = None,
    stop_week: Annotated[float | None, typer.Option(help="No dose at or after this week.")] = None,
    weeks: Annotated[
        float | None, typer.Option(help="How long to simulate [weeks]; 52 when left out.")
    ] = None,
    pasi: Annotated[float | None, typer.Option(help="Baseline PASI; 20 when left out.")] = None,
    weight_kg: Annotated[
        float | None, typer.Option(help="Body weight [kg]; the reference patient's when left out.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="An SBML or Antimony file, in place of the disease.")
    ] = None,
    until: Annotated[
        float | None, typer.Option(help="With --model: end time, in the model's own unit.")
    ] = None,
    points: Annotated[
        int | None, typer.Option(help="With --model: number of reported times; 101 when left out.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file to write.")] = None,
) -> None:
    """Simulate one typical patient under a therapy, or any SBML or Antimony model."""
    check_output(out, "--out")
    of_patient = {
        "--therapy": therapy,
        "--stop-week": stop_week,
        "--weeks": weeks,
        "--pasi": pasi,
        "--weight-kg": weight_kg,
    }
    if model is None:
        _refuse_given({"--until": until, "--points": points}, "goes with --model; give --weeks instead.")
        table, title = _simulate_patient(therapy, stop_week, weeks, pasi, weight_kg)
        shown = table[list(READ_OUTS)]
    else:
        _refuse_given(of_patient, "is for the disease, not for --model; leave it out.")
        table, title = _simulate_file(model, until, 101 if points is None else points), str(model)
        shown = table.iloc[:, :_MOST_COLUMNS]
    if out is not None:
        table.to_csv(out, float_format="%.10g")
    _print_course(shown, title)
    if out is not None:
        console().print(f"{len(table)} times, {table.shape[1]} quantities written to {out}", markup=False)
    elif table.shape[1] > shown.shape[1]:
        console().print(f"{shown.shape[1]} of {table.shape[1]} quantities; --out FILE.csv writes all.")


def _refuse_given(options: Mapping[str, object], reason: str) -> None:
    for option, value in options.items():
        if value is not None:
            raise InvalidValueError(f"{option} {value} was given; it {reason}")


def _simulate_patient(
    therapy: str | None,
    stop_week: float | None,
    weeks: float | None,
    pasi: float | None,
    weight_kg: float | None,
) -> tuple[pd.DataFrame, str]:
    chosen = load("placebo" if therapy is None else therapy, stop_week=stop_week)
    given = {} if weight_kg is None else {"weight_kg": weight_kg}
    patient = Patient(pasi=20 if pasi is None else pasi, **given)
    course = simulate(load_model(), patient, chosen, weeks=52 if weeks is None else weeks)
    columns = {name: course[name].to_numpy()[0] for name in course.names}
    table = pd.DataFrame(columns, index=pd.Index(course.dataset["week"].to_numpy(), name="week"))
    return table, f"Typical patient, PASI {patient.pasi:g}; {chosen.sentence()}"


def _simulate_file(path: Path, until: float | None, points: int) -> pd.DataFrame:
    if not path.is_file():
        raise InvalidValueError(
            "no such file; give an SBML (.xml, .sbml) or Antimony (.ant) file.", file=path
        )
    model = read_antimony(path) if path.suffix == ".ant" else read_sbml(path)
    if model.inputs:
        listed = ", ".join(f"`{name}`" for name in model.inputs)
        raise InvalidValueError(f"{listed} without a value; give each a number in the file.", file=path)
    if until is None or not 0 < until < np.inf or points < 2:
        raise InvalidValueError("--model needs --until T above 0 and --points of 2 or more.")
    solution = integrate(model, times=np.linspace(0, until, points))
    if solution.status[0] != Status.OK:
        raise SolverError(
            f"{path} could not be integrated: {solution.reasons[0]}", failures={0: solution.reasons[0]}
        )
    columns = {name: solution.column(name)[0] for name in solution.names}
    return pd.DataFrame(columns, index=pd.Index(solution.times, name="time"))


def _print_course(table: pd.DataFrame, title: str) -> None:
    """Print some times of the course, the first and the last among them."""
    chosen = np.unique(np.linspace(0, len(table) - 1, min(len(table), _MOST_ROWS)).round().astype(int))
    values = table.to_numpy(dtype=float)
    rows = [(float(table.index[i]), *map(float, values[i])) for i in chosen]
    print_table(title, (str(table.index.name), *table.columns), rows)
