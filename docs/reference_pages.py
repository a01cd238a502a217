"""Writes the reference pages from the package itself: commands, tables of the disease, public names.

Nothing here is typed by hand, so a page cannot say something else than the product does.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

import koebner
from koebner import evidence, therapies
from koebner.cli.main import app
from koebner.disease import load_model

ROOT = Path(__file__).resolve().parents[1]
EVIDENCE_TABLES = (
    "trials",
    "withdrawals",
    "msc_studies",
    "pharmacokinetics",
    "baselines",
    "safety",
    "mechanisms",
)


def write(folder: Path) -> None:
    """Write all reference pages into `folder`."""
    folder.mkdir(exist_ok=True)
    pages = {
        "cli": cli_page(),
        "disease_tables": disease_tables(),
        "grade_tables": grade_tables(),
        "api": api_page(),
    }
    for name, page in pages.items():
        (folder / f"{name}.md").write_text(page, encoding="utf-8")


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table."""
    names = list(header)
    lines = [names, ["---"] * len(names), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cell(value: object) -> str:
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return " ".join(text.split()).replace("|", "\\|")


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, with its full name, in the order of `--help`."""
    return _leaves("koebner", typer.main.get_command(app))


def _leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child_name, child in children.items():
        yield from _leaves(f"{name} {child_name}", child)


def cli_page() -> str:
    """Return the page of all commands with their arguments and options."""
    parts = [
        "# Commands\n",
        "Every command ends with 0 when done, 1 when the science says no, and 2 when the input is wrong.\n",
    ]
    for name, command in commands():
        usage = command.get_usage(command.make_context(name, [], resilient_parsing=True))
        parts += [f"## {name}\n", f"{command.help}\n", f"```text\n{usage.removeprefix('Usage: ')}\n```\n"]
        if command.params:
            parts.append(table(["parameter", "meaning", "default"], map(_parameter_row, command.params)))
    return "\n".join(parts)


def _parameter_row(parameter: Any) -> tuple[str, str, str]:
    shown = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    return shown, parameter.help or "", "required" if parameter.required else _default(parameter.default)


def _default(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "on" if value else "off"
    return f"`{value}`"


def disease_tables() -> str:
    """Return the tables of states, treatments and evidence."""
    model = load_model()
    states = [(f"`{s.id}`", s.meaning, s.unit, s.compartment) for s in model.species.values()]
    catalog = [therapies.load(name) for name in therapies.available()]
    treatments = [
        (f"`{t.id}`", t.name, ", ".join(t.kinds), t.evidence_grade, t.calibration, t.statement)
        for t in catalog
    ]
    return "\n".join(
        [
            f"## States ({len(states)})\n",
            table(["state", "meaning", "unit", "where"], states),
            f"## Treatments ({len(treatments)})\n",
            table(["id", "name", "kind", "grade", "calibration", "what it rests on"], treatments),
            "## What it rests on\n",
            table(
                ["table", "rows", "from papers", "secondary", "from memory"],
                map(_evidence_row, EVIDENCE_TABLES),
            ),
        ]
    )


def _evidence_row(name: str) -> tuple[object, ...]:
    rows = getattr(evidence, f"load_{name}")()
    levels = Counter(row.level for row in rows)
    return name.replace("_", " "), len(rows), *(levels[level] for level in evidence.Level)


def grade_tables() -> str:
    """Return the tables of evidence grades: of studies by their design, and of mechanisms."""
    studies = [
        (design.grade.letter, design, design.grade.meaning) for design in evidence.Design if design.grade
    ]
    mechanisms = [(grade.letter, grade.meaning) for grade in evidence.MECHANISM_GRADES.values()]
    return "\n".join(
        [
            "Of a study that treats patients:\n",
            table(["grade", "design", "meaning"], studies),
            "Of a mechanism:\n",
            table(["grade", "meaning"], mechanisms),
        ]
    )


def rooms() -> list[str]:
    """Return the rooms of the package from top to bottom, as the layers name them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["tool"]["importlinter"]["contracts"][0]["layers"])


def api_page() -> str:
    """Return the page of all public names, room by room."""
    at_hand = ", ".join(f"`{name}`" for name in koebner.__all__)
    parts = ["# Python API\n", f"The names below are public. `import koebner as kb` brings {at_hand}.\n"]
    for room in rooms():
        parts += [f"## koebner.{room}\n", f"```{{eval-rst}}\n.. automodule:: koebner.{room}\n```\n"]
    return "\n".join(parts)


def show_fences_as_literal_blocks(
    _app: object, _what: str, _name: str, _object: object, _options: object, lines: list[str]
) -> None:
    """Turn fenced blocks of a docstring, which read well in an editor, into reStructuredText."""
    inside = False
    shown: list[str] = []
    for line in lines:
        if line.strip().startswith("```"):
            shown += [""] if inside else ["::", ""]
            inside = not inside
        else:
            shown.append(f"    {line}" if inside else line)
    lines[:] = shown
