import pytest

from koebner.disease import load_model
from koebner.populations import load_population
from koebner.trials.prior_check import prior_check


@pytest.fixture(scope="module")
def check() -> dict[str, object]:
    return prior_check(load_model(), load_population(), seed=1, draws=20)


def test_the_published_counts_are_those_of_cheng_2022(check: dict[str, object]) -> None:
    # Cheng 2022, doi:10.1038/s41392-022-01059-y: 8 of 17 at least 40 % better, 3 of 17 clear or minimal.
    rows = check["rows"]
    assert [(row["observed"], row["n"]) for row in rows] == [(8, 17), (3, 17)]  # type: ignore[attr-defined]


def test_the_prior_holds_the_published_counts_within_its_interval(check: dict[str, object]) -> None:
    # Demanded of the prior: both counts inside the 90 % predictive interval.
    for row in check["rows"]:  # type: ignore[attr-defined]
        assert 0 <= row["lower"] <= row["observed"] <= row["upper"] <= row["n"]
        assert row["lower"] <= row["median"] <= row["upper"]


def test_the_same_seed_gives_the_same_check(check: dict[str, object]) -> None:
    assert prior_check(load_model(), load_population(), seed=1, draws=20) == check
