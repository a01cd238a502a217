"""A map as SBGN-ML 0.3 (https://doi.org/10.1515/jib-2020-0016) in the Activity Flow language.

The layout is that of the other formats. Activity Flow has nodes of activity and arcs of influence, but no
cells or molecules, so the kind of a node is left out. Evidence stands in the notes of an arc.
"""

from xml.etree import ElementTree as ET

from koebner.plots.map_layout import HEADING, WIDTH, Box, Curve, Layout, Point
from koebner.plots.map_network import Network, lines
from koebner.plots.map_svg import HEADINGS

_SBGN = "http://sbgn.org/libsbgn/0.3"
_XHTML = "http://www.w3.org/1999/xhtml"
_VERSION = "http://identifiers.org/combine.specifications/sbgn.af.level-1.version-1.2"
_ARCS = {"+": "positive influence", "-": "negative influence", "±": "unknown influence"}


def sbgn(network: Network, placed: Layout) -> str:
    """Return the map as the text of an SBGN-ML file."""
    ET.register_namespace("", _SBGN)
    ET.register_namespace("xhtml", _XHTML)
    root = ET.Element(_tag("sbgn"))
    drawn = _add(root, "map", id="map", version=_VERSION, language="activity flow")
    _add_notes(drawn, (network.title,))
    _add_box(drawn, Box(x=0, y=0, width=WIDTH, height=placed.height))
    for name, box in placed.compartments.items():
        glyph = _add(drawn, "glyph", {"class": "compartment"}, id=f"compartment_{name}")
        label = _add(glyph, "label", text=HEADINGS.get(name, name))
        _add_box(label, Box(x=box.x + 8, y=box.y + 4, width=box.width / 2, height=HEADING - 6))
        _add_box(glyph, box)
    for node in network.nodes:
        compartment = f"compartment_{node.compartment}"
        activity = {"class": "biological activity", "compartmentRef": compartment}
        glyph = _add(drawn, "glyph", activity, id=f"node_{node.id}")
        _add_notes(glyph, (node.meaning,))
        _add(glyph, "label", text=node.label)
        _add_box(glyph, placed.nodes[node.id])
    for number, edge in enumerate(network.edges, 1):
        ends = {"source": f"node_{edge.cause}", "target": f"node_{edge.effect}"}
        arc = _add(drawn, "arc", {"class": _ARCS[edge.sign], **ends}, id=f"arc_{number}")
        _add_notes(arc, lines(network, edge))
        _add_curve(arc, placed.edges[edge.cause, edge.effect])
    ET.indent(root)
    # As bytes: in text, the declaration would name the encoding of this machine.
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written.decode("utf-8") + "\n"


def _tag(name: str) -> str:
    return f"{{{_SBGN}}}{name}"


def _add(parent: ET.Element, name: str, attributes: dict[str, str] | None = None, **more: str) -> ET.Element:
    return ET.SubElement(parent, _tag(name), {**(attributes or {}), **more})


def _add_notes(parent: ET.Element, told: tuple[str, ...]) -> None:
    notes = _add(parent, "notes")
    for line in told:
        ET.SubElement(notes, f"{{{_XHTML}}}p").text = line


def _add_box(parent: ET.Element, box: Box) -> None:
    _add(parent, "bbox", x=_px(box.x), y=_px(box.y), w=_px(box.width), h=_px(box.height))


def _add_curve(arc: ET.Element, curve: Curve) -> None:
    _add_point(arc, "start", curve.start)
    _add_point(_add_point(arc, "end", curve.end), "point", curve.control)


def _add_point(parent: ET.Element, name: str, point: Point) -> ET.Element:
    return _add(parent, name, x=_px(point[0]), y=_px(point[1]))


def _px(value: float) -> str:
    return f"{value:.1f}"
