"""SBML files as models: the basic part of SBML, everything else refused by name.

Read are all levels of SBML with reactions, rate and assignment rules, initial assignments and function
definitions (inlined), in compartments of constant size 1 (or of any size where species are amounts).
Refused, naming the element, are events, algebraic rules, delays, fast reactions, constraints,
conversion factors, variable stoichiometry and required packages. Species that reactions do not change
(boundary condition) leave the reactions.
"""

from pathlib import Path
from typing import Any

import libsbml

from koebner.errors import InvalidValueError, ModelError, UnitError
from koebner.kinetics.components import Compartment, Parameter, Reaction, Rule, Species
from koebner.kinetics.formulas import walk, write
from koebner.kinetics.model import Model
from koebner.kinetics.refusals import refuse_unsupported
from koebner.kinetics.unit_definitions import Factor, definition


def read_sbml(path: Path | str) -> Model:
    """Return the model of an SBML file.

    Raises
    ------
    ModelError
        When the file is absent, is not SBML (with the line), or uses what is not supported (naming
        the element).
    """
    file = Path(path)
    if not file.is_file():
        raise ModelError("no such file; an SBML file is expected.", file=file)
    document = libsbml.readSBMLFromFile(str(file))
    raise_read_errors(document, file)
    try:
        return model_from_document(document)
    except (InvalidValueError, ModelError, UnitError) as error:
        raise type(error)(error.message, file=file, line=error.line) from None


def raise_read_errors(document: Any, file: Path) -> None:
    """Raise the first error that libSBML met while reading."""
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            cause = " ".join(error.getShortMessage().split()).rstrip(".")
            raise ModelError(
                f"this is not a readable SBML file ({cause}); a complete SBML document is expected.",
                file=file,
                line=error.getLine(),
            )
    if document.getModel() is None:
        raise ModelError("this SBML file holds no model; one is expected.", file=file, line=1)


def model_from_document(document: Any) -> Model:
    """Return the model of a libSBML document that was read without errors.

    Raises
    ------
    ModelError
        When an element is not supported.
    """
    refuse_unsupported(document.getModel(), document)
    _simplify(document)
    source = document.getModel()
    rules = [_rule(rule) for rule in source.getListOfRules()]
    started = {a.getSymbol(): write(a.getMath()) for a in source.getListOfInitialAssignments()}
    computed = {rule.variable for rule in rules if rule.kind == "assignment"} | set(started)
    time_unit = source.getTimeUnits() if source.isSetTimeUnits() else ""
    return Model.of(
        id=source.getId() or "model",
        compartments=[_compartment(c, source) for c in source.getListOfCompartments()],
        species=[_species(s, source, computed) for s in source.getListOfSpecies()],
        parameters=[_parameter(p, computed) for p in source.getListOfParameters()],
        reactions=[_reaction(r, source) for r in source.getListOfReactions()],
        rules=rules,
        initial_assignments=started,
        units=_units(source),
        time_unit=time_unit,
    )


def _simplify(document: Any) -> None:
    """Inline functions, make local parameters global and bring the document to Level 3 Version 2."""
    for option in ("promoteLocalParameters", "expandFunctionDefinitions"):
        properties = libsbml.ConversionProperties()
        properties.addOption(option, True)  # noqa: FBT003 - a value of libSBML's options
        if document.convert(properties) != libsbml.LIBSBML_OPERATION_SUCCESS:
            raise ModelError(
                f"libSBML could not convert the model ({option}); check it with an SBML validator."
            )
    if not document.setLevelAndVersion(3, 2, False):  # noqa: FBT003 - not strict about units
        raise ModelError("libSBML could not convert the model to Level 3 Version 2; convert it beforehand.")


