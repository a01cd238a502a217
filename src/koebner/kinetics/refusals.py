"""What SBML can say and a `Model` cannot: refused, naming the element."""

from collections.abc import Iterator
from typing import Any

import libsbml

from koebner.errors import ModelError
from koebner.kinetics.formulas import walk

# Submodels are flattened, drawings change no number; extended math is in the core of Level 3 Version 2.
_HARMLESS_PACKAGES = {"comp", "l3v2extendedmath", "layout", "render"}
# These mean another kind of model, even where the file does not require them.
_OTHER_MODELS = {"fbc", "qual", "multi", "spatial"}


def refuse_packages(document: Any) -> None:
    """Raise at the first package of a libSBML document that is not supported.

    Raises
    ------
    ModelError
        Naming the package.
    """
    for i in range(document.getNumPlugins()):
        package = document.getPlugin(i).getPackageName()
        needed = document.getPackageRequired(package) and package not in _HARMLESS_PACKAGES
        if needed or package in _OTHER_MODELS:
            _refuse(f"the model needs the SBML package `{package}`")


def refuse_unknown_packages(document: Any) -> None:
    """Raise at the first required package that libSBML does not know, of which it says no name.

    Raises
    ------
    ModelError
        Naming the package.
    """
    for i in range(document.getNumUnknownPackages()):
        if document.getPackageRequired(document.getUnknownPackageURI(i)):
            _refuse(f"the model needs the SBML package `{document.getUnknownPackagePrefix(i)}`")


def refuse_elements(model: Any) -> None:
    """Raise at the first element of a libSBML model that is not supported.

    Raises
    ------
    ModelError
        Naming the element and what is not supported about it.
    """
    for problem in _problems(model):
        _refuse(problem)


def _refuse(problem: str) -> None:
    raise ModelError(f"{problem}; this is not supported. Remove it from the model, or rewrite it.")


def _problems(model: Any) -> Iterator[str]:
    for constraint in model.getListOfConstraints():
        if constraint.isSetMath():
            yield f"line {constraint.getLine()} holds a constraint"
    for reaction in model.getListOfReactions():
        if reaction.isSetFast() and reaction.getFast():
            yield f"reaction `{reaction.getId()}` is fast"
    for where, tree in _formulas(model):
        if tree is not None and any(node.getType() == libsbml.AST_FUNCTION_DELAY for node in walk(tree)):
            yield f"{where} uses the function delay()"


def _formulas(model: Any) -> Iterator[tuple[str, Any]]:
    for rule in model.getListOfRules():
        where = "an algebraic rule" if rule.isAlgebraic() else f"the rule of `{rule.getVariable()}`"
        yield where, rule.getMath()
    for assignment in model.getListOfInitialAssignments():
        yield f"the initial value of `{assignment.getSymbol()}`", assignment.getMath()
    for function in model.getListOfFunctionDefinitions():
        yield f"function `{function.getId()}`", function.getMath()
    for reaction in model.getListOfReactions():
        if reaction.getKineticLaw() is not None:
            yield f"the rate of reaction `{reaction.getId()}`", reaction.getKineticLaw().getMath()
        for reference in (*reaction.getListOfReactants(), *reaction.getListOfProducts()):
            if reference.isSetStoichiometryMath():
                where = f"the stoichiometry of `{reference.getSpecies()}` in reaction `{reaction.getId()}`"
                yield where, reference.getStoichiometryMath().getMath()
    for event in model.getListOfEvents():
        parts = [event.getTrigger(), event.getDelay(), event.getPriority()]
        for part in (*parts, *event.getListOfEventAssignments()):
            if part is not None:
                yield f"event `{event.getId() or 'without id'}`", part.getMath()
