"""What SBML can say and a `Model` cannot: refused, naming the element."""

from collections.abc import Iterator
from typing import Any

import libsbml

from koebner.errors import ModelError
from koebner.kinetics.formulas import walk

# Drawings change no number; extended math is in the core of Level 3 Version 2.
_HARMLESS_PACKAGES = {"l3v2extendedmath", "layout", "render"}


def refuse_unsupported(model: Any, document: Any) -> None:
    """Raise at the first element of a libSBML model that is not supported.

    Raises
    ------
    ModelError
        Naming the element and what is not supported about it.
    """
    for problem in _problems(model, document):
        raise ModelError(f"{problem}; this is not supported. Remove it from the model, or rewrite it.")


def _problems(model: Any, document: Any) -> Iterator[str]:
    for i in range(document.getNumPlugins()):
        package = document.getPlugin(i).getPackageName()
        if document.getPackageRequired(package) and package not in _HARMLESS_PACKAGES:
            yield f"the model needs the SBML package `{package}`"
    for event in model.getListOfEvents():
        yield f"`{event.getId() or 'without id'}` is an event"
    for constraint in model.getListOfConstraints():
        yield f"line {constraint.getLine()} holds a constraint"
    yield from _compartment_problems(model)
    for species in model.getListOfSpecies():
        if species.isSetConversionFactor() or model.isSetConversionFactor():
            yield f"species `{species.getId()}` has a conversion factor"
    yield from _rule_problems(model)
    yield from _reaction_problems(model)


def _compartment_problems(model: Any) -> Iterator[str]:
    ruled = {rule.getVariable() for rule in model.getListOfRules()}
    ruled |= {assignment.getSymbol() for assignment in model.getListOfInitialAssignments()}
    concentrations = {
        species.getCompartment()
        for species in model.getListOfSpecies()
        if not species.getHasOnlySubstanceUnits()
    }
    for compartment in model.getListOfCompartments():
        name = compartment.getId()
        if name in ruled:
            yield f"compartment `{name}` has a size that an equation sets"
        if name in concentrations and compartment.isSetSize() and compartment.getSize() != 1:
            yield f"compartment `{name}` has size {compartment.getSize():g} and holds concentrations"


def _rule_problems(model: Any) -> Iterator[str]:
    references = {
        reference.getId()
        for reaction in model.getListOfReactions()
        for reference in (*reaction.getListOfReactants(), *reaction.getListOfProducts())
        if reference.isSetId()
    }
    for rule in model.getListOfRules():
        if rule.isAlgebraic():
            yield f"line {rule.getLine()} holds an algebraic rule"
        if rule.getVariable() in references:
            yield f"the stoichiometry `{rule.getVariable()}` has a rule"
        yield from _math_problems(f"the rule of `{rule.getVariable()}`", rule.getMath())
    for assignment in model.getListOfInitialAssignments():
        if assignment.getSymbol() in references:
            yield f"the stoichiometry `{assignment.getSymbol()}` has an initial assignment"
        yield from _math_problems(f"the initial value of `{assignment.getSymbol()}`", assignment.getMath())
    for function in model.getListOfFunctionDefinitions():
        yield from _math_problems(f"function `{function.getId()}`", function.getMath())


def _reaction_problems(model: Any) -> Iterator[str]:
    for reaction in model.getListOfReactions():
        name = reaction.getId()
        if reaction.isSetFast() and reaction.getFast():
            yield f"reaction `{name}` is fast"
        for reference in (*reaction.getListOfReactants(), *reaction.getListOfProducts()):
            if reference.isSetStoichiometryMath():
                yield f"reaction `{name}` has a variable stoichiometry of `{reference.getSpecies()}`"
        if reaction.getKineticLaw() is not None:
            yield from _math_problems(f"the rate of reaction `{name}`", reaction.getKineticLaw().getMath())


def _math_problems(where: str, tree: Any) -> Iterator[str]:
    refused = {libsbml.AST_FUNCTION_DELAY: "a delay", libsbml.AST_FUNCTION_RATE_OF: "the rate of a variable"}
    for node in walk(tree) if tree is not None else ():
        if node.getType() in refused:
            yield f"{where} uses {refused[node.getType()]}"
