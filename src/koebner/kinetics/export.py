"""Models as SBML Level 3 Version 2, and the check of their units by libSBML.

SBML wants the species of reactions in one unit of extent, and species in units of amount or mass. Where
a model departs from the first, its reactions are written as the rate rules they amount to; a species
that departs from the second is written as a parameter with a rate rule. The equations are the same.
"""

import re
from collections.abc import Iterable
from html import escape
from typing import Any

import libsbml

from koebner.errors import ModelError
from koebner.kinetics.components import Parameter, Species
from koebner.kinetics.formulas import parse, walk
from koebner.kinetics.model import Model
from koebner.kinetics.unit_definitions import KINDS, Factor, factors

_AMOUNTS = frozenset({"mole", "item", "gram", "kilogram", "dimensionless", "avogadro"})


def to_sbml(model: Model) -> str:
    """Return a model as SBML, units included.

    Raises
    ------
    ModelError
        When libSBML refuses an element.
    """
    return str(libsbml.writeSBMLToString(_document(model)))


def check_units(model: Model) -> list[str]:
    """Return what is wrong with the units of a model, naming the element; empty when consistent."""
    # Only a document that was read knows on which line an element stands.
    document = libsbml.readSBMLFromString(to_sbml(model))
    for category in range(libsbml.LIBSBML_CAT_SBML, libsbml.LIBSBML_CAT_MODELING_PRACTICE + 1):
        document.setConsistencyChecks(category, category == libsbml.LIBSBML_CAT_UNITS_CONSISTENCY)
    document.checkConsistency()
    owners = _owners(document.getModel())
    errors = [document.getError(i) for i in range(document.getNumErrors())]
    return [f"{_owner(owners, error.getLine())}: {_essence(error.getMessage())}" for error in errors]


def _owners(target: Any) -> list[tuple[int, str]]:
    """Elements with a formula by the line on which they begin."""
    lines = [(rule.getLine(), f"rule of `{rule.getVariable()}`") for rule in target.getListOfRules()]
    lines += [
        (reaction.getLine(), f"reaction `{reaction.getId()}`") for reaction in target.getListOfReactions()
    ]
    for assignment in target.getListOfInitialAssignments():
        lines.append((assignment.getLine(), f"initial value of `{assignment.getSymbol()}`"))
    return sorted(lines)


def _owner(owners: list[tuple[int, str]], line: int) -> str:
    return next((owner for start, owner in reversed(owners) if start <= line), "units")


def _essence(message: str) -> str:
    """Return the part of libSBML's message that speaks of this model, without the general rule."""
    after_rule = re.split(r"Reference: .*\n", message)[-1]
    return " ".join(after_rule.split())


def _document(model: Model) -> Any:
    return _Writer(model).write()


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
        reacting = {name for r in model.reactions.values() for name in (*r.reactants, *r.products)}
        reacting_units = {model.species[name].unit for name in reacting}
        self.extent = next(iter(reacting_units)) if len(reacting_units) == 1 else "dimensionless"
        self.keeps_reactions = len(reacting_units) <= 1 and self._is_amount(self.extent)

    def write(self) -> Any:
        self._write_header()
        for compartment in self.model.compartments.values():
            element = self.target.createCompartment()
            _done(compartment.id, [element.setId(compartment.id), element.setSize(compartment.size)])
            element.setConstant(True)
            element.setSpatialDimensions(3)
            self._describe(element, compartment.unit, compartment.meaning)
        for species in self.model.species.values():
            if self._is_amount(species.unit):
                self._write_species(species)
            else:
                self._write_parameter(species.id, species.initial, species.unit, species.meaning)
                _identify(self.target.getParameter(species.id), species.identifiers)
        for parameter in self.model.parameters.values():
            self._write_parameter(
                parameter.id, parameter.value, parameter.unit, parameter.meaning, _notes(parameter)
            )
        for variable, formula in self.model.initial_assignments.items():
            element = self.target.createInitialAssignment()
            _done(variable, [element.setSymbol(variable), element.setMath(self._math(formula))])
        self._write_rules()
        if self.keeps_reactions:
            self._write_reactions()
        return self.document

    def _write_header(self) -> None:
        steps = [self.target.setId(self.model.id)]
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
        _identify(element, species.identifiers)

    def _write_parameter(
        self, name: str, value: float | None, unit: str, meaning: str, notes: str = ""
    ) -> None:
        element = self.target.createParameter()
        varies = name in self.model.rules or name in self.model.species
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
        derivatives = self.model.derivatives()
        for name in self.model.assigned:
            element = self.target.createAssignmentRule()
            math = self._math(self.model.rules[name].formula)
            _done(name, [element.setVariable(name), element.setMath(math)])
        for name, formula in derivatives.items():
            if name in self.model.rules or (not self.keeps_reactions and formula != "0"):
                element = self.target.createRateRule()
                _done(name, [element.setVariable(name), element.setMath(self._math(formula))])

    def _write_reactions(self) -> None:
        for reaction in self.model.reactions.values():
            element = self.target.createReaction()
            _done(reaction.id, [element.setId(reaction.id), element.setReversible(False)])
            for side, create in (
                (reaction.reactants, element.createReactant),
                (reaction.products, element.createProduct),
            ):
                for species, coefficient in side.items():
                    reference = create()
                    steps = [reference.setSpecies(species), reference.setStoichiometry(coefficient)]
                    _done(reaction.id, [*steps, reference.setConstant(True)])
            changed = {*reaction.reactants, *reaction.products}
            math = self._math(reaction.rate)
            for name in dict.fromkeys(node.getName() for node in walk(math) if node.isName()):
                if name in self.model.species and name not in changed:
                    _done(reaction.id, [element.createModifier().setSpecies(name)])
            _done(reaction.id, [element.createKineticLaw().setMath(math)])

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


def _identify(element: Any, identifiers: tuple[str, ...]) -> None:
    if identifiers:
        term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
        term.setBiologicalQualifierType(libsbml.BQB_IS)
        for uri in identifiers:
            term.addResource(uri)
        _done(element.getId(), [element.setMetaId(f"meta_{element.getId()}"), element.addCVTerm(term)])


def _notes(parameter: Parameter) -> str:
    known = [("prior", parameter.prior), ("source", parameter.source)]
    lines = "".join(f"<p>{word}: {escape(text)}</p>" for word, text in known if text)
    return f'<body xmlns="http://www.w3.org/1999/xhtml">{lines}</body>' if lines else ""
