"""How commands print: tables for people, JSON for programs."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def console() -> Console:
    """Return a console on standard output, as wide as what it prints when not a terminal."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=160, highlight=False)


def say(sentence: str) -> None:
    """Print a sentence on one line of stderr: standard output is for results."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(sentence, markup=False)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; numbers stand right, text left."""
    table = Table(title=title or None, title_justify="left")
    for i, column in enumerate(columns):
        numeric = all(isinstance(row[i], int | float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(f"{cell:.6g}" if isinstance(cell, float) else str(cell) for cell in row))
    console().print(table, markup=False)


def print_json(content: Any) -> None:
    """Print JSON on standard output."""
    print(json.dumps(content, indent=2, ensure_ascii=False))
