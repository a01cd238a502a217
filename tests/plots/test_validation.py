"""Figures of a validation show the rows of its tables, each in the panel of what became of it in the fit."""

from pathlib import Path
from shutil import copytree

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from koebner.errors import InvalidValueError
from koebner.fits import ensemble_folder
from koebner.plots.fisher_spectrum import fisher_spectrum
from koebner.plots.validation import errors_by_drug, interval_coverage, predicted_against_observed
from koebner.plots.validation_curves import drawn_courses, relapse_curves, relapse_points, response_curves
from koebner.plots.validation_left_out import left_out_trials, read_left_out
from koebner.plots.validation_tables import (
    COMPARATORS,
    GROUPS,
    ValidationTables,
    held_out,
    read_validation,
    with_comparators,
)
from koebner.plots.validation_withdrawal import figure_label, withdrawal_predictions
from koebner.therapies import load

FOLDER = ensemble_folder("protocol") / "validation"
DAYS_IN_A_WEEK = 7


@pytest.fixture(scope="module")
def found() -> ValidationTables:
    return read_validation(FOLDER)


@pytest.fixture(scope="module")
def compared(found: ValidationTables) -> pd.DataFrame:
    return with_comparators(found.arms)


def points(figure: go.Figure, axis: str) -> int:
    """Return how many rows a panel shows, the band and the line of agreement aside."""
    return sum(
        len(trace.x) for trace in figure.data if trace.mode == "markers" and (trace.xaxis or "x") == axis
    )


def test_every_row_belongs_to_one_group(found: ValidationTables) -> None:
    assert set(found.arms["group"]) <= set(GROUPS)
    fitted = found.arms[found.arms["group"] == "fitted"]
    assert fitted["met_by_fit"].all()
    tier_2 = found.arms[found.arms["role"] == "tier 2"]
    assert (tier_2["seen"] == (tier_2["group"] == "tier 2, seen before")).all()


def test_rows_that_a_fit_to_all_data_met_are_fitted_and_not_held_out(
    found: ValidationTables, tmp_path: Path
) -> None:
    folder = copytree(FOLDER, tmp_path / "validation")
    arms = pd.read_csv(folder / "arms.csv").assign(met_by_fit=True)
    arms.to_csv(folder / "arms.csv", index=False)
    met = read_validation(folder).arms
    assert set(met["group"]) == {"fitted", "anchor", "placebo"}
    assert held_out(met).empty
    assert "none is held out" in errors_by_drug(with_comparators(met)).layout.annotations[0].text
    (title,) = predicted_against_observed(met).layout.annotations  # roles without a row have no panel
    assert title.text.startswith(GROUPS["fitted"])


def test_a_folder_that_lacks_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match=r"validation.json is missing; expected a folder"):
        read_validation(tmp_path)


def test_panels_hold_pasi75_and_pasi90_of_their_group(found: ValidationTables) -> None:
    figure = predicted_against_observed(found.arms)
    main = found.arms[found.arms["endpoint"].isin(["PASI75", "PASI90"])]
    groups = ("fitted", "tier 1", "tier 2, never seen", "tier 2, seen before")
    for axis, group in zip(("x", "x2", "x3", "x4"), groups, strict=True):
        assert points(figure, axis) == (main["group"] == group).sum()
    assert [each.text.split("<br>")[0] for each in figure.layout.annotations] == [GROUPS[g] for g in groups]


def test_bars_are_intervals_and_classes_have_one_colour(found: ValidationTables) -> None:
    figure = predicted_against_observed(found.arms)
    trace = next(each for each in figure.data if each.name == "IL-17, PASI75")
    row = found.arms[
        (found.arms["group"] == "fitted")
        & (found.arms["family"] == "IL-17")
        & (found.arms["endpoint"] == "PASI75")
    ].iloc[0]
    assert trace.y[0] + trace.error_y.array[0] == pytest.approx(row["upper"])
    assert trace.y[0] - trace.error_y.arrayminus[0] == pytest.approx(row["lower"])
    colours = {each.name.split(",")[0]: each.marker.color for each in figure.data if each.mode == "markers"}
    assert len(set(colours.values())) == len(colours)


