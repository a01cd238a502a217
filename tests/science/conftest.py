"""What the claims are about: the calibrated disease, and the population that trials draw from."""

import pytest

from koebner.disease import load_model
from koebner.kinetics import Model
from koebner.populations import Population, load_population


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


@pytest.fixture(scope="module")
def population() -> Population:
    return load_population()
