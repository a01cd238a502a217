"""The structure every model must have, whatever it was made from."""

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from koebner.errors import ModelError, UnitError
from koebner.kinetics.formulas import RESERVED, symbols, unknown_functions
from koebner.kinetics.unit_definitions import factors

if TYPE_CHECKING:
    from koebner.kinetics.model import Model


def check_structure(model: "Model") -> None:
    """Raise where the equations are inconsistent.

    Raises
    ------
    ModelError
        Naming the element that is wrong.
    UnitError
        When a unit is not defined.
    """
    _check_ids(model)
    _check_formulas(model)
    _check_equations(model)
    _check_units(model)


def _check_ids(model: "Model") -> None:
    seen: dict[str, str] = {}
    for names in (model.compartments, model.species, model.parameters, model.reactions):
        for name in names:
            if name in RESERVED or not (name.isidentifier() and name.isascii()):
                raise ModelError(
                    f"{names.kind} `{name}`: letters, digits and _ are expected, no reserved word."
                )
            if name in seen:
                raise ModelError(f"`{name}` is a {seen[name]} and a {names.kind}; each id may be used once.")
            seen[name] = names.kind
    for species in model.species.values():
        if species.compartment not in model.compartments:
            raise ModelError(
                f"species `{species.id}` lies in `{species.compartment}`, which is no compartment."
            )


def _check_formulas(model: "Model") -> None:
    formulas = [(f"rule of `{rule.variable}`", rule.formula) for rule in model.rules.values()]
    formulas += [(f"reaction `{reaction.id}`", reaction.rate) for reaction in model.reactions.values()]
    formulas += [(f"initial value of `{name}`", text) for name, text in model.initial_assignments.items()]
    known = {*model.compartments, *model.species, *model.parameters, *model.reactions}
    for where, formula in formulas:
        for name in sorted(symbols(formula) - known):
            raise ModelError(f"{where}: `{name}` is not defined in model `{model.id}`.")
        for name in unknown_functions(formula):
            raise ModelError(f"{where}: `{name}` is not a function of SBML.")


def _check_equations(model: "Model") -> None:
    variables = {*model.species, *model.parameters}
    for name in (*model.rules, *model.initial_assignments):
        if name not in variables:
            raise ModelError(
                f"`{name}` has an equation but is no species or parameter of model `{model.id}`."
            )
    for name in model.assigned:
        if name in model.initial_assignments:
            raise ModelError(f"`{name}` has an assignment rule and an initial assignment; one is expected.")
    for reaction in model.reactions.values():
        for name in (*reaction.reactants, *reaction.products):
            if name not in model.species:
                raise ModelError(f"reaction `{reaction.id}` changes `{name}`, which is no species.")
            if name in model.rules:
                raise ModelError(f"`{name}` has a rule and takes part in reaction `{reaction.id}`.")
    for name, rule in model.rules.items():
        parameter = model.parameters.get(name)
        needs_start = rule.kind == "rate" and name not in model.initial_assignments
        if needs_start and parameter is not None and parameter.value is None:
            raise ModelError(f"`{name}` has a rate rule but no initial value.")
    _check_order(model)


def _check_order(model: "Model") -> None:
    formulas = {name: model.rules[name].formula for name in model.assigned}
    formulas |= {reaction.id: reaction.rate for reaction in model.reactions.values()}
    formulas |= model.initial_assignments
    try:
        TopologicalSorter({name: symbols(formula) for name, formula in formulas.items()}).prepare()
    except CycleError as error:
        circle = ", ".join(f"`{name}`" for name in error.args[1][1:])
        raise ModelError(f"the equations of {circle} go round in a circle.") from None


def _check_units(model: "Model") -> None:
    used = [(f"unit `{name}`", name) for name in model.units] + [("time unit", model.time_unit)]
    for components in (model.compartments, model.species, model.parameters):
        used += [(f"{components.kind} `{name}`", component.unit) for name, component in components.items()]
    for where, unit in used:
        if unit:
            try:
                factors(unit, model.units)
            except UnitError as error:
                raise UnitError(f"{where}: {error.message}") from None
