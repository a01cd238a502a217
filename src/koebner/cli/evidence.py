"""`koebner evidence`: check tables against the rules, show one study, list all of them.

Errors of Koebner pass through to the main command, which prints one line and leaves with status 2.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from koebner.cli.printing import print_json
from koebner.evidence.checks import check_file, check_shipped, count_rows
from koebner.evidence.findings import Finding
from koebner.evidence.grades import MECHANISM_GRADES
from koebner.evidence.rows import MscStudy
from koebner.evidence.studies import StudyRecord, studies, study

app = typer.Typer(help="Published facts: check them, show a study, list the studies.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

SHIPPED_BROKEN = 1
INPUT_BROKEN = 2


@app.command()
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Tables to check; none: the shipped ones.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Check every row by rule; status 1 when a shipped table breaks one, 2 when a given file does."""
    findings = [f for file in files for f in check_file(file)] if files else check_shipped()
    if as_json:
        print_json({"findings": [f.as_json() for f in findings]})
    else:
        for line in check_lines(findings, files or []):
            typer.echo(line)
    if findings:
        raise typer.Exit(INPUT_BROKEN if files else SHIPPED_BROKEN)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A study or a source, such as yao-2021.")],
    *,
    as_json: Json = False,
) -> None:
    """Show everything that is known of one study."""
    record = study(name)
    if as_json:
        print_json(record_json(record))
        return
    console = Console(highlight=False, markup=False)
    for part in record_parts(record):
        # Text is left to the terminal to wrap, so that a piped line stays one line.
        console.print(part, soft_wrap=isinstance(part, str))


