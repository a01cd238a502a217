"""Figures show the numbers of the outcome, name their axes, and say when there is nothing to show."""

import plotly.graph_objects as go
import pytest
from tests.trials.fakes import FakePopulation, FakeSimulation, fake_model, run_small, small_trial

from koebner import plots, therapies
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.trials import Outcome


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    with pytest.MonkeyPatch.context() as patch:
        return run_small(patch)


def named(figure: go.Figure, start: str) -> go.Scatter:
    return next(trace for trace in figure.data if str(trace.name).startswith(start))


def notes(figure: go.Figure) -> str:
    return " ".join(str(annotation.text) for annotation in figure.layout.annotations)


def test_pasi_over_time_draws_mean_band_and_single_patients(outcome: Outcome) -> None:
    figure = plots.pasi_over_time(outcome)
    # Baselines 10 to 14, a fifth of them at weeks 8 and 12.
    assert list(named(figure, "UC-MSC").y)[:4] == pytest.approx([12, 7.2, 2.4, 2.4], abs=0.05)
    of_arm = [trace for trace in figure.data if trace.xaxis == "x"]
    assert [trace.fill for trace in of_arm].count("tonexty") == 1
    singles = of_arm[0]
    assert list(singles.x).count(None) == 5
    assert figure.layout.yaxis.title.text == "PASI [points]"
    assert figure.layout.xaxis2.title.text == "Weeks since first dose"  # under the lower of two panels
    assert "UC-MSC (n = 5)" in notes(figure)


def test_a_label_is_shown_as_it_is_and_not_as_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    labelled = run_small(monkeypatch, arms={"<b>cells</b> & more": therapies.load("uc_msc")})
    for figure in (plots.pasi_over_time(labelled), plots.responders(labelled), plots.waterfall(labelled)):
        assert "<b>" not in figure.to_json().replace("\\u003c", "<")


def test_nothing_simulated_is_said_in_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = run_small(monkeypatch, simulation=FakeSimulation(failing=range(10)))
    assert "No patient could be simulated" in notes(plots.pasi_over_time(nothing))
    assert "No patient was seen" in notes(plots.waterfall(nothing))
    assert "Nobody reached PASI50" in notes(plots.kaplan_meier(nothing))
    assert plots.responders(nothing, "PASI75").data


def test_responders_draw_the_rates_of_the_table(outcome: Outcome) -> None:
    figure = plots.responders(outcome, "PASI75")
    drawn = named(figure, "UC-MSC (n = 5)")
    table = [outcome.response("PASI75", week=week).set_index("arm").loc["UC-MSC"] for week in drawn.x]
    assert list(drawn.y) == [row["percent"] for row in table]
    upper, lower = figure.data[:2]
    assert list(lower.y) == [row["lower_95"] for row in table]
    assert list(upper.y) == [row["upper_95"] for row in table]


def test_waterfall_sorts_patients_from_worst_to_best(monkeypatch: pytest.MonkeyPatch) -> None:
    noisy = run_small(monkeypatch, model=fake_model(visit_noise_sd=0.3))
    bars = named(plots.waterfall(noisy, week=16), "UC-MSC").y
    assert list(bars) == sorted(bars, reverse=True)
    assert len(bars) == 5


def test_waterfall_shows_the_best_visit_unless_a_week_is_given(outcome: Outcome) -> None:
    # A fifth of baseline is left at best, recorded to 0.1 point of about 10.
    assert list(named(plots.waterfall(outcome), "UC-MSC").y) == pytest.approx([-80] * 5, abs=0.5)
    assert list(named(plots.waterfall(outcome, week=24), "UC-MSC").y) == pytest.approx([0] * 5)
    with pytest.raises(InvalidValueError, match="Week 5 was given"):
        plots.waterfall(outcome, week=5)


def test_kaplan_meier_counts_from_the_last_dose_with_patients_at_risk(outcome: Outcome) -> None:
    figure = plots.kaplan_meier(outcome)
    curve = named(figure, "UC-MSC (n = 5 responders)")
    assert list(curve.x) == [0, 14]
    assert list(curve.y) == [100, 0]
    assert figure.layout.xaxis.title.text == "Weeks since last dose"
    # Nobody on placebo responded: its curve and its row of counts are absent.
    assert [trace.name for trace in figure.data if trace.name] == ["UC-MSC (n = 5 responders)"]
    counts = {a.x: a.text for a in figure.layout.annotations if a.text != "at risk"}
    assert counts == {0: "5", 4: "5", 8: "5", 12: "5"}


def test_kaplan_meier_takes_any_named_event(outcome: Outcome) -> None:
    # PASI75 is lost at week 16: 10 weeks after the last dose.
    assert list(named(plots.kaplan_meier(outcome, event="loss of PASI75"), "UC-MSC").x) == [0, 10]
    with pytest.raises(UnknownNameError, match="relapse definition"):
        plots.kaplan_meier(outcome, event="flare")


def test_trajectories_draw_a_panel_for_each_quantity() -> None:
    cohort = FakePopulation().sample(3, seed=1)
    course = FakeSimulation()(fake_model(), cohort, small_trial().arms["UC-MSC"], at_weeks=[0, 8, 24])
    figure = plots.trajectories(course, ["PASI", "PASI"])
    assert list(named(figure, "PASI (n = 3)").y) == pytest.approx([11, 2.2, 11])
    assert {trace.yaxis for trace in figure.data} == {"y", "y2"}
    assert figure.layout.xaxis2.title.text == "Weeks"
    with pytest.raises(InvalidValueError, match="No quantity was given"):
        plots.trajectories(course, [])


def test_one_patient_is_drawn_without_a_band() -> None:
    cohort = FakePopulation().sample(1, seed=1)
    course = FakeSimulation()(fake_model(), cohort, small_trial().arms["UC-MSC"], at_weeks=[0, 8])
    assert len(plots.trajectories(course, ["PASI"]).data) == 1
