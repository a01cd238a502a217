"""What one draw of the parameters predicts for patients treated as those of a published case were.

The same virtual patients are held under every draw, so that draws differ by their parameters only. The noise
of scoring, the placebo response and dropout are averaged analytically, with `responder_percent`. Left out:
that PASI is recorded to 0.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.responses import responder_percent
from koebner.calibration.msc.likelihood import outcomes_of
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.populations import Population
from koebner.simulation import simulate
from koebner.therapies import Therapy
from koebner.trials.case_files import Case
from koebner.trials.observation import VisitModel, visit_model

Array = NDArray[np.float64]

LATER_WEEKS = (26.0, 52.0)
_OUTPUTS = ("PASI", "sign_mean")
# The sPGA is the nearest class, so that below this mean of the signs it is 0 or 1.
_CLEAR_OR_MINIMAL = 1.5
_HALF = 0.5
_LEAST = 1e-12


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A share of patients that is predicted.

    Attributes
    ----------
    name
        Its key.
    words
        What a patient counted in it has reached, with the week.
    week
        Week since the first dose.
    recorded
        Whether it is as visits record it, with placebo response, noise and dropout; otherwise the
        effect of the cells alone.
    """

    name: str
    words: str
    week: float
    recorded: bool = True


def quantities_of(case: Case) -> tuple[Quantity, ...]:
    """Return what is predicted for a case: its two outcomes, then half a year and a year.

    Examples
    --------
    >>> from koebner.trials.case_files import case_named
    >>> [each.name for each in quantities_of(case_named("cheng-2022").case)][:3]
    ['improved', 'clear', 'PASI50 week 26']
    """
    improved, clear = outcomes_of(case)
    at = f"at week {improved.week:g}"
    recorded = [
        Quantity(name=f"PASI50 week {week:g}", words=f"PASI50 at week {week:g}", week=week)
        for week in LATER_WEEKS
    ]
    alone = [
        Quantity(
            name=f"cells alone week {week:g}",
            words=f"PASI halved at week {week:g} by the cells alone",
            week=week,
            recorded=False,
        )
        for week in LATER_WEEKS
    ]
    return (
        Quantity(name="improved", words=f"{improved.quantity} {at}", week=improved.week),
        Quantity(name="clear", words=f"{clear.quantity} {at}", week=clear.week),
        *recorded,
        *alone,
    )


def cohort_like(case: Case, population: Population, *, seed: int, copies: int) -> Cohort:
    """Return virtual patients of a case, `copies` times as many: those of one group stand together."""
    return population.sample(case.n * copies, seed=seed)


def predicted_shares(
    case: Case,
    model: Model,
    cohort: Cohort,
    therapies: Sequence[Therapy | None],
    *,
    threads: int | None = None,
) -> dict[str, float]:
    """Return the share of patients that reaches each quantity of the case, by name, from 0 to 1.

    Parameters
    ----------
    case
        Who gets what, and when it is looked at.
    model
        The disease, with the parameters of one draw.
    cohort
        Of `cohort_like`.
    therapies
        What each group of the case gets; None for nothing.

    Raises
    ------
    SolverError
        A patient could not be simulated.
    """
    weeks = (0.0, outcomes_of(case)[0].week, *LATER_WEEKS)
    pasi, sign = _courses(case, model, cohort, therapies, weeks, threads)
    visit = visit_model(model)
    relative = {week: pasi[:, i] / pasi[:, 0] for i, week in enumerate(weeks)}
    seen = _at_the_report(case, relative[weeks[1]], sign[:, 1], visit)
    for quantity in quantities_of(case)[2:]:
        known = relative[quantity.week]
        seen[quantity.name] = (
            responder_percent(known, quantity.week, "PASI50", visit) / 100.0
            if quantity.recorded
            else float(np.mean(known <= _HALF))
        )
    return seen


def _courses(
    case: Case,
    model: Model,
    cohort: Cohort,
    therapies: Sequence[Therapy | None],
    weeks: Sequence[float],
    threads: int | None,
) -> tuple[Array, Array]:
    """Return PASI and mean of the signs of all patients, each `(n_patients, n_weeks)`."""
    copies, first = len(cohort) // case.n, 0
    pasi, sign = [], []
    for group, therapy in zip(case.groups, therapies, strict=True):
        members = cohort.subset(np.arange(first, first + group.patients * copies))
        course = simulate(
            model,
            members,
            therapy,
            weeks=weeks[-1],
            at_weeks=list(weeks),
            outputs=list(_OUTPUTS),
            threads=threads,
        )
        pasi.append(course["PASI"].to_numpy())
        sign.append(course["sign_mean"].to_numpy())
        first += len(members)
    return np.vstack(pasi), np.vstack(sign)


def _at_the_report(case: Case, relative: Array, sign: Array, visit: VisitModel) -> dict[str, float]:
    """Return the two shares of the report; who is clear or minimal without having improved counts as neither.

    A visit records `deviation` times the true PASI; the signs deviate by a power of it. Both outcomes are
    reached where its log lies below a limit, and no PASI is recorded below the limit of detection.
    """
    improved, clear = outcomes_of(case)
    kept = 1.0 - (improved.percent or 0.0) / 100.0
    known = np.log(np.maximum(relative, _LEAST))
    to_improved = np.log(kept) - known
    to_clear = (np.log(_CLEAR_OR_MINIMAL) - np.log(np.maximum(sign, _LEAST))) / visit.exponent_signs
    to_undetected = np.log(visit.detection_limit) - known
    to_both = np.minimum(to_improved, np.maximum(to_clear, to_undetected))
    return {
        "improved": _reached(to_improved, improved.week, visit),
        "clear": _reached(to_both, clear.week, visit),
    }


def _reached(log_deviation: Array, week: float, visit: VisitModel) -> float:
    """Return the share whose visit deviates by less: as a PASI50 of plaques that lie as far from a half."""
    return responder_percent(_HALF * np.exp(-log_deviation), week, "PASI50", visit) / 100.0