@app.command(name="list")
def list_studies(
    therapy: Annotated[str | None, typer.Option(help="A therapy or class, such as MSC.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """List the studies, one line each."""
    records = studies(therapy)
    if as_json:
        print_json([summary(r) for r in records])
    else:
        for line in study_lines(records):
            typer.echo(line)


def check_lines(findings: Sequence[Finding], files: Sequence[Path]) -> list[str]:
    """Return what a check prints: the findings, or that there are none."""
    if findings:
        many = "rule" if len(findings) == 1 else "rules"
        return [*map(str, findings), f"{len(findings)} {many} broken"]
    if files:
        return [f"{file}: no rule broken" for file in files]
    tables, rows, sources = count_rows()
    return [f"{tables} tables, {rows} rows, {sources} sources: no rule broken"]


def summary(record: StudyRecord) -> dict[str, Any]:
    """Return one study in one line's worth of fields."""
    return {
        "id": record.id,
        "therapies": list(record.therapies),
        "n": record.n,
        "design": record.design,
        "grade": record.grade.letter if record.grade else None,
        "level": record.level,
        "citation": record.sources[0].citation,
    }


def study_lines(records: Iterable[StudyRecord]) -> list[str]:
    """Return one line a study, in columns, under a heading."""
    rows: list[tuple[str, ...]] = [("study", "therapy", "n", "design", "grade", "level", "citation")]
    for record in records:
        fields = summary(record)
        fields["therapies"] = ", ".join(fields["therapies"])
        rows.append(tuple("-" if field is None else str(field) for field in fields.values()))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(f.ljust(w) for f, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def record_json(record: StudyRecord) -> dict[str, Any]:
    """Return a whole record as JSON types."""
    return {
        "id": record.id,
        "name": record.name,
        "design": record.design,
        "n": record.n,
        "registration": record.registration,
        "grade": {"letter": record.grade.letter, "meaning": record.grade.meaning} if record.grade else None,
        "level": record.level,
        **{part: [row.model_dump(mode="json") for row in rows] for part, rows in _row_groups(record).items()},
        "sources": [cited.model_dump(mode="json") for cited in record.sources],
    }


def record_parts(record: StudyRecord) -> list[str | Table]:
    """Return what `show` prints, from the heading to the sources."""
    parts: list[str | Table] = [f"{record.id}: {record.name}", _standing(record)]
    parts += [_msc_table(row) for row in record.msc_studies]
    for rows, columns in (
        (record.trials, ("arm", "n", "week", "endpoint", "value", "unit", "responders", "level")),
        (record.pharmacokinetics, ("parameter", "value", "unit", "between_patient_cv_percent", "level")),
        (record.baselines, ("arm", "n", "quantity", "mean", "sd", "unit", "level")),
        (record.safety, ("arm", "event", "count", "frequency", "level")),
    ):
        parts += [_rows_table(rows, columns)] if rows else []
    parts += [_withdrawal_lines(record)] if record.withdrawals else []
    parts += [_mechanism_lines(record)] if record.mechanisms else []
    parts += [_fate_lines(record)] if record.msc_fate else []
    parts.append("\n".join(["Sources", *(f"  {cited.citation}" for cited in record.sources)]))
    return parts


def _row_groups(record: StudyRecord) -> dict[str, Sequence[BaseModel]]:
    return {
        "msc_studies": record.msc_studies,
        "trials": record.trials,
        "withdrawals": record.withdrawals,
        "pharmacokinetics": record.pharmacokinetics,
        "baselines": record.baselines,
        "safety": record.safety,
        "mechanisms": record.mechanisms,
        "msc_fate": record.msc_fate,
    }


def _standing(record: StudyRecord) -> str:
    grade = f"evidence grade {record.grade}" if record.grade else "no evidence grade: it judges no treatment"
    known = [grade, f"best level {record.level}"]
    known += [f"n = {record.n}"] if record.n else []
    known += [record.registration] if record.registration else []
    return "; ".join(known)


def _msc_table(row: MscStudy) -> Table:
    facts = {
        "Cells": f"{row.therapy}, {row.source_tissue}, {row.donor}",
        "Patients": _patients(row),
        "Dose": f"{row.dose}; {row.route}; {row.schedule}",
        "PASI": row.pasi,
        "Response": _response(row),
        "Follow-up": f"{row.follow_up_weeks:g} weeks",
        "Safety": row.safety,
        "Mechanism": row.mechanism,
        "Confounders": row.confounders,
        "Contradictions": row.contradictions,
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, fact in facts.items():
        if fact:
            table.add_row(name, fact)
    return table


def _patients(row: MscStudy) -> str:
    numbers = [f"{row.n} enrolled"]
    numbers += [f"{row.completed} completed"] if row.completed else []
    numbers += [f"{row.followed} followed to the end"] if row.followed else []
    return f"{', '.join(numbers)}; {row.population}"


def _response(row: MscStudy) -> str:
    if row.responders is None or row.responders_of is None:
        return row.response
    percent = 100 * row.responders / row.responders_of
    text = f"{row.responders} of {row.responders_of} ({percent:.1f} %): {row.response}"
    if row.clear_or_minimal is not None:
        text += f"; {row.clear_or_minimal} of {row.responders_of} clear or minimal"
    return text


def _rows_table(rows: Iterable[BaseModel], columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(getattr(row, column)) for column in columns))
    return table


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _withdrawal_lines(record: StudyRecord) -> str:
    lines = ["After the last dose"]
    for row in record.withdrawals:
        group = f"{row.arm} ({row.population}{f', n = {row.n}' if row.n else ''})"
        value = f"{row.value:g} {row.unit}"
        value += f" ({row.low:g} to {row.high:g})" if row.low is not None and row.high is not None else ""
        when = f"counted from the {row.clock}"
        if row.week is not None:
            when = f"{_cell(row.week)} weeks after the {row.clock}"
        lines.append(f"  {group}: {row.metric} {value}, {when}; relapse is {row.definition} [{row.level}]")
    return "\n".join(lines)


def _fate_lines(record: StudyRecord) -> str:
    lines = ["Fate of given MSC"]
    for row in record.msc_fate:
        when = "" if row.hours is None else f" at {row.hours:g} h"
        limits = [f"{bound:g}" for bound in (row.low, row.high) if bound is not None]
        found = f": {' to '.join(dict.fromkeys(limits))} {row.unit}" if len(limits) == 2 else ""
        lines.append(f"  {row.fact}{when}{found} [{row.species}; {row.route}; {row.measured}; {row.level}]")
        lines += [f"    {row.remark}"] if row.remark else []
    return "\n".join(lines)


def _mechanism_lines(record: StudyRecord) -> str:
    lines = ["Mechanisms"]
    for row in record.mechanisms:
        meaning = MECHANISM_GRADES[row.grade].meaning
        lines.append(f"  {row.cause} ({row.sign}) {row.effect}: {row.statement} [{row.species}; {meaning}]")
        lines += [f"    but: {row.contradiction}"] if row.contradiction else []
    return "\n".join(lines)
