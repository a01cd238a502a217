"""`koebner model show`: all that is known of one symbol of the model, or the list of them."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any

import typer
from rich.console import Console

from koebner.analysis.knockout import GROUPS
from koebner.cli.options import Json, Pack, Switches, read_switches
from koebner.cli.printing import console, print_json, print_table
from koebner.disease import load_model, load_pack, load_packs, load_switches, pack_of, pathways
from koebner.disease.interactions import Interaction, interactions
from koebner.errors import UnknownNameError
from koebner.evidence import Mechanism, Source, load_mechanisms, load_sources
from koebner.kinetics import Model, read_antimony
from koebner.kinetics.formulas import symbols
from koebner.plots.map_network import link
from koebner.solver import integrate

_NEIGHBOURS = ("acted on by", "acts on")
_KEY = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")


def show_command(
    name: Annotated[
        str | None, typer.Argument(help="A state, rule or parameter; all of them when left out.")
    ] = None,
    *,
    pack: Pack = "human_plaque",
    switch: Switches = None,
    json: Json = False,
) -> None:
    """Show one symbol with its equation, value, unit, sources and neighbours, or list the model."""
    model = load_model(pack, read_switches(switch))
    if name is None:
        _list(model, as_json=json)
        return
    facts = symbol_facts(model, name)
    if json:
        print_json(facts)
    else:
        _print(facts)


def symbol_facts(model: Model, name: str) -> dict[str, Any]:
    """Return what is known of a state, a rule or a parameter, as JSON types.

    Raises
    ------
    UnknownNameError
        The model has no such symbol; the closest ones are offered.
    """
    if name in model.species:
        return _species_facts(model, name)
    if name in model.rules:
        return _rule_facts(model, name)
    if name in model.parameters:
        return _parameter_facts(model, name)
    known = [*model.species, *model.parameters]
    hint = "List them with `koebner model show`."
    if name in GROUPS:
        hint = f"In `koebner knockout` it stands for {' and '.join(GROUPS[name])}: show one of them."
    raise UnknownNameError("symbol", name, known, hint=hint)


def _species_facts(model: Model, name: str) -> dict[str, Any]:
    species = model.species[name]
    neighbours = interactions(model)
    integrated = name in model.states
    return {
        "id": name,
        "kind": "state" if integrated else "state at the value that a rule gives it",
        "meaning": species.meaning,
        "unit": species.unit,
        "at start": value_at_start(model, name),
        "compartment": species.compartment,
        "identifiers": list(species.identifiers),
        "parts": list(species.parts),
        "kinds": list(species.kinds),
        **_equation(model, name),
        "pathway": pathway_of(name),
        "acted on by": [_neighbour(i, i.cause) for i in neighbours if i.effect == name],
        "acts on": [_neighbour(i, i.effect) for i in neighbours if i.cause == name],
    }


def _rule_facts(model: Model, name: str) -> dict[str, Any]:
    return {
        "id": name,
        "kind": "rule",
        "meaning": model.parameters[name].meaning,
        "unit": model.parameters[name].unit,
        "at start": value_at_start(model, name),
        **_equation(model, name),
        "pathway": pathway_of(name),
        "used in": users(model, name),
    }


def _parameter_facts(model: Model, name: str) -> dict[str, Any]:
    parameter = model.parameters[name]
    own = pack_of(model.id)
    row = next((row for row in load_pack(own) if row.id == name), None)
    drawn = row is not None and row.drawn and row.value == parameter.value
    return {
        "id": name,
        "kind": "parameter",
        "value": parameter.value,
        "unit": parameter.unit,
        "prior": parameter.prior or None,
        "drawn": drawn,
        "meaning": parameter.meaning,
        "source": parameter.source,
        "citations": [full_citation(source) for source in sources_in(parameter.source)],
        "pathway": row.block if row else None,
        "used in": users(model, name),
        "other packs": {
            pack: other.value
            for pack in load_packs()
            for other in load_pack(pack)
            if pack != own and other.id == name and other.value != parameter.value
        },
        "switches": _switch_values(name),
    }


def _equation(model: Model, name: str) -> dict[str, Any]:
    """Return the equation, and the rules that it names, one level deep."""
    derivative = model.derivatives().get(name)
    formula = model.rules[name].formula if derivative is None else derivative
    left = name if derivative is None else f"d[{name}]/dt"
    rules = [used for used in model.assigned if used in symbols(formula) and used not in model.species]
    return {
        "equation": f"{left} = {formula}",
        "where": {used: model.rules[used].formula for used in rules},
    }


def _neighbour(interaction: Interaction, name: str) -> dict[str, Any]:
    rows = [row for row in load_mechanisms() if row.id in interaction.mechanisms]
    return {"id": name, "sign": interaction.sign, "mechanisms": [_claim(row) for row in rows]}


def _claim(row: Mechanism) -> dict[str, Any]:
    return {
        "id": row.id,
        "grade": row.grade,
        "statement": row.statement,
        "papers": [short_citation(load_sources()[key]) for key in row.sources],
        "contradiction": row.contradiction or None,
        "contradicted by": [short_citation(load_sources()[key]) for key in row.contradicted_by],
    }


def _switch_values(name: str) -> dict[str, float]:
    """Return what options of switches set a parameter to, such as {"memory=off": 0}."""
    return {
        f"{switch}={option}": effect.values[name]
        for switch, choice in load_switches().items()
        for option, effect in choice.options.items()
        if name in effect.values
    }


def value_at_start(model: Model, name: str) -> float:
    """Return the value of a state or rule at time 0, where formulas may give it."""
    return float(integrate(model, times=[0.0], outputs=[name]).column(name)[0, 0])


def users(model: Model, name: str) -> list[str]:
    """Return the states and rules in whose equations or initial values a symbol stands."""
    formulas = [*model.derivatives().items(), *((key, model.rules[key].formula) for key in model.assigned)]
    formulas += model.initial_assignments.items()
    return list(dict.fromkeys(user for user, formula in formulas if name in symbols(formula)))


@cache
def pathway_of(name: str) -> str | None:
    """Return the pathway file that holds the equation of a symbol."""
    return next((pathway for pathway, path in pathways().items() if name in read_antimony(path).rules), None)


def sources_in(text: str) -> list[Source]:
    """Return the sources that a text names by their keys: the text itself, or words within it.

    Examples
    --------
    >>> [source.year for source in sources_in("assumption: small (teunissen-2012)")]
    [2012]
    """
    return [load_sources()[key] for key in _KEY.findall(text) if key in load_sources()]


def short_citation(source: Source) -> str:
    """Return first author, year and identifier."""
    return f"{source.authors[0] if source.authors else source.journal} {source.year}, {source.identifier}"


def full_citation(source: Source) -> str:
    """Return authors, year, title, journal and address."""
    authors = ", ".join(source.authors).replace(", others", " et al.") or "Authors not recorded"
    parts = (f"{authors} ({source.year})", source.title, source.journal, link(source))
    return ". ".join(part.rstrip(".") for part in parts if part)


def _print(facts: Mapping[str, Any]) -> None:
    out = console()
    for label, text in _lines(facts):
        # Left to the terminal to wrap, so that a piped line stays one line.
        out.print(f"{label:>12}  {text}", markup=False, soft_wrap=True)
    for title in _NEIGHBOURS:
        if facts.get(title):
            _print_neighbours(out, title, facts[title])


def _lines(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield label and text of every fact that is known, neighbours apart."""
    for key, value in facts.items():
        if value in (None, "", [], {}) or key in _NEIGHBOURS:
            continue
        if isinstance(value, dict):
            yield from ((key, f"{name} = {_text(part)}") for name, part in value.items())
        elif key == "citations":
            yield from ((key, citation) for citation in value)
        elif isinstance(value, list):
            yield key, ", ".join(value)
        else:
            yield key, _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "anew in every parameter draw" if value else "no, held at its value"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _print_neighbours(out: Console, title: str, neighbours: list[dict[str, Any]]) -> None:
    out.print(f"\n{title}", markup=False)
    width = max(len(neighbour["id"]) for neighbour in neighbours)
    for neighbour in neighbours:
        claims = [_evidence(claim) for claim in neighbour["mechanisms"]] or ["no row of evidence"]
        out.print(
            f"  {neighbour['id']:<{width}} {neighbour['sign']}  {'; '.join(claims)}",
            markup=False,
            soft_wrap=True,
        )


def _evidence(claim: Mapping[str, Any]) -> str:
    text = f"grade {claim['grade']}: {' and '.join(claim['papers'])}"
    if claim["contradiction"]:
        text += f" (but: {'; '.join([claim['contradiction'], *claim['contradicted by']])})"
    return text


def _meaning(model: Model, name: str) -> str:
    return (model.species if name in model.species else model.parameters)[name].meaning


def _list(model: Model, *, as_json: bool) -> None:
    numbers = [row for row in model.parameters.values() if row.id not in model.rules]
    if as_json:
        print_json(
            {
                "states": model.derivatives(),
                "rules": {name: rule.formula for name, rule in model.rules.items()},
                "parameters": {row.id: row.value for row in numbers},
            }
        )
        return
    states = list(model.derivatives().items())
    print_table(f"{model.id}: {len(states)} states", ("state", "change per day"), states)
    computed = [(name, model.rules[name].formula, _meaning(model, name)) for name in model.assigned]
    print_table(f"{len(computed)} rules", ("id", "value", "meaning"), computed)
    rows = [(r.id, r.value if r.value is not None else "", r.unit, r.source, r.meaning) for r in numbers]
    print_table(f"{len(rows)} parameters", ("id", "value", "unit", "source", "meaning"), rows)
