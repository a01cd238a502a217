"""The mechanism network as a picture: SVG, a page to explore, or SBGN-ML; all drawn from the model."""

import json
from collections.abc import Iterable
from typing import Any, Literal, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from koebner.disease.interactions import Interaction
from koebner.errors import UnknownNameError
from koebner.kinetics import Model
from koebner.plots.map_layout import layout
from koebner.plots.map_network import Network, claims, link, network, papers, sentence
from koebner.plots.map_sbgn import sbgn
from koebner.plots.map_svg import svg

Format = Literal["svg", "html", "sbgn"]
FORMATS: tuple[str, ...] = get_args(Format)


def model_map(model: Model, format: Format = "svg") -> str:  # noqa: A002 - the user's word
    """Return the map of a model: nodes by compartment, signed edges, and the papers behind them.

    Parameters
    ----------
    model
        A disease model, with or without a therapy.
    format
        "svg" stands alone and shows papers as titles on hover; "html" is a page that needs no network,
        with details and links; "sbgn" is SBGN-ML 0.3 in the Activity Flow language.

    Raises
    ------
    UnknownNameError
        When there is no such format.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> model_map(load_model())[:4]
    '<svg'
    """
    if format not in FORMATS:
        raise UnknownNameError("format of a map", format, FORMATS)
    shown = network(model)
    placed = layout(shown)
    if format == "sbgn":
        return sbgn(shown, placed)
    picture = svg(shown, placed)
    return picture if format == "svg" else _page(shown, picture)


def _page(shown: Network, picture: str) -> str:
    environment = Environment(
        loader=PackageLoader("koebner.plots"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    facts = {
        "nodes": {node.id: {"label": node.label, "meaning": node.meaning} for node in shown.nodes},
        "edges": [_edge_facts(shown, edge) for edge in shown.edges],
    }
    return environment.get_template("model_map.html").render(
        title=shown.title,
        n_nodes=len(shown.nodes),
        n_edges=len(shown.edges),
        n_claimed=sum(bool(edge.mechanisms) for edge in shown.edges),
        # Both are escaped already: by the writer of the SVG, and so that no tag ends the script.
        picture=Markup(picture),
        facts=Markup(json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")),
    )


def _edge_facts(shown: Network, edge: Interaction) -> dict[str, Any]:
    return {
        "cause": edge.cause,
        "effect": edge.effect,
        "sign": edge.sign,
        "sentence": sentence(shown, edge),
        "claims": [
            {
                "statement": row.statement,
                "species": row.species,
                "grade": str(row.evidence_grade),
                "papers": _links(row.sources),
                "contradiction": row.contradiction,
                "contradicted_by": _links(row.contradicted_by),
            }
            for row in claims(edge)
        ],
    }


def _links(keys: Iterable[str]) -> list[dict[str, str]]:
    return [{"text": paper.citation, "link": link(paper)} for paper in papers(keys)]
