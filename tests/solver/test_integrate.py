import pytest
from tests.solver.small_models import DECAY

from koebner.errors import UnknownNameError
from koebner.solver import integrate


def test_an_unknown_method_offers_those_that_exist() -> None:
    with pytest.raises(UnknownNameError, match="Closest: `reference`"):
        integrate(DECAY, times=[0, 1], method="referense")
