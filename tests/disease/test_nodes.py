"""The table of nodes names what the model has, nothing else, and is refused where it is malformed."""

from pathlib import Path

import pytest

from koebner.disease import load_model
from koebner.disease.interactions import network_nodes
from koebner.disease.nodes import load_nodes, node, read_nodes
from koebner.errors import EvidenceError


def test_every_variable_of_the_model_has_a_row_and_every_row_a_variable() -> None:
    assert set(load_nodes()) == set(network_nodes(load_model()))


def test_no_two_variables_share_a_name() -> None:
    labels = [row.label_en for row in load_nodes().values()]
    assert len(set(labels)) == len(labels)


def test_what_comes_from_outside_lies_outside() -> None:
    model = load_model()
    outside = {
        name for name, species in model.species.items() if species.compartment in ("exposure", "treatment")
    }
    assert outside == {row.id for row in load_nodes().values() if row.kind == "input"}


def test_a_variable_without_a_row_keeps_its_id() -> None:
    assert (node("depot").label_en, node("depot").kind) == ("depot", "input")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,cell,A\na,cell,B\n", "`a` stands twice"),
        ("a,planet,A\n", "`kind` is `planet`"),
        ("a,cell,\n", "`label_en` is ``"),
        ("a,cell,a name that is far too long\n", "at most 16"),
    ],
)
def test_a_malformed_row_is_refused_with_its_line(tmp_path: Path, rows: str, message: str) -> None:
    file = tmp_path / "nodes.csv"
    file.write_text(f"id,kind,label_en\n{rows}")
    with pytest.raises(EvidenceError, match=message) as caught:
        read_nodes(file)
    assert caught.value.line == 1 + rows.count("\n")