def test_rows_from_memory_are_not_drawn(found: ValidationTables) -> None:
    figure = predicted_against_observed(found.arms.assign(from_memory=True))
    assert points(figure, "x") == 0
    assert figure.layout.annotations[-1].text == "no such row"


def test_each_class_and_endpoint_is_named_once(found: ValidationTables) -> None:
    names = [each.name for each in predicted_against_observed(found.arms).data if each.showlegend]
    assert len(names) == len(set(names))


def test_comparators_err_as_the_marks_of_the_validation_say(
    found: ValidationTables, compared: pd.DataFrame
) -> None:
    """Two ways to the same number: the mark as written, and the columns that the figure draws."""
    marks = found.marks.set_index("mark")
    for mark, role, name in (
        ("tier 1: error against copying another trial", "tier 1", "copy another trial"),
        ("tier 2: error against the phase-2 value carried over", "tier 2", "phase-2 value carried over"),
    ):
        rows = compared[(compared["role"] == role) & compared[name].notna()]
        assert len(rows) == marks.loc[mark, "rows"]
        # Tables are written with four digits after the point.
        assert rows["error"].abs().mean() == pytest.approx(marks.loc[mark, "reached"], abs=1e-3)


def test_panels_of_errors_compare_identical_rows(compared: pd.DataFrame) -> None:
    figure = errors_by_drug(compared)
    axes = ("x2", "x3", "x4")
    for axis, name in zip(axes, COMPARATORS, strict=True):
        model, other = (
            next(each for each in figure.data if each.xaxis == axis and each.name == words)
            for words in ("the model", "without a model")
        )
        rows = compared[compared[name].notna()]
        assert len(model.x) == len(other.x) == rows["therapy"].nunique()
        assert max(model.x) == pytest.approx(rows["error"].abs().groupby(rows["therapy"]).mean().max())
    assert not [each for each in figure.data if each.xaxis == "x" and each.name == "without a model"]
    assert figure.layout.xaxis4.title.text == "Mean absolute error [points]"


def test_coverage_is_the_share_inside(found: ValidationTables) -> None:
    figure = interval_coverage(found.arms, needed=(80, 97))
    labels = list(figure.layout.yaxis.ticktext)
    mine = found.arms[found.arms["group"] == "tier 1"]
    at = labels.index(f"{GROUPS['tier 1']} ({len(mine)})")
    assert figure.data[0].x[at] == pytest.approx(100 * mine["inside"].mean())
    band = next(each for each in figure.layout.shapes if each.type == "rect")
    assert (band.x0, band.x1) == (80, 97)
    assert labels[-1].startswith("Fitted")


def test_withdrawal_shows_every_figure_in_its_unit(found: ValidationTables) -> None:
    figure = withdrawal_predictions(found.withdrawal)
    shares = found.withdrawal[found.withdrawal["unit"] == "%"]
    observed = [each for each in figure.data if each.name == "observed"]
    assert [len(each.x) for each in observed] == [len(shares), len(found.withdrawal) - len(shares)]
    median = found.withdrawal[found.withdrawal["unit"] == "days"].iloc[0]
    assert min(abs(np.array(observed[1].x) - median["observed"] / DAYS_IN_A_WEEK)) < 1e-9
    assert figure.layout.xaxis2.title.text == "Median [weeks]"
    assert len([each for each in figure.data if each.showlegend]) == 3


def test_an_interval_without_an_end_runs_to_the_edge(found: ValidationTables) -> None:
    row = found.withdrawal[found.withdrawal["unit"] == "weeks"].iloc[[0]]
    figure = withdrawal_predictions(row.assign(upper=np.inf, predicted=np.inf))
    (trace,) = (each for each in figure.data if each.name.startswith("predicted"))
    assert trace.x[0] + trace.error_x.array[0] == pytest.approx(figure.layout.xaxis.range[1])


def test_a_label_holds_the_definition() -> None:
    label = figure_label(
        {"trial": "unknown-1", "drug": "a < b", "definition": "loss of PASI75", "metric": "median"}
    )
    assert label == "<b>unknown-1</b>, a &lt; b<br>loss of PASI75: median"


