"""The check of a model's units by libSBML."""

import re
from typing import Any

import libsbml

from koebner.kinetics.export import to_sbml
from koebner.kinetics.model import Model


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
    lines += [(event.getLine(), f"event `{event.getId()}`") for event in target.getListOfEvents()]
    return sorted(lines)


def _owner(owners: list[tuple[int, str]], line: int) -> str:
    return next((owner for start, owner in reversed(owners) if start <= line), "units")


def _essence(message: str) -> str:
    """Return the part of libSBML's message that speaks of this model, without the general rule."""
    after_rule = re.split(r"Reference: .*\n", message)[-1]
    return " ".join(after_rule.split())
