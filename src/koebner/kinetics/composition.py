"""Parts put together to one model: the same id means the same thing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from koebner.errors import ModelError, UnitError, UnknownNameError
from koebner.kinetics.components import Parameter, Rule
from koebner.kinetics.model import Model
from koebner.kinetics.unit_definitions import same

Thing = TypeVar("Thing")


def compose(parts: Iterable[Model], *, id: str, bind: Mapping[str, str] | None = None) -> Model:  # noqa: A002
    """Return one model made of parts.

    An open input of one part is closed by the parameter, species or compartment of that id in another.

    Parameters
    ----------
    parts
        Models whose shared ids mean the same thing.
    id
        Id of the composed model.
    bind
        Formulas for open inputs, or for parameters in place of their default value; each is added as
        an assignment rule.

    Raises
    ------
    ModelError
        When two parts define the same id differently.
    UnitError
        When the units of an input and of what closes it, or the time units of two parts, differ.
    UnknownNameError
        When `bind` names neither an open input nor a parameter with a value.
    """
    merged = list(parts)
    units = _merged_units(merged)
    closers = _closers(merged)
    parameters = _merged_parameters(merged, closers, units)
    rules = _merged("rule of", ({r.variable: r for r in part.rules.values()} for part in merged))
    for name, formula in (bind or {}).items():
        if name not in parameters or name in rules:
            raise UnknownNameError("open input", name, sorted(set(parameters) - set(rules)))
        parameters[name] = replace(parameters[name], value=None, constant=False)
        rules[name] = Rule(variable=name, formula=formula, kind="assignment")
    return Model.of(
        id=id,
        compartments=_merged("compartment", (part.compartments for part in merged)).values(),
        species=_merged("species", (part.species for part in merged)).values(),
        parameters=parameters.values(),
        reactions=_merged("reaction", (part.reactions for part in merged)).values(),
        rules=rules.values(),
        initial_assignments=_merged("initial value of", (part.initial_assignments for part in merged)),
        units=units,
        time_unit=merged[0].time_unit if merged else "day",
        events=_merged("event", (part.events for part in merged)).values(),
    )


def _closers(parts: list[Model]) -> dict[str, str]:
    """Units of all that can close an input, by id."""
    return {
        name: component.unit
        for part in parts
        for components in (part.compartments, part.species, part.parameters)
        for name, component in components.items()
        if name not in part.inputs
    }


def _merged_units(parts: list[Model]) -> dict[str, str]:
    units: dict[str, str] = {}
    for part in parts:
        for name, definition in part.units.items():
            if name in units and not same(units[name], definition, {}):
                raise ModelError(
                    f"unit `{name}` is `{units[name]}` in one part and `{definition}` in `{part.id}`; "
                    "one definition is expected."
                )
            units.setdefault(name, definition)
        if not _agree(part.time_unit, parts[0].time_unit, units):
            raise UnitError(
                f"the time unit of `{part.id}` is {part.time_unit}, of `{parts[0].id}` {parts[0].time_unit}; "
                "parts need one time unit."
            )
    return units


def _agree(left: str, right: str, units: Mapping[str, str]) -> bool:
    """Whether units agree; one that is not declared agrees with all."""
    return not left or not right or same(left, right, units)


def _merged_parameters(
    parts: list[Model], closers: Mapping[str, str], units: Mapping[str, str]
) -> dict[str, Parameter]:
    inputs: dict[str, Parameter] = {}  # those that stay open
    for part in parts:
        for name in part.inputs:
            wanted = part.parameters[name]
            given = closers[name] if name in closers else inputs.setdefault(name, wanted).unit
            if not _agree(wanted.unit, given, units):
                raise UnitError(
                    f"input `{name}` of `{part.id}` is in {wanted.unit}, but `{name}` elsewhere in {given}; "
                    "give both the same unit."
                )
    defined = ({name: p for name, p in part.parameters.items() if name not in part.inputs} for part in parts)
    return inputs | _merged("parameter", defined)


def _merged(kind: str, sections: Iterable[Mapping[str, Thing]]) -> dict[str, Thing]:
    merged: dict[str, Thing] = {}
    for section in sections:
        for name, component in section.items():
            if merged.setdefault(name, component) != component:
                raise ModelError(
                    f"{kind} `{name}` is defined differently by two parts: {merged[name]} and {component}."
                )
    return merged
