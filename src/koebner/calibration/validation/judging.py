"""From what the members say to rows beside what was published; a row that failed keeps its reason."""

from collections.abc import Sequence

import numpy as np

from koebner.calibration.fitting.figures import Data, figures_of, fitted_drugs
from koebner.calibration.protocol import Protocol
from koebner.calibration.validation.intervals import predicted_arm
from koebner.calibration.validation.results import JudgedArm, JudgedFigure
from koebner.calibration.validation.rows import AskedArm, NotPredicted
from koebner.calibration.validation.simulation import MemberAnswers, course_name
from koebner.calibration.validation.withdrawal import AskedFigure, predicted_figure


def met_rows(protocol: Protocol, data: Data) -> frozenset[tuple[str, str, float, str]]:
    """Return study, arm, week and endpoint of the responder rates that a fit to these data met."""
    met = figures_of(protocol, data).rates
    return frozenset((target.study, target.arm, target.week, target.endpoint) for target in met)


def judged_arms(
    rows: Sequence[AskedArm], answers: MemberAnswers, protocol: Protocol, data: Data
) -> tuple[tuple[JudgedArm, ...], tuple[NotPredicted, ...]]:
    """Return the rows beside their answers, and those whose simulation failed.

    Parameters
    ----------
    rows
        What was asked.
    answers
        Of all members.
    protocol, data
        Which rows the fit has met.
    """
    met = met_rows(protocol, data)
    arms, refused = [], []
    for i, row in enumerate(rows):
        values = answers.values[:, i]
        if not np.isfinite(values).all():
            reason = answers.refused.get(course_name(row), "the simulation failed.")
            refused.append(NotPredicted(trial=row.trial, arm=row.arm, reason=_placed(row.id, reason)))
            continue
        by_affinity = answers.affinity[:, i]
        arms.append(
            JudgedArm(
                asked=row,
                predicted=predicted_arm(
                    row, values, answers.spread[:, i], answers.leverage[:, i], protocol.likelihood
                ),
                members=tuple(float(value) for value in values),
                affinity=float(by_affinity.mean()) if np.isfinite(by_affinity).all() else None,
                met=(row.study, row.label, row.week, row.endpoint) in met,
            )
        )
    return tuple(arms), tuple(refused)


def judged_figures(
    figures: Sequence[AskedFigure], answers: MemberAnswers, protocol: Protocol, data: Data
) -> tuple[tuple[JudgedFigure, ...], tuple[NotPredicted, ...]]:
    """Return the figures of withdrawal beside their answers, and those whose simulation failed.

    Parameters
    ----------
    figures, answers, protocol, data
        As of `judged_arms`.
    """
    common = fitted_drugs(protocol)
    found, refused = [], []
    for figure, told in zip(figures, answers.figures, strict=True):
        if not told:
            reason = answers.refused.get(figure.course, "the simulation failed.")
            refused.append(
                NotPredicted(trial=figure.trial, arm=figure.drug, reason=_placed(figure.id, reason))
            )
            continue
        known = bool(figure.figure.study.source)
        found.append(
            JudgedFigure(
                asked=figure,
                predicted=predicted_figure(
                    told, figure.figure, likelihood=protocol.likelihood, name=figure.id
                ),
                met=figure.role == "fitted"
                or (data == "open" and known and figure.figure.study.therapy in common),
            )
        )
    return tuple(found), tuple(refused)


def _placed(place: str, reason: str) -> str:
    return f"{place}: {reason}" if place.startswith("line ") else reason
