"""The same patients under several therapies, simulated again and again with other numbers.

A fit asks thousands of times how the same patients fare with other parameters. What does not change, the
equations of disease and drugs and the doses of each patient, is prepared once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.errors import UnknownNameError
from koebner.fits import WIDTH
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.populations import Population
from koebner.simulation import Triggers
from koebner.simulation.dosing import planned_doses
from koebner.simulation.simulate import METHOD, composed_with
from koebner.solver import Doses, integrate
from koebner.therapies import Therapy
from koebner.units import DAYS_PER_WEEK

Array = NDArray[np.float64]

# Relative PASI is then right to 2e-4, a fiftieth of what separates PASI90 from PASI91.
RTOL = 1e-3
ATOL = 1e-6


@dataclass(frozen=True, kw_only=True)
class Course:
    """What the patients get, and the weeks at which they are looked at, rising."""

    therapy: Therapy | None
    weeks: tuple[float, ...]
    triggers: Triggers | None = None


def weeks_by_course(visits: Iterable[tuple[str, float]]) -> dict[str, tuple[float, ...]]:
    """Return the weeks at which each course is looked at, rising, from (course, week) in any order.

    Examples
    --------
    >>> weeks_by_course([("a", 16.0), ("b", 4.0), ("a", 12.0)])
    {'a': (12.0, 16.0), 'b': (4.0,)}
    """
    weeks: dict[str, set[float]] = {}
    for course, week in visits:
        weeks.setdefault(course, set()).add(week)
    return {course: tuple(sorted(seen)) for course, seen in weeks.items()}


@dataclass(frozen=True, kw_only=True)
class Fared:
    """How the patients fared in a course.

    Parameters
    ----------
    weeks
        Weeks looked at, `(n_weeks,)`.
    pasi, relative, sign
        PASI [points], PASI relative to the patient's own lesion and mean sign (0 to 4),
        `(n_patients, n_weeks)`; NaN for a patient whose integration failed.
    """

    weeks: Array
    pasi: Array
    relative: Array
    sign: Array

    def at(self, week: float) -> Array:
        """Return the relative PASI at a week, `(n_patients,)`."""
        place = int(np.searchsorted(self.weeks, week))
        if place == len(self.weeks) or self.weeks[place] != week:
            raise UnknownNameError("week", f"{week:g}", [f"{each:g}" for each in self.weeks])
        return self.relative[:, place]


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    whole: Model
    doses: Doses | None
    days: Array


class Rehearsal:
    """Patients and courses, prepared for many parameter sets.

    Parameters
    ----------
    model
        The disease.
    population, cohort
        The patients, and the population they were drawn from.
    courses
        What they are simulated under, by name.
    threads
        As of `koebner.solver.integrate`.
    """

    def __init__(
        self,
        model: Model,
        population: Population,
        cohort: Cohort,
        courses: Mapping[str, Course],
        *,
        threads: int | None = None,
    ) -> None:
        self.model = model
        self.population = population
        self.cohort = cohort
        self.courses = dict(courses)
        self.threads = threads
        self._prepared = {name: self._prepare(course) for name, course in self.courses.items()}

    def _prepare(self, course: Course) -> _Prepared:
        weeks = course.weeks[-1]
        restarts: list[list[float]] = [[] for _ in range(len(self.cohort))]
        given = planned_doses(course.therapy, self.model, self.cohort, weeks=weeks, restarts=restarts)
        if course.triggers is not None:
            given = course.triggers.doses(self.model, self.cohort.patients.tolist(), weeks)
        return _Prepared(
            whole=composed_with(self.model, course.therapy),
            doses=given,
            days=np.asarray(course.weeks) * DAYS_PER_WEEK,
        )

    def run(self, values: Mapping[str, float], only: Iterable[str] | None = None) -> dict[str, Fared]:
        """Simulate the courses with other numbers.

        Parameters
        ----------
        values
            Parameters of the disease, "THERAPY.SYMBOL" for numbers of a drug, "sd of PARAMETER" for how
            widely patients differ in one.
        only
            Names of courses; all when left out.
        """
        disease = {name: value for name, value in values.items() if name in self.model.parameters}
        patients = scaled(self.cohort, self.population, values).parameters(
            self.model.with_parameters(**disease)
        )
        names = self.courses if only is None else only
        return {name: self._fare(self._prepared[name], {**disease, **patients}, values) for name in names}

    def _fare(
        self, prepared: _Prepared, parameters: Mapping[str, float | Array], values: Mapping[str, float]
    ) -> Fared:
        drugs = {
            symbol: value
            for name, value in values.items()
            if (symbol := name.replace(".", "_")) in prepared.whole.parameters and "." in name
        }
        solution = integrate(
            prepared.whole,
            times=prepared.days,
            n_patients=len(self.cohort),
            parameters={**parameters, **drugs},
            doses=prepared.doses,
            outputs=["PASI", "PASI_relative", "sign_mean"],
            method=METHOD,
            rtol=RTOL,
            atol=ATOL,
            threads=self.threads,
        )
        return Fared(
            weeks=prepared.days / DAYS_PER_WEEK,
            pasi=solution.column("PASI"),
            relative=solution.column("PASI_relative"),
            sign=solution.column("sign_mean"),
        )


def scaled(cohort: Cohort, population: Population, values: Mapping[str, float]) -> Cohort:
    """Return patients of a population with their deviations in some parameters spread to another width.

    Parameters
    ----------
    cohort, population
        The patients, and the population they were drawn from.
    values
        "sd of PARAMETER" gives the new standard deviation; other names are left alone.
    """
    drawn_with = {entry.parameter: entry.sd for entry in population.entry.deviations}
    wanted = {name.removeprefix(WIDTH): width for name, width in values.items() if name.startswith(WIDTH)}
    unknown = next((parameter for parameter in wanted if parameter not in drawn_with), None)
    if unknown is not None:
        raise UnknownNameError("deviation", unknown, drawn_with)
    return cohort.widened({parameter: width / drawn_with[parameter] for parameter, width in wanted.items()})
