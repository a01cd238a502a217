"""One agent of a therapy: a drug, light or cell product with its regimen and its equations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from koebner.disease import moved, read_prior
from koebner.errors import InvalidValueError
from koebner.evidence import study
from koebner.fits import adopted, load_ensemble, potency_name
from koebner.kinetics import Model, Parameter, compose, read_antimony
from koebner.randomness import normals
from koebner.therapies.entries import Calibration, Entry, Value, entry
from koebner.therapies.regimen import Regimen

_SHARED_INPUTS = ("weight_kg", "eta_clearance", "target_load")
_MODELS = Path(str(files("koebner.therapies"))) / "models"


@dataclass(frozen=True, kw_only=True)
class DoseEffect:
    """Effect of a session of light: its dose over `reference`, to the power `exponent`."""

    reference: float
    exponent: float

    def of(self, dose: float) -> float:
        """Return the effect of a dose, 1 at the reference.

        Examples
        --------
        >>> DoseEffect(reference=1.0, exponent=0.5).of(4.0)
        2.0
        """
        return float((dose / self.reference) ** self.exponent)


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A drug, light or cell product as it will be given; immutable, and not tied to a patient.

    Attributes
    ----------
    id
        Name in the catalogue, for example "secukinumab".
    ingredients
        What it contains, by the names of the catalogue: itself, or the drugs of a fixed combination.
    evidence_grade
        Letter of the best graded study behind it, A to D; empty where the tables have no
        response to it.
    calibration
        "empirical", "fitted", "anchored", "prior only" or "uncalibrated".
    studies
        Studies it rests on, by their names in the evidence tables.
    regimen
        Doses over time; None for placebo.
    part
        Equations it adds to the disease, with `sets`: which inputs of the disease they set.
    values
        Parameters of the disease that it sets (cell products).
    priors
        Priors of its numbers that are drawn, by symbol of the composed model.
    dose_effect
        How a session of light acts by its dose; None where the dose itself enters the model.
    viable_share
        Share of the given cells that are alive.
    """

    id: str
    name: str
    kind: str
    drug_class: str
    evidence_grade: str
    ingredients: frozenset[str]
    calibration: Calibration
    studies: tuple[str, ...]
    statement: str
    regimen: Regimen | None
    part: Model | None
    sets: Mapping[str, str]
    values: Mapping[str, float]
    priors: Mapping[str, str]
    dose_effect: DoseEffect | None = None
    viable_share: float = 1.0

    @property
    def target(self) -> str | None:
        """State or parameter that receives the doses, under the name it has in the composed model."""
        if self.regimen is None:
            return None
        target = self.regimen.target
        return target if self.part is None else f"{self.id}_{target}"

    def sentence(self) -> str:
        """Return name and regimen in words."""
        return self.name if self.regimen is None else f"{self.name}: {self.regimen.sentence()}"

    def drawn(self, seed: int, draw: int) -> "Agent":
        """Return the agent with one draw of its uncertain numbers; draw 0 is the central one.

        A potency that the calibration found is that of a member of its ensemble; the numbers with a
        prior are drawn.
        """
        if draw == 0:
            return self
        drawn = {
            symbol: moved(self._value(symbol), read_prior(prior), self._deviate(symbol, seed, draw))
            for symbol, prior in self.priors.items()
        } | self._potency(draw)
        own = {symbol: value for symbol, value in drawn.items() if symbol not in self.values}
        return replace(
            self,
            part=self.part.with_parameters(**own) if self.part is not None and own else self.part,
            values={symbol: drawn.get(symbol, value) for symbol, value in self.values.items()},
        )

    def _potency(self, draw: int) -> dict[str, float]:
        """Return the fitted potency of a draw; none where the calibration found none, or another is set."""
        name, symbol = potency_name(self.id), f"{self.id}_IC50"
        ensemble = load_ensemble()
        if name not in ensemble.central or self.part is None or symbol not in self.part.parameters:
            return {}
        own_is_fitted = self._value(symbol) == adopted(ensemble.central[name])
        return {symbol: ensemble.member(draw)[name]} if own_is_fitted else {}

    def _deviate(self, symbol: str, seed: int, draw: int) -> float:
        return float(normals(seed, [draw], f"prior of {self.id} {symbol}")[0, 0])

    def _value(self, symbol: str) -> float:
        if symbol in self.values:
            return self.values[symbol]
        value = None if self.part is None else self.part.parameters[symbol].value
        if value is None:
            raise InvalidValueError(
                f"`{self.id}` gives a prior for `{symbol}`, which has no value; give one."
            )
        return value


def read_agent(name: str) -> Agent:
    """Return an agent of the catalogue, as labelled or studied."""
    found = entry(name)
    priors = {
        symbol if found.model is None or symbol in found.values else f"{name}_{symbol}": value.prior
        for symbol, value in found.numbers.items()
        if value.prior
    }
    return Agent(
        id=name,
        name=found.name,
        kind=found.kind,
        drug_class=found.drug_class,
        ingredients=frozenset(found.ingredients or (name,)),
        evidence_grade=_best_grade(found.studies),
        calibration=found.calibration,
        studies=found.studies,
        statement=found.statement,
        regimen=_regimen(found),
        part=_part(name),
        sets={} if found.model is None else {i: f"{name}_{own}" for i, own in found.model.sets.items()},
        values={key: value.value for key, value in found.values.items()},
        priors=priors,
        dose_effect=_dose_effect(found),
    )


def _regimen(found: Entry) -> Regimen | None:
    labelled = found.regimen
    if labelled is None:
        return None
    return Regimen(
        unit=labelled.unit,
        route=labelled.route,
        routes=labelled.routes,
        dose_range=labelled.dose_range,
        infusion_hours=labelled.infusion_hours,
        phases=labelled.phases,
    )


def _dose_effect(found: Entry) -> DoseEffect | None:
    regimen = found.regimen
    if regimen is None or regimen.dose_reference is None or regimen.dose_exponent is None:
        return None
    return DoseEffect(reference=regimen.dose_reference.value, exponent=regimen.dose_exponent.value)


def _best_grade(studies: Sequence[str]) -> str:
    letters = [grade.letter for name in studies if (grade := study(name).grade) is not None]
    return min(letters, default="")


@cache
def _template(file: str) -> Model:
    return read_antimony(_MODELS / f"{file}.ant")


@cache
def _part(name: str) -> Model | None:
    """Return the equations that an agent brings along, its own symbols prefixed with its name."""
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
    return whole.renamed(f"{name}_", keep=[i for i in _SHARED_INPUTS if i in whole.parameters])


def _parameter(key: str, value: Value) -> Parameter:
    return Parameter(id=key, value=value.value, unit=value.unit, source=value.source, meaning=value.meaning)
