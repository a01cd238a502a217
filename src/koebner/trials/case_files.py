"""The published reports of MSC in psoriasis, each as a cohort that can be held again.

`cases.toml` says who was treated how, what was reported, and what had to be assumed where the report is
silent. Number of patients, design, level and confounders come from the evidence tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, reduce
from importlib.resources import files
from itertools import pairwise
from operator import add
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from koebner.catalogs import Strict, read_entry
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.evidence import MscStudy, load_msc_studies
from koebner.therapies import Therapy, load
from koebner.trials.endpoints import responder_endpoint
from koebner.trials.relapse import COMMON_DEFINITION, definition_named

_FILE = Path(str(files("koebner.trials"))) / "cases.toml"

Measure = Literal["PASI", "DLQI", "improved", "fallen", "endpoint", "free of relapse"]
SCORES: tuple[Measure, ...] = ("PASI", "DLQI")


class Given(Strict):
    """One product by one route at some weeks; of the two doses the one that fits the route is given."""

    therapy: str
    weeks: tuple[float, ...] = Field(min_length=1)
    route: str
    cells_per_kg: float | None = None
    cells_per_cm2: float | None = None

    def loaded(self) -> Therapy:
        """Return it as a therapy."""
        return load(
            self.therapy,
            weeks=self.weeks,
            route=self.route,
            cells_per_kg=self.cells_per_kg,
            cells_per_cm2=self.cells_per_cm2,
        )


class Group(Strict):
    """Patients who were treated alike, with all that is `given` at its own weeks."""

    patients: int = Field(gt=0)
    given: tuple[Given, ...] = Field(min_length=1)

    def therapy(self) -> Therapy:
        """Return what the group gets."""
        first, *others = (each.loaded() for each in self.given)
        return reduce(add, others, first)


class CaseOutcome(Strict):
    """One reported outcome that is a number or a yes or no, and how it is read in a virtual cohort.

    Attributes
    ----------
    measure
        "PASI" and "DLQI" are the recorded score of one patient [points]; the others count patients:
        "improved" by at least `percent`, "fallen" to a PASI below baseline, reaching an `endpoint`,
        or "free of relapse" from a response that was there by `responded_by_week` until `week`.
    week
        Week since the first dose; one of the visits of the case.
    observed
        What was reported [points or patients]; a lower bound with `at_least`.
    patients
        Whom it is about, counted from 1; all when left out.
    complete
        Whether the report knows how all of them fared; otherwise the model's dropout applies, and who
        is not seen counts as a non-responder.
    """

    quantity: str = Field(min_length=1)
    measure: Measure
    week: float = Field(gt=0)
    observed: float = Field(ge=0)
    at_least: bool = False
    patients: tuple[int, ...] = ()
    complete: bool = False
    percent: float | None = None
    endpoint: str | None = None
    definition: str = COMMON_DEFINITION
    responded_by_week: float | None = None

    @model_validator(mode="after")
    def _needs(self) -> "CaseOutcome":
        needed = {"improved": "percent", "endpoint": "endpoint", "free of relapse": "responded_by_week"}
        missing = needed.get(self.measure)
        if missing is not None and getattr(self, missing) is None:
            raise ValueError(f"`{self.measure}` needs `{missing}`")
        if self.measure in SCORES and not (len(self.patients) == 1 and self.complete):
            raise ValueError(f"`{self.measure}` is of one patient who was seen: `patients` of 1, `complete`")
        return self

    @property
    def is_count(self) -> bool:
        """Whether patients are counted; otherwise it is a score in points."""
        return self.measure not in SCORES


class Case(Strict):
    """One report as a virtual cohort; patients are numbered from 1 through the groups in turn.

    Attributes
    ----------
    used_for_fitting
        "no", or in which way the report was in view when numbers were chosen.
    assumed
        What the report does not say and had to be assumed, a sentence each.
    visits_weeks
        Weeks of the visits, the first 0.
    baseline_pasi, years_since_onset
        What is known of each patient; drawn from the population when left out.
    """

    used_for_fitting: str = Field(min_length=1)
    assumed: tuple[str, ...]
    visits_weeks: tuple[float, ...] = Field(min_length=2)
    groups: tuple[Group, ...] = Field(min_length=1)
    outcomes: tuple[CaseOutcome, ...] = Field(min_length=1)
    baseline_pasi: tuple[float, ...] = ()
    years_since_onset: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _agrees(self) -> "Case":
        visits = self.visits_weeks
        if visits[0] != 0 or any(b <= a for a, b in pairwise(visits)):
            raise ValueError(f"visits {list(visits)} are no rising weeks from 0")
        for known in (self.baseline_pasi, self.years_since_onset):
            if known and len(known) != self.n:
                raise ValueError(f"{len(known)} values for {self.n} patients")
        for outcome in self.outcomes:
            if outcome.week not in visits:
                raise ValueError(f"week {outcome.week:g} of `{outcome.quantity}` is no visit")
            if any(not 1 <= patient <= self.n for patient in outcome.patients):
                raise ValueError(f"`{outcome.quantity}` is of a patient outside 1 to {self.n}")
        return self

    @property
    def n(self) -> int:
        """Number of patients."""
        return sum(group.patients for group in self.groups)

    @property
    def last_dose_weeks(self) -> tuple[float, ...]:
        """Week of the last dose of each patient."""
        last = [(max(max(each.weeks) for each in group.given), group.patients) for group in self.groups]
        return tuple(week for week, patients in last for _ in range(patients))

    def positions(self, outcome: CaseOutcome) -> list[int]:
        """Return the places, from 0, of the patients an outcome is about."""
        return [patient - 1 for patient in outcome.patients] or list(range(self.n))

    @property
    def known(self) -> dict[str, tuple[float, ...]]:
        """Covariates that the report gives for each patient."""
        given = {"pasi": self.baseline_pasi, "years_since_onset": self.years_since_onset}
        return {name: values for name, values in given.items() if values}


class Selection(Strict):
    """Of how many like cohorts the best one is taken to have been reported."""

    reported_of: int = Field(gt=0)
    source: str = Field(min_length=1)


class _CasesFile(Strict):
    selection: Selection
    cases: dict[str, Case]


@dataclass(frozen=True, kw_only=True)
class PublishedCase:
    """A case with what the evidence tables say of the same study; `name` is that of the study."""

    name: str
    case: Case
    study: MscStudy


@cache
def load_cases() -> Mapping[str, PublishedCase]:
    """Return all published cases by name, in the order of the file.

    Raises
    ------
    InvalidValueError
        The file departs from its shape, or from the evidence tables in the number of patients.

    Examples
    --------
    >>> load_cases()["yao-2021"].case.n
    7
    """
    described = {row.study: row for row in load_msc_studies()}
    cases = {}
    for name, case in _read().cases.items():
        if name not in described or described[name].n != case.n:
            raise InvalidValueError(
                f"`{name}` has {case.n} patients; expected a study of the evidence tables with as many.",
                file=_FILE,
            )
        _check_names(case)
        cases[name] = PublishedCase(name=name, case=case, study=described[name])
    return cases


def case_named(name: str) -> PublishedCase:
    """Return a published case; an unknown name raises UnknownNameError with the closest ones."""
    if name not in load_cases():
        raise UnknownNameError("case", name, load_cases(), hint="List them with `koebner cases list`.")
    return load_cases()[name]


def load_selection() -> Selection:
    """Return the assumption about selective reporting."""
    return _read().selection


@cache
def _read() -> _CasesFile:
    return read_entry(_FILE, _CasesFile)


def _check_names(case: Case) -> None:
    for outcome in case.outcomes:
        definition_named(outcome.definition)
        if outcome.endpoint is not None:
            responder_endpoint(outcome.endpoint)
