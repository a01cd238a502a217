"""A formula means the same as the tree that it was written from."""

import libsbml
import pytest

from koebner.kinetics.formulas import canonical, parse, rated, substitute, valued, write


def tree_of(content: str) -> object:
    return libsbml.readMathMLFromString(f'<math xmlns="http://www.w3.org/1998/Math/MathML">{content}</math>')


@pytest.mark.parametrize(
    ("content", "text"),
    [
        # `a^b^c` and `-3^2` read differently from these trees; a relation of relations would be a chain.
        ("<apply><power/><apply><power/><ci>a</ci><ci>b</ci></apply><ci>c</ci></apply>", "plus(a^b)^c"),
        ("<apply><power/><cn>-3</cn><cn>2</cn></apply>", "(-3)^2"),
        (
            "<apply><eq/><apply><lt/><ci>a</ci><ci>b</ci></apply><ci>c</ci></apply>",
            "plus(a < b) == c",
        ),
        ("<infinity/>", "inf"),
        ("<apply><minus/><infinity/></apply>", "-inf"),
        ("<notanumber/>", "nan"),
        ("<piecewise/>", "nan"),
        ("<apply><minus/><cn>1</cn><cn type='rational'>-1<sep/>3</cn></apply>", "1 - -(1/3)"),
        ("<ci>INF</ci>", "INF"),
    ],
)
def test_what_is_written_reads_as_the_same_tree(content: str, text: str) -> None:
    assert write(tree_of(content)) == text
    assert canonical(text) == text


def test_no_symbol_stands_for_infinity() -> None:
    assert valued("inf + nan + INF") == {"INF"}


def test_a_name_under_rate_of_is_not_asked_for_its_value() -> None:
    assert rated("x*rateOf(y) + y") == {"y"}
    assert valued("x*rateOf(y)") == {"x"}


def test_substitution_keeps_the_order_of_evaluation() -> None:
    assert substitute("x*y^x", {"x": "a-b", "y": "-c"}) == "(a - b) * (-c)^(a - b)"
    assert substitute("x", {"x": "a"}) == "a"
    assert substitute("rateOf(x)", {"x": "a"}) == "rateOf(x)"


def test_a_tree_is_not_changed_by_writing_it() -> None:
    tree = parse("(a^b)^(-3)")
    assert write(tree) == write(tree)
