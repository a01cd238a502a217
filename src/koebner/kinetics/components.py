"""What a model is made of: compartments, species, parameters, reactions, rules and events.

Every component is immutable. A `unit` is the id of a unit of the model, an SBML base unit, or empty
where none is declared.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from koebner.errors import InvalidValueError, ModelError
from koebner.kinetics.formulas import canonical
from koebner.kinetics.named_mapping import NamedMapping


@dataclass(frozen=True, kw_only=True)
class Compartment:
    """A place that holds species; `constant` is False where its size may change in time."""

    id: str
    size: float = 1.0
    unit: str = "dimensionless"
    meaning: str = ""
    constant: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _finite(f"size of compartment `{self.id}`", self.size))


@dataclass(frozen=True, kw_only=True)
class Species:
    """An amount that changes by reactions, by a rule or by events.

    `identifiers` are MIRIAM URIs of what the species is, such as a Cell Ontology or UniProt entry;
    `parts` those of what it is made of, where it lumps several things; `kinds` those of what it is a
    kind of, where no entry is as narrow.
    """

    id: str
    initial: float
    unit: str
    compartment: str
    meaning: str = ""
    identifiers: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "initial", _finite(f"initial value of species `{self.id}`", self.initial))
        for name in ("identifiers", "parts", "kinds"):
            object.__setattr__(self, name, tuple(getattr(self, name)))


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A number of either sign, or a variable that a rule computes.

    `value` is None where a rule computes the number, and where the parameter is an open input of a
    part, to be closed by another part. `constant` is False where the number may change in time.
    """

    id: str
    value: float | None
    unit: str
    prior: str = ""
    source: str = ""
    meaning: str = ""
    constant: bool = True

    def __post_init__(self) -> None:
        if self.value is not None:
            object.__setattr__(self, "value", _finite(f"value of parameter `{self.id}`", self.value))


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """A process that takes reactants and gives products at a rate in amount per time.

    `reactants` and `products` map species to stoichiometric coefficients, numbers or formulas.
    """

    id: str
    reactants: Mapping[str, float | str]
    products: Mapping[str, float | str]
    rate: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", _formula(f"reaction `{self.id}`", self.rate))
        for side in ("reactants", "products"):
            coefficients = {
                species: _coefficient(f"stoichiometry of `{species}` in reaction `{self.id}`", coefficient)
                for species, coefficient in getattr(self, side).items()
            }
            object.__setattr__(self, side, NamedMapping(f"species in reaction `{self.id}`", coefficients))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An equation for a variable: its value ("assignment") or its change in time ("rate")."""

    variable: str
    formula: str
    kind: Literal["assignment", "rate"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "formula", _formula(f"rule of `{self.variable}`", self.formula))


@dataclass(frozen=True, kw_only=True)
class Event:
    """Variables that are set when a condition becomes true.

    Parameters
    ----------
    trigger
        The condition; the event is triggered when it changes from false to true.
    assignments
        Formulas of the new values, by variable.
    delay
        Formula of the time from trigger to execution; None executes at once.
    priority
        Formula by which events of one moment are ordered, the largest first; None leaves it open.
    persistent
        Whether it is executed although the condition became false during the delay.
    initial_value
        What the trigger is taken to have been before time 0.
    use_values_from_trigger_time
        Whether the new values are computed when the event is triggered, not when it is executed.

    Examples
    --------
    >>> Event(id="dose", trigger="time>=7", assignments={"drug": "drug+300"}).assignments["drug"]
    'drug + 300'
    """

    id: str
    trigger: str
    assignments: Mapping[str, str]
    delay: str | None = None
    priority: str | None = None
    persistent: bool = True
    initial_value: bool = True
    use_values_from_trigger_time: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "trigger", _formula(f"trigger of event `{self.id}`", self.trigger))
        for name in ("delay", "priority"):
            formula = getattr(self, name)
            if formula is not None:
                object.__setattr__(self, name, _formula(f"{name} of event `{self.id}`", formula))
        assignments = {
            variable: _formula(f"`{variable}` in event `{self.id}`", formula)
            for variable, formula in self.assignments.items()
        }
        object.__setattr__(self, "assignments", NamedMapping(f"variable in event `{self.id}`", assignments))

    @property
    def formulas(self) -> tuple[str, ...]:
        """All formulas of the event."""
        optional = (formula for formula in (self.delay, self.priority) if formula is not None)
        return (self.trigger, *optional, *self.assignments.values())


def _coefficient(what: str, value: float | str) -> float | str:
    return _formula(what, value) if isinstance(value, str) else _finite(what, value)


def _finite(what: str, value: float) -> float:
    if not math.isfinite(value):
        raise InvalidValueError(f"{what} is {value}; a finite number is expected.")
    return float(value)


def _formula(where: str, formula: str) -> str:
    try:
        return canonical(formula)
    except ModelError as error:
        raise ModelError(f"{where}: {error.message}") from None
