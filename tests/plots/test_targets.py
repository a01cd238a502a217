"""The figure shows the shares of the table, apart by therapy, and says what was too little to divide."""

import plotly.graph_objects as go
import pytest

from koebner.analysis.contributions import Comparison, compare_targets
from koebner.disease import load_model
from koebner.patients import Patient
from koebner.plots.targets import target_contributions
from koebner.therapies import load


@pytest.fixture(scope="module")
def found() -> Comparison:
    therapies = [load("uc_msc"), load("secukinumab")]
    return compare_targets(
        load_model(), therapies, ["treg", "m2"], cohort=Patient(pasi=20).cohort(), weeks=[12, 52], draws=3
    )


@pytest.fixture(scope="module")
def figure(found: Comparison) -> go.Figure:
    return target_contributions(found)


def test_marks_and_bars_are_shares_and_ranges_of_the_table(found: Comparison, figure: go.Figure) -> None:
    cells = figure.data[0]
    row = found.contributions.iloc[0]
    assert cells.x[0] == pytest.approx(100 * row["share"], abs=1e-3)
    assert cells.x[0] + cells.error_x.array[0] == pytest.approx(100 * row["upper_90"], abs=1e-3)
    assert cells.x[0] - cells.error_x.arrayminus[0] == pytest.approx(100 * row["lower_90"], abs=1e-3)


def test_therapies_stand_apart_and_targets_below_one_another(figure: go.Figure) -> None:
    cells, drug = figure.data[:2]
    assert cells.y[0] < drug.y[0] < cells.y[1]
    assert list(figure.layout.yaxis.ticktext) == ["treg", "m2", "all together"]
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]


def test_what_is_not_defined_is_not_drawn_but_said(figure: go.Figure) -> None:
    assert figure.data[2].x == ()
    titles = [annotation.text for annotation in figure.layout.annotations]
    assert "uc_msc" in titles[1]
    assert "too little to divide" in titles[1]
    assert "too little to divide" not in titles[0]


def test_cells_are_called_exploratory_and_the_axis_has_a_unit(figure: go.Figure) -> None:
    assert figure.data[0].name == "Umbilical-cord MSC (exploratory: 2 to 17 uncontrolled patients)"
    assert figure.data[1].name == "Secukinumab"
    assert figure.layout.xaxis2.title.text == "Share of the improvement that is lost [%]"


def test_one_week_without_draws_has_marks_and_no_bars() -> None:
    alone = compare_targets(
        load_model(), [load("uc_msc")], ["treg"], cohort=Patient(pasi=20).cohort(), weeks=[12], draws=0
    )
    (trace,) = target_contributions(alone).data
    assert trace.error_x.array == (0.0,)
