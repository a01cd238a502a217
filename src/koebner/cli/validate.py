"""`koebner validate`: what the frozen fit says of published trials, and which marks it reaches."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from koebner.calibration.light.checks import (
    WEEKS_KNOWN,
    PredictorScore,
    check_left_out,
    cross_validated,
)
from koebner.calibration.light.cohort import LightCohort, read_light_cohort
from koebner.calibration.light.prediction import load_phototherapy
from koebner.calibration.published.rows import read_published
from koebner.calibration.validation.files import as_json, check_folder, write_validation
from koebner.calibration.validation.mark import REPORTED, Mark
from koebner.calibration.validation.results import JudgedArm, JudgedFigure
from koebner.calibration.validation.rows import NotPredicted
from koebner.calibration.validation.validate import Validation, validate
from koebner.calibration.withdrawal.rows import read_withdrawals
from koebner.cli.options import Json
from koebner.cli.printing import console, print_json, print_table, progress_bar, say
from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.fits import Ensemble, load_ensemble

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
    uvb: Annotated[
        Path | None,
        typer.Option(
            help="CSV of patients under narrow-band UVB with weekly PASI, for the marks of light: one minute."
        ),
    ] = None,
    fit: Annotated[
        str, typer.Option(help="Fit to judge: shipped, or protocol, which has met fewer trials.")
    ] = _SHIPPED,
    out: Annotated[
        Path | None, typer.Option(help="New folder for validation.json and its tables, curves included.")
    ] = None,
    json: Json = False,
) -> None:
    """Compare the fit with published trials; status 1 when a mark is missed.

    Without files: the open trials and withdrawals that ship with Koebner.
    """
    if out is not None:
        check_folder(out)
    ensemble = load_ensemble(fit)
    _check_files(trials, withdrawal)
    light = () if uvb is None else _light_scores(_cohort(uvb))
    with _progress("Simulating", "courses") as progress:
        found = validate(ensemble, trials=trials, withdrawal=withdrawal, light=light, progress=progress)
    if out is not None:
        write_validation(found, out)
    if json:
        print_json(as_json(found))
    else:
        _print(found, ensemble, light)
    if trials is None and withdrawal is None and ensemble.name != _PROTOCOL:
        say(_MET)
    if not found.passed:
        raise typer.Exit(_MISSED)


def _check_files(trials: Path | None, withdrawal: Path | None) -> None:
    """Refuse files that are no such tables before anything long is done."""
    if trials is not None:
        read_published(trials)
    if withdrawal is not None:
        read_withdrawals(withdrawal)


def _cohort(path: Path) -> LightCohort:
    cohort = read_light_cohort(path)
    try:
        check_left_out(cohort)
    except InvalidValueError as error:
        raise InvalidValueError(error.message, file=path) from None
    return cohort


def _light_scores(cohort: LightCohort) -> tuple[PredictorScore, ...]:
    with _progress("Leaving patients out", "fits") as progress:
        return cross_validated(load_model(), cohort, load_phototherapy(), progress=progress)


@contextmanager
def _progress(description: str, counted: str) -> Iterator[Callable[[int, int], None]]:
    with progress_bar(description, total=1, counted=counted) as (bar, task):
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print(found: Validation, ensemble: Ensemble, light: Sequence[PredictorScore]) -> None:
    console().print(
        f"Fit `{found.fit}` ({found.data}): mean over {len(ensemble.members)} members, 90 % intervals for "
        "a trial of the same size.",
        markup=False,
    )
    _print_marks(found.marks)
    _print_arms(found.arms)
    _print_withdrawal(found.withdrawal)
    _print_light(light)
    _print_not_predicted(found.not_predicted)
    console().print(_verdict(found), markup=False)
    say(_RESEARCH)


def _print_marks(marks: Sequence[Mark]) -> None:
    rows = [
        (mark.mark, mark.needed, _reached(mark), _verdict_of(mark), mark.rows, mark.note)
        for mark in marks
        if mark.rows or mark.needed != REPORTED
    ]
    print_table("Marks", ("mark", "needed", "reached", "", "rows", "note"), rows)


def _reached(mark: Mark) -> str:
    """Return what was reached; shares of baseline are small and get three decimals."""
    if mark.reached is not None and mark.needed.endswith("of baseline"):
        return f"{mark.reached:.3f}"
    return _number(mark.reached)


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
        round(row.error, 1) + 0.0,  # an error that is rounded to zero has no sign
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


def _print_light(scores: Sequence[PredictorScore]) -> None:
    if not scores:
        return
    rows = [
        (
            each.predictor,
            f"{each.mean_absolute_error:.3f}",
            f"{each.root_mean_square_error:.3f}",
            "" if math.isnan(each.coverage) else f"{100 * each.coverage:.0f} %",
        )
        for each in scores
    ]
    print_table(
        f"The end of narrow-band UVB from {WEEKS_KNOWN} weeks, patients left out in turn; shares of baseline",
        ("predictor", "mean absolute error", "root mean square error", "inside 90 % interval"),
        rows,
    )


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
