"""`koebner simulate`: one patient under a therapy, or any SBML or Antimony file."""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from koebner.cli.output import check_output
from koebner.cli.printing import console, print_table
from koebner.disease import load_model
from koebner.errors import InvalidValueError, SolverError
from koebner.kinetics import Model, read_antimony, read_sbml
from koebner.patients import Patient
from koebner.simulation import simulate
from koebner.solver import Status, integrate
from koebner.therapies import load

READ_OUTS = ("PASI", "PASI_relative", "Th17", "Treg", "TRM", "KC", "Epidermis")


def simulate_command(
    *,
    therapy: Annotated[str, typer.Option(help="Therapy of the catalogue.")] = "placebo",
    stop_week: Annotated[float | None, typer.Option(help="No dose at or after this week.")] = None,
    weeks: Annotated[float, typer.Option(help="How long to simulate [weeks].")] = 52,
    pasi: Annotated[float, typer.Option(help="Baseline PASI of the patient.")] = 20,
    weight_kg: Annotated[float, typer.Option(help="Body weight [kg].")] = 88,
    model: Annotated[
        Path | None, typer.Option(help="An SBML or Antimony file, in place of the disease.")
    ] = None,
    until: Annotated[
        float | None, typer.Option(help="With --model: end time, in the model's own unit.")
    ] = None,
    points: Annotated[int, typer.Option(help="With --model: number of reported times.")] = 101,
    out: Annotated[Path | None, typer.Option(help="CSV file to write.")] = None,
) -> None:
    """Simulate one typical patient under a therapy, or any SBML or Antimony model."""
    check_output(out, "--out")
    if model is None:
        chosen = load(therapy, stop_week=stop_week)
        patient = Patient(pasi=pasi, weight_kg=weight_kg)
        course = simulate(load_model(), patient, chosen, weeks=weeks)
        columns = {name: course[name].to_numpy()[0] for name in course.names}
        table = pd.DataFrame(columns, index=pd.Index(course.dataset["week"].to_numpy(), name="week"))
        shown, title = table[list(READ_OUTS)], f"Typical patient, PASI {pasi:g}; {chosen.sentence()}"
    else:
        table = _simulate_file(_read(model), until, points)
        shown, title = table.iloc[:, :8], f"{model}"
    if out is not None:
        table.to_csv(out, float_format="%.10g")
    every = max(1, len(shown) // 14)
    rows = [
        (float(t), *map(float, row))
        for t, row in zip(shown.index[::every], shown.to_numpy()[::every], strict=True)
    ]
    print_table(title, (str(shown.index.name), *shown.columns), rows)
    if out is not None:
        console().print(f"{len(table)} times, {table.shape[1]} quantities written to {out}", markup=False)


def _read(path: Path) -> Model:
    if not path.is_file():
        raise InvalidValueError(
            "no such file; give an SBML (.xml, .sbml) or Antimony (.ant) file.", file=path
        )
    return read_antimony(path) if path.suffix == ".ant" else read_sbml(path)


def _simulate_file(model: Model, until: float | None, points: int) -> pd.DataFrame:
    if until is None or not until > 0 or points < 2:
        raise InvalidValueError("--model needs --until T above 0 and --points of 2 or more.")
    outputs = [*model.states, *model.assigned]
    solution = integrate(model, times=np.linspace(0, until, points), outputs=outputs)
    if solution.status[0] != Status.OK:
        raise SolverError(
            f"the model could not be integrated: {solution.reasons[0]}", failures={0: solution.reasons[0]}
        )
    columns = {name: solution.column(name)[0] for name in solution.names}
    return pd.DataFrame(columns, index=pd.Index(solution.times, name="time"))
