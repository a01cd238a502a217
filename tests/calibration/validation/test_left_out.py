"""How near left-out trials are predicted: counted by hand on a small table, and said without holes."""

import pandas as pd
import pytest

from koebner.calibration.validation.left_out import left_out_words, main_rows, score_left_out, with_both

NAN = float("nan")
TABLE = pd.DataFrame(
    [
        ("a", 12.0, "PASI75", 80.0, 70.0, 90.0, 10.0),
        ("a", 16.0, "PASI90", 50.0, 62.0, NAN, 10.0),
        ("b", 12.0, "PASI75", 40.0, NAN, 41.0, 10.0),
        ("b", 52.0, "PASI75", 40.0, 90.0, 41.0, 10.0),
        ("b", 12.0, "PASI50", 40.0, 90.0, 41.0, 10.0),
    ],
    columns=["study", "week", "endpoint", "observed", "predicted", "copied", "tolerance"],
)


def test_errors_are_those_of_the_rows_with_an_answer() -> None:
    rows = main_rows(TABLE)
    assert len(rows) == 3  # weeks and endpoints of the marks: `MAIN_WEEKS`, `MAIN_ENDPOINTS`
    own = score_left_out(rows)
    # By hand: errors -10 and +12, of which the first is within 10.
    assert (own.rows, own.trials) == (2, 1)
    assert (own.error, own.bias, own.within) == pytest.approx((11.0, 1.0, 50.0))
    assert score_left_out(rows, "copied").error == pytest.approx(5.5)
    assert list(with_both(rows)["observed"]) == [80.0]


def test_what_is_not_known_is_not_said() -> None:
    told = left_out_words(TABLE)
    assert "2 rows of 1 trials, error 11.0 points, 50 % within (bias +1.0)." in told
    assert "(1 rows): the model 10.0 points, 100 % within; the mean of those trials 10.0 points" in told
    assert "nan" not in left_out_words(TABLE.assign(copied=NAN))
    assert left_out_words(TABLE.assign(predicted=NAN)).endswith("no row.")
