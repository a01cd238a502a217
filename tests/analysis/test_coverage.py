"""Coverage: the shipped table is whole, and an element that is empty, wrong or idle is found."""

import pandas as pd
import pytest

from koebner.analysis.coverage import Element, coverage, load_elements
from koebner.disease import load_model
from koebner.kinetics import Model

EFFECTS = pd.DataFrame(
    {"effect": [0.5, 0.002], "read_out": ["PASI", "PASI"], "scenario": ["nb_uvb", "guselkumab"]},
    index=["Th17", "B"],
)


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


def element(**changed: object) -> Element:
    row = {
        "row": 4,
        "element": "T cells drive the plaque",
        "due": "now",
        "states": "Th17",
        "parameters": "tau_Th17",
        "mechanisms": "th17-il17a",
        "read_outs": "PASI",
        "note": "",
    }
    return Element.model_validate(row | changed)


def faults(model: Model, **changed: object) -> tuple[str, ...]:
    return coverage(model, (element(**changed),), effects=EFFECTS)[0].faults


def test_a_covered_element_has_no_fault_and_its_largest_effect(model: Model) -> None:
    (covered,) = coverage(model, (element(),), effects=EFFECTS)
    assert covered.faults == ()
    assert (covered.effect, covered.seen_in) == (0.5, ("Th17", "PASI", "nb_uvb"))  # as in EFFECTS


@pytest.mark.parametrize("kind", ["states", "parameters", "mechanisms", "read_outs"])
@pytest.mark.parametrize("due", ["now", "partly"])
def test_an_empty_element_is_a_fault(model: Model, kind: str, due: str) -> None:
    (fault,) = faults(model, due=due, **{kind: ""})
    assert fault == f"names no {kind.replace('_', '-')}; expected one or more."


@pytest.mark.parametrize("kind", ["states", "parameters", "mechanisms", "read_outs"])
@pytest.mark.parametrize("due", ["now", "later"])
def test_a_name_that_does_not_exist_is_a_fault(model: Model, kind: str, due: str) -> None:
    given = f"{getattr(element(), kind)[0]};nowhere"
    (fault,) = faults(model, due=due, **{kind: given})
    assert "`nowhere`" in fault


def test_what_a_rule_computes_is_no_parameter(model: Model) -> None:
    (fault,) = faults(model, parameters="PASI")
    assert "`PASI`" in fault


def test_a_state_that_does_not_count_is_a_fault(model: Model) -> None:
    (fault,) = faults(model, states="Th17;B")
    assert "`B`" in fault
    assert "0.20%" in fault  # 0.002 in EFFECTS


def test_an_element_of_later_may_be_empty_and_idle(model: Model) -> None:
    assert faults(model, due="later", parameters="", mechanisms="", read_outs="", states="B") == ()


def test_the_shipped_table_has_every_row_and_says_what_exists_of_later_ones() -> None:
    elements = load_elements()
    assert [each.row for each in elements] == list(range(1, 23))  # the project's list of elements
    # The rows that the disease itself must realise; treatments of today in part.
    assert {each.row for each in elements if each.due == "now"} == {*range(1, 14), 15, 18}
    assert not any(each.due == "partly" for each in elements)
    assert all(each.note.startswith("Today: ") for each in elements if each.due != "now")


def test_every_state_of_the_model_belongs_to_an_element(model: Model) -> None:
    assert set(model.states) == {state for each in load_elements() for state in each.states}


def test_the_shipped_table_names_only_what_exists(model: Model) -> None:
    counting = pd.DataFrame({"effect": 1.0, "read_out": "PASI", "scenario": "nb_uvb"}, index=[*model.states])
    wrong = [(each.element.row, each.faults) for each in coverage(model, effects=counting) if each.faults]
    assert wrong == []
