"""How commands print: tables for people, JSON for programs."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console, JustifyMethod
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

# Columns of prose are not made narrower than this.
_NARROWEST_PROSE = 12


def console() -> Console:
    """Return a console on standard output, as wide as what it prints when not a terminal."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=160, highlight=False)


def say(sentence: str) -> None:
    """Print a sentence on one line of stderr: standard output is for results."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(sentence, markup=False)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; numbers stand right, text left.

    Names to be typed stand in the first column: it and the numbers are never cut, text wraps. Where the
    terminal is too narrow, the frame is left out, and then headers are folded.
    """
    out = console()
    cells = [[f"{cell:.6g}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    numeric = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(columns))]
    whole = {
        i: max([0, *(len(row[i]) for row in cells)]) for i in range(len(columns)) if i == 0 or numeric[i]
    }
    headed = {i: max(width, *map(len, columns[i].split("\n"))) for i, width in whole.items()}
    prose = _NARROWEST_PROSE * (len(columns) - len(whole))
    needed = sum(headed.values()) + prose + 2 * len(columns)
    widths = headed if needed <= out.width else whole | {0: headed[0]}
    table = Table(title=title or None, title_justify="left")
    if needed + len(columns) + 1 > out.width:
        table.box, table.show_edge, table.padding = box.SIMPLE_HEAD, False, (0, 1, 0, 0)
    for i, column in enumerate(columns):
        justify: JustifyMethod = "right" if numeric[i] else "left"
        table.add_column(column, justify=justify, overflow="fold", width=widths.get(i))
    for row in cells:
        table.add_row(*row)
    narrowest = sum(widths.values()) + prose + 2 * len(columns)
    out.print(table, markup=False, width=max(out.width, narrowest), crop=False)


def print_json(content: Any) -> None:
    """Print JSON on standard output."""
    print(json.dumps(content, indent=2, ensure_ascii=False))


@contextmanager
def progress_bar(description: str, *, total: int, counted: str = "") -> Iterator[tuple[Progress, TaskID]]:
    """Show how far long work is, beside the output; `counted` names what is counted, if it is to be shown."""
    count = (MofNCompleteColumn(), TextColumn(counted)) if counted else ()
    columns = (TextColumn("{task.description}"), BarColumn(), *count, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        yield bar, bar.add_task(description, total=total)
