import pytest

from koebner.disease import load_model
from koebner.populations import load_population
from koebner.trials.prior_check import prior_check

# Whether the published counts lie inside the interval is asked in tests/science/test_case_series.py.
DRAWS = 3


@pytest.fixture(scope="module")
def check() -> dict[str, object]:
    return prior_check(load_model(), load_population(), seed=1, draws=DRAWS)


def test_the_published_counts_are_those_of_cheng_2022(check: dict[str, object]) -> None:
    # Cheng 2022, doi:10.1038/s41392-022-01059-y: 8 of 17 at least 40 % better, 3 of 17 clear or minimal.
    rows = check["rows"]
    assert [(row["observed"], row["n"]) for row in rows] == [(8, 17), (3, 17)]  # type: ignore[attr-defined]


def test_an_interval_is_of_counts_about_the_median(check: dict[str, object]) -> None:
    for row in check["rows"]:  # type: ignore[attr-defined]
        assert 0 <= row["lower"] <= row["median"] <= row["upper"] <= row["n"]
        assert row["median"] == int(row["median"])
    assert f"{DRAWS} draws of the prior" in check["statement"]  # type: ignore[operator]


def test_the_same_seed_gives_the_same_check(check: dict[str, object]) -> None:
    assert prior_check(load_model(), load_population(), seed=1, draws=DRAWS) == check
