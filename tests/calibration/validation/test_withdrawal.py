"""Figures of withdrawal from what members say: shares, medians, and what is not reached."""

import numpy as np
import pytest

from koebner.calibration.protocol import load_protocol
from koebner.calibration.validation.withdrawal import (
    AskedFigure,
    FigureAnswer,
    course_of,
    draws_of,
    figure_of_row,
    predicted_figure,
)
from koebner.calibration.withdrawal.rows import WithdrawalRow
from koebner.calibration.withdrawal.studies import load_withdrawal_figures

LIKELIHOOD = load_protocol().likelihood
FIGURES = load_withdrawal_figures()
SHARE = FIGURES["lebwohl-2024/secukinumab-150-withdrawn/PASI75-at-week-52/relapse-free/52"]  # of 100 patients
MEDIAN = FIGURES["gordon-2006-etanercept/withdrawn/PASI75-at-week-24/median-time-to-relapse/median"]  # of 252
UNSIZED = FIGURES["kamaria-2010/ustekinumab/responders/median-time-to-relapse/median"]


def shares(*values: float) -> list[FigureAnswer]:
    return [FigureAnswer(value=value, times=np.empty(0), free=np.empty(0)) for value in values]


def times(*members: np.ndarray) -> list[FigureAnswer]:
    return [FigureAnswer(value=float("nan"), times=np.sort(each), free=np.empty(0)) for each in members]


def test_a_share_is_the_mean_of_the_members_with_a_binomial_interval() -> None:
    found = predicted_figure(shares(20.0, 30.0), SHARE, likelihood=LIKELIHOOD, name="x")
    assert found.mean == 25.0
    # On the logit: sampling of 100 sqrt(1 / 18.75) = 0.23, trials 0.30, members 0.27: in all 0.46; 90 % of
    # a share of 25 % then runs from about 13 to 41 %.
    assert (found.lower, found.upper) == (pytest.approx(13.0, abs=2.5), pytest.approx(41.0, abs=3.0))


def test_a_member_without_patients_who_entered_says_nothing() -> None:
    found = predicted_figure(shares(20.0, float("nan")), SHARE, likelihood=LIKELIHOOD, name="x")
    assert found.mean == 20.0
    assert np.isnan(predicted_figure(shares(float("nan")), SHARE, likelihood=LIKELIHOOD, name="x").mean)


def test_a_share_of_nought_stays_inside_its_interval() -> None:
    found = predicted_figure(shares(0.0, 0.0), SHARE, likelihood=LIKELIHOOD, name="x")
    assert found.lower <= found.mean == 0.0


def test_a_median_runs_along_the_curve() -> None:
    course = np.arange(1, 101, dtype=float)  # one relapse a day
    found = predicted_figure(times(course, course), MEDIAN, likelihood=LIKELIHOOD, name="x")
    assert found.mean == 50.0
    # The logit of a half varies by sqrt(0.30^2 + 4 / 252) = 0.325; 1.645 of it are shares of 37 and 63 %.
    assert (found.lower, found.upper) == (pytest.approx(37.0, abs=1.5), pytest.approx(63.0, abs=1.5))


def test_the_median_is_that_of_the_mean_curve_and_members_count_the_same() -> None:
    many, few = np.full(1000, 10.0), np.array([20.0, 30.0, 40.0])
    found = predicted_figure(times(many, few), UNSIZED, likelihood=LIKELIHOOD, name="x")
    assert found.mean == 10.0
    late = predicted_figure(times(many, few, few), UNSIZED, likelihood=LIKELIHOOD, name="x")
    assert late.mean == 20.0  # a third by 10, five ninths by 20


def test_a_median_that_most_patients_never_reach_is_infinite() -> None:
    course = np.array([10.0, 20.0, np.inf, np.inf, np.inf])
    found = predicted_figure(times(course), UNSIZED, likelihood=LIKELIHOOD, name="x")
    assert found.mean == np.inf
    assert found.upper == np.inf
    assert np.isnan(predicted_figure(times(np.empty(0)), UNSIZED, likelihood=LIKELIHOOD, name="x").mean)


def test_figures_of_a_reviewed_study_share_a_course_and_read_ones_do_not() -> None:
    def of(name: str, figure_name: str) -> AskedFigure:
        return AskedFigure(
            id=name, trial="t", drug="d", metric="m", figure=FIGURES[figure_name], role="held out"
        )

    one_year = "lebwohl-2024/secukinumab-150-withdrawn/PASI75-at-week-52/relapse-free/52"
    two_years = "lebwohl-2024/secukinumab-150-withdrawn/PASI75-at-week-52/relapse-free/104"
    assert of("a", one_year).course == of("b", two_years).course


def row(**changed: str) -> WithdrawalRow:
    texts = {
        "trial": "A trial",
        "drug": "guselkumab",
        "schedule": "100 mg wk 0,4,12,20",
        "last_dose_week": "20 (re-randomised wk 28)",
        "population": "PASI90 at wk 28",
        "n": "182",
        "definition": "loss of PASI90",
        "metric": "PASI90 maintained",
        "value": "30",
        "unit": "%",
        "time": "wk 48",
        "verified": "no",
    }
    return WithdrawalRow(line=2, **{**texts, **changed})


def test_a_row_of_a_table_becomes_a_figure_or_a_reason() -> None:
    found = figure_of_row(row(), fitted=frozenset())
    assert isinstance(found, AskedFigure)
    assert (found.role, found.from_memory) == ("held out", True)
    assert isinstance(figure_of_row(row(drug="alefacept"), fitted=frozenset()), str)
    assert (
        figure_of_row(row(n="9" * 25), fitted=frozenset()) == "n is 1e+25; expected at most 1000000 patients."
    )


def test_the_visits_of_a_study_are_simulated_and_drawn() -> None:
    study = SHARE.study
    assert course_of(study).weeks == study.visits
    assert draws_of(study, 8).noise.shape[1:] == (8, len(study.visits))
