"""The elements of a plain SBML document as they stand there, before species become amounts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import libsbml

from koebner.errors import ModelError
from koebner.kinetics.components import Compartment, Event, Parameter, Reaction, Rule
from koebner.kinetics.formulas import write


@dataclass(frozen=True, kw_only=True)
class SpeciesSymbol:
    """A species whose id means an amount or, where `is_concentration`, a concentration."""

    id: str
    compartment: str
    is_concentration: bool
    initial_amount: float | None
    initial_concentration: float | None
    is_boundary: bool
    is_constant: bool
    conversion_factor: str
    unit: str
    meaning: str
    identifiers: tuple[str, ...]
    parts: tuple[str, ...]
    kinds: tuple[str, ...]


@dataclass(kw_only=True)
class Draft:
    """What a document says; filled element by element."""

    compartments: dict[str, Compartment] = field(default_factory=dict)
    species: dict[str, SpeciesSymbol] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    initial: dict[str, str] = field(default_factory=dict)
    reactions: list[Reaction] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    algebraic: list[str] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """All ids that are taken."""
        listed = {element.id for elements in (self.reactions, self.events) for element in elements}
        return {*self.compartments, *self.species, *self.parameters, *listed}

    @property
    def event_targets(self) -> set[str]:
        """Variables that events set."""
        return {name for event in self.events for name in event.assignments}


def read_draft(source: Any) -> Draft:
    """Return the elements of a libSBML model of Level 3 Version 2.

    Missing formulas, which that version allows, are as if their element were absent.

    Raises
    ------
    ModelError
        When an element is incomplete.
    """
    draft = Draft()
    for compartment in source.getListOfCompartments():
        draft.compartments[compartment.getId()] = _compartment(compartment, source)
    for species in source.getListOfSpecies():
        draft.species[species.getId()] = _species(species, source)
    for rule in _with_math(source.getListOfRules()):
        _read_rule(rule, draft)
    for assignment in _with_math(source.getListOfInitialAssignments()):
        draft.initial[assignment.getSymbol()] = write(assignment.getMath())
    for parameter in source.getListOfParameters():
        _read_parameter(parameter, draft)
    for reaction in source.getListOfReactions():
        _read_reaction(reaction, draft)
    for number, event in enumerate(source.getListOfEvents(), start=1):
        _read_event(event, number, draft)
    return draft


def _with_math(elements: Any) -> Iterator[Any]:
    return (element for element in elements if element is not None and element.isSetMath())


def _given(is_set: bool, value: float) -> float | None:  # noqa: FBT001 - libSBML's answer
    """Return a value that is set; Level 1 writes "not a number" for one that is not."""
    return value if is_set and not math.isnan(value) else None


def _text(element: Any) -> str | None:
    return write(element.getMath()) if element is not None and element.isSetMath() else None


def _read_parameter(parameter: Any, draft: Draft) -> None:
    name = parameter.getId()
    value = parameter.getValue() if parameter.isSetValue() else None
    if value is not None and not math.isfinite(value):
        # The value of a parameter is finite; a formula may say that it is not.
        if name not in draft.rules:
            draft.initial.setdefault(name, f"{value}")
        value = None
    draft.parameters[name] = Parameter(
        id=name,
        value=value,
        unit=parameter.getUnits(),
        meaning=parameter.getName(),
        constant=parameter.getConstant(),
    )


def _compartment(compartment: Any, source: Any) -> Compartment:
    return Compartment(
        id=compartment.getId(),
        size=compartment.getSize() if compartment.isSetSize() else 1.0,
        unit=compartment.getUnits() or source.getVolumeUnits(),
        meaning=compartment.getName(),
        constant=compartment.getConstant(),
    )


def _species(species: Any, source: Any) -> SpeciesSymbol:
    compartment = source.getCompartment(species.getCompartment())
    if compartment is None:
        raise ModelError(
            f"species `{species.getId()}` lies in `{species.getCompartment()}`, which is no compartment."
        )
    has_size = compartment.getSpatialDimensionsAsDouble() != 0
    terms = [species.getCVTerm(i) for i in range(species.getNumCVTerms())]
    return SpeciesSymbol(
        id=species.getId(),
        compartment=species.getCompartment(),
        is_concentration=not species.getHasOnlySubstanceUnits() and has_size,
        initial_amount=_given(species.isSetInitialAmount(), species.getInitialAmount()),
        initial_concentration=_given(species.isSetInitialConcentration(), species.getInitialConcentration()),
        is_boundary=species.getBoundaryCondition(),
        is_constant=species.getConstant(),
        conversion_factor=species.getConversionFactor() or source.getConversionFactor(),
        unit=species.getSubstanceUnits() or source.getSubstanceUnits(),
        meaning=species.getName(),
        identifiers=_resources(terms, None),
        parts=_resources(terms, libsbml.BQB_HAS_PART),
        kinds=_resources(terms, libsbml.BQB_IS_VERSION_OF),
    )


_QUALIFIED = (libsbml.BQB_HAS_PART, libsbml.BQB_IS_VERSION_OF)


def _resources(terms: list[Any], qualifier: int | None) -> tuple[str, ...]:
    """Return the URIs that are said of a species with a qualifier, or with any but the known ones."""
    said = [
        term
        for term in terms
        if term.getBiologicalQualifierType() == qualifier
        or (qualifier is None and term.getBiologicalQualifierType() not in _QUALIFIED)
    ]
    return tuple(term.getResourceURI(i) for term in said for i in range(term.getNumResources()))


def _read_rule(rule: Any, draft: Draft) -> None:
    formula = write(rule.getMath())
    if rule.isAlgebraic():
        draft.algebraic.append(formula)
    else:
        name = rule.getVariable()
        draft.rules[name] = Rule(
            variable=name, formula=formula, kind="rate" if rule.isRate() else "assignment"
        )


def _read_reaction(reaction: Any, draft: Draft) -> None:
    name = reaction.getId()
    sides: list[dict[str, float | str]] = []
    for references in (reaction.getListOfReactants(), reaction.getListOfProducts()):
        side: dict[str, float | str] = {}
        for reference in references:
            _read_reference(reference, name, side, draft)
        sides.append(side)
    rate = _text(reaction.getKineticLaw())
    if rate is None:
        raise ModelError(f"reaction `{name}` has no rate; give it a kinetic law.")
    draft.reactions.append(Reaction(id=name, reactants=sides[0], products=sides[1], rate=rate))


def _read_reference(reference: Any, reaction: str, side: dict[str, float | str], draft: Draft) -> None:
    """Add what one species reference says to a side of a reaction."""
    name, variable = reference.getSpecies(), reference.getId()
    value = reference.getStoichiometry() if reference.isSetStoichiometry() else math.nan
    coefficient: float | str = value
    if variable:
        draft.parameters[variable] = Parameter(
            id=variable,
            value=None if math.isnan(value) else value,
            unit="dimensionless",
            meaning=f"stoichiometry of {name} in {reaction}",
            constant=reference.getConstant(),
        )
        if not reference.getConstant() or variable in draft.initial:
            coefficient = variable
    if name not in draft.species:
        raise ModelError(f"reaction `{reaction}` changes `{name}`, which is no species.")
    if isinstance(coefficient, float) and math.isnan(coefficient):
        raise ModelError(f"the stoichiometry of `{name}` in reaction `{reaction}` is not given; give it.")
    if draft.species[name].is_boundary or draft.species[name].is_constant:
        return
    factor = draft.species[name].conversion_factor
    if factor:
        coefficient = f"({coefficient}) * {factor}"
    if name not in side:
        side[name] = coefficient
    elif isinstance(coefficient, float) and isinstance(side[name], float):
        side[name] = float(side[name]) + coefficient
    else:
        side[name] = f"({side[name]}) + ({coefficient})"


def _read_event(event: Any, number: int, draft: Draft) -> None:
    trigger = _text(event.getTrigger())
    assignments = {a.getVariable(): write(a.getMath()) for a in _with_math(event.getListOfEventAssignments())}
    if trigger is None or not assignments:
        return
    name = event.getId() or f"event_{number}"
    while name in draft.names:
        name += "_"
    draft.events.append(
        Event(
            id=name,
            trigger=trigger,
            assignments=assignments,
            delay=_text(event.getDelay()),
            priority=_text(event.getPriority()),
            persistent=event.getTrigger().getPersistent(),
            initial_value=event.getTrigger().getInitialValue(),
            use_values_from_trigger_time=event.getUseValuesFromTriggerTime(),
        )
    )
