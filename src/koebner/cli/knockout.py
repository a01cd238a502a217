"""`koebner knockout`: what becomes of the plaque, and of the time to relapse, without one of its nodes."""

import math
from typing import Annotated, Any

import pandas as pd
import typer

from koebner.analysis.knockout import FOLLOW_UP_WEEKS, GROUPS, WEEKS, knockout, removable
from koebner.cli.options import Json, Pack, Switches, caution_of, check_at_least_one, read_switches
from koebner.cli.printing import console, print_json, print_table
from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.kinetics import Model
from koebner.patients import Cohort, Patient
from koebner.populations import load_population


def knockout_command(
    *,
    targets: Annotated[
        str | None,
        typer.Option(help="Nodes such as IL17A,TNF,TRM; IL17 is IL17A and IL17F, TNF+IL23 removes both."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Remove each cell and molecule of the plaque in turn.")
    ] = False,
    drug: Annotated[str, typer.Option(help="Drug after whose last dose relapse is timed.")] = "guselkumab",
    patients: Annotated[
        int | None, typer.Option(help="Plausible patients; the typical one when left out.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same patients.")] = 1,
    pack: Pack = "human_plaque",
    switch: Switches = None,
    json: Json = False,
) -> None:
    """Remove nodes of the plaque one by one: PASI without treatment, and time to relapse after a drug."""
    check_at_least_one("--patients", patients)
    model = load_model(pack, read_switches(switch), start="lesion")
    table = knockout(model, _asked(targets, model, every=every), patients=_whom(patients, seed), drug=drug)
    whom = "the typical patient" if patients is None else f"{patients} patients, seed {seed}"
    if json:
        print_json(
            {
                "pack": pack,
                "drug": drug,
                "patients": whom,
                "follow_up_weeks": FOLLOW_UP_WEEKS,
                "caution": caution_of(pack) or None,
                "results": _records(table),
            }
        )
        return
    title = f"Nodes removed from the plaque of {whom} (`{pack}`), ranked by the change of PASI at week 52"
    _print(table, title, drug)
    if caution_of(pack):
        console().print(caution_of(pack), markup=False, soft_wrap=True)


def _asked(targets: str | None, model: Model, *, every: bool) -> list[str]:
    listed = [name.strip() for name in (targets or "").split(",") if name.strip()]
    if every == bool(listed):
        raise InvalidValueError(
            f"{'both --targets and --all' if every else 'neither --targets nor --all'} was given; expected "
            "one of them, such as --targets IL17A,TNF,TRM."
        )
    return listed or [*removable(model), *GROUPS]


def _whom(patients: int | None, seed: int) -> Patient | Cohort | None:
    return None if patients is None else load_population().sample(patients, seed=seed)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as JSON types: no number is null; `relapse` and `note` say why."""
    return [
        {"target": target, **{name: _as_json(row[name]) for name in table.columns}}
        for target, row in table.iterrows()
    ]


def _as_json(value: Any) -> Any:
    if isinstance(value, str | tuple):
        return value
    if pd.isna(value) or math.isinf(value):
        return None
    return round(float(value), 6) if isinstance(value, float) else int(value)


def _print(table: pd.DataFrame, title: str, drug: str) -> None:
    weeks = (f"PASI week {week}, %" for week in WEEKS)
    columns = ("target", "rank", *weeks, "weeks to relapse", "rank by relapse", "note")
    rows = [
        (
            target,
            _rank(row, "rank_pasi"),
            *(_told(row, f"pasi_week_{week}", 100) for week in WEEKS),
            _told(row, "relapse_weeks"),
            _rank(row, "rank_relapse"),
            row["note"],
        )
        for target, row in table.iterrows()
    ]
    print_table(title, columns, rows)
    untouched = next(
        (told for _, row in table.iterrows() if (told := _told(row, "relapse_weeks_untouched"))), ""
    )
    if untouched:
        console().print(
            f"With all nodes: PASI 100 %, and {untouched} weeks from the last dose of {drug} to the loss of "
            "half of the improvement. The node is removed at that dose. Rank by relapse: by the change of "
            "this time.",
            markup=False,
            soft_wrap=True,
        )


def _rank(row: "pd.Series[Any]", name: str) -> str:
    rank = row.get(name, pd.NA)
    return "" if pd.isna(rank) else str(rank)


def _told(row: "pd.Series[Any]", name: str, factor: float = 1.0) -> str:
    """Return a median, with its range where patients differ; nothing where there is no number."""
    middle, low, high = (float(row.get(name + ending, math.nan)) * factor for ending in ("", "_low", "_high"))
    if math.isnan(middle):
        return ""
    return _number(middle) if low == high else f"{_number(middle)} ({_number(low)} to {_number(high)})"


def _number(value: float) -> str:
    return f"> {FOLLOW_UP_WEEKS:g}" if math.isinf(value) else f"{value:.1f}"
