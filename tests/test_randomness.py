import numpy as np
import pytest
from scipy import stats

from koebner.errors import InvalidValueError
from koebner.randomness import normals, stream, uniforms

SEED = 2026
FROZEN = [0.3833446943379938, 0.6904575754902348]


def test_a_patient_alone_draws_the_same_as_in_a_crowd() -> None:
    crowd = normals(SEED, range(100), "weight", 3)
    alone = normals(SEED, [42], "weight", 3)
    np.testing.assert_array_equal(crowd[42], alone[0])


def test_a_row_of_many_is_the_patients_own_stream() -> None:
    rows = {"normals": normals(SEED, [9, 42], "weight", 7), "uniforms": uniforms(SEED, [9, 42], "weight", 7)}
    np.testing.assert_array_equal(rows["normals"][1], stream(SEED, 42, "weight").standard_normal(7))
    np.testing.assert_array_equal(rows["uniforms"][1], stream(SEED, 42, "weight").random(7))


def test_the_order_of_patients_does_not_matter() -> None:
    forward = uniforms(SEED, [3, 1, 2], "visit noise", 4)
    backward = uniforms(SEED, [2, 1, 3], "visit noise", 4)
    np.testing.assert_array_equal(forward, backward[::-1])


def test_drawing_one_more_keeps_the_earlier_draws() -> None:
    np.testing.assert_array_equal(
        normals(SEED, range(5), "weight", 9)[:, :4], normals(SEED, range(5), "weight", 4)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((SEED, 7, "weight"), (SEED + 1, 7, "weight")),
        ((SEED, 7, "weight"), (SEED, 8, "weight")),
        ((SEED, 7, "weight"), (SEED, 7, "visit noise")),
        ((1, 7, "1 weight"), (11, 7, " weight")),  # seed and purpose must not run together
    ],
)
def test_another_seed_patient_or_purpose_is_another_stream(
    one: tuple[int, int, str], other: tuple[int, int, str]
) -> None:
    first, second = stream(*one).random(50), stream(*other).random(50)
    assert not np.intersect1d(first, second).size


def test_streams_of_neighbours_do_not_overlap() -> None:
    draws = uniforms(SEED, range(2000), "weight", 20)
    assert np.unique(draws).size == draws.size


def test_draws_across_patients_have_the_distribution_asked_for() -> None:
    # One draw a patient, as populations use them: uniform and standard normal by Kolmogorov-Smirnov.
    patients = range(4000)
    assert stats.kstest(uniforms(SEED, patients, "age").ravel(), "uniform").pvalue > 0.001
    assert stats.kstest(normals(SEED, patients, "age").ravel(), "norm").pvalue > 0.001


def test_neighbours_are_not_correlated() -> None:
    draws = normals(SEED, range(4000), "weight").ravel()
    lag_one = np.corrcoef(draws[:-1], draws[1:])[0, 1]
    # Standard error of a correlation of 4000 independent pairs is 0.016.
    assert abs(lag_one) < 4 * 0.016


def test_the_stream_is_frozen() -> None:
    # Baseline: a change here changes every published result.
    np.testing.assert_allclose(stream(1, 7, "weight").random(2), FROZEN, rtol=0, atol=0)


def test_no_patients_give_no_rows() -> None:
    assert normals(SEED, [], "weight").shape == (0, 1)


@pytest.mark.parametrize(("seed", "patient"), [(-1, 0), (0, -1)])
def test_negative_seeds_and_patients_are_refused(seed: int, patient: int) -> None:
    with pytest.raises(InvalidValueError, match="0 or larger"):
        stream(seed, patient, "weight")
