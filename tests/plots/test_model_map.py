"""The map shows the whole network, with signs and papers, in three formats, and always the same."""

import json
import math
import re
from collections import Counter
from xml.etree import ElementTree as ET

import pytest

from koebner.disease import load_model
from koebner.disease.interactions import Interaction, interactions, network_nodes
from koebner.disease.nodes import node
from koebner.errors import UnknownNameError
from koebner.evidence import load_sources
from koebner.kinetics import Model
from koebner.plots.map_layout import WIDTH, Layout, layout
from koebner.plots.map_network import NO_MECHANISM, Network, network
from koebner.plots.model_map import model_map
from koebner.simulation import composed_with
from koebner.therapies import load

SVG = "{http://www.w3.org/2000/svg}"
SBGN = "{http://sbgn.org/libsbgn/0.3}"


@pytest.fixture(scope="module")
def edges() -> tuple[Interaction, ...]:
    return interactions(load_model())


@pytest.fixture(scope="module")
def shown() -> Network:
    return network(load_model())


@pytest.fixture(scope="module")
def placed(shown: Network) -> Layout:
    return layout(shown)


def with_drug() -> Model:
    """The disease with the states of an antibody, whose names are long and in no table."""
    return composed_with(load_model(), load("secukinumab"))


@pytest.fixture(scope="module")
def picture() -> ET.Element:
    return ET.fromstring(model_map(load_model(), "svg"))


@pytest.fixture(scope="module")
def page() -> str:
    return model_map(load_model(), "html")


@pytest.fixture(scope="module")
def sbgn() -> ET.Element:
    return ET.fromstring(model_map(load_model(), "sbgn"))


def drawn_edges(picture: ET.Element) -> list[ET.Element]:
    return [group for group in picture.iter(f"{SVG}g") if "data-cause" in group.attrib]


def title(group: ET.Element) -> str:
    return group.findtext(f"{SVG}title", "")


def test_every_node_is_drawn_once_under_its_name(picture: ET.Element) -> None:
    groups = [group for group in picture.iter(f"{SVG}g") if "data-node" in group.attrib]
    names = {group.get("data-node"): group.findtext(f"{SVG}text") for group in groups}
    assert len(groups) == len(names)
    assert names == {name: node(name).label_en for name in network_nodes(load_model())}


def test_every_edge_is_drawn_once_with_its_sign(picture: ET.Element, edges: tuple[Interaction, ...]) -> None:
    found = Counter(
        (g.get("data-cause"), g.get("data-effect"), g.get("data-sign")) for g in drawn_edges(picture)
    )
    assert found == Counter((edge.cause, edge.effect, edge.sign) for edge in edges)


def test_signs_differ_in_colour_and_in_the_shape_of_the_tip(picture: ET.Element) -> None:
    for group in drawn_edges(picture):
        name = {"+": "plus", "-": "minus", "±": "mixed"}[group.get("data-sign", "")]
        assert name in group.get("class", "").split()
        assert group[1].get("marker-end") == f"url(#tip-{name})"
    tips = [marker[0] for marker in picture.iter(f"{SVG}marker")]
    assert len({tip.get("d") for tip in tips}) == len({tip.get("fill") for tip in tips}) == 3


def test_an_edge_without_evidence_is_dashed_and_says_so(
    picture: ET.Element, edges: tuple[Interaction, ...]
) -> None:
    dashed = [group for group in drawn_edges(picture) if "unclaimed" in group.get("class", "").split()]
    assert len(dashed) == sum(not edge.mechanisms for edge in edges)
    assert all(NO_MECHANISM in title(group) for group in dashed)
    assert ".edge.unclaimed .line { stroke-dasharray" in picture.findtext(f"{SVG}style", "")


def test_hover_tells_claim_grade_papers_and_contradiction(picture: ET.Element) -> None:
    told = {(g.get("data-cause"), g.get("data-effect")): title(g) for g in drawn_edges(picture)}
    il23 = told["mDC", "IL23"].splitlines()
    assert il23[0] == "mDC raises IL-23"
    assert "Evidence B (seen in human tissue, cells or blood)." in il23
    # Lee et al. 2004 and Mehta et al. 2021, the sources of the row "mdc-il23".
    assert [line.split(",")[0] for line in il23[3:5]] == ["Lee E et al. 2004", "Mehta H et al. 2021"]
    assert f"doi:{load_sources()['mehta-2021'].doi}" in il23[4]
    # Teunissen et al. 2012 contradicts the row "ll37-dna-pdc".
    assert "\nBut: Plasmacytoid cells are few in lesions" in told["LL37_complex", "pDC"]
    assert told["LL37_complex", "pDC"].splitlines()[-1].startswith("Teunissen")


@pytest.mark.parametrize("model", [load_model(), with_drug()], ids=["disease", "with drug"])
def test_no_two_nodes_overlap_and_all_stay_in_their_compartment(model: Model) -> None:
    shown = network(model)
    placed = layout(shown)
    boxes = list(placed.nodes.values())
    overlapping = [
        (a, b)
        for i, a in enumerate(boxes)
        for b in boxes[:i]
        if abs(a.centre[0] - b.centre[0]) < (a.width + b.width) / 2
        and abs(a.centre[1] - b.centre[1]) < (a.height + b.height) / 2
    ]
    assert overlapping == []
    for drawn in shown.nodes:
        box, room = placed.nodes[drawn.id], placed.compartments[drawn.compartment]
        assert room.x <= box.x, drawn.id
        assert room.y <= box.y, drawn.id
        assert box.x + box.width <= room.x + room.width <= WIDTH, drawn.id
        assert box.y + box.height <= room.y + room.height <= placed.height, drawn.id


