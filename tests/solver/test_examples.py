import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["doses", "integrate"])
def test_examples_of_the_documentation_run(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"koebner.solver.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
