import numpy as np
import pytest

from koebner.trials import kaplan_meier

# Weeks in remission of 42 children with leukaemia (Freireich 1963), in R: MASS::gehan
MERCAPTOPURINE = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
CONTROL = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_curve_and_median_are_those_of_r() -> None:
    # R: summary(survfit(Surv(time, cens) ~ 1, gehan, treat == "6-MP", conf.type = "log-log"))
    curve = kaplan_meier(MERCAPTOPURINE, RELAPSED)
    assert curve is not None
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    found = {week: curve.share[np.flatnonzero(curve.weeks == week)[0]] for week in published}
    assert found == pytest.approx(published, abs=5e-4)
    assert (curve.median_weeks, curve.median_lower, curve.median_upper) == (23, 13, np.inf)
    assert (curve.n, curve.events) == (21, 9)


def test_median_of_the_controls_is_that_of_r() -> None:
    # R: survfit(Surv(time, cens) ~ 1, gehan, treat == "control", conf.type = "log-log"): 8 (4, 11)
    curve = kaplan_meier(CONTROL, [1] * 21)
    assert curve is not None
    assert (curve.median_weeks, curve.median_lower, curve.median_upper) == (8, 4, 11)


def test_patients_at_risk_are_counted_just_before_a_week() -> None:
    # By hand: of 21, four have week 6 and one week 7, so 17 are left before week 7 and 16 before week 8.
    curve = kaplan_meier(MERCAPTOPURINE, RELAPSED)
    assert curve is not None
    assert [curve.at_risk_at(week) for week in (0, 6, 7, 8, 36)] == [21, 21, 17, 16, 0]


def test_nobody_at_risk_has_no_curve() -> None:
    assert kaplan_meier([], []) is None
