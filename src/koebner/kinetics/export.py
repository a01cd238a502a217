"""Models as SBML Level 3 Version 2.

SBML wants the species of reactions in one unit of extent, and species in units of amount or mass. Where
a model departs from the first, its reactions are written as the rate rules they amount to; a species
that departs from the second is written as a parameter with a rate rule. A coefficient that is a formula
becomes a variable with an assignment rule. The equations are the same.
"""

import re
from collections.abc import Iterable
from html import escape
from typing import Any

import libsbml

from koebner.errors import ModelError
from koebner.kinetics.components import Compartment, Event, Parameter, Reaction, Species
from koebner.kinetics.formulas import parse, symbols, walk
from koebner.kinetics.model import Model
from koebner.kinetics.unit_definitions import KINDS, Factor, factors

_AMOUNTS = frozenset({"mole", "item", "gram", "kilogram", "dimensionless", "avogadro"})


def to_sbml(model: Model, notes: str = "") -> str:
    """Return a model as SBML, units included.

    Parameters
    ----------
    notes
        What a reader of the file should know of the model, as plain text: one paragraph a line.

    Raises
    ------
    ModelError
        When libSBML refuses an element, or the notes.

    Examples
    --------
    >>> from koebner.kinetics import read_antimony
    >>> decay = read_antimony('''model decay()
    ...     x = 3; k = 2; x' = -k*x
    ... end''')
    >>> "<p>How a thing decays.</p>" in to_sbml(decay, notes="How a thing decays.")
    True
    """
    return str(libsbml.writeSBMLToString(_Writer(model).write(notes)))


