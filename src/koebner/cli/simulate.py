"""`koebner simulate`: one patient under a therapy, or any SBML or Antimony file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from rich.markup import escape

from koebner.cli.options import Switches, TriggerTexts, caution_of, read_switches, read_triggers
from koebner.cli.output import check_output
from koebner.cli.own_model import simulate_file
from koebner.cli.printing import console, print_table
from koebner.cli.treatment import Followers, Product, Retreat, read_treatment
from koebner.disease import load_model, load_packs
from koebner.disease.load import Start
from koebner.errors import InvalidValueError, SolverError, UnknownNameError
from koebner.kinetics import Model
from koebner.patients import Patient
from koebner.simulation import Triggers, simulate
from koebner.therapies import Therapy

_SCORE = ("PASI", "PASI_relative")
_SIGNS = ("erythema", "induration", "scale")
_STATES = ("Th17", "Treg", "TRM", "KC", "Epidermis")
_FOR_PATIENT = (
    "therapy",
    "product",
    "stop_week",
    "then",
    "retreat",
    "weeks",
    "pasi",
    "weight_kg",
    "pack",
    "start",
    "switch",
    "trigger",
)
_OF_INTEGRATION = ("method", "rtol", "atol", "max_steps", "longest_step", "allow_negative")
_FOR_MODEL = ("until", "points", "legend", *_OF_INTEGRATION)
_USUAL = "human_plaque"
_MOST_COLUMNS = 8
_MOST_ROWS = 15
_EVERY_WEEKS = (1, 2, 4, 8, 12, 26, 52, 104, 260, 520)
# When trials are judged; printed whatever the distance of the rows.
_VISITS = (12, 16, 24, 52)


def _with_model(text: str, *names: str) -> Any:
    return typer.Option(*names, help=f"With --model: {text}")


Weeks = Annotated[float | None, typer.Option(help="How long to simulate, in weeks; 52 when left out.")]
Weight = Annotated[
    float | None, typer.Option(help="Body weight in kg; the reference patient's when left out.")
]
Until = Annotated[float | None, _with_model("end time, in the model's own unit.")]
Points = Annotated[int | None, _with_model("number of reported times; 101 when left out.")]
Outputs = Annotated[
    str | None,
    typer.Option(help="Ids to print, such as PASI,MSC_lung; with --model, ids to report in place of all."),
]
Method = Annotated[str | None, _with_model("method of integration; auto when left out.")]
RelativeTolerance = Annotated[float | None, _with_model("relative tolerance; 1e-6 when left out.")]
AbsoluteTolerance = Annotated[float | None, _with_model("absolute tolerance; 1e-12 when left out.")]
MaxSteps = Annotated[int | None, _with_model("most steps between two reported times.")]
LongestStep = Annotated[
    float | None, _with_model("longest step, for what changes fast and smoothly, such as sin(time).")
]
AllowNegative = Annotated[bool, _with_model("species may fall below 0.", "--allow-negative")]
Legend = Annotated[Path | None, _with_model("CSV file for name and unit of each column.")]


def simulate_command(
    context: typer.Context,
    *,
    therapy: Annotated[
        str | None, typer.Option(help="Therapy of the catalogue, or several as A+B; none when left out.")
    ] = None,
    stop_week: Annotated[float | None, typer.Option(help="No dose at or after this week.")] = None,
    product: Product = None,
    then: Followers = None,
    retreat: Retreat = None,
    weeks: Weeks = None,
    pasi: Annotated[float | None, typer.Option(help="Baseline PASI; 20 when left out.")] = None,
    weight_kg: Weight = None,
    pack: Annotated[str | None, typer.Option(help="Parameter pack; human_plaque when left out.")] = None,
    start: Annotated[
        Start | None, typer.Option(help="Begin with the plaque or healthy skin; as the pack when left out.")
    ] = None,
    switch: Switches = None,
    trigger: TriggerTexts = None,
    model: Annotated[
        Path | None, typer.Option(help="An SBML or Antimony file, in place of the disease.")
    ] = None,
    until: Until = None,
    points: Points = None,
    outputs: Outputs = None,
    method: Method = None,
    rtol: RelativeTolerance = None,
    atol: AbsoluteTolerance = None,
    max_steps: MaxSteps = None,
    longest_step: LongestStep = None,
    allow_negative: AllowNegative = False,
    out: Annotated[Path | None, typer.Option(help="CSV file to write.")] = None,
    legend: Legend = None,
) -> None:
    """Simulate one typical patient under a therapy, or any SBML or Antimony model."""
    check_output(out, "--out", [model])
    check_output(legend, "--legend", [model, out])
    given = _given(context.params)
    course = _of_patient(given) if model is None else _of_file(model, given, legend)
    if out is not None:
        _write(course.table, out)
    _print_course(course.shown, course.title)
    _print_rest(course, out)


@dataclass(frozen=True, kw_only=True)
class _Course:
    """A simulated course: all of it, what of it is printed, and what must be said beside it."""

    title: str
    table: pd.DataFrame
    shown: pd.DataFrame
    caution: str = ""


def _of_patient(given: Mapping[str, Any]) -> _Course:
    """Simulate the typical patient that the options describe."""
    _refuse(_FOR_MODEL, given, "goes with --model.")
    pack, start = given.get("pack", _USUAL), given.get("start")
    disease = load_model(pack, read_switches(given.get("switch")), start=start)
    patient = _patient(given.get("pasi"), given.get("weight_kg"))
    therapy = read_treatment(
        given.get("therapy"),
        stop_week=given.get("stop_week"),
        then=given.get("then"),
        retreat=given.get("retreat"),
        product=given.get("product"),
    )
    met = Triggers.at(read_triggers(given["trigger"])) if "trigger" in given else None
    table, courses = _simulate_patient(disease, patient, therapy, met, weeks=given.get("weeks", 52))
    usual = [*(_SCORE if load_packs()[pack].human else _SIGNS), *_STATES]
    return _Course(
        title=f"{_whom(disease, pack, start, patient)}; {therapy.sentence()}",
        table=table,
        shown=table[_asked(given["outputs"], table) if "outputs" in given else usual],
        caution=_cautions(pack, therapy, courses),
    )


def _cautions(pack: str, therapy: Therapy, courses: int) -> str:
    """Return what must be known of a treated course: the pack, and what the therapy rests on."""
    if not therapy.is_dosed:
        return ""
    often = f"Given {courses} time{'' if courses == 1 else 's'} by the rule." if therapy.retreatment else ""
    rests = f"{therapy.calibration}: {therapy.statement}"
    return "\n".join(text for text in (often, caution_of(pack), rests) if text)


def _asked(outputs: str, table: pd.DataFrame) -> list[str]:
    names = _listed(outputs)
    for name in names:
        if name not in table.columns:
            raise UnknownNameError("quantity", name, list(table.columns))
    return names


def _of_file(model: Path, given: Mapping[str, Any], legend: Path | None) -> _Course:
    """Simulate a model of the user's own, and write what its columns mean."""
    _refuse(_FOR_PATIENT, given, "is for the disease, not for --model; leave it out.")
    outputs = _listed(given["outputs"]) if "outputs" in given else None
    table, words = simulate_file(
        model,
        until=given.get("until"),
        points=given.get("points", 101),
        outputs=outputs,
        **{name: given[name] for name in _OF_INTEGRATION if name in given},
    )
    if legend is not None:
        _write(words, legend, index=False)
    return _Course(title=model.name, table=table, shown=_headed(table.iloc[:, :_MOST_COLUMNS], words))


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given: None, off and no repetition at all stand for none."""
    return {
        name: value
        for name, value in params.items()
        if value is not None and value is not False and value not in ([], ())
    }


def _refuse(options: Sequence[str], given: Mapping[str, Any], reason: str) -> None:
    for name in options:
        if name in given:
            value = given[name]
            texts = value if isinstance(value, list) else [] if value is True else [value]
            shown = " ".join([f"--{name.replace('_', '-')}", *map(str, texts)])
            raise InvalidValueError(f"{shown} was given; it {reason}")


def _listed(outputs: str) -> list[str]:
    return [name.strip() for name in outputs.split(",") if name.strip()]


def _patient(pasi: float | None, weight_kg: float | None) -> Patient:
    own = {} if weight_kg is None else {"weight_kg": weight_kg}
    return Patient(pasi=20 if pasi is None else pasi, **own)


def _simulate_patient(
    disease: Model, patient: Patient, therapy: Therapy, triggers: Triggers | None, *, weeks: float
) -> tuple[pd.DataFrame, int]:
    """Return the patient's course and how often the therapy was given."""
    course = simulate(disease, patient, therapy, weeks=weeks, triggers=triggers, on_failure="keep")
    reason = str(course.status.item())
    if course.n_failed:
        raise SolverError(f"the patient could not be simulated: {reason}", failures={0: reason})
    columns = {name: course[name].to_numpy()[0] for name in course.names}
    table = pd.DataFrame(columns, index=pd.Index(course.dataset["week"].to_numpy(), name="week"))
    return table, int(course.dataset["courses"].item())


