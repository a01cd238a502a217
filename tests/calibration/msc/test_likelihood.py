"""The two counts of one study are one trinomial; draws are weighted by it, and means follow."""

import numpy as np
import pytest
from scipy import stats

from koebner.calibration.msc.likelihood import (
    ReportedCounts,
    count_distribution,
    count_interval,
    effective_draws,
    importance_weights,
    log_likelihood,
    reported_counts,
    weighted_interval,
    weighted_moments,
)
from koebner.errors import InvalidValueError
from koebner.evidence import load_msc_studies
from koebner.trials.case_files import case_named

# Cheng 2022, doi:10.1038/s41392-022-01059-y: 8 of 17 at least 40 % better, 3 of 17 clear or minimal.
CHENG = ReportedCounts(n=17, improved=8, clear=3)


def test_the_counts_are_those_of_the_case_and_of_the_evidence_tables() -> None:
    assert reported_counts(case_named("cheng-2022").case) == CHENG
    study = next(row for row in load_msc_studies() if row.study == "cheng-2022")
    assert (study.n, study.responders, study.clear_or_minimal) == (17, 8, 3)


def test_a_case_without_the_two_counts_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="cheng-2022"):
        reported_counts(case_named("yao-2021").case)


@pytest.mark.parametrize(("improved", "clear"), [(0.47, 0.18), (0.9, 0.05), (0.3, 0.3), (0.2, 0.0)])
def test_the_likelihood_is_the_exact_trinomial(improved: float, clear: float) -> None:
    found = log_likelihood(CHENG, improved=np.array([improved]), clear=np.array([clear]))
    cells = [clear, improved - clear, 1 - improved]
    exact = stats.multinomial.pmf([3, 5, 9], n=17, p=cells)
    assert np.exp(found[0]) == pytest.approx(exact, abs=1e-15)


def test_the_trinomial_of_all_outcomes_sums_to_one() -> None:
    chances = {"improved": np.array([0.4]), "clear": np.array([0.15])}
    total = sum(
        float(np.exp(log_likelihood(ReportedCounts(n=5, improved=i, clear=c), **chances))[0])
        for i in range(6)
        for c in range(i + 1)
    )
    assert total == pytest.approx(1.0)


def test_chances_that_do_not_nest_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="nest"):
        log_likelihood(CHENG, improved=np.array([0.2]), clear=np.array([0.3]))


def test_weights_follow_the_likelihood_and_sum_to_one() -> None:
    weights = importance_weights(np.array([-1000.0, -1000.0 + np.log(4.0), -np.inf]))
    np.testing.assert_allclose(weights, [0.2, 0.8, 0.0])
    assert weights.sum() == pytest.approx(1.0)
    assert effective_draws(weights) == pytest.approx(1 / (0.04 + 0.64))


def test_a_report_that_no_draw_allows_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="draws"):
        importance_weights(np.array([-np.inf, -np.inf]))


def test_a_weight_of_two_is_a_value_given_twice() -> None:
    once, twice = np.array([1.0, 2.0, 5.0]), np.array([1.0, 2.0, 2.0, 5.0])
    mean, sd = weighted_moments(once, np.array([0.25, 0.5, 0.25]))
    assert (mean, sd) == pytest.approx((twice.mean(), twice.std()))


def test_weighted_draws_give_the_interval_of_the_distribution_they_stand_for() -> None:
    # Uniform draws weighted by the density of a standard normal: its 90 % interval is +-1.645.
    values = np.linspace(-6, 6, 20001)
    lower, upper = weighted_interval(values, importance_weights(-(values**2) / 2))
    assert (lower, upper) == pytest.approx((stats.norm.ppf(0.05), stats.norm.ppf(0.95)), abs=1e-3)


def test_counts_are_binomials_mixed_by_the_weights() -> None:
    mixed = count_distribution(17, np.array([0.2, 0.6]), np.array([0.25, 0.75]))
    k = np.arange(18)
    np.testing.assert_allclose(
        mixed, 0.25 * stats.binom.pmf(k, 17, 0.2) + 0.75 * stats.binom.pmf(k, 17, 0.6), atol=1e-12
    )
    one = count_distribution(17, np.array([0.47]), np.array([1.0]))
    expected = tuple(int(stats.binom.ppf(q, 17, 0.47)) for q in (0.05, 0.5, 0.95))
    assert count_interval(one) == expected
