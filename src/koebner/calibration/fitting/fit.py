"""The fits of a calibration: members from different seeds, each with its potencies of the other drugs."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.anchoring import Anchor, anchor
from koebner.calibration.fitting.figures import Figures
from koebner.calibration.fitting.objective import Objective, Residual
from koebner.calibration.fitting.search import Optimum, find_optimum
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
    kept = None if checkpoints is None else checkpoints / f"member-{member}.json"
    if kept is not None and kept.exists():
        return read_member(kept)
    objective = fitting.objective(member, fitting.search.patients)
    log = None if checkpoints is None else checkpoints / f"member-{member}.evaluations"
    optimum = find_optimum(
        fitting.objective(member, fitting.search.patients_first),
        objective,
        fitting.search,
        seed=fitting.protocol.seed,
        member=member,
        log=log,
        evaluated=evaluated,
    )
    found = _finished(fitting, objective, optimum, member)
    if kept is not None:
        write_member(kept, found)
    return found


def _finished(fitting: Fitting, objective: Objective, optimum: Optimum, member: int) -> Member:
    values = fitting.protocol.values(optimum.deviates)
    anchors = anchored(fitting, values, member)
    return Member(
        number=member,
        numbers={**values, **{potency_name(each.therapy): each.potency for each in anchors}},
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


def write_member(path: Path, member: Member) -> None:
    """Write a member to a file; a file that is there is whole."""
    unfinished = path.with_suffix(".writing")
    unfinished.write_text(json.dumps(asdict(member)), encoding="utf-8")
    unfinished.rename(path)


def read_member(path: Path) -> Member:
    """Return the member of a file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Member(
        number=content["number"],
        numbers=content["numbers"],
        deviates=tuple(content["deviates"]),
        cost=content["cost"],
        figures=tuple(Residual(**each) for each in content["figures"]),
        anchors=tuple(Anchor(**each) for each in content["anchors"]),
        jacobian=tuple(tuple(row) for row in content["jacobian"]),
    )
