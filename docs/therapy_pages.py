"""Writes a page for each therapy of the catalogue, and the list of them, from the package itself.

What a page says is what `koebner therapy show` says, for the reference patient.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pathway_pages import cited, escaped
from reference_pages import table

from koebner.cli.therapy_facts import (
    CLOSING,
    catalog_rows,
    grade_meanings,
    readable_unit,
    therapy_facts,
)
from koebner.cli.therapy_regimens import text_timeline
from koebner.patients import Patient
from koebner.therapies import available, load
from koebner.therapies.entries import CALIBRATIONS, Kind

INDEX = "therapies"
WEEKS = 52.0
_PAGE = "therapy_{}"
_WIDTH = 100

Facts = Mapping[str, Any]


def write(folder: Path) -> None:
    """Write all pages into `folder`; those of therapies that are gone go."""
    folder.mkdir(exist_ok=True)
    pages = {_PAGE.format(name): therapy_page(name) for name in available()} | {INDEX: index_page()}
    for path in folder.glob(f"{_PAGE.format('*')}.md"):
        if path.stem not in pages:
            path.unlink()
    for name, page in pages.items():
        (folder / f"{name}.md").write_text(page, encoding="utf-8")


def index_page() -> str:
    """Return the list of therapies by kind, and what the words of grade and calibration mean."""
    rows = catalog_rows()
    parts = ["# Catalogue of treatments\n", f"One page a file of the catalogue. {CLOSING}\n"]
    for kind in get_args(Kind):
        parts += [f"## {kind.capitalize()}\n", table(_COLUMNS, (_row(r) for r in rows if r["kind"] == kind))]
    parts += [
        "## What the words mean\n",
        "Grade, of the best study behind a therapy:\n",
        table(["grade", "meaning"], grade_meanings().items()),
        "Calibration, of the numbers of the model:\n",
        table(["calibration", "meaning"], CALIBRATIONS.items()),
        "```{toctree}\n:hidden:\n",
        *(_PAGE.format(row["id"]) for row in rows),
        "```\n",
    ]
    return "\n".join(parts)


_COLUMNS = ("therapy", "class", "grade", "calibration", "regimen in short")


def _row(row: Mapping[str, str]) -> tuple[str, ...]:
    link = f"[{row['name']}]({_PAGE.format(row['id'])}.md)"
    return link, row["drug_class"], row["evidence_grade"], row["calibration"], row["regimen"]


def therapy_page(name: str) -> str:
    """Return the page of one therapy."""
    facts = therapy_facts(name, weight_kg=Patient(pasi=10).weight_kg, weeks=WEEKS)
    parts = [f"# {facts['name']}\n", f"`{name}`: {facts['kind']}, {escaped(facts['class'])}.\n"]
    told = {
        "Target": facts["target"],
        "Mechanism": facts["mechanism"],
        "Calibration": f"{facts['calibration']}: {facts['calibration_meaning']}.",
        "Evidence": f"grade {facts['evidence_grade']}: {facts['evidence_grade_meaning']}.",
        "Rests on": facts["statement"],
    }
    parts += [f"**{word}.** {escaped(text)}\n" for word, text in told.items() if text]
    parts += _regimen(facts)
    parts += _section(
        "Studies", ("study", "design", "patients", "grade", "name"), map(_study, facts["studies"])
    )
    columns = ("id", "value", "unit", "meaning", "prior", "source")
    parts += _section("Numbers of the model", columns, map(_number, facts["numbers"]))
    parts += _kinetics(facts)
    parts += _events(facts["adverse_events"])
    parts.append(f"{CLOSING}\n")
    return "\n".join(parts)


def _section(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a heading and a table without columns that are empty in every row; nothing without rows."""
    listed = list(rows)
    filled = [i for i in range(len(columns)) if any(row[i] not in ("", None) for row in listed)]
    shown = [[row[i] for i in filled] for row in listed]
    return [f"## {title}\n", table([columns[i] for i in filled], shown)] if listed else []


def _regimen(facts: Facts) -> list[str]:
    regimen = facts["regimen"]
    if regimen is None:
        return []
    chart = text_timeline(
        load(facts["id"]).agents, weeks=regimen["weeks"], weight_kg=regimen["weight_kg"], width=_WIDTH
    )
    return [
        "## Regimen\n",
        f"{escaped(regimen['in_words'])} ({cited(regimen['source'])}).\n",
        *([f"Possible routes: {', '.join(regimen['routes'])}.\n"] if len(regimen["routes"]) > 1 else []),
        f"A patient of {regimen['weight_kg']:g} kg in {regimen['weeks']:g} weeks: "
        f"{escaped(regimen['of_this_patient'])}.\n",
        "```text\n" + "\n".join(chart) + "\n```\n",
    ]


def _study(row: Facts) -> tuple[object, ...]:
    return f"`{row['id']}`", row["design"], row["n"], row["grade"] or "none", escaped(row["name"])


def _number(row: Facts) -> tuple[object, ...]:
    unit = escaped(readable_unit(row["unit"]))
    return f"`{row['id']}`", row["value"], unit, escaped(row["meaning"]), row["prior"], cited(row["source"])


def _kinetics(facts: Facts) -> list[str]:
    rows = [
        (
            escaped(row["parameter"]),
            row["value"],
            "" if row["low"] is None else f"{row['low']:g} to {row['high']:g}",
            "" if row["of_the_model"] is None else f"{row['of_the_model']:.3g}",
            escaped(readable_unit(row["unit"])),
            row["between_patient_cv_percent"],
            escaped(row["population"]),
            cited(row["source"]),
        )
        for row in facts["pharmacokinetics"]
    ]
    columns = ("parameter", "published", "range", "model", "unit", "patients' CV [%]", "population", "source")
    section = _section("Published pharmacokinetics", columns, rows)
    if section:
        section.append(
            f"Model: what its equations give for a typical patient of {facts['regimen']['weight_kg']:g} kg "
            "under the regimen above; blank where they say nothing of it.\n"
        )
    return section


def _events(events: Iterable[Facts]) -> list[str]:
    rows = [
        (
            escaped(row["event"]),
            escaped(row["arm"]),
            f"{row['count']}: {row['frequency']}",
            "" if row["placebo_count"] is None else f"{row['placebo_count']}: {row['placebo_frequency']}",
            cited(row["source"]),
        )
        for row in events
    ]
    if not rows:
        words = "No published count in the tables, which does not mean that nothing happened."
        return ["## Published adverse events\n", f"{words}\n"]
    columns = ("event", "arm", "counted", "placebo beside it", "source")
    section = _section("Published adverse events", columns, rows)
    return [*section, "A table of counts, not a mechanism: the model predicts no adverse event.\n"]
