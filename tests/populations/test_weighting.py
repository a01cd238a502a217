"""Weights by maximum entropy: they meet what was published, stay near equal, and refuse the impossible."""

import numpy as np
import pytest

from koebner.errors import InvalidValueError
from koebner.populations.weighting import Figure, effective_sample_size, maximum_entropy_weights

N = 4000


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    return np.random.default_rng(1).normal(50.0, 10.0, N)


def figure(value: float, per_patient: np.ndarray, *, error: float = 0.01) -> Figure:
    return Figure(name="mean of x", value=value, error=error, per_patient=per_patient)


def test_weights_of_a_normal_sample_are_its_exponential_tilting(drawn: np.ndarray) -> None:
    # Moving the mean of a normal of standard deviation s by d tilts it by exp(d x / s2): the log of
    # the weights is a straight line of that slope, s2 being that of the sample.
    weights = maximum_entropy_weights([figure(53.0, drawn)])
    slope = np.polyfit(drawn, np.log(weights), 1)
    assert slope[0] == pytest.approx(3.0 / drawn.var(), rel=0.05)
    assert np.log(weights) == pytest.approx(np.polyval(slope, drawn), abs=1e-8)
    # The effective share of such weights is exp(-d2/s2).
    assert effective_sample_size(weights) / N == pytest.approx(np.exp(-0.09), abs=0.03)


def test_weights_are_positive_and_sum_to_one(drawn: np.ndarray) -> None:
    weights = maximum_entropy_weights([figure(55.0, drawn), figure(150.0, (drawn - 55.0) ** 2, error=1.0)])
    assert (weights > 0).all()
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)


def test_mean_and_variance_are_met_within_their_errors(drawn: np.ndarray) -> None:
    squares = (drawn - 48.0) ** 2
    weights = maximum_entropy_weights([figure(48.0, drawn, error=0.1), figure(64.0, squares, error=1.0)])
    assert weights @ drawn == pytest.approx(48.0, abs=0.1)
    assert weights @ squares == pytest.approx(64.0, abs=1.0)


def test_a_figure_that_is_met_already_leaves_the_weights_equal(drawn: np.ndarray) -> None:
    weights = maximum_entropy_weights([figure(float(drawn.mean()), drawn)])
    assert effective_sample_size(weights) == pytest.approx(N)


def test_an_uncertain_figure_pulls_less(drawn: np.ndarray) -> None:
    sure = maximum_entropy_weights([figure(53.0, drawn, error=0.01)])
    unsure = maximum_entropy_weights([figure(53.0, drawn, error=10.0)])
    # Of a normal prior and a normal figure of equal sd the middle is met: 50 + 3/2; the sample's mean
    # and sd are within 0.2 of 50 and 10.
    assert unsure @ drawn == pytest.approx(51.5, abs=0.2)
    assert effective_sample_size(unsure) > effective_sample_size(sure)


def test_a_figure_out_of_reach_is_refused(drawn: np.ndarray) -> None:
    with pytest.raises(InvalidValueError, match="mean of x of 120 was given; no weighting") as refused:
        maximum_entropy_weights([figure(120.0, drawn)])
    assert "\n" not in str(refused.value)


def test_figures_that_contradict_each_other_are_refused(drawn: np.ndarray) -> None:
    with pytest.raises(InvalidValueError, match="beside the other figures"):
        maximum_entropy_weights([figure(45.0, drawn), figure(55.0, drawn)])


def test_bad_figures_are_refused(drawn: np.ndarray) -> None:
    with pytest.raises(InvalidValueError, match="no figures"):
        maximum_entropy_weights([])
    with pytest.raises(InvalidValueError, match="error 0"):
        maximum_entropy_weights([figure(50.0, drawn, error=0.0)])


def test_effective_sample_size_by_hand() -> None:
    # (1 + 1 + 2)^2 / (1 + 1 + 4)
    assert effective_sample_size(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)
