"""The fits of a calibration: members from different seeds, each with its potencies of the other drugs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.anchoring import Anchor, anchor
from koebner.calibration.fitting.checkpoint import once
from koebner.calibration.fitting.figures import Figures
from koebner.calibration.fitting.objective import Objective, Residual, cost
from koebner.calibration.fitting.search import Optimum, find_optimum, polished
from koebner.calibration.protocol import Protocol, Search
from koebner.fits import potencies, potency_name
from koebner.kinetics import Model
from koebner.populations import Population

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Member:
    """One fit.

    Attributes
    ----------
    number
        0 is fitted to the figures as published, the others each to one perturbation of them.
    numbers
        Every number that the fit sets, by name, the potencies of the anchored drugs among them.
    deviates
        Of the priors, `(n_free,)`.
    cost
        Sum of squares of the residuals.
    figures
        Every figure of the common fit beside what the model says.
    anchors
        The potencies that were found afterwards.
    jacobian
        Of the residuals by the deviates, `(n_residuals, n_free)`.
    """

    number: int
    numbers: Mapping[str, float]
    deviates: tuple[float, ...]
    cost: float
    figures: tuple[Residual, ...]
    anchors: tuple[Anchor, ...]
    jacobian: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """What all members of a calibration share."""

    protocol: Protocol
    search: Search
    model: Model
    population: Population
    figures: Figures

    threads: int | None = None

    def objective(self, member: int, n_patients: int, fixed: Mapping[str, float] | None = None) -> Objective:
        """Return what one member minimises: its own patients, its own perturbation."""
        return Objective(
            self.protocol,
            self.model,
            self.population,
            self.population.spread(n_patients, seed=self.protocol.seed + member),
            responses=self.figures.responses,
            withdrawals=self.figures.withdrawals,
            member=member,
            fixed=fixed,
            threads=self.threads,
        )


def fit_member(
    fitting: Fitting,
    member: int,
    *,
    checkpoints: Path | None = None,
    evaluated: Callable[[], None] | None = None,
) -> Member:
    """Fit one member, or read it where it was finished before.

    Parameters
    ----------
    fitting
        What all members share.
    member
        Its number.
    checkpoints
        Folder in which unfinished work is kept; nothing is kept without one.
    evaluated
        Called after each evaluation of the model.
    """
    if checkpoints is None:
        return _fitted(fitting, member, None, evaluated)
    log = checkpoints / f"member-{member}.evaluations"
    kept = checkpoints / f"member-{member}.json"
    return _member_of(once(kept, lambda: asdict(_fitted(fitting, member, log, evaluated))))


def _fitted(fitting: Fitting, member: int, log: Path | None, evaluated: Callable[[], None] | None) -> Member:
    objective = fitting.objective(member, fitting.search.patients)
    optimum = find_optimum(
        fitting.objective(member, fitting.search.patients_first),
        objective,
        fitting.search,
        seed=fitting.protocol.seed,
        member=member,
        log=log,
        evaluated=evaluated,
    )
    return _finished(fitting, objective, optimum, member)


def refitted(
    fitting: Fitting, central: Member, fixed: Mapping[str, float] | None = None
) -> tuple[dict[str, float], float]:
    """Return where least squares ends from a fit, what is fitted being another, and the cost there.

    Parameters
    ----------
    fitting
        With what is fitted now.
    central
        Where the search begins.
    fixed
        Numbers that are held.

    Returns
    -------
    tuple
        Every number, potencies of anchored drugs among them, and the sum of squares of the residuals.
    """
    objective = fitting.objective(central.number, fitting.search.patients, fixed)
    deviates, residuals, _ = polished(
        objective.residuals, np.asarray(central.deviates), fitting.search.polish
    )
    values = {**fitting.protocol.values(deviates), **(fixed or {})}
    return _with_potencies(values, anchored(fitting, values, central.number)), cost(residuals)


def _with_potencies(values: Mapping[str, float], anchors: Iterable[Anchor]) -> dict[str, float]:
    return {**values, **{potency_name(each.therapy): each.potency for each in anchors}}


def _finished(fitting: Fitting, objective: Objective, optimum: Optimum, member: int) -> Member:
    values = fitting.protocol.values(optimum.deviates)
    anchors = anchored(fitting, values, member)
    return Member(
        number=member,
        numbers=_with_potencies(values, anchors),
        deviates=tuple(float(each) for each in optimum.deviates),
        cost=optimum.cost,
        figures=objective.compare(optimum.deviates),
        anchors=anchors,
        jacobian=tuple(tuple(float(each) for each in row) for row in optimum.jacobian),
    )


def anchored(fitting: Fitting, values: Mapping[str, float], member: int) -> tuple[Anchor, ...]:
    """Return the potencies of the anchored drugs in a parameter set."""
    protocol = fitting.protocol
    fitted = potencies(values)
    cohort = fitting.population.spread(fitting.search.patients_first, seed=protocol.seed + member)
    found = []
    for therapy, targets in fitting.figures.anchors.items():
        found.append(
            anchor(
                therapy,
                targets,
                values,
                model=fitting.model,
                population=fitting.population,
                cohort=cohort,
                likelihood=protocol.likelihood,
                prior=protocol.potency_centre(therapy, fitted),
                seed=protocol.seed,
                member=member,
                threads=fitting.threads,
            )
        )
    return tuple(found)


def _member_of(content: Mapping[str, Any]) -> Member:
    """Return a member from what a file of it holds."""
    return Member(
        number=content["number"],
        numbers=content["numbers"],
        deviates=tuple(content["deviates"]),
        cost=content["cost"],
        figures=tuple(Residual(**each) for each in content["figures"]),
        anchors=tuple(Anchor(**each) for each in content["anchors"]),
        jacobian=tuple(tuple(row) for row in content["jacobian"]),
    )
