import re

import pytest
from tests.kinetics.two_parts import CELLS, DRUG

from koebner.errors import ModelError, UnitError, UnknownNameError
from koebner.kinetics import compose, read_antimony


def test_parts_close_each_others_inputs() -> None:
    cells, drug = read_antimony(CELLS), read_antimony(DRUG)
    assert (cells.inputs, drug.inputs) == (("effect",), ("cell",))
    whole = compose([cells, drug], id="whole")
    assert whole.inputs == ()
    assert whole.states == ("cell", "depot", "central", "infused")
    assert whole.rules["effect"].kind == "assignment"
    assert "cell" not in whole.parameters


def test_the_order_of_parts_does_not_change_the_equations() -> None:
    cells, drug = read_antimony(CELLS), read_antimony(DRUG)
    forth, back = (compose(parts, id="w").derivatives() for parts in ([cells, drug], [drug, cells]))
    assert forth == back


def test_bind_gives_an_open_input_a_formula() -> None:
    bound = compose([read_antimony(CELLS)], id="bound", bind={"effect": "0.5*tau/half_life"})
    assert bound.inputs == ()
    assert bound.rules["effect"].formula == "0.5 * tau / half_life"


def test_bind_replaces_the_default_value_of_a_parameter() -> None:
    bound = compose([read_antimony(CELLS)], id="bound", bind={"tau": "3 + effect"})
    assert bound.parameters["tau"].value is None
    assert bound.rules["tau"].formula == "3 + effect"


def test_bind_needs_a_parameter_without_a_rule() -> None:
    with pytest.raises(UnknownNameError, match=r"`efect`\. Closest: `effect`"):
        compose([read_antimony(CELLS)], id="bound", bind={"efect": "1"})
    with pytest.raises(UnknownNameError, match="`effect`"):
        compose([read_antimony(DRUG)], id="bound", bind={"effect": "1"})
    with pytest.raises(ModelError, match="`half_life` has an assignment rule and an initial assignment"):
        compose([read_antimony(CELLS)], id="bound", bind={"half_life": "1"})


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("tau = 7", "tau = 8", "parameter `tau`"),
        ("cell in body = 1", "cell in body = 2", "species `cell`"),
        ("0.1*cell^n", "0.2*cell^n", "rule of `cell`"),
        ("tau*ln(2)", "tau*ln(3)", "initial value of `half_life`"),
        ("unit day = 86400 second", "unit day = 3600 second", "unit `day`"),
    ],
)
def test_two_definitions_of_one_id_are_refused(old: str, new: str, named: str) -> None:
    assert old in CELLS
    other = read_antimony(CELLS.replace(old, new))
    with pytest.raises(ModelError, match=re.escape(named)):
        compose([read_antimony(CELLS), other], id="both")


def test_an_input_and_what_closes_it_have_one_unit() -> None:
    wrong = read_antimony(DRUG.replace("cell has dimensionless", "cell has mg"))
    with pytest.raises(
        UnitError, match="input `cell` of `drug` is in mg, but `cell` elsewhere in dimensionless"
    ):
        compose([read_antimony(CELLS), wrong], id="both")


def test_parts_have_one_time_unit() -> None:
    hours = read_antimony(DRUG.replace("time_unit = 86400", "time_unit = 3600"))
    with pytest.raises(UnitError, match="time unit of `drug`"):
        compose([read_antimony(CELLS), hours], id="both")


def test_two_copies_of_a_part_live_side_by_side() -> None:
    drug = read_antimony(DRUG)
    copies = [drug.renamed(f"{name}_", keep=["body", "cell"]) for name in ("first", "second")]
    cells = read_antimony(CELLS)
    whole = compose([cells, *copies], id="whole", bind={"effect": "first_effect + second_effect"})
    assert whole.inputs == ()
    assert len(whole.states) == 1 + 2 * 3


def test_events_come_along_once() -> None:
    eventful = read_antimony(CELLS.replace("cell' =", "at cell < 0.5: cell = 1\n  cell' ="))
    whole = compose([eventful, eventful, read_antimony(DRUG)], id="whole")
    assert [event.assignments for event in whole.events.values()] == [{"cell": "1"}]
