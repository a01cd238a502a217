"""Species of SBML as amounts.

In a `Model` the state of a species is its amount. Where the id of a species means a concentration, in a
compartment whose size is not constantly 1, the amount gets an id of its own, `S_amount`, and `S` becomes
a variable: amount over size. Formulas stay as they were written. Where the size is constantly 1, the two
are one number and one id.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from koebner.errors import ModelError
from koebner.kinetics.components import Event, Parameter, Reaction, Rule, Species
from koebner.kinetics.sbml_draft import Draft, SpeciesSymbol
from koebner.kinetics.sbml_units import concentration_unit


@dataclass(kw_only=True)
class _Amounts:
    """The parts of a model that change when species become amounts."""

    species: list[Species] = field(default_factory=list)
    parameters: dict[str, Parameter]
    rules: dict[str, Rule]
    initial: dict[str, str]
    names: dict[str, str] = field(default_factory=dict)
    """Ids of amounts by id of the concentration."""


@dataclass(frozen=True, kw_only=True)
class AmountModel:
    """Components of a model whose species are amounts."""

    species: tuple[Species, ...]
    parameters: tuple[Parameter, ...]
    reactions: tuple[Reaction, ...]
    rules: tuple[Rule, ...]
    initial_assignments: Mapping[str, str]
    events: tuple[Event, ...]


def as_amounts(draft: Draft) -> AmountModel:
    """Return the components of a model, with species as amounts.

    Raises
    ------
    ModelError
        When a species has no initial value, or an event sets a concentration whose amount is not known.
    """
    amounts = _Amounts(
        parameters=dict(draft.parameters), rules=dict(draft.rules), initial=dict(draft.initial)
    )
    taken = draft.names
    of_size_one = _constantly_one(draft)
    for symbol in draft.species.values():
        if not symbol.is_concentration or symbol.compartment in of_size_one:
            _add_amount(symbol, draft, amounts)
            continue
        name = f"{symbol.id}_amount"
        while name in taken:
            name += "_"
        taken.add(name)
        amounts.names[symbol.id] = name
        _add_concentration(symbol, name, draft, amounts)
    return AmountModel(
        species=tuple(amounts.species),
        parameters=tuple(amounts.parameters.values()),
        reactions=tuple(_with_amounts(reaction, amounts.names) for reaction in draft.reactions),
        rules=tuple(amounts.rules.values()),
        initial_assignments=amounts.initial,
        events=tuple(_setting_amounts(event, draft, amounts.names) for event in draft.events),
    )


def _constantly_one(draft: Draft) -> set[str]:
    """Compartments whose size is 1 at all times."""
    computed = {*draft.rules, *draft.initial, *draft.event_targets}
    return {c.id for c in draft.compartments.values() if c.size == 1 and c.id not in computed}


def _add_amount(symbol: SpeciesSymbol, draft: Draft, amounts: _Amounts) -> None:
    """Add a species whose id is its amount."""
    initial, formula = _initial_amount(symbol, draft)
    if formula is not None and symbol.id not in draft.initial and not _is_assigned(symbol.id, draft):
        amounts.initial[symbol.id] = formula
    amounts.species.append(_species(symbol, symbol.id, initial))


def _add_concentration(symbol: SpeciesSymbol, name: str, draft: Draft, amounts: _Amounts) -> None:
    """Add a species whose id is a concentration, and its amount."""
    size = symbol.compartment
    initial, formula = _initial_amount(symbol, draft)
    amounts.species.append(_species(symbol, name, initial))
    amounts.parameters[symbol.id] = Parameter(
        id=symbol.id,
        value=None,
        unit=concentration_unit(symbol.unit, draft.compartments[size].unit),
        meaning=symbol.meaning,
        constant=False,
    )
    rule = amounts.rules.pop(symbol.id, None)
    if rule is not None and rule.kind == "assignment":
        amounts.rules[symbol.id] = rule
        amounts.rules[name] = Rule(variable=name, formula=f"{symbol.id} * {size}", kind="assignment")
        return
    amounts.rules[symbol.id] = Rule(variable=symbol.id, formula=f"{name} / {size}", kind="assignment")
    if rule is not None:
        grown = f" + {symbol.id} * rateOf({size})" if size in draft.rules else ""
        amounts.rules[name] = Rule(variable=name, formula=f"({rule.formula}) * {size}{grown}", kind="rate")
    if symbol.id in draft.initial:
        amounts.initial[name] = f"({amounts.initial.pop(symbol.id)}) * {size}"
    elif formula is not None:
        amounts.initial[name] = formula


def _initial_amount(symbol: SpeciesSymbol, draft: Draft) -> tuple[float, str | None]:
    """Return the initial amount, with a formula where it hangs on a size that is computed."""
    size = symbol.compartment
    if symbol.initial_amount is not None:
        return symbol.initial_amount, None
    if symbol.initial_concentration is not None:
        is_computed = size in draft.initial or _is_assigned(size, draft)
        amount = symbol.initial_concentration * draft.compartments[size].size
        return amount, f"{symbol.initial_concentration!r} * {size}" if is_computed else None
    if symbol.id in draft.initial or _is_assigned(symbol.id, draft):
        return 0.0, None
    raise ModelError(f"species `{symbol.id}` has no initial value; give it one.")


def _is_assigned(name: str, draft: Draft) -> bool:
    return name in draft.rules and draft.rules[name].kind == "assignment"


def _species(symbol: SpeciesSymbol, name: str, initial: float) -> Species:
    return Species(
        id=name,
        initial=initial,
        unit=symbol.unit,
        compartment=symbol.compartment,
        meaning=symbol.meaning,
        identifiers=symbol.identifiers,
        parts=symbol.parts,
        kinds=symbol.kinds,
    )


def _with_amounts(reaction: Reaction, names: Mapping[str, str]) -> Reaction:
    return replace(
        reaction,
        reactants={names.get(name, name): n for name, n in reaction.reactants.items()},
        products={names.get(name, name): n for name, n in reaction.products.items()},
    )


def _setting_amounts(event: Event, draft: Draft, names: Mapping[str, str]) -> Event:
    return replace(event, assignments=dict(_amount_assignments(event, draft, names)))


def _amount_assignments(event: Event, draft: Draft, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, formula in event.assignments.items():
        if name not in names:
            yield name, formula
            continue
        size = draft.species[name].compartment
        if event.use_values_from_trigger_time and _may_change_meanwhile(size, event, draft):
            raise ModelError(
                f"event `{event.id}` sets the concentration `{name}` to a value of the time of its trigger, "
                f"while the size of `{size}` may have changed at its execution; this is not supported. "
                "Let the event use values from the time of its execution."
            )
        # The size is that before the event, whatever the event sets it to, so says the SBML Test Suite.
        yield names[name], f"({formula}) * {size}"


def _may_change_meanwhile(size: str, event: Event, draft: Draft) -> bool:
    """Whether a size may change between the trigger and the execution of an event."""
    others = [other for other in draft.events if other is not event and size in other.assignments]
    if event.delay is not None:
        return bool(others) or size in draft.rules
    return any(other.trigger == event.trigger for other in others)
