"""A map as SVG that stands alone: what is known of a node or an edge is its title, shown on hover."""

from xml.etree import ElementTree as ET

from koebner.disease.interactions import Interaction
from koebner.plots.map_layout import HEADING, MARGIN, WIDTH, Box, Curve, Layout
from koebner.plots.map_network import Network, lines
from koebner.plots.style import GREY, PALETTE

HEADINGS = {
    "exposure": "Triggers",
    "treatment": "Treatment",
    "person": "The patient: area and symptoms",
    "epidermis": "Epidermis",
    "dermis": "Dermis",
    "blood": "Blood and lymph node",
    "organs": "Lung, liver, spleen",
}
"""What the compartments are called on a map; another one keeps its id."""
CLASSES = {"+": "plus", "-": "minus", "±": "mixed"}
_COLOURS = {"plus": PALETTE[0], "minus": PALETTE[1], "mixed": PALETTE[3]}
# Tips of arrows, by class: one can tell them without their colour.
_TIPS = {"plus": "M0,0 L9,4.5 L0,9 Z", "minus": "M6,0 H9 V9 H6 Z", "mixed": "M0,4.5 L4.5,0 L9,4.5 L4.5,9 Z"}
_GROUNDS = {
    "exposure": "#F4F4F2",
    "treatment": "#F4F4F2",
    "person": "#EEF3F7",
    "epidermis": "#FBF1E4",
    "dermis": "#FAEBE9",
    "blood": "#F3EDF6",
    "organs": "#EBF3EC",
}
_CORNERS = {"cell": 14, "molecule": 5, "tissue": 0, "input": 0}
_LEGEND = 34.0
_STYLE = f"""
text {{ font: 12px system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; fill: #222; }}
.compartment text {{ font-size: 13px; font-weight: 600; fill: {GREY}; }}
.node rect {{ stroke: #444; fill: white; }}
.node.cell rect {{ fill: #FFF8DC; }}
.node.tissue rect {{ fill: #EFEFEF; }}
.node.input rect {{ stroke-dasharray: 5 2; }}
.node text {{ text-anchor: middle; dominant-baseline: central; }}
.edge .line {{ fill: none; stroke-width: 1.3; opacity: 0.6; }}
.edge .reach {{ fill: none; stroke: transparent; stroke-width: 9; }}
.edge.unclaimed .line {{ stroke-dasharray: 5 3; }}
.legend text {{ dominant-baseline: central; }}
""" + "".join(f".{name} .line {{ stroke: {colour}; }}\n" for name, colour in _COLOURS.items())


def svg(network: Network, placed: Layout) -> str:
    """Return the map as the text of an SVG file."""
    height = placed.height + _LEGEND
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH:g} {_px(height)}",
            "width": f"{WIDTH:g}",
            "height": _px(height),
        },
    )
    ET.SubElement(root, "title").text = network.title
    ET.SubElement(root, "style").text = _STYLE
    _add_tips(ET.SubElement(root, "defs"))
    ET.SubElement(root, "rect", {"width": "100%", "height": "100%", "fill": "white"})
    for name, box in placed.compartments.items():
        _add_compartment(root, name, box)
    for edge in network.edges:
        _add_edge(root, network, edge, placed.edges[edge.cause, edge.effect])
    for node in network.nodes:
        _add_node(root, placed.nodes[node.id], node.kind, node.label, node.meaning).set("data-node", node.id)
    _add_legend(root, placed.height)
    return ET.tostring(root, encoding="unicode") + "\n"


def _add_tips(defs: ET.Element) -> None:
    for name, path in _TIPS.items():
        marker = ET.SubElement(
            defs,
            "marker",
            {
                "id": f"tip-{name}",
                "viewBox": "0 0 9 9",
                "refX": "8",
                "refY": "4.5",
                "markerWidth": "9",
                "markerHeight": "9",
                "markerUnits": "userSpaceOnUse",
                "orient": "auto",
            },
        )
        ET.SubElement(marker, "path", {"d": path, "fill": _COLOURS[name]})


def _add_compartment(root: ET.Element, name: str, box: Box) -> None:
    group = ET.SubElement(root, "g", {"class": "compartment"})
    _add_box(group, box, corner=8, fill=_GROUNDS.get(name, "#F4F4F4"))
    place = {"x": _px(box.x + 10), "y": _px(box.y + HEADING * 0.75)}
    ET.SubElement(group, "text", place).text = HEADINGS.get(name, name)


def _add_edge(root: ET.Element, network: Network, edge: Interaction, curve: Curve) -> None:
    kind = f"edge {CLASSES[edge.sign]}" + ("" if edge.mechanisms else " unclaimed")
    ends = {"data-cause": edge.cause, "data-effect": edge.effect, "data-sign": edge.sign}
    group = ET.SubElement(root, "g", {"class": kind, **ends})
    ET.SubElement(group, "title").text = "\n".join(lines(network, edge))
    points = [f"{_px(x)},{_px(y)}" for x, y in (curve.start, curve.control, curve.end)]
    path = f"M{points[0]} Q{points[1]} {points[2]}"
    tip = f"url(#tip-{CLASSES[edge.sign]})"
    ET.SubElement(group, "path", {"class": "line", "d": path, "marker-end": tip})
    ET.SubElement(group, "path", {"class": "reach", "d": path})


def _add_node(root: ET.Element, box: Box, kind: str, label: str, meaning: str) -> ET.Element:
    group = ET.SubElement(root, "g", {"class": f"node {kind}"})
    ET.SubElement(group, "title").text = meaning
    _add_box(group, box, corner=_CORNERS[kind])
    x, y = box.centre
    ET.SubElement(group, "text", {"x": _px(x), "y": _px(y)}).text = label
    return group


def _add_box(parent: ET.Element, box: Box, *, corner: float, fill: str = "") -> None:
    place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height, "rx": corner}
    ET.SubElement(
        parent, "rect", {name: _px(value) for name, value in place.items()} | ({"fill": fill} if fill else {})
    )


def _add_legend(root: ET.Element, top: float) -> None:
    legend = ET.SubElement(root, "g", {"class": "legend"})
    y = top + _LEGEND / 2 - MARGIN / 2
    left = MARGIN
    signs = (("plus", "raises"), ("minus", "lowers"), ("mixed", "depends on levels"))
    for kind, meaning in (*signs, ("plus unclaimed", "no evidence row yet")):
        group = ET.SubElement(legend, "g", {"class": f"edge {kind}"})
        tip = f"url(#tip-{kind.split()[0]})"
        path = f"M{_px(left)},{_px(y)} H{_px(left + 40)}"
        ET.SubElement(group, "path", {"class": "line", "d": path, "marker-end": tip})
        ET.SubElement(legend, "text", {"x": _px(left + 48), "y": _px(y)}).text = meaning
        left += 48 + 7 * len(meaning) + 28
    for kind, meaning in (
        ("cell", "cells"),
        ("molecule", "molecule"),
        ("tissue", "tissue or symptom"),
        ("input", "from outside"),
    ):
        width = 7 * len(meaning) + 22
        _add_node(legend, Box(x=left, y=y - 12, width=width, height=24), kind, meaning, meaning)
        left += width + 14


def _px(value: float) -> str:
    return f"{value:.1f}"
