"""`koebner model coverage`: each element of the disease with what realises it in the model."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import typer
from rich.table import Table

from koebner.analysis.clamping import load_scenarios
from koebner.analysis.coverage import KINDS, Covered, coverage
from koebner.cli.options import Json
from koebner.cli.printing import console, print_json, say
from koebner.disease import load_model

_FAULTY = 1
# Whoever waits longer wants to know for what [s].
_PATIENCE = 2.0
_DUE = {"now": "", "partly": " (in part)", "later": " (later)"}


def coverage_command(*, json: Json = False) -> None:
    """Show what realises each element of the disease; status 1 when a due one is empty or does nothing."""
    covered = coverage(load_model(), progress=_patiently(time.monotonic()))
    if json:
        print_json([_record(each) for each in covered])
    else:
        _print(covered)
    if any(each.faults for each in covered):
        raise typer.Exit(_FAULTY)


def _patiently(started: float) -> Callable[[str], None]:
    def tell(title: str) -> None:
        if time.monotonic() - started > _PATIENCE:
            say(f"Holding each state in turn: {title}.")

    return tell


def _record(covered: Covered) -> dict[str, Any]:
    effect = {"effect": round(covered.effect, 6), "seen_in": covered.seen_in, "faults": covered.faults}
    return covered.element.model_dump() | effect


def _print(covered: Sequence[Covered]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for each in covered:
        element = each.element
        table.add_row(str(element.row), element.element + _DUE[element.due])
        for kind in KINDS:
            if element.names(kind):
                table.add_row(kind.replace("_", "-"), ", ".join(element.names(kind)))
        for word, text in (("effect", _effect(each)), ("note", element.note)):
            if text:
                table.add_row(word, text)
        for fault in each.faults:
            table.add_row("FAULT", f"row {element.row} {fault}")
        table.add_section()
    console().print(table, markup=False)
    n_faults = sum(len(each.faults) for each in covered)
    due = sum(each.element.due != "later" for each in covered)
    console().print(
        f"{len(covered)} rows, {due} of them due; {n_faults or 'no'} fault{'s' * (n_faults > 1)}."
    )


def _effect(covered: Covered) -> str:
    if not covered.seen_in:
        return ""
    state, read_out, scenario = covered.seen_in
    return f"{covered.effect:.1%}: {read_out} with {state} held, {load_scenarios()[scenario].title}"
