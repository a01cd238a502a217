import math

import numpy as np
import pytest

from koebner.errors import InvalidValueError
from koebner.trials import draw_range, mean_interval, wilson_interval


# Newcombe 1998, Stat Med 17:857, table I, method 3; in R: prop.test(81, 263, correct = FALSE)$conf.int
@pytest.mark.parametrize(
    ("k", "n", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_is_that_of_newcombe(k: int, n: int, lower: float, upper: float) -> None:
    assert wilson_interval(k, n) == pytest.approx((lower, upper), abs=5e-5)


def test_wilson_interval_mirrors_when_responders_become_non_responders() -> None:
    lower, upper = wilson_interval(20, 20)
    assert (1 - upper, 1 - lower) == pytest.approx(wilson_interval(0, 20))


def test_without_patients_nothing_is_known() -> None:
    assert all(math.isnan(limit) for limit in wilson_interval(0, 0))


def test_more_responders_than_patients_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="5 responders of 4 patients"):
        wilson_interval(5, 4)


def test_mean_interval_is_that_of_a_t_test() -> None:
    # R: t.test(sleep$extra[sleep$group == 2])$conf.int (Student 1908), mean 2.33, 0.8976775 to 3.7623225
    second_group = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    assert mean_interval(second_group) == pytest.approx((2.33, 0.8976775, 3.7623225), abs=1e-6)


def test_one_value_has_a_mean_but_no_interval() -> None:
    mean, lower, upper = mean_interval([4.0])
    assert mean == 4.0
    assert math.isnan(lower)
    assert math.isnan(upper)


def test_draw_range_leaves_a_twentieth_on_either_side() -> None:
    # 0, 1, ..., 100: by definition 5 % lie below 5 and 5 % above 95
    assert draw_range(np.arange(101)) == pytest.approx((5, 95))
    assert all(math.isnan(limit) for limit in draw_range([]))
