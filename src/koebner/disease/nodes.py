"""What kind of thing each variable of the model is, and its short name, for maps and figures.

One table, `nodes.csv`. Where a variable lives is not in it: its compartment in the pathway files says
that. A variable that the table lacks, such as the amount of a drug, keeps its id as its name.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from koebner.errors import EvidenceError
from koebner.evidence.reading import typed_rows

_TABLE = Path(__file__).parent / "nodes.csv"

Kind = Literal["cell", "molecule", "tissue", "input"]


class Node(BaseModel):
    """One variable on a map: `label_en` is its short name, of 16 letters at most."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    kind: Kind
    label_en: str = Field(min_length=1, max_length=16)


@cache
def load_nodes() -> Mapping[str, Node]:
    """Return the table of nodes by id, in the order of its file.

    Raises
    ------
    EvidenceError
        When a row has not the shape of a node, or an id stands twice.

    Examples
    --------
    >>> load_nodes()["IL17A"].label_en
    'IL-17A'
    """
    return read_nodes(_TABLE)


def read_nodes(path: Path) -> Mapping[str, Node]:
    """Read a table of nodes; every row is checked."""
    nodes: dict[str, Node] = {}
    for line, row in enumerate(typed_rows(path, Node), 2):
        if row.id in nodes:
            raise EvidenceError(f"node `{row.id}` stands twice; expected once.", file=path, line=line)
        nodes[row.id] = row
    return MappingProxyType(nodes)


def node(name: str) -> Node:
    """Return the node of a variable; one that the table lacks is taken for an input from outside.

    Examples
    --------
    >>> node("central").kind
    'input'
    """
    known = load_nodes().get(name)
    return known or Node.model_construct(id=name, kind="input", label_en=name)
