"""A model as an immutable value: ordinary differential equations with units, meanings and sources."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol, TypeVar

from koebner.errors import InvalidValueError, ModelError, UnknownNameError
from koebner.kinetics.components import Compartment, Event, Parameter, Reaction, Rule, Species
from koebner.kinetics.formulas import canonical, rename
from koebner.kinetics.named_mapping import NamedMapping
from koebner.kinetics.validation import check_structure


class _Component(Protocol):
    @property
    def id(self) -> str: ...


Component = TypeVar("Component", bound=_Component)


@dataclass(frozen=True, kw_only=True)
class Model:
    """Compartments, species, parameters, reactions, rules and events; build one with `Model.of`.

    Two models are equal when all they hold is equal; the fingerprint is a hash of all they hold.

    Raises
    ------
    ModelError
        When the equations are inconsistent: an id is used twice or reserved, a formula names an
        unknown symbol, a variable has two equations, assignment rules go round in a circle.
    """

    id: str
    compartments: NamedMapping[Compartment]
    species: NamedMapping[Species]
    parameters: NamedMapping[Parameter]
    reactions: NamedMapping[Reaction]
    rules: NamedMapping[Rule]
    initial_assignments: NamedMapping[str]
    """Formulas of values at time 0, by variable."""
    units: NamedMapping[str] = field(default_factory=lambda: NamedMapping("unit", {}))
    """Definitions of units, such as `1/day`, by id."""
    time_unit: str = "day"
    events: NamedMapping[Event] = field(default_factory=lambda: NamedMapping("event", {}))

    def __post_init__(self) -> None:
        check_structure(self)

    @staticmethod
    def of(
        *,
        id: str,  # noqa: A002 - the word of SBML
        compartments: Iterable[Compartment] = (),
        species: Iterable[Species] = (),
        parameters: Iterable[Parameter] = (),
        reactions: Iterable[Reaction] = (),
        rules: Iterable[Rule] = (),
        initial_assignments: Mapping[str, str] | None = None,
        units: Mapping[str, str] | None = None,
        time_unit: str = "day",
        events: Iterable[Event] = (),
    ) -> "Model":
        """Return the model made of these components.

        Examples
        --------
        >>> decay = Model.of(
        ...     id="decay",
        ...     compartments=[Compartment(id="body")],
        ...     species=[Species(id="x", initial=1.0, unit="dimensionless", compartment="body")],
        ...     parameters=[Parameter(id="k", value=0.5, unit="1/day")],
        ...     rules=[Rule(variable="x", formula="-k*x", kind="rate")],
        ... )
        >>> decay.derivatives()
        {'x': '-k * x'}
        """
        return Model(
            id=id,
            compartments=_by_id("compartment", compartments),
            species=_by_id("species", species),
            parameters=_by_id("parameter", parameters),
            reactions=_by_id("reaction", reactions),
            rules=_by_variable(rules),
            initial_assignments=NamedMapping(
                "initial assignment",
                {variable: canonical(text) for variable, text in (initial_assignments or {}).items()},
            ),
            units=NamedMapping("unit", units or {}),
            time_unit=time_unit,
            events=_by_id("event", events),
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        """Open symbols: parameters with neither a value nor an equation."""
        return tuple(
            name
            for name, parameter in self.parameters.items()
            if parameter.value is None and name not in self.rules and name not in self.initial_assignments
        )

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Variables that are integrated: species, then what else has a rate rule, in their order."""
        assigned = frozenset(self.assigned)
        species = (name for name in self.species if name not in assigned)
        others = (name for names in (self.parameters, self.compartments) for name in names)
        return (*species, *(n for n in others if n in self.rules and self.rules[n].kind == "rate"))

    @cached_property
    def assigned(self) -> tuple[str, ...]:
        """Variables that an assignment rule computes."""
        return tuple(name for name, rule in self.rules.items() if rule.kind == "assignment")

    def derivatives(self) -> dict[str, str]:
        """Return the right-hand side of every state, from rate rules and reactions."""
        terms: dict[str, list[str]] = {name: [] for name in self.states}
        for reaction in self.reactions.values():
            for sign, side in (("-", reaction.reactants), ("+", reaction.products)):
                for species, coefficient in side.items():
                    terms[species].append(f"{sign} {_times(coefficient)}({reaction.rate})")
        for name in self.states:
            if name in self.rules:
                terms[name] = [self.rules[name].formula]
        return {name: canonical(" ".join(parts).removeprefix("+ ") or "0") for name, parts in terms.items()}

    def with_parameters(self, **values: float) -> "Model":
        """Return the model with other parameter values; closes open inputs too.

        Raises
        ------
        UnknownNameError
            When there is no such parameter.
        InvalidValueError
            When the parameter is computed by a rule, or the value is not finite.
        """
        parameters = dict(self.parameters)
        for name, value in values.items():
            if name in self.assigned:
                raise InvalidValueError(
                    f"`{name}` is computed by a rule; a parameter with a value is expected."
                )
            parameters[name] = replace(self.parameters[name], value=value)
        kept = {name: text for name, text in self.initial_assignments.items() if name not in values}
        return replace(
            self,
            parameters=NamedMapping("parameter", parameters),
            initial_assignments=NamedMapping("initial assignment", kept),
        )

    def renamed(self, prefix: str, keep: Collection[str] = ()) -> "Model":
        """Return the model with the prefix before every symbol except those in `keep`; units stay.

        Raises
        ------
        UnknownNameError
            When `keep` names no symbol of the model.
        """
        own = [*self.compartments, *self.species, *self.parameters, *self.reactions, *self.events]
        for name in keep:
            if name not in own:
                raise UnknownNameError("symbol", name, own)
        names = {name: name if name in keep else prefix + name for name in own}
        return Model.of(
            id=prefix + self.id,
            compartments=[replace(c, id=names[c.id]) for c in self.compartments.values()],
            species=[
                replace(s, id=names[s.id], compartment=names[s.compartment]) for s in self.species.values()
            ],
            parameters=[replace(p, id=names[p.id]) for p in self.parameters.values()],
            reactions=[_renamed_reaction(r, names) for r in self.reactions.values()],
            rules=[
                replace(r, variable=names[r.variable], formula=rename(r.formula, names))
                for r in self.rules.values()
            ],
            initial_assignments={names[v]: rename(f, names) for v, f in self.initial_assignments.items()},
            units=self.units,
            time_unit=self.time_unit,
            events=[_renamed_event(event, names) for event in self.events.values()],
        )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all the model holds."""
        content = (
            self.id,
            self.compartments,
            self.species,
            self.parameters,
            self.reactions,
            self.rules,
            self.initial_assignments,
            self.units,
            self.time_unit,
            self.events,
        )
        return hashlib.sha256(repr(content).encode()).hexdigest()

    def __repr__(self) -> str:
        """Return a line: what the whole model holds would fill a screen."""
        return (
            f"Model({self.id!r}: {len(self.states)} states, {len(self.assigned)} rules, "
            f"{len(self.parameters) - sum(name in self.parameters for name in self.assigned)} parameters, "
            f"{len(self.reactions)} reactions; fingerprint {self.fingerprint[:12]})"
        )

    def __hash__(self) -> int:
        return hash(self.fingerprint)


def _by_id(kind: str, components: Iterable[Component]) -> NamedMapping[Component]:
    content: dict[str, Component] = {}
    for component in components:
        if component.id in content:
            raise ModelError(f"{kind} `{component.id}` is defined twice; each id may be used once.")
        content[component.id] = component
    return NamedMapping(kind, content)


def _by_variable(rules: Iterable[Rule]) -> NamedMapping[Rule]:
    content: dict[str, Rule] = {}
    for rule in rules:
        if rule.variable in content:
            raise ModelError(f"`{rule.variable}` has two rules; each variable may have one.")
        content[rule.variable] = rule
    return NamedMapping("rule", content)


def _times(coefficient: float | str) -> str:
    if isinstance(coefficient, str):
        return f"({coefficient}) * "
    return "" if coefficient == 1 else f"{coefficient:.15g} * "


def _renamed_reaction(reaction: Reaction, names: Mapping[str, str]) -> Reaction:
    sides = (
        {names[species]: rename(n, names) if isinstance(n, str) else n for species, n in side.items()}
        for side in (reaction.reactants, reaction.products)
    )
    reactants, products = sides
    return Reaction(
        id=names[reaction.id], reactants=reactants, products=products, rate=rename(reaction.rate, names)
    )


def _renamed_event(event: Event, names: Mapping[str, str]) -> Event:
    return replace(
        event,
        id=names[event.id],
        trigger=rename(event.trigger, names),
        assignments={names[variable]: rename(text, names) for variable, text in event.assignments.items()},
        delay=None if event.delay is None else rename(event.delay, names),
        priority=None if event.priority is None else rename(event.priority, names),
    )
