"""`koebner validate`: what the frozen fit says of published trials, and which marks it reaches."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from koebner.calibration.validation.files import as_json, check_folder, write_validation
from koebner.calibration.validation.mark import REPORTED, Mark
from koebner.calibration.validation.results import JudgedArm, JudgedFigure
from koebner.calibration.validation.rows import NotPredicted
from koebner.calibration.validation.validate import Validation, validate
from koebner.cli.options import Json
from koebner.cli.printing import console, print_json, print_table, progress_bar, say
from koebner.fits import Ensemble, available_ensembles, load_ensemble

_MISSED = 1
_SHIPPED, _PROTOCOL = "shipped", "protocol"
_MET = "The shipped fit has met most open trials and is not judged on those; `--fit protocol` judges."
_COLUMNS = (
    *("trial", "arm", "week", "endpoint", "n", "observed", "predicted", "90 % interval", "error"),
    *("", "role"),
)
_RESEARCH = "For research: percent of a trial's patients, not a forecast for a person."


def validate_command(
    *,
    trials: Annotated[
        Path | None,
        typer.Option(help="CSV of published results: trial, arm, drug, week, endpoint, value, and n."),
    ] = None,
    withdrawal: Annotated[Path | None, typer.Option(help="CSV of published relapses after stopping.")] = None,
    fit: Annotated[
        str | None, typer.Option(help="Fit to judge: shipped, or protocol, which has met fewer trials.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="New folder for validation.json, arms.csv, withdrawal.csv, marks.csv.")
    ] = None,
    json: Json = False,
) -> None:
    """Compare the fit with published trials; status 1 when a mark is missed.

    Without files: the open trials and withdrawals that ship with Koebner.
    """
    if out is not None:
        check_folder(out)
    ensemble = load_ensemble(fit or _default())
    with _progress() as progress:
        found = validate(ensemble, trials=trials, withdrawal=withdrawal, progress=progress)
    if out is not None:
        write_validation(found, out)
    if json:
        print_json(as_json(found))
    else:
        _print(found, ensemble)
    if trials is None and withdrawal is None and ensemble.name != _PROTOCOL:
        say(_MET)
    if not found.passed:
        raise typer.Exit(_MISSED)


def _default() -> str:
    return _PROTOCOL if _SHIPPED not in available_ensembles() else _SHIPPED


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    with progress_bar("Simulating", total=1, counted="courses") as (bar, task):
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print(found: Validation, ensemble: Ensemble) -> None:
    console().print(
        f"Fit `{found.fit}` ({found.data}): mean over {len(ensemble.members)} members, 90 % intervals for "
        "a trial of the same size.",
        markup=False,
    )
    _print_marks(found.marks)
    _print_arms(found.arms)
    _print_withdrawal(found.withdrawal)
    _print_not_predicted(found.not_predicted)
    console().print(_verdict(found), markup=False)
    say(_RESEARCH)


def _print_marks(marks: Sequence[Mark]) -> None:
    rows = [
        (mark.mark, mark.needed, _number(mark.reached), _verdict_of(mark), mark.rows, mark.note)
        for mark in marks
    ]
    print_table("Marks", ("mark", "needed", "reached", "", "rows", "note"), rows)


def _verdict_of(mark: Mark) -> str:
    if mark.passed is None:
        return "" if mark.needed == REPORTED else "not judged"
    return "passed" if mark.passed else "MISSED"


def _print_arms(arms: Sequence[JudgedArm]) -> None:
    drugs = dict.fromkeys(sorted(row.asked.therapy_id for row in arms))
    for drug in drugs:
        rows = [row for row in arms if row.asked.therapy_id == drug]
        inside = sum(row.inside for row in rows)
        title = f"{drug}: {inside} of {len(rows)} inside the interval"
        print_table(title, _COLUMNS, [_arm(row) for row in rows])


def _arm(row: JudgedArm) -> tuple[object, ...]:
    asked = row.asked
    assumed = ", doses as labelled" if asked.regimen_assumed else ""
    role = f"{asked.role}{', seen' if asked.seen and asked.role == 'tier 2' else ''}{assumed}"
    return (
        asked.trial,
        asked.arm,
        asked.week,
        asked.endpoint,
        "?" if asked.n is None else asked.n,
        asked.observed,
        round(row.predicted.mean, 1),
        f"{row.predicted.lower:.1f} to {row.predicted.upper:.1f}",
        round(row.error, 1),
        "" if row.inside else "outside",
        role,
    )


def _print_withdrawal(figures: Sequence[JudgedFigure]) -> None:
    if not figures:
        return
    rows = [
        (
            row.asked.trial,
            row.asked.drug,
            row.asked.metric,
            row.asked.figure.unit,
            row.asked.figure.observed,
            _number(row.predicted.mean),
            f"{_number(row.predicted.lower)} to {_number(row.predicted.upper)}",
            "" if row.inside else "outside",
            row.asked.role,
        )
        for row in figures
    ]
    columns = ("trial", "group", "figure", "unit", "observed", "predicted", "90 % interval", "", "role")
    print_table("After the last dose, each by its own definition", columns, rows)


def _print_not_predicted(rows: Sequence[NotPredicted]) -> None:
    if not rows:
        return
    groups = Counter((row.trial, row.arm, _reason(row)) for row in rows)
    table = [(trial, arm, count, reason) for (trial, arm, reason), count in groups.items()]
    print_table(
        f"Not predicted: {len(rows)} row{'s' * (len(rows) > 1)}", ("trial", "arm", "rows", "reason"), table
    )


def _reason(row: NotPredicted) -> str:
    """Return the reason without the line of the file, so that rows of an arm stand together."""
    place, _, reason = row.reason.partition(": ")
    return reason if place.startswith("line ") else row.reason


def _verdict(found: Validation) -> str:
    judged = [mark for mark in found.marks if mark.passed is not None]
    missed = [mark for mark in judged if not mark.passed]
    return f"{len(judged) - len(missed)} of {len(judged)} judged marks passed, {len(missed)} missed."


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if abs(value) < float("inf") else "not reached"
