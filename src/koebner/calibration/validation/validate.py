"""What a frozen ensemble says of published trials, arm by arm, beside what they found.

Every row is kept: answered, or listed with the reason why not. `koebner.calibration.validation.marks` judges.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from koebner.calibration.fitting.figures import Data
from koebner.calibration.fitting.prediction import PATIENTS
from koebner.calibration.light.checks import PredictorScore
from koebner.calibration.protocol import Protocol, load_protocol
from koebner.calibration.validation.curves import (
    RelapseCurve,
    ResponseCurve,
    relapse_curves,
    response_curves,
)
from koebner.calibration.validation.judging import judged_arms, judged_figures
from koebner.calibration.validation.mark import Mark
from koebner.calibration.validation.marks import marks_of
from koebner.calibration.validation.results import JudgedArm, JudgedFigure, Untreated
from koebner.calibration.validation.rows import (
    AskedArm,
    NotPredicted,
    Role,
    asked_of,
    file_rows,
    open_rows,
)
from koebner.calibration.validation.simulation import answers_of
from koebner.calibration.validation.summary import summary_of
from koebner.calibration.validation.withdrawal import AskedFigure, figure_of_row
from koebner.calibration.withdrawal.rows import read_withdrawals
from koebner.calibration.withdrawal.studies import load_withdrawal_figures
from koebner.disease import load_model
from koebner.fits import Ensemble
from koebner.kinetics import Model
from koebner.populations import Population, load_population


@dataclass(frozen=True, kw_only=True)
class Validation:
    """What an ensemble says of published trials, and which marks it reaches.

    Attributes
    ----------
    fit, data
        Name of the ensemble, and which figures it was fitted to, in words.
    arms, withdrawal
        Every row that was answered.
    not_predicted
        Every other row, with the reason.
    responders, relapse
        Curves between the rows, of every treatment and every withdrawal.
    untreated
        Mean relative PASI of the untreated.
    marks
        Passed, missed, or not judged.
    summary
        Counts, errors and comparators, ready for JSON.
    """

    fit: str
    data: str
    arms: tuple[JudgedArm, ...]
    withdrawal: tuple[JudgedFigure, ...]
    not_predicted: tuple[NotPredicted, ...]
    responders: tuple[ResponseCurve, ...]
    relapse: tuple[RelapseCurve, ...]
    untreated: Untreated
    marks: tuple[Mark, ...]
    summary: Mapping[str, Any]

    @property
    def passed(self) -> bool:
        """Whether no mark that was judged is missed."""
        return all(mark.passed is not False for mark in self.marks)

    def arms_of(self, role: Role) -> tuple[JudgedArm, ...]:
        """Return the arms of one role in the protocol."""
        return tuple(arm for arm in self.arms if arm.asked.role == role)


def validate(
    ensemble: Ensemble,
    *,
    trials: Path | None = None,
    withdrawal: Path | None = None,
    data: Data | None = None,
    model: Model | None = None,
    population: Population | None = None,
    protocol: Protocol | None = None,
    light: Sequence[PredictorScore] = (),
    n_patients: int = PATIENTS,
    progress: Callable[[int, int], None] | None = None,
) -> Validation:
    """Compare an ensemble with published trials.

    Parameters
    ----------
    ensemble
        The frozen parameter sets.
    trials, withdrawal
        Files of published results; the evidence tables when both are left out.
    data
        Which figures the ensemble was fitted to; by its name when left out.
    model, population, protocol
        The shipped ones when left out.
    light
        How predictors fare on patients under light left out; their marks are not judged without.
    n_patients
        Patients of each arm, a power of two.
    progress
        Called with how many of how many simulations are done.

    Raises
    ------
    InvalidValueError
        A file lacks a column.
    EvidenceError
        A file cannot be read or has no row.
    """
    protocol = protocol or load_protocol()
    model = model or load_model()
    found, refused = _asked(trials, withdrawal, protocol)
    figures = _figures(trials, withdrawal, protocol)
    return judged(
        ensemble,
        found,
        figures[0],
        not_predicted=(*refused, *figures[1]),
        data=data or ("protocol" if ensemble.name == "protocol" else "open"),
        model=model,
        population=population or load_population(),
        protocol=protocol,
        of_files=trials is not None or withdrawal is not None,
        light=light,
        n_patients=n_patients,
        progress=progress,
    )


def judged(
    ensemble: Ensemble,
    rows: Sequence[AskedArm],
    figures: Sequence[AskedFigure] = (),
    *,
    not_predicted: Iterable[NotPredicted] = (),
    data: Data,
    model: Model,
    population: Population,
    protocol: Protocol,
    of_files: bool = False,
    light: Sequence[PredictorScore] = (),
    n_patients: int = PATIENTS,
    progress: Callable[[int, int], None] | None = None,
) -> Validation:
    """Answer rows and figures, and judge the answers; see `validate`.

    Parameters
    ----------
    rows, figures
        What is asked.
    not_predicted
        Rows that were refused before.
    of_files
        Whether they come from files of a user, which the marks of trials kept back are for.
    """
    answers = answers_of(
        rows,
        figures,
        ensemble,
        protocol=protocol,
        model=model,
        population=population,
        n_patients=n_patients,
        progress=progress,
    )
    arms, arms_refused = judged_arms(rows, answers, protocol, data)
    stopped, stopped_refused = judged_figures(figures, answers, protocol, data)
    untreated = Untreated.of(answers.untreated, answers.injured)
    known = asked_of(open_rows(protocol))
    marks = marks_of(
        arms, stopped, untreated, known=known, protocol=protocol, data=data, of_files=of_files, light=light
    )
    refused = (*not_predicted, *arms_refused, *stopped_refused)
    summary = summary_of(arms, stopped, known=known, protocol=protocol)
    counts = {"predicted": len(arms), "withdrawal": len(stopped), "not_predicted": len(refused)}
    return Validation(
        fit=ensemble.name,
        data=ensemble.data,
        arms=arms,
        withdrawal=stopped,
        not_predicted=refused,
        responders=response_curves(rows, answers, protocol.likelihood),
        relapse=relapse_curves(figures, answers, protocol.likelihood),
        untreated=untreated,
        marks=marks,
        summary={
            "fit": ensemble.name,
            "fitted_to": ensemble.data,
            "members": len(ensemble.members),
            "patients": n_patients,
            "rows": counts,
            **summary,
            **({"light": [asdict(each) for each in light]} if light else {}),
        },
    )


def _asked(
    trials: Path | None, withdrawal: Path | None, protocol: Protocol
) -> tuple[tuple[AskedArm, ...], tuple[NotPredicted, ...]]:
    if trials is None and withdrawal is not None:
        return (), ()
    rows = open_rows(protocol) if trials is None else file_rows(trials, protocol)
    return asked_of(rows), tuple(row for row in rows if isinstance(row, NotPredicted))


def _figures(
    trials: Path | None, withdrawal: Path | None, protocol: Protocol
) -> tuple[tuple[AskedFigure, ...], tuple[NotPredicted, ...]]:
    """Return the figures of withdrawal that are asked, and those that cannot be."""
    if withdrawal is None:
        return (open_figures(protocol), ()) if trials is None else ((), ())
    figures, refused = [], []
    for row in read_withdrawals(withdrawal):
        figure = figure_of_row(row, fitted=_fitted_figures(protocol))
        if isinstance(figure, AskedFigure):
            figures.append(figure)
        else:
            reason = f"line {row.line} of withdrawals: {figure}"
            refused.append(NotPredicted(trial=row.trial, arm=row.drug, reason=reason))
    return tuple(figures), tuple(refused)


def open_figures(protocol: Protocol) -> tuple[AskedFigure, ...]:
    """Return the reviewed figures of withdrawal, each with its role in the protocol."""
    fitted = _fitted_figures(protocol)
    return tuple(
        AskedFigure(
            id=name,
            trial=figure.study.id.split("/")[0],
            drug=figure.study.id.split("/")[-1],
            metric=figure.name,
            figure=figure,
            role="fitted" if (figure.study.id, figure.name) in fitted else "held out",
        )
        for name, figure in load_withdrawal_figures().items()
    )


def _fitted_figures(protocol: Protocol) -> frozenset[tuple[str, str]]:
    return frozenset(
        (f"{each.study}/{each.therapy}", metric)
        for each in protocol.fitted_withdrawal
        for metric in each.metrics
    )
