"""The structure every model must have, whatever it was made from."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from koebner.errors import ModelError, UnitError
from koebner.kinetics.formulas import RESERVED, rated, symbols, unknown_functions, valued
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
    for names in (
        model.compartments,
        model.species,
        model.parameters,
        model.reactions,
        model.events,
    ):
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
    known = {*model.compartments, *model.species, *model.parameters, *model.reactions}
    for where, formula in _formulas(model):
        for name in sorted(symbols(formula) - known):
            raise ModelError(f"{where}: `{name}` is not defined in model `{model.id}`.")
        for name in unknown_functions(formula):
            raise ModelError(f"{where}: `{name}` is not a function of SBML.")


def _formulas(model: "Model") -> Iterator[tuple[str, str]]:
    """Yield every formula and where it stands."""
    for rule in model.rules.values():
        yield f"rule of `{rule.variable}`", rule.formula
    for name, formula in model.initial_assignments.items():
        yield f"initial value of `{name}`", formula
    for reaction in model.reactions.values():
        yield f"reaction `{reaction.id}`", reaction.rate
        for coefficient in (*reaction.reactants.values(), *reaction.products.values()):
            if isinstance(coefficient, str):
                yield f"stoichiometry of reaction `{reaction.id}`", coefficient
    for event in model.events.values():
        for formula in event.formulas:
            yield f"event `{event.id}`", formula


def _check_equations(model: "Model") -> None:
    variables = {*model.species, *model.parameters, *model.compartments}
    for name in (*model.rules, *model.initial_assignments):
        if name not in variables:
            raise ModelError(
                f"`{name}` has an equation but is no species, parameter or compartment of model `{model.id}`."
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
    _check_events(model, variables)
    for name, rule in model.rules.items():
        parameter = model.parameters.get(name)
        needs_start = rule.kind == "rate" and name not in model.initial_assignments
        if needs_start and parameter is not None and parameter.value is None:
            raise ModelError(f"`{name}` has a rate rule but no initial value.")
    _check_order(model)


def _check_events(model: "Model", variables: set[str]) -> None:
    for event in model.events.values():
        for name in event.assignments:
            if name not in variables:
                raise ModelError(
                    f"event `{event.id}` sets `{name}`, which is no species, parameter or compartment."
                )
            if name in model.assigned:
                raise ModelError(f"event `{event.id}` sets `{name}`, which an assignment rule computes.")


def _check_order(model: "Model") -> None:
    try:
        TopologicalSorter(dependencies(model)).prepare()
    except CycleError as error:
        circle = ", ".join(f"`{name}`" for name in error.args[1][1:])
        raise ModelError(f"the equations of {circle} go round in a circle.") from None


def dependencies(model: "Model") -> dict[str, set[str]]:
    """Return by name what must be known before each value, `rateOf(x)` being the rate of change of x."""
    formulas = {name: model.rules[name].formula for name in model.assigned}
    formulas |= {reaction.id: reaction.rate for reaction in model.reactions.values()}
    formulas |= model.initial_assignments
    needs = {name: _needed(formula) for name, formula in formulas.items()}
    derivatives = model.derivatives()
    waiting = {name for formula in [*formulas.values(), *derivatives.values()] for name in rated(formula)}
    while waiting:
        name = waiting.pop()
        if name in derivatives:
            needs[f"rateOf({name})"] = _needed(derivatives[name])
            continue
        # The rate of a computed value follows from the rates of all that it is computed from.
        used = symbols(formulas[name]) if name in model.assigned or name in model.reactions else frozenset()
        needs[f"rateOf({name})"] = {name, *(f"rateOf({other})" for other in used)}
        waiting |= {other for other in used if f"rateOf({other})" not in needs}
    return needs


def _needed(formula: str) -> set[str]:
    return {*valued(formula), *(f"rateOf({name})" for name in rated(formula))}


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
