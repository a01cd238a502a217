"""How a therapy is printed: its regimen, its numbers and what was published of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from koebner.cli.printing import console, print_table
from koebner.cli.therapy_facts import CLOSING, citations, readable_unit, short_source
from koebner.cli.therapy_regimens import text_timeline
from koebner.evidence import load_sources
from koebner.therapies import load

Facts = Mapping[str, Any]


def print_therapy(facts: Facts) -> None:
    """Print all that is known of a therapy."""
    out = console()
    out.print(
        f"{facts['name']}: {', '.join(dict.fromkeys((facts['kind'], facts['class'])))}",
        style="bold",
        markup=False,
        highlight=False,
    )
    _say(out, "Target", facts["target"])
    _say(out, "Mechanism", facts["mechanism"])
    _say(out, "Calibration", f"{facts['calibration']}: {facts['calibration_meaning']}")
    _say(out, "Evidence", f"grade {facts['evidence_grade']}: {facts['evidence_grade_meaning']}")
    _say(out, "Rests on", facts["statement"])
    _print_regimen(out, facts)
    _print_studies(facts["studies"])
    _print_numbers(facts["numbers"])
    _print_kinetics(out, facts)
    _print_events(out, facts["adverse_events"])
    _print_sources(out, facts)
    out.print(f"\n{CLOSING}", markup=False, highlight=False)


def _say(out: Console, name: str, text: str) -> None:
    if text:
        out.print(f"{name}: {text}", markup=False, highlight=False)


def _heading(out: Console, words: str) -> None:
    out.print(f"\n{words}", style="bold", markup=False, highlight=False)


def _print_regimen(out: Console, facts: Facts) -> None:
    regimen = facts["regimen"]
    if regimen is None:
        out.print("\nNothing is given.", markup=False, highlight=False)
        return
    _heading(out, "Regimen")
    _say(out, "As labelled or studied", f"{regimen['in_words']} ({_cited(regimen['source'])})")
    if len(regimen["routes"]) > 1:
        _say(out, "Possible routes", ", ".join(regimen["routes"]))
    patient = f"A patient of {regimen['weight_kg']:g} kg in {regimen['weeks']:g} weeks"
    _say(out, patient, regimen["of_this_patient"])
    out.print()
    agents = load(facts["id"]).agents
    lines = text_timeline(
        agents, weeks=regimen["weeks"], weight_kg=regimen["weight_kg"], width=min(out.width, 110)
    )
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    out.print(
        "A bar is a dose, a shade daily intake; higher or darker is more.",
        style="dim",
        markup=False,
        highlight=False,
    )


def _cited(source: str) -> str:
    return f"source: {short_source(source)}" if source in load_sources() else source


def _print_studies(studies: Sequence[Facts]) -> None:
    if studies:
        rows = [
            (
                row["id"],
                row["design"],
                "" if row["n"] is None else str(row["n"]),
                row["grade"] or "none",
                row["name"],
            )
            for row in studies
        ]
        console().print()
        print_table(
            "Studies, see `koebner evidence show`", ("study", "design", "patients", "grade", "name"), rows
        )


def _print_numbers(numbers: Sequence[Facts]) -> None:
    if numbers:
        rows = [
            (
                row["id"],
                row["value"],
                readable_unit(row["unit"]),
                row["meaning"],
                row["prior"],
                short_source(row["source"]),
            )
            for row in numbers
        ]
        console().print()
        _print_filled("Numbers of the model", ("id", "value", "unit", "meaning", "prior", "source"), rows)


def _print_kinetics(out: Console, facts: Facts) -> None:
    rows = facts["pharmacokinetics"]
    if not rows:
        return
    weight = facts["regimen"]["weight_kg"]
    origins = list(dict.fromkeys((row["source"], row["population"]) for row in rows))
    shown = [
        (
            str(1 + origins.index((row["source"], row["population"]))),
            row["parameter"],
            _ranged(row),
            "" if row["of_the_model"] is None else f"{row['of_the_model']:.3g}",
            "" if row["between_patient_cv_percent"] is None else f"{row['between_patient_cv_percent']:g} %",
        )
        for row in rows
    ]
    out.print()
    columns = ("from", "parameter", "published", "model", "patients' CV")
    _print_filled("Published pharmacokinetics", columns, shown)
    for number, (source, population) in enumerate(origins, start=1):
        out.print(f"{number} {source}: {population}", markup=False, highlight=False)
    out.print(
        f"Model: what its equations give for a typical patient of {weight:g} kg under the regimen above; "
        "blank where they say nothing of it.",
        style="dim",
        markup=False,
        highlight=False,
    )


def _print_events(out: Console, events: Sequence[Facts]) -> None:
    out.print()
    if not events:
        out.print(
            "Published adverse events: no published count in the tables, which does not mean that nothing "
            "happened.",
            markup=False,
            highlight=False,
        )
        return
    rows = [
        (
            row["study"],
            f"{row['event']} ({row['arm']})",
            _counted(row["count"], row["frequency"]),
            _counted(row["placebo_count"], row["placebo_frequency"]),
        )
        for row in events
    ]
    columns = ("study", "event (arm)", "counted", "placebo beside it")
    _print_filled("Published adverse events, with 95 % intervals", columns, rows)
    out.print(
        "A table of counts, not a mechanism: the model predicts no adverse event.",
        style="dim",
        markup=False,
        highlight=False,
    )


def _print_sources(out: Console, facts: Facts) -> None:
    """Print every source that is named above, in full."""
    regimen = [facts["regimen"]["source"]] if facts["regimen"] else []
    named = [*regimen, *(row["source"] for row in facts["numbers"])]
    named += [row["source"] for row in (*facts["pharmacokinetics"], *facts["adverse_events"])]
    found = {source.key: source.citation for text in named for source in citations(text)}
    if found:
        _heading(out, "Sources")
        for key, citation in sorted(found.items()):
            out.print(f"{key}: {citation}", markup=False, highlight=False)


def _counted(count: str | None, frequency: str | None) -> str:
    if count is None or frequency is None:
        return ""
    return f"{count}: {frequency.replace('95 % interval ', '')}"


def _print_filled(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table without the columns that are empty in every row."""
    filled = [i for i in range(len(columns)) if any(row[i] != "" for row in rows)]
    print_table(title, [columns[i] for i in filled], [[row[i] for i in filled] for row in rows])


def _ranged(row: Facts) -> str:
    known = row["low"] is not None and row["high"] is not None
    limits = f" ({row['low']:g} to {row['high']:g})" if known else ""
    return f"{row['value']:g}{limits} {readable_unit(row['unit'])}".rstrip()
