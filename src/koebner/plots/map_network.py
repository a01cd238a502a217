"""What a map of the mechanism network shows: nodes by compartment, signed edges, and their papers.

Words and facts only; where things stand and how they look is left to the layout and the formats.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from koebner.disease.interactions import Interaction, interactions, network_nodes
from koebner.disease.nodes import Kind, load_nodes, node
from koebner.evidence import Mechanism, Source, load_mechanisms, load_sources
from koebner.kinetics import Model

VERBS = {"+": "raises", "-": "lowers", "±": "raises or lowers"}
NO_MECHANISM = "No row of evidence claims this influence."
ELSEWHERE = "elsewhere"
"""Compartment of a variable that the model places nowhere."""


@dataclass(frozen=True, kw_only=True)
class MapNode:
    """One variable of the model, with its short name and its meaning."""

    id: str
    label: str
    kind: Kind
    compartment: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Network:
    """All that a map shows; nodes in the order of the table of nodes, edges by cause and effect."""

    title: str
    nodes: tuple[MapNode, ...]
    edges: tuple[Interaction, ...]

    def label(self, name: str) -> str:
        """Return the short name of a node."""
        return next(node.label for node in self.nodes if node.id == name)


def network(model: Model) -> Network:
    """Return the network of a model."""
    known = list(load_nodes())
    names = sorted(network_nodes(model), key=lambda name: known.index(name) if name in known else len(known))
    return Network(
        title=f"{model.id}: the mechanism network",
        nodes=tuple(_map_node(model, name) for name in names),
        edges=interactions(model),
    )


def _map_node(model: Model, name: str) -> MapNode:
    row = node(name)
    species = model.species.get(name)
    meaning = species.meaning if species else model.parameters[name].meaning
    return MapNode(
        id=name,
        label=row.label_en,
        kind=row.kind,
        compartment=species.compartment if species else ELSEWHERE,
        meaning=meaning or row.label_en,
    )


def claims(edge: Interaction) -> tuple[Mechanism, ...]:
    """Return the rows of evidence that claim an influence."""
    return tuple(row for row in load_mechanisms() if row.id in edge.mechanisms)


def papers(keys: Iterable[str]) -> tuple[Source, ...]:
    """Return the sources of these keys."""
    return tuple(load_sources()[key] for key in keys)


def link(source: Source) -> str:
    """Return the address of a source: its DOI where it has one."""
    if source.doi:
        return f"https://doi.org/{source.doi}"
    if source.pmid:
        return f"https://pubmed.ncbi.nlm.nih.gov/{source.pmid}/"
    return f"https://clinicaltrials.gov/study/{source.nct}"


def sentence(shown: Network, edge: Interaction) -> str:
    """Return an influence in words, such as "mDC raises IL-23"."""
    return f"{shown.label(edge.cause)} {VERBS[edge.sign]} {shown.label(edge.effect)}"


def lines(shown: Network, edge: Interaction) -> tuple[str, ...]:
    """Return what is known of an influence, line by line: claim, grade, papers, contradiction."""
    told = [sentence(shown, edge)]
    for row in claims(edge):
        told += [f"{row.statement} ({row.species}).", f"Evidence {row.evidence_grade}."]
        told += [source.citation for source in papers(row.sources)]
        told += [f"But: {row.contradiction}."] if row.contradiction else []
        told += [source.citation for source in papers(row.contradicted_by)]
    return tuple(told) if edge.mechanisms else (*told, NO_MECHANISM)
