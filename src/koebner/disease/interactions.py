"""The network of the model: which variable acts on which, with what sign, and what is known of it.

Nodes are the states, and the species that a rule computes. The other rules are plumbing: an influence
that runs through them counts as direct. The sign is that of the partial derivative of the effect's rate
by the cause, at the lesion and at some points about it. Leaves out how strong an influence is, and what
drugs set from outside.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from graphlib import TopologicalSorter
from itertools import product
from typing import Literal

from koebner.evidence import Mechanism, load_mechanisms
from koebner.kinetics import Model, NamedMapping
from koebner.kinetics.validation import dependencies
from koebner.solver.symbolic.equations import Equations, Layout, build_equations
from koebner.solver.symbolic.expressions import Graph
from koebner.solver.symbolic.jacobian import gradients

Sign = Literal["+", "-", "±"]

# Above the lesion too, because some influences are those of an excess.
_SHARES_OF_LESION = (1.0, 0.3, 1.5)
# For what the untreated lesion lacks: triggers, infused cells.
_LEVELS_OF_ABSENT = (0.0, 0.1)
# Slopes so much smaller than the steepest one are rounding errors.
_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """One direct influence: more of `cause` raises (+) or lowers (-) the rate of `effect`.

    The sign is "±" where it depends on the levels. `mechanisms` are the rows of evidence that claim it.
    """

    cause: str
    effect: str
    sign: Sign
    mechanisms: tuple[str, ...]


@lru_cache(maxsize=16)
def interactions(model: Model) -> tuple[Interaction, ...]:
    """Return every direct influence of one node of the model on another, by cause and effect.

    Parameters
    ----------
    model
        A disease model; parameters keep their values.

    Raises
    ------
    ModelError
        When a formula uses a function that is not supported.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> [i.sign for i in interactions(load_model()) if (i.cause, i.effect) == ("Treg", "Th17")]
    ['-']
    """
    known = _claims()
    return tuple(
        Interaction(cause=cause, effect=effect, sign=sign, mechanisms=_fitting(known, cause, effect, sign))
        for (cause, effect), sign in _signs(model).items()
    )


def network_nodes(model: Model) -> tuple[str, ...]:
    """Return the nodes of the network: states, and species that a rule computes, in the model's order."""
    return _all_integrated(model).states


def uncovered(model: Model) -> tuple[Interaction, ...]:
    """Return the influences that no row of evidence claims."""
    return tuple(interaction for interaction in interactions(model) if not interaction.mechanisms)


def unrealised(model: Model) -> tuple[tuple[Mechanism, str], ...]:
    """Return rows of evidence, each with an edge of it that the model lacks or has with the other sign."""
    drawn = {(i.cause, i.effect): i for i in interactions(model)}
    return tuple(
        (mechanism, f"{cause}>{effect}")
        for mechanism in load_mechanisms()
        for cause, effect in mechanism.pairs
        if (cause, effect) not in drawn or mechanism.id not in drawn[cause, effect].mechanisms
    )


def _claims() -> dict[tuple[str, str], list[Mechanism]]:
    claims: dict[tuple[str, str], list[Mechanism]] = {}
    for mechanism in load_mechanisms():
        for pair in mechanism.pairs:
            claims.setdefault(pair, []).append(mechanism)
    return claims


def _fitting(
    known: Mapping[tuple[str, str], list[Mechanism]], cause: str, effect: str, sign: Sign
) -> tuple[str, ...]:
    return tuple(row.id for row in known.get((cause, effect), ()) if sign in (row.sign, "±"))


def _signs(model: Model) -> dict[tuple[str, str], Sign]:
    whole = _all_integrated(model)
    equations = build_equations(whole, Layout.of(whole))
    names = dict(enumerate(whole.states))
    places = {equations.graph.variable(f"y[{i}]"): i for i in names}
    slopes = {
        (names[cause], effect): node
        for effect, gradient in zip(
            whole.states, gradients(equations.graph, list(equations.derivatives), places), strict=True
        )
        for cause, node in sorted(gradient.items())
        if names[cause] != effect
    }
    seen: dict[tuple[str, str], set[Sign]] = {}
    for point in _points(model, whole, equations):
        values = _evaluated(equations.graph, list(slopes.values()), point)
        floor = _ROUNDING * max((abs(value) for value in values if math.isfinite(value)), default=0.0)
        for pair, value in zip(slopes, values, strict=True):
            if math.isfinite(value) and abs(value) > floor:
                seen.setdefault(pair, set()).add("+" if value > 0 else "-")
    return {pair: "±" if len(signs) > 1 else min(signs) for pair, signs in sorted(seen.items())}


def _all_integrated(model: Model) -> Model:
    """Return the model with its computed species as states, whose rate is what computes them."""
    rules = {
        name: replace(rule, kind="rate") if name in model.species else rule
        for name, rule in model.rules.items()
    }
    return replace(model, rules=NamedMapping("rule", rules))


def _points(model: Model, whole: Model, equations: Equations) -> Iterator[dict[str, float]]:
    """Yield levels of states and values of constants, by their place in the equations."""
    layout = Layout.of(whole)
    places = {name: f"y[{i}]" for i, name in enumerate(layout.states)}
    places |= {name: f"p[{i}]" for i, name in enumerate(layout.constants)}
    rates = dict(zip(layout.states, equations.derivatives, strict=True))
    order = [name for name in TopologicalSorter(dependencies(model)).static_order() if name in model.species]
    lesion = _lesion(whole, equations, places)
    for share, absent in product(_SHARES_OF_LESION, _LEVELS_OF_ABSENT):
        point = dict(lesion)
        for name in layout.states:
            point[places[name]] = share * lesion[places[name]] or absent
        for name in order:
            if name in model.assigned:
                point[places[name]] = _evaluated(equations.graph, [rates[name]], point)[0]
        yield point


def _lesion(whole: Model, equations: Equations, places: Mapping[str, str]) -> dict[str, float]:
    values = {"t": 0.0}
    values |= {places[name]: compartment.size for name, compartment in whole.compartments.items()}
    values |= {places[name]: species.initial for name, species in whole.species.items()}
    values |= {
        places[name]: parameter.value
        for name, parameter in whole.parameters.items()
        if name in places and parameter.value is not None
    }
    for name, node in equations.initial.items():
        values[places[name]] = _evaluated(equations.graph, [node], values)[0]
    return values


def _evaluated(graph: Graph, roots: list[int], values: Mapping[str, float]) -> list[float]:
    """Return the values of nodes: a graph without variables folds into numbers."""
    numbers = Graph()
    found: dict[int, int] = {}
    for node in graph.needed(roots):
        operation, arguments, value, name = graph.nodes[node]
        if operation == "number":
            found[node] = numbers.number(value)
        elif operation == "variable":
            found[node] = numbers.number(values[name])
        else:
            found[node] = numbers.apply(operation, *(found[argument] for argument in arguments))
    return [numbers.nodes[found[root]].value for root in roots]