def _used_units(source: Any) -> set[str]:
    elements = (*source.getListOfCompartments(), *source.getListOfParameters())
    used = {element.getUnits() for element in elements}
    used |= {species.getSubstanceUnits() for species in source.getListOfSpecies()}
    used |= {source.getTimeUnits(), source.getSubstanceUnits(), source.getVolumeUnits()}
    holders = [*source.getListOfRules(), *source.getListOfInitialAssignments()]
    holders += [reaction.getKineticLaw() for reaction in source.getListOfReactions()]
    trees = (holder.getMath() for holder in holders if holder is not None)
    return used | {node.getUnits() for tree in trees if tree is not None for node in walk(tree)}


def _units(source: Any) -> dict[str, str]:
    used = _used_units(source)
    units = {}
    for unit in source.getListOfUnitDefinitions():
        if unit.getId() in used:
            if not unit.getNumUnits():
                raise UnitError(f"the unit `{unit.getId()}` is used but not defined; define it.")
            units[unit.getId()] = definition(tuple(_factor(part) for part in unit.getListOfUnits()))
    return units


def _factor(unit: Any) -> Factor:
    kind = libsbml.UnitKind_toString(unit.getKind())
    # Rounding undoes that libantimony writes 86400 as 8.64 times 10^4.
    multiplier = float(f"{unit.getMultiplier() * 10.0 ** unit.getScale():.15g}")
    return Factor(kind, multiplier, unit.getExponentAsDouble())


def _compartment(compartment: Any, source: Any) -> Compartment:
    return Compartment(
        id=compartment.getId(),
        size=compartment.getSize() if compartment.isSetSize() else 1.0,
        unit=compartment.getUnits() or source.getVolumeUnits(),
        meaning=compartment.getName(),
    )


def _species(species: Any, source: Any, computed: set[str]) -> Species:
    name = species.getId()
    if species.isSetInitialAmount():
        initial = species.getInitialAmount()
    elif species.isSetInitialConcentration():
        initial = species.getInitialConcentration() * _size(species, source)
    elif name in computed:
        initial = 0.0
    else:
        raise ModelError(f"species `{name}` has no initial value; give it one.")
    terms = (species.getCVTerm(i) for i in range(species.getNumCVTerms()))
    return Species(
        id=name,
        initial=initial,
        unit=species.getSubstanceUnits() or source.getSubstanceUnits(),
        compartment=species.getCompartment(),
        meaning=species.getName(),
        identifiers=tuple(term.getResourceURI(i) for term in terms for i in range(term.getNumResources())),
    )


def _size(species: Any, source: Any) -> float:
    compartment = source.getCompartment(species.getCompartment())
    return float(compartment.getSize()) if compartment is not None and compartment.isSetSize() else 1.0


def _parameter(parameter: Any, computed: set[str]) -> Parameter:
    name = parameter.getId()
    return Parameter(
        id=name,
        value=parameter.getValue() if parameter.isSetValue() and name not in computed else None,
        unit=parameter.getUnits(),
        meaning=parameter.getName(),
        constant=parameter.getConstant(),
    )


def _reaction(reaction: Any, source: Any) -> Reaction:
    law = reaction.getKineticLaw()
    if law is None or law.getMath() is None:
        raise ModelError(f"reaction `{reaction.getId()}` has no rate; give it a kinetic law.")
    sides: list[dict[str, float]] = []
    for references in (reaction.getListOfReactants(), reaction.getListOfProducts()):
        side: dict[str, float] = {}
        for reference in references:
            name = reference.getSpecies()
            species = source.getSpecies(name)
            if species is None:
                raise ModelError(f"reaction `{reaction.getId()}` changes `{name}`, which is no species.")
            if not species.getBoundaryCondition():
                side[name] = side.get(name, 0.0) + reference.getStoichiometry()
        sides.append(side)
    return Reaction(id=reaction.getId(), reactants=sides[0], products=sides[1], rate=write(law.getMath()))


def _rule(rule: Any) -> Rule:
    if rule.getMath() is None:
        raise ModelError(f"the rule of `{rule.getVariable()}` has no formula; give it one.")
    return Rule(
        variable=rule.getVariable(),
        formula=write(rule.getMath()),
        kind="rate" if rule.isRate() else "assignment",
    )
