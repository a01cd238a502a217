"""The typed rows of the shipped tables.

Every row is frozen, carries the study it belongs to, the source it is cited from and its evidence
level, and has an `id` built from its own fields. Empty cells are None. Leaves out how files are read.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from koebner.evidence.grades import MECHANISM_GRADES, Design, Grade, Level

_EDGE = re.compile(r"[A-Za-z]\w*>[A-Za-z]\w*", re.ASCII)


def none_if_empty(cell: object) -> object:
    """Return None for an empty cell, any other cell unchanged."""
    return None if cell == "" else cell


def _split(cell: object) -> object:
    return tuple(part for part in cell.split(";") if part) if isinstance(cell, str) else cell


Number = Annotated[float | None, BeforeValidator(none_if_empty)]
Count = Annotated[Annotated[int, Field(gt=0)] | None, BeforeValidator(none_if_empty)]
Responders = Annotated[Annotated[int, Field(ge=0)] | None, BeforeValidator(none_if_empty)]
Keys = Annotated[tuple[str, ...], BeforeValidator(_split)]
Week = Annotated[float | Literal["end of course"] | None, BeforeValidator(none_if_empty)]


class Row(BaseModel):
    """What all rows share: where the number comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    level: Level

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of all sources of the row, the main one first."""
        return (self.source,)


class TrialResult(Row):
    """Response of one arm at one visit: `value` [%] of `n` patients reached `endpoint`."""

    study: str
    arm: str
    therapy: str
    dose: str
    n: Count
    week: Week
    endpoint: str
    value: float
    responders: Responders
    unit: str

    @property
    def id(self) -> str:
        """For example "erasure-2014/secukinumab-300/12/PASI75"."""
        return "/".join((self.study, slug(self.arm), _week_slug(self.week), self.endpoint))


class WithdrawalResult(Row):
    """What became of a response after the last dose: `metric` at `week` [weeks] counted from `clock`.

    `value` [`unit`] with `low` and `high` where the source gives an interval; `definition` is the
    relapse of that study, and the only one under which the row may be compared.
    """

    study: str
    arm: str
    therapy: str
    population: str
    n: Count
    definition: str
    metric: str
    week: Week
    clock: str
    value: float
    low: Number
    high: Number
    responders: Responders
    unit: str

    @property
    def id(self) -> str:
        """Study, arm, population, metric and week."""
        parts = (self.study, slug(self.arm), slug(self.population), slug(self.metric))
        return "/".join((*parts, _week_slug(self.week)))


class MscStudy(Row):
    """One published study of mesenchymal stem cells (MSC) in people with psoriasis.

    `cells_per_kg_low` and `cells_per_kg_high` [cells/kg] are None where the dose is not given by body
    weight. `responders` of `responders_of` reached `response`; `clear_or_minimal` of the same.
    """

    study: str
    name: str
    therapy: str
    source_tissue: str
    donor: str
    design: Design
    n: int = Field(gt=0)
    completed: Count
    followed: Count
    population: str
    cells_per_kg_low: Number
    cells_per_kg_high: Number
    dose: str
    route: str
    schedule: str
    pasi: str
    responders: Responders
    responders_of: Count
    response: str
    clear_or_minimal: Responders
    follow_up_weeks: float
    safety: str
    mechanism: str
    confounders: str
    contradictions: str
    registration: str

    @property
    def id(self) -> str:
        """The name of the study."""
        return self.study


class PharmacokineticValue(Row):
    """One pharmacokinetic or binding parameter of a drug: `value` [`unit`] in `population`."""

    study: str
    therapy: str
    parameter: str
    value: float
    low: Number
    high: Number
    unit: str
    between_patient_cv_percent: Number
    population: str

    @property
    def id(self) -> str:
        """Study and parameter."""
        return f"{self.study}/{self.parameter}"


class BaselineValue(Row):
    """Mean and standard deviation [`unit`] of one characteristic of an arm before treatment."""

    study: str
    arm: str
    therapy: str
    n: int = Field(gt=0)
    quantity: str
    mean: float
    sd: float = Field(gt=0)
    unit: str

    @property
    def id(self) -> str:
        """Study, arm and quantity."""
        return f"{self.study}/{slug(self.arm)}/{slug(self.quantity)}"


class Mechanism(BaseModel):
    """One interaction: `cause` raises (+) or lowers (-) `effect`; contradictions stand beside it.

    `edges` are the influences of the model that realise it, as "mDC>IL23" in the ids of the model; empty
    where no influence does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    pathway: str
    cause: str
    effect: str
    edges: Keys
    sign: Literal["+", "-"]
    statement: str
    species: str
    grade: Literal["A", "B", "C", "D"]
    sources: Keys = Field(min_length=1)
    contradiction: str
    contradicted_by: Keys
    level: Level

    @field_validator("edges")
    @classmethod
    def _cause_and_effect(cls, edges: tuple[str, ...]) -> tuple[str, ...]:
        wrong = next((edge for edge in edges if not _EDGE.fullmatch(edge)), None)
        if wrong is not None:
            raise ValueError(f"`{wrong}` is no edge; expected two ids of the model, such as mDC>IL23")
        return edges

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Cause and effect of each edge, in ids of the model."""
        split = (edge.split(">") for edge in self.edges)
        return tuple((cause, effect) for cause, effect in split)

    @property
    def source(self) -> str:
        """Key of the main source."""
        return self.sources[0]

    @property
    def study(self) -> str:
        """The study that first showed it, named as its source."""
        return self.sources[0]

    @property
    def evidence_grade(self) -> Grade:
        """The grade with its meaning."""
        return MECHANISM_GRADES[self.grade]


class StudyDesign(BaseModel):
    """How a study that is not about MSC was done; `n` [patients] is None where it was not seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str
    name: str
    design: Design
    n: Count
    registration: str
    source: str

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.study or not self.name:
            raise ValueError("a study needs an id and a name")
        return self


def slug(text: str) -> str:
    """Return a text with hyphens for its spaces, as a part of an id."""
    return "-".join(text.split())


def _week_slug(week: float | str | None) -> str:
    if week is None:
        return "median"
    return slug(week) if isinstance(week, str) else f"{week:g}"
