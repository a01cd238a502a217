from collections.abc import Mapping

import pytest

from koebner.errors import InvalidValueError
from koebner.solver import Doses


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"time": [-1.0, 2.0]}, "dose 0 has time -1.0"),
        ({"time": [1.0, float("nan")]}, "dose 1 has time nan"),
        ({"amount": [1.0, float("inf")]}, "dose 1 has amount inf"),
        ({"patient": [0, -1]}, "dose 1 has patient -1"),
        ({"patient": [0.5, 1.0]}, "whole numbers"),
        ({"patient": [0]}, r"`patient` of the doses has shape \(1,\)"),
        ({"target": ["a"]}, r"`target` of the doses has shape \(1,\)"),
        ({"kind": "multiply"}, 'dose 0 is of kind "multiply"'),
    ],
)
def test_wrong_doses_are_refused(changes: Mapping[str, object], named: str) -> None:
    right: dict[str, object] = {"patient": [0, 1], "time": [1.0, 2.0], "target": "a", "amount": [1.0, 2.0]}
    with pytest.raises(InvalidValueError, match=named):
        Doses(**(right | changes))  # type: ignore[arg-type]


def test_doses_cannot_be_changed() -> None:
    doses = Doses(patient=[0], time=[1.0], target="a", amount=[1.0])
    with pytest.raises(ValueError, match="read-only"):
        doses.amount[0] = 2.0
    assert len(doses) == 1