class _Writer:
    """Builds the libSBML document of one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.document = libsbml.SBMLDocument(3, 2)
        self.target = self.document.createModel()
        self.has_units = any(
            component.unit for part in (model.species, model.parameters) for component in part.values()
        )
        self.unit_ids: dict[str, str] = {}
        self.event_targets = {name for event in model.events.values() for name in event.assignments}
        reacting = {name for r in model.reactions.values() for name in (*r.reactants, *r.products)}
        reacting_units = {model.species[name].unit for name in reacting}
        self.extent = (next(iter(reacting_units)) if len(reacting_units) == 1 else "") or "dimensionless"
        self.keeps_reactions = len(reacting_units) <= 1 and self._is_amount(self.extent)

    def write(self, notes: str) -> Any:
        self._write_header(notes)
        for compartment in self.model.compartments.values():
            self._write_compartment(compartment)
        for species in self.model.species.values():
            if self._is_amount(species.unit):
                self._write_species(species)
            else:
                self._write_parameter(species.id, species.initial, species.unit, species.meaning)
                _identify(self.target.getParameter(species.id), species)
        for parameter in self.model.parameters.values():
            self._write_parameter(
                parameter.id, parameter.value, parameter.unit, parameter.meaning, _notes(parameter)
            )
        for variable, formula in self.model.initial_assignments.items():
            element = self.target.createInitialAssignment()
            _done(variable, [element.setSymbol(variable), element.setMath(self._math(formula))])
        self._write_rules()
        if self.keeps_reactions:
            for reaction in self.model.reactions.values():
                self._write_reaction(reaction)
        for event in self.model.events.values():
            self._write_event(event)
        return self.document

    def _write_header(self, notes: str) -> None:
        steps = [self.target.setId(self.model.id)]
        if notes.strip():
            steps.append(self.target.setNotes(_xhtml(notes.splitlines())))
        if self.has_units:
            steps += [
                self.target.setSubstanceUnits("dimensionless"),
                self.target.setVolumeUnits("dimensionless"),
                self.target.setExtentUnits(self._unit_id(self.extent)),
            ]
        if self.model.time_unit:
            steps.append(self.target.setTimeUnits(self._unit_id(self.model.time_unit)))
        _done(self.model.id, steps)

    def _unit_id(self, unit: str) -> str:
        """Return the id of a unit in the document, defining it when it is first asked for."""
        if unit in KINDS and unit not in self.model.units:
            return unit
        if unit not in self.unit_ids:
            plain = re.sub(r"\W+", "_", unit.replace("/", "_per_")).strip("_")
            name = plain if plain.isidentifier() else f"unit_{plain}"
            element = self.target.createUnitDefinition()
            steps = [element.setId(name)]
            for factor in factors(unit, self.model.units) or (Factor("dimensionless", 1.0, 1.0),):
                part = element.createUnit()
                steps += [
                    part.setKind(libsbml.UnitKind_forName(factor.kind)),
                    part.setMultiplier(factor.multiplier),
                    part.setExponent(factor.exponent),
                    part.setScale(0),
                ]
            _done(f"unit {unit}", steps)
            self.unit_ids[unit] = name
        return self.unit_ids[unit]

    def _is_amount(self, unit: str) -> bool:
        parts = factors(unit, self.model.units) if unit else ()
        real = [factor for factor in parts if factor.kind != "dimensionless"]
        return not real or (len(real) == 1 and real[0].exponent == 1 and real[0].kind in _AMOUNTS)

    def _varies(self, name: str) -> bool:
        return name in self.model.rules or name in self.event_targets

    def _write_compartment(self, compartment: Compartment) -> None:
        element = self.target.createCompartment()
        steps = [
            element.setId(compartment.id),
            element.setSize(compartment.size),
            element.setConstant(compartment.constant and not self._varies(compartment.id)),
            element.setSpatialDimensions(3),
        ]
        _done(compartment.id, steps)
        self._describe(element, compartment.unit, compartment.meaning)

    def _write_species(self, species: Species) -> None:
        element = self.target.createSpecies()
        steps = [
            element.setId(species.id),
            element.setCompartment(species.compartment),
            element.setInitialAmount(species.initial),
            element.setHasOnlySubstanceUnits(True),
            element.setBoundaryCondition(False),
            element.setConstant(False),
        ]
        if species.unit:
            steps.append(element.setSubstanceUnits(self._unit_id(species.unit)))
        if species.meaning:
            steps.append(element.setName(species.meaning))
        _done(species.id, steps)
        _identify(element, species)

    def _write_parameter(
        self, name: str, value: float | None, unit: str, meaning: str, notes: str = ""
    ) -> None:
        element = self.target.createParameter()
        varies = self._varies(name) or name in self.model.species
        parameter = self.model.parameters.get(name)
        _done(
            name,
            [
                element.setId(name),
                element.setConstant(not varies and (parameter is None or parameter.constant)),
            ],
        )
        if value is not None:
            element.setValue(value)
        self._describe(element, unit, meaning)
        if notes:
            _done(name, [element.setNotes(notes)])

    def _describe(self, element: Any, unit: str, meaning: str) -> None:
        steps = []
        if unit:
            steps.append(element.setUnits(self._unit_id(unit)))
        if meaning:
            steps.append(element.setName(meaning))
        _done(element.getId(), steps)

    def _write_rules(self) -> None:
        for name in self.model.assigned:
            self._write_assignment(name, self.model.rules[name].formula)
        for name, formula in self.model.derivatives().items():
            if name in self.model.rules or (not self.keeps_reactions and formula != "0"):
                element = self.target.createRateRule()
                _done(name, [element.setVariable(name), element.setMath(self._math(formula))])
        if not self.keeps_reactions:
            for name in sorted(self._named_reactions()):
                element = self.target.createParameter()
                _done(name, [element.setId(name), element.setConstant(False)])
                self._write_assignment(name, self.model.reactions[name].rate)

    def _write_assignment(self, name: str, formula: str) -> None:
        element = self.target.createAssignmentRule()
        _done(name, [element.setVariable(name), element.setMath(self._math(formula))])

    def _named_reactions(self) -> set[str]:
        """Reactions whose rate a formula names."""
        formulas = [rule.formula for rule in self.model.rules.values()]
        formulas += self.model.initial_assignments.values()
        formulas += [reaction.rate for reaction in self.model.reactions.values()]
        formulas += [formula for event in self.model.events.values() for formula in event.formulas]
        return {name for formula in formulas for name in symbols(formula)} & {*self.model.reactions}

    def _write_reaction(self, reaction: Reaction) -> None:
        element = self.target.createReaction()
        _done(reaction.id, [element.setId(reaction.id), element.setReversible(False)])
        sides = (
            ("reactant", reaction.reactants, element.createReactant),
            ("product", reaction.products, element.createProduct),
        )
        for side, coefficients, create in sides:
            for species, coefficient in coefficients.items():
                reference = create()
                steps = [reference.setSpecies(species)]
                if isinstance(coefficient, str):
                    name = self._free_name(f"{reaction.id}_{side}_{species}")
                    steps += [reference.setId(name), reference.setConstant(False)]
                    self._write_assignment(name, coefficient)
                else:
                    steps += [reference.setStoichiometry(coefficient), reference.setConstant(True)]
                _done(reaction.id, steps)
        changed = {*reaction.reactants, *reaction.products}
        math = self._math(reaction.rate)
        for name in dict.fromkeys(node.getName() for node in walk(math) if node.isName()):
            if name in self.model.species and name not in changed:
                _done(reaction.id, [element.createModifier().setSpecies(name)])
        _done(reaction.id, [element.createKineticLaw().setMath(math)])

    def _free_name(self, name: str) -> str:
        while self.target.getElementBySId(name) is not None:
            name += "_"
        return name

    def _write_event(self, event: Event) -> None:
        element = self.target.createEvent()
        trigger = element.createTrigger()
        steps = [
            element.setId(event.id),
            element.setUseValuesFromTriggerTime(event.use_values_from_trigger_time),
            trigger.setMath(self._math(event.trigger)),
            trigger.setPersistent(event.persistent),
            trigger.setInitialValue(event.initial_value),
        ]
        if event.delay is not None:
            steps.append(element.createDelay().setMath(self._math(event.delay)))
        if event.priority is not None:
            steps.append(element.createPriority().setMath(self._math(event.priority)))
        for variable, formula in event.assignments.items():
            assignment = element.createEventAssignment()
            steps += [assignment.setVariable(variable), assignment.setMath(self._math(formula))]
        _done(event.id, steps)

    def _math(self, formula: str) -> Any:
        tree = parse(formula)
        if self.has_units:
            for node in walk(tree):
                if node.isNumber() and not node.isSetUnits():
                    node.setUnits("dimensionless")
        return tree


def _done(element: str, results: Iterable[int]) -> None:
    if any(result != libsbml.LIBSBML_OPERATION_SUCCESS for result in results):
        raise ModelError(f"libSBML refuses `{element}`; its id, unit or formula cannot be written as SBML.")


def _identify(element: Any, species: Species) -> None:
    """Write what a species is, what it is made of and what it is a kind of, as MIRIAM annotations."""
    said = (
        (libsbml.BQB_IS, species.identifiers),
        (libsbml.BQB_HAS_PART, species.parts),
        (libsbml.BQB_IS_VERSION_OF, species.kinds),
    )
    for qualifier, uris in said:
        if uris:
            term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
            term.setBiologicalQualifierType(qualifier)
            for uri in uris:
                term.addResource(uri)
            _done(element.getId(), [element.setMetaId(f"meta_{element.getId()}"), element.addCVTerm(term)])


def _notes(parameter: Parameter) -> str:
    known = [("prior", parameter.prior), ("source", parameter.source)]
    lines = [f"{word}: {text}" for word, text in known if text]
    return _xhtml(lines) if lines else ""


def _xhtml(lines: Iterable[str]) -> str:
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines if line.strip())
    return f'<body xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</body>'
