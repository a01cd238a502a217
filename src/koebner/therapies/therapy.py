"""A therapy: what is given, when, and the equations it brings along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from koebner.errors import InvalidValueError
from koebner.evidence import study
from koebner.kinetics import Model, Parameter, compose, read_antimony
from koebner.therapies.entries import Entry, Value, entry
from koebner.therapies.regimen import PlannedDose, Regimen
from koebner.units import convert

# Units of the model states that receive doses; a session is a count.
_INSIDE = {"mg": "mg", "cells/kg": "megacells/kg"}
_DOSE_OPTION = {"mg": "dose_mg", "cells/kg": "cells_per_kg", "session": "dose"}
_SHARED_INPUTS = ("weight_kg", "eta_clearance", "target_load")
_MODELS = Path(str(files("koebner.therapies"))) / "models"


@dataclass(frozen=True, kw_only=True)
class Therapy:
    """A treatment as it will be given; immutable, and not tied to a patient.

    Attributes
    ----------
    id
        Name in the catalogue, for example "secukinumab".
    evidence_grade
        Letter of the best graded study behind it, A to D.
    calibration
        "empirical", "feasibility fit", "prior only" or "uncalibrated".
    studies
        Studies it rests on, by their names in the evidence tables.
    regimen
        Doses over time; None for placebo.
    part
        Equations it adds to the disease, with `sets`: which inputs of the disease they set.
    values
        Parameters of the disease that it sets (cell products).
    """

    id: str
    name: str
    kind: str
    drug_class: str
    evidence_grade: str
    calibration: str
    studies: tuple[str, ...]
    statement: str
    regimen: Regimen | None
    part: Model | None
    sets: Mapping[str, str]
    values: Mapping[str, float]

    def stop(self, *, week: float) -> "Therapy":
        """Return the therapy with no dose at or after `week`.

        Examples
        --------
        >>> load("secukinumab").stop(week=52).last_dose_week(104)
        48.0
        """
        if self.regimen is None:
            return self
        return replace(self, regimen=self.regimen.changed(stop_week=week))

    def doses(self, until_week: float) -> tuple[PlannedDose, ...]:
        """Return all administrations before `until_week`, in the regimen's own unit."""
        return () if self.regimen is None else self.regimen.planned(until_week)

    def last_dose_week(self, until_week: float) -> float | None:
        """Return the week of the last administration before `until_week`; None without one."""
        doses = self.doses(until_week)
        return doses[-1].week if doses else None

    def model_amount(self, dose: PlannedDose) -> float:
        """Return a dose in the unit of the model state that receives it."""
        if self.regimen is None:
            raise InvalidValueError(f"`{self.id}` has no doses; ask only therapies with a regimen.")
        unit = self.regimen.unit
        return convert(dose.amount, unit, _INSIDE[unit]) if unit in _INSIDE else dose.amount

    @property
    def target(self) -> str | None:
        """Model state that receives the doses, under the name it has in the composed model."""
        if self.regimen is None:
            return None
        target = self.regimen.target
        return target if self.part is None else f"{self.id}_{target}"

    def sentence(self) -> str:
        """Return name and regimen in words."""
        return self.name if self.regimen is None else f"{self.name}: {self.regimen.sentence()}"


def load(
    name: str,
    *,
    dose_mg: float | None = None,
    cells_per_kg: float | None = None,
    dose: float | None = None,
    weeks: Sequence[float] | None = None,
    route: str | None = None,
    stop_week: float | None = None,
) -> Therapy:
    """Return a therapy of the catalogue, as labelled or studied unless told otherwise.

    Parameters
    ----------
    name
        Name in the catalogue, see `koebner.therapies.available`.
    dose_mg, cells_per_kg, dose
        Dose of every administration [mg, viable cells per kg, sessions]; the one that fits the
        therapy.
    weeks
        Weeks of administration, in place of the regimen of the catalogue.
    route
        One of the therapy's routes.
    stop_week
        No dose is given at or after this week.

    Raises
    ------
    UnknownNameError
        No such therapy or route.
    InvalidValueError
        A dose out of range or in the wrong unit, weeks that do not rise.

    Examples
    --------
    >>> load("uc_msc", cells_per_kg=2e6, weeks=[0, 2, 4]).sentence()
    'Umbilical-cord MSC: 2×10⁶ cells/kg at weeks 0, 2 and 4, intravenous'
    """
    found = entry(name)
    given = {"dose_mg": dose_mg, "cells_per_kg": cells_per_kg, "dose": dose}
    options = {"weeks": weeks, "route": route, "stop_week": stop_week}
    regimen = _regimen(found)
    if regimen is None:
        unfit = [key for key, value in {**given, **options}.items() if value is not None]
        if unfit:
            raise InvalidValueError(f"`{unfit[0]}` was given for `{name}`, which has no doses; leave it out.")
    else:
        amount = _amount(name, regimen.unit, given)
        regimen = regimen.changed(dose=amount, weeks=weeks, route=route, stop_week=stop_week)
    return Therapy(
        id=name,
        name=found.name,
        kind=found.kind,
        drug_class=found.drug_class,
        evidence_grade=_best_grade(found.studies),
        calibration=found.calibration,
        studies=found.studies,
        statement=found.statement,
        regimen=regimen,
        part=_part(name),
        sets={} if found.model is None else {i: f"{name}_{own}" for i, own in found.model.sets.items()},
        values={key: value.value for key, value in found.values.items()},
    )


def _amount(name: str, unit: str, given: Mapping[str, float | None]) -> float | None:
    fitting = _DOSE_OPTION[unit]
    for option, amount in given.items():
        if amount is not None and option != fitting:
            raise InvalidValueError(
                f"`{option}` was given for `{name}`, which is dosed in {unit}; give `{fitting}`."
            )
    return given[fitting]


def _regimen(found: Entry) -> Regimen | None:
    labelled = found.regimen
    if labelled is None:
        return None
    return Regimen(
        unit=labelled.unit,
        route=labelled.route,
        routes=labelled.routes,
        dose_range=labelled.dose_range,
        phases=labelled.phases,
    )


def _best_grade(studies: Sequence[str]) -> str:
    return min(grade.letter for name in studies if (grade := study(name).grade) is not None)


@cache
def _template(file: str) -> Model:
    return read_antimony(_MODELS / f"{file}.ant")


@cache
def _part(name: str) -> Model | None:
    """Return the equations that a treatment brings along, its own symbols prefixed with its name."""
    described = entry(name).model
    if described is None:
        return None
    template = _template(described.file)
    units = {i: template.parameters[i].unit for i in template.inputs if i not in _SHARED_INPUTS}
    missing = [symbol for symbol in units if symbol not in described.values]
    if missing:
        raise InvalidValueError(
            f"`{name}` gives no value for `{missing[0]}`, which `{described.file}` needs."
        )
    values = Model.of(
        id=f"{name}_values",
        units=template.units,
        parameters=[_parameter(key, value) for key, value in described.values.items()],
    )
    whole = compose([template, values], id=name)
    return whole.renamed(f"{name}_", keep=_SHARED_INPUTS)


def _parameter(key: str, value: Value) -> Parameter:
    return Parameter(id=key, value=value.value, unit=value.unit, source=value.source, meaning=value.meaning)
