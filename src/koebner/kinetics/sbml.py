"""SBML files as models.

Read are all levels of SBML: species as amounts and as concentrations, compartments whose size varies,
rules of every kind (algebraic ones where their variables enter linearly), initial assignments, events,
conversion factors, coefficients that vary, and submodels (the package comp). Refused, naming the
element, are delays in formulas, fast reactions, constraints, and packages that change what a model
means. Species that reactions do not change (boundary condition) leave the reactions.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import libsbml

from koebner.errors import InvalidValueError, ModelError, UnitError
from koebner.kinetics.algebraic import solve_algebraic
from koebner.kinetics.components import Rule
from koebner.kinetics.flattening import flatten_submodels, simplify
from koebner.kinetics.model import Model
from koebner.kinetics.refusals import refuse_elements, refuse_packages, refuse_unknown_packages
from koebner.kinetics.sbml_draft import Draft, read_draft
from koebner.kinetics.sbml_species import as_amounts
from koebner.kinetics.sbml_units import read_units


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
    try:
        refuse_unknown_packages(document)
        raise_read_errors(document, file)
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
    """Return the model of a libSBML document that was read without errors; the document is changed.

    Raises
    ------
    ModelError
        When an element is not supported.
    """
    refuse_packages(document)
    flatten_submodels(document)
    refuse_elements(document.getModel())
    simplify(document)
    source = document.getModel()
    draft = read_draft(source)
    _solve(draft)
    _settle_values(draft)
    parts = as_amounts(draft)
    return Model.of(
        id=source.getId() or "model",
        compartments=draft.compartments.values(),
        species=parts.species,
        parameters=parts.parameters,
        reactions=parts.reactions,
        rules=parts.rules,
        initial_assignments=parts.initial_assignments,
        units=read_units(source),
        time_unit=source.getTimeUnits() if source.isSetTimeUnits() else "",
        events=parts.events,
    )


def _solve(draft: Draft) -> None:
    """Turn algebraic rules into assignment rules, in place."""
    if not draft.algebraic:
        return
    changed = {name for r in draft.reactions for name in (*r.reactants, *r.products)}
    varying = [name for name, symbol in draft.species.items() if not symbol.is_constant]
    varying += [name for name, p in draft.parameters.items() if not p.constant or p.value is None]
    varying += [name for name, compartment in draft.compartments.items() if not compartment.constant]
    free = [name for name in varying if name not in draft.rules and name not in changed]
    held = {name for name, symbol in draft.species.items() if symbol.is_boundary}
    settable = {*draft.event_targets, *draft.initial, *held}
    definitions = {name: rule.formula for name, rule in draft.rules.items() if rule.kind == "assignment"}
    definitions |= {reaction.id: reaction.rate for reaction in draft.reactions}
    solved = solve_algebraic(
        draft.algebraic,
        unknowns=[name for name in free if name not in settable],
        settable=[name for name in free if name in settable],
        definitions=definitions,
    )
    for name, formula in solved.items():
        draft.rules[name] = Rule(variable=name, formula=formula, kind="assignment")
        draft.initial.pop(name, None)


def _settle_values(draft: Draft) -> None:
    """Leave a parameter without a value where an equation gives it one, in place."""
    for name, parameter in draft.parameters.items():
        rule = draft.rules.get(name)
        if name in draft.initial or (rule is not None and rule.kind == "assignment"):
            draft.parameters[name] = replace(parameter, value=None)
