"""Units of an SBML model: the definitions that the model uses, as text."""

from typing import Any

import libsbml

from koebner.errors import UnitError
from koebner.kinetics.formulas import walk
from koebner.kinetics.unit_definitions import Factor, definition


def read_units(source: Any) -> dict[str, str]:
    """Return the definitions of the units that a libSBML model uses, by id.

    Raises
    ------
    UnitError
        When a unit is used but not defined.
    """
    used = _used_units(source)
    units = {}
    for unit in source.getListOfUnitDefinitions():
        if unit.getId() in used:
            if not unit.getNumUnits():
                raise UnitError(f"the unit `{unit.getId()}` is used but not defined; define it.")
            units[unit.getId()] = definition(tuple(_factor(part) for part in unit.getListOfUnits()))
    return units


def concentration_unit(substance: str, size: str) -> str:
    """Return the unit of a substance in a compartment; empty where one is not known."""
    if not substance or not size or size == "dimensionless":
        return substance if size else ""
    return f"{substance}/({size})"


def _used_units(source: Any) -> set[str]:
    elements = (*source.getListOfCompartments(), *source.getListOfParameters())
    used = {element.getUnits() for element in elements}
    used |= {species.getSubstanceUnits() for species in source.getListOfSpecies()}
    used |= {source.getTimeUnits(), source.getSubstanceUnits(), source.getVolumeUnits()}
    used |= {source.getAreaUnits(), source.getLengthUnits()}
    holders = [*source.getListOfRules(), *source.getListOfInitialAssignments()]
    holders += [reaction.getKineticLaw() for reaction in source.getListOfReactions()]
    for event in source.getListOfEvents():
        holders += [event.getTrigger(), event.getDelay(), event.getPriority()]
        holders += list(event.getListOfEventAssignments())
    trees = (holder.getMath() for holder in holders if holder is not None)
    return used | {node.getUnits() for tree in trees if tree is not None for node in walk(tree)}


def _factor(unit: Any) -> Factor:
    kind = libsbml.UnitKind_toString(unit.getKind())
    # Rounding undoes that libantimony writes 86400 as 8.64 times 10^4.
    multiplier = float(f"{unit.getMultiplier() * 10.0 ** unit.getScale():.15g}")
    return Factor(kind, multiplier, unit.getExponentAsDouble())
