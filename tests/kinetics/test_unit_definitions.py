import pytest

from koebner.errors import UnitError
from koebner.kinetics.unit_definitions import definition, factors, same


@pytest.mark.parametrize(
    "text", ["1/day", "1e-9*mole/litre", "(86400*second)**-1", "1e6*item/(1e3*gram)", "metre**0.5"]
)
def test_a_definition_survives_writing_and_reading(text: str) -> None:
    assert factors(definition(factors(text, {})), {}) == factors(text, {})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1/day", "(86400*second)**-1"),
        ("week", "7*day"),
        ("litre", "1e-3*metre**3"),
        ("gram/litre", "kilogram/metre**3"),
        ("hertz", "1/second"),
        ("mg", "1e-6*kilogram"),
    ],
)
def test_equal_units_are_the_same(left: str, right: str) -> None:
    assert same(left, right, {"mg": "1e-3*gram"})


@pytest.mark.parametrize(("left", "right"), [("day", "hour"), ("gram", "mole"), ("1/day", "day")])
def test_different_units_are_not(left: str, right: str) -> None:
    assert not same(left, right, {})


@pytest.mark.parametrize("text", ["", "furlong", "day +", "-1*day", "day**second", "f(day)"])
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(UnitError, match="is not a unit"):
        factors(text, {})