def _whom(disease: Model, pack: str, start: Start | None, patient: Patient) -> str:
    """Return who is simulated, and with what skin they begin."""
    healthy = (start or load_packs()[pack].start) == "healthy"
    if not load_packs()[pack].human:
        return f"Typical animal, {disease.id}, {'healthy skin' if healthy else 'inflamed skin'}"
    score = f"PASI {patient.pasi:g}"
    skin = f"healthy skin, whose plaque would score {score}" if healthy else f"lesion of {score}"
    if disease.id == _USUAL and not healthy:
        skin = score
    return ", ".join(["Typical patient", *([] if disease.id == _USUAL else [disease.id]), skin])


def _write(table: pd.DataFrame, path: Path, *, index: bool = True) -> None:
    """Write a CSV whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        table.to_csv(partial, float_format="%.15g", index=index, lineterminator="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _headed(table: pd.DataFrame, legend: pd.DataFrame) -> pd.DataFrame:
    """Return the table with headers of id, name and unit, one below the other, as far as any is known."""
    shown = legend[legend["column"].isin([table.index.name, *table.columns])]
    told = shown.loc[:, (shown != "").any()]
    headers = {row["column"]: "\n".join(row) for _, row in told.iterrows()}
    return table.rename(columns=headers).rename_axis(headers["time"])


def _print_course(table: pd.DataFrame, title: str) -> None:
    """Print some times of the course, the first and the last among them."""
    values = table.to_numpy(dtype=float)
    digits = 4 if table.index.name == "week" else 6
    rows = [
        (float(table.index[i]), *(float(f"{value:.{digits}g}") for value in values[i]))
        for i in _chosen(table.index)
    ]
    headers = (escape(str(name)) for name in (table.index.name, *table.columns))
    print_table(escape(title), tuple(headers), rows)


def _chosen(times: "pd.Index[Any]") -> list[int]:
    """Return which times to print: whole multiples of some weeks, or equally many of a model's own unit."""
    last = len(times) - 1
    if times.name != "week":
        return [int(i) for i in np.unique(np.linspace(0, last, min(last + 1, _MOST_ROWS)).round())]
    every = next((n for n in _EVERY_WEEKS if times[-1] / n < _MOST_ROWS), _EVERY_WEEKS[-1])
    return [i for i, week in enumerate(times) if week % every == 0 or week in _VISITS or i == last]


def _print_rest(course: _Course, out: Path | None) -> None:
    """Say what must not be taken from the table, and where the rest of it is."""
    table, n_shown = course.table, course.shown.shape[1]
    if course.caution:
        console().print(course.caution, markup=False, soft_wrap=True)
    if out is not None:
        console().print(f"{len(table)} times, {table.shape[1]} quantities written to {out}", markup=False)
    elif table.shape[1] > n_shown:
        console().print(f"{n_shown} of {table.shape[1]} quantities; --out FILE.csv writes all.")
