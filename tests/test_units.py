import pytest

from koebner.errors import UnitError
from koebner.units import convert, parse_unit


@pytest.mark.parametrize(
    ("value", "given", "expected", "answer"),
    [
        (2.0, "week", "day", 14.0),  # 7 days a week
        (1.0, "g", "mg", 1000.0),  # SI
        (129.0, "pM", "nmol/L", 0.129),  # 1 pmol/L is 1e-3 nmol/L
        (5.0, "ug/mL", "mg/L", 5.0),  # both are 1e-6 kg per litre
        (1.0, "cells/cm2", "cells/mm2", 0.01),  # 100 mm2 a cm2
        (2e6, "cells/kg", "megacells/kg", 2.0),  # mega is 1e6
    ],
)
def test_values_are_converted_at_the_border(value: float, given: str, expected: str, answer: float) -> None:
    assert convert(value, given, expected) == pytest.approx(answer, rel=1e-12)


def test_units_that_do_not_agree_say_what_was_given_and_expected() -> None:
    with pytest.raises(UnitError, match=r"`mg`.*given; expected.*`day`") as caught:
        convert(1.0, "mg", "day", file="doses.csv", line=7)
    assert str(caught.value).startswith("doses.csv:7: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["banana", "mg/", "(", "", "  ", "§", "2 weeks", '"x', "m/0", "9**9**9**9", "9⁹⁹⁹⁹⁹⁹⁹", "(" * 500]
)
def test_text_that_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(UnitError, match="expected a unit"):
        parse_unit(text)


def test_cells_are_not_patients_points() -> None:
    with pytest.raises(UnitError):
        convert(1.0, "cells/mm2", "PASI_points/mm2")
