"""The timeline shows every dose with its height, and marks what was done to the regimen."""

import plotly.graph_objects as go
import pytest

from koebner.errors import InvalidValueError
from koebner.plots import timeline
from koebner.plots.timeline import DoseScale
from koebner.therapies import Therapy, available, load


def named(figure: go.Figure, name: str) -> go.Scatter:
    return next(trace for trace in figure.data if trace.name == name)


def tops(trace: go.Scatter) -> list[tuple[float, float]]:
    """Return week and height of each stem."""
    return list(zip(trace.x[1::3], trace.y[1::3], strict=True))


def words(figure: go.Figure) -> str:
    return " | ".join(str(annotation.text) for annotation in figure.layout.annotations)


def test_a_stem_is_as_high_as_the_dose_of_this_weight() -> None:
    # The label of ustekinumab: 90 mg above 100 kg at weeks 0 and 4, then every 12 weeks.
    figure = timeline(load("ustekinumab"), weeks=52, weight_kg=110)
    assert tops(named(figure, "Ustekinumab")) == [(week, 90) for week in (0, 4, 16, 28, 40)]
    assert "For a patient of 110 kg." in words(figure)
    assert figure.layout.yaxis.title.text == "mg"
    light = timeline(load("ustekinumab"), weeks=52, weight_kg=100)
    assert {height for _, height in tops(named(light, "Ustekinumab"))} == {45}


def test_a_dose_by_weight_is_what_the_patient_gets() -> None:
    figure = timeline(load("infliximab"), weeks=8, weight_kg=80)
    assert tops(named(figure, "Infliximab")) == [(0, 400), (2, 400), (6, 400)]  # 5 mg/kg of 80 kg
    assert "400 mg" in words(figure)
    assert "goes on" in words(figure)


def test_daily_intake_is_an_area_with_its_steps() -> None:
    figure = timeline(load("cyclosporine"), weeks=26, weight_kg=80)
    area = named(figure, "Cyclosporine")
    # 2.5 mg/kg a day, from week 4 in steps of 0.5 mg/kg every two weeks up to 4 mg/kg, of 80 kg.
    assert list(dict.fromkeys(y for y in area.y if y)) == pytest.approx([200, 240, 280, 320])
    assert area.fill == "tozeroy"
    assert figure.layout.yaxis.title.text == "mg a day"


def test_rising_doses_of_light_are_labelled_at_both_ends() -> None:
    figure = timeline(load("nb_uvb"), weeks=16)
    heights = [height for _, height in tops(named(figure, "Narrow-band UVB"))]
    assert len(heights) == 30  # three sessions a week for ten weeks
    assert heights == sorted(heights)
    assert "0.7 MED" in words(figure)
    assert "3.5 MED" in words(figure)


def test_a_sequence_has_a_row_each_and_marks_the_change() -> None:
    figure = timeline(load("secukinumab").stop(week=24).then(load("uc_msc")), weeks=52, weight_kg=80)
    assert [trace.name for trace in figure.data] == ["Secukinumab", "Umbilical-cord MSC"]
    assert [week for week, _ in tops(figure.data[1])] == [24, 26, 28, 30]
    assert figure.layout.yaxis2.title.text == "10⁶ cells"
    assert tops(figure.data[1])[0][1] == pytest.approx(160)  # 2 million cells/kg of 80 kg
    assert "stop 24" in words(figure)
    assert "start 24" in words(figure)
    assert "goes on" not in words(figure)


def test_a_restart_a_skipped_dose_and_a_taper_are_seen() -> None:
    again = timeline(load("secukinumab").stop(week=24).restart(week=36), weeks=52)
    assert "again 36" in words(again)
    skipped = timeline(load("infliximab").skip(weeks=[14]), weeks=52)
    assert list(named(skipped, "left out").x) == [14]
    assert 14 not in [week for week, _ in tops(named(skipped, "Infliximab"))]
    tapered = timeline(load("adalimumab").taper(week=24, until_week=40), weeks=52)
    # Four equal steps from 40 mg to nothing.
    assert [text for text in ("32 mg", "24 mg", "16 mg", "8 mg") if text not in words(tapered)] == []
    assert tops(tapered.data[0])[-1][0] < 40


def test_a_rule_of_retreatment_is_a_note_and_a_shade() -> None:
    plain = load("secukinumab").stop(week=24)
    figure = timeline(plain.retreat(regain=0.4), weeks=52)
    assert "regained 40 % of the improvement" in words(figure)
    assert [shape.x0 for shape in figure.layout.shapes if shape.type == "rect"] == [24]
    assert "may be given again" not in words(timeline(plain, weeks=52))


def test_random_misses_are_said_and_not_drawn() -> None:
    figure = timeline(load("etanercept").miss(share=0.1, seed=1), weeks=12)
    assert "10 % of doses are missed at random" in words(figure)
    assert len(tops(named(figure, "Etanercept"))) == 24  # twice a week for twelve weeks


@pytest.mark.parametrize("name", available())
def test_every_therapy_of_the_catalogue_can_be_drawn(name: str) -> None:
    figure = timeline(load(name), weeks=52)
    agent = load(name).agents[0]
    assert agent.name in words(figure)
    assert bool(figure.data) == (agent.regimen is not None)


def test_nothing_given_is_said() -> None:
    assert "nothing is given" in words(timeline(load("placebo")))


@pytest.mark.parametrize(
    ("weeks", "weight_kg", "expected"),
    [(0, None, "weeks 0 was given"), (521, None, "at most 520"), (52, 5, "weight_kg 5 was given")],
)
def test_what_no_figure_can_hold_is_refused(weeks: float, weight_kg: float | None, expected: str) -> None:
    therapy: Therapy = load("secukinumab")
    with pytest.raises(InvalidValueError, match=expected):
        timeline(therapy, weeks=weeks, weight_kg=weight_kg)


@pytest.mark.parametrize(
    ("unit", "amount", "told"),
    [("mg", 0.5, "0.5 mg"), ("MED", 2, "2 MED"), ("application", 1, "1 application")],
)
def test_a_dose_is_told_in_its_unit(unit: str, amount: float, told: str) -> None:
    assert DoseScale.of(unit, weight_kg=80).told(amount) == told