def test_time_courses_show_every_row_of_the_labelled_doses(found: ValidationTables) -> None:
    drawn = drawn_courses(found.arms)
    assert {therapy for therapy, _ in drawn} == set(found.arms["therapy"])
    assert ("brodalumab", load("brodalumab").sentence()) in drawn  # 210 mg, though 140 mg has as many rows
    figure = response_curves(found.responders, found.arms)
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    shown = pd.concat(drawn.values())
    assert sum(len(trace.x) for trace in marks) == len(shown)
    held = [trace for trace in marks if trace.name.endswith("held out")]
    assert sum(len(trace.x) for trace in held) == (~shown["met_by_fit"]).sum()
    assert {trace.marker.color for trace in held} == {"white"}
    lines = [trace for trace in figure.data if trace.name == "PASI75, predicted"]
    assert len(lines) == len(drawn)
    assert all(trace.x[0] == 0 for trace in lines)
    names = [trace.name for trace in figure.data if trace.showlegend]
    assert len(names) == len(set(names)) == 6


def test_relapse_curves_hold_what_was_published(found: ValidationTables) -> None:
    points = relapse_points(found.withdrawal)
    by_hand = found.withdrawal[found.withdrawal["measure"] != "still responding"]
    assert len(points) == len(by_hand) > 20
    rows = {(row["drug"], row["metric"]): row for row in points.to_dict("records")}
    # Lebwohl 2024, 300 mg: 10 % relapse-free after two years; VOYAGE 2: 64.3 % relapsed by week 72, 52 weeks
    # after the last dose at week 20; Gordon 2006: half relapsed in 85 days.
    assert rows["secukinumab 300", "relapse-free 2 years after the last dose"]["percent"] == 10
    voyage = rows["guselkumab", "relapsed by week 72"]
    assert (voyage["at"], voyage["percent"]) == (52, pytest.approx(100 - 64.3))
    median = points[points["trial"] == "gordon-2006-etanercept"].iloc[0]
    assert (median["at"], median["percent"]) == (pytest.approx(85 / DAYS_IN_A_WEEK), 50)
    figure = relapse_curves(found.relapse, found.withdrawal)
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert sum(len(trace.x) for trace in marks) == len(points)
    lines = [trace for trace in figure.data if trace.name == "without relapse, predicted"]
    assert len(lines) == points["course"].nunique()
    assert {trace.line.shape for trace in lines} == {"hv"}


def test_curves_without_rows_say_so(found: ValidationTables) -> None:
    nothing = response_curves(found.responders, found.arms.assign(from_memory=True))
    assert nothing.layout.annotations[0].text == "No row to draw."
    none = relapse_curves(found.relapse, found.withdrawal.assign(measure="still responding"))
    assert none.layout.annotations[0].text == "No published relapse to draw."


def test_spectrum_has_the_line_at_one_and_the_members_behind() -> None:
    figure = fisher_spectrum(pd.DataFrame({"member 0": [30.0, 0.1], "member 1": [20.0, 0.2]}))
    assert [each.name for each in figure.data] == ["other members", "central fit"]
    assert [each.y0 for each in figure.layout.shapes] == [1.0]
    assert figure.layout.yaxis.type == "log"


def test_left_out_trials_are_drawn_where_both_have_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "left_out.csv"
    path.write_text(
        "study,arm,therapy,week,endpoint,observed,predicted,copied\n"
        "a,x,secukinumab,12,PASI75,80,70,90\n"
        "b,x,secukinumab,12,PASI90,60,,63\n"
        "c,x,adalimumab,16,PASI90,40,45,\n"
        "d,x,adalimumab,16,PASI90,41,46,44\n"
        "e,x,adalimumab,52,PASI90,41,46,44\n"
        "f,x,adalimumab,12,PASI50,41,46,44\n"
    )
    rows = read_left_out(path)
    assert list(rows["study"]) == ["a", "b", "c", "d"]  # the last two are no primary week or endpoint
    figure = left_out_trials(rows)
    assert points(figure, "x") == points(figure, "x2") == 2
    copied = [trace for trace in figure.data if trace.mode == "markers" and trace.xaxis == "x2"]
    assert {float(trace.y[0]) for trace in copied} == {90.0, 44.0}