def test_edges_begin_and_end_at_their_nodes_and_part_ways(placed: Layout) -> None:
    for (cause, effect), curve in placed.edges.items():
        assert placed.nodes[cause].holds(curve.start, margin=12), (cause, effect)
        assert placed.nodes[effect].holds(curve.end, margin=12), (cause, effect)
        back = placed.edges.get((effect, cause))
        assert back is None or math.dist(back.at(0.5), curve.at(0.5)) > 4


def test_few_edges_run_behind_other_nodes(placed: Layout) -> None:
    behind = 0
    for ends, curve in placed.edges.items():
        others = [box for name, box in placed.nodes.items() if name not in ends]
        behind += any(box.holds(curve.at(i / 20)) for i in range(21) for box in others)
    # A limit of taste; straight lines between nodes in a grid would give more than a third.
    assert behind < 0.2 * len(placed.edges)


def test_the_page_needs_no_network_and_carries_the_papers(page: str, edges: tuple[Interaction, ...]) -> None:
    assert not re.search(r"<(link|img|iframe)\b|<script[^>]+src=|@import|url\(http", page)
    content = re.search(r'<script type="application/json" id="facts">(.*?)</script>', page, re.DOTALL)
    assert content
    facts = json.loads(content.group(1))
    assert len(facts["edges"]) == len(edges)
    assert set(facts["nodes"]) == set(network_nodes(load_model()))
    il17a = next(e for e in facts["edges"] if (e["cause"], e["effect"]) == ("IL17A", "KC"))
    # Kolbinger et al. 2017, the first source of the row "il17a-keratinocyte".
    assert il17a["claims"][0]["papers"][0]["link"] == "https://doi.org/10.1016/j.jaci.2016.06.038"
    assert 'class="legend"' in page


def test_sbgn_has_an_arc_for_every_edge_between_glyphs_that_exist(
    sbgn: ET.Element, edges: tuple[Interaction, ...]
) -> None:
    classes = {"+": "positive influence", "-": "negative influence", "±": "unknown influence"}
    arcs = list(sbgn.iter(f"{SBGN}arc"))
    found = Counter((arc.get("source"), arc.get("target"), arc.get("class")) for arc in arcs)
    assert found == Counter((f"node_{e.cause}", f"node_{e.effect}", classes[e.sign]) for e in edges)
    glyphs = {glyph.get("id"): glyph for glyph in sbgn.iter(f"{SBGN}glyph")}
    for arc in arcs:
        assert glyphs[arc.get("source")].get("class") == "biological activity"
        assert glyphs[arc.get("target")].get("class") == "biological activity"


def test_sbgn_keeps_the_order_and_the_attributes_of_the_schema(sbgn: ET.Element) -> None:
    # SBGN-ML 0.3, https://doi.org/10.1515/jib-2020-0016: sequences and required attributes.
    order = {
        "map": ["notes", "bbox", "glyph", "arc"],
        "glyph": ["notes", "label", "bbox"],
        "arc": ["notes", "start", "end"],
        "label": ["bbox"],
        "end": ["point"],
    }
    needed = {"map": {"id"}, "glyph": {"id", "class"}, "arc": {"id", "class", "source", "target"}}
    for element in sbgn.iter():
        name = element.tag.removeprefix(SBGN)
        children = [child.tag.removeprefix(SBGN) for child in element]
        if name in order:
            assert children == sorted(children, key=order[name].index), name
        assert needed.get(name, set()) <= set(element.attrib), name
    ids = [element.get("id") for element in sbgn.iter() if "id" in element.attrib]
    assert len(set(ids)) == len(ids)


def test_sbgn_activities_name_their_compartment(sbgn: ET.Element) -> None:
    # Rule af10114 of the SBGN validation: with compartments, every activity lies in one.
    rooms = {g.get("id") for g in sbgn.iter(f"{SBGN}glyph") if g.get("class") == "compartment"}
    used = {g.get("compartmentRef") for g in sbgn.iter(f"{SBGN}glyph") if g.get("class") != "compartment"}
    assert used == rooms


def test_the_same_model_gives_the_same_bytes(page: str) -> None:
    assert model_map(load_model(), "html") == page
    for name in ("svg", "sbgn"):
        assert model_map(load_model(), name) == model_map(load_model(), name)


def test_the_states_of_a_drug_have_their_place() -> None:
    model = with_drug()
    extra = set(network_nodes(model)) - set(network_nodes(load_model()))
    drawn = {group.get("data-node") for group in ET.fromstring(model_map(model, "svg")).iter(f"{SVG}g")}
    assert extra
    assert extra <= drawn


def test_another_format_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UnknownNameError, match="svg"):
        model_map(load_model(), "svgz")  # type: ignore[arg-type]
