"""A drawn section has the thicknesses and numbers of the course, and positions of the seed."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
import xarray as xr
from numpy.typing import NDArray

from koebner.errors import InvalidValueError
from koebner.plots.skin_section import SUBTITLE, skin_section, skin_sections
from koebner.plots.skin_section_layout import row_edges
from koebner.plots.skin_section_state import SECTION_QUANTITIES
from koebner.simulation import Trajectories

# Made up, in the order of magnitude of a plaque and of healthy skin; no test rests on their being right.
LESION = {
    "PASI": 20.0,
    "thickness_epidermis": 390.0,
    "thickness_corneum": 60.0,
    "thickness_dermis": 1400.0,
    "cell_layers": 25.0,
    "T_cell_density": 5e4,
    "macrophage_density": 8e3,
    "dendritic_density": 6e3,
    "neutrophil_density": 5e3,
    "KC_proliferating": 52000.0,
    "vessel_density": 43.0,
    "Parakeratosis": 1.0,
    "ECM": 1.0,
    "Vessel": 1.0,
}
HEALTHY = {
    "PASI": 0.4,
    "thickness_epidermis": 100.0,
    "thickness_corneum": 15.0,
    "thickness_dermis": 1000.0,
    "cell_layers": 7.0,
    "T_cell_density": 1e4,
    "macrophage_density": 2e3,
    "dendritic_density": 1e3,
    "neutrophil_density": 0.0,
    "KC_proliferating": 27000.0,
    "vessel_density": 25.0,
    "Parakeratosis": 0.0,
    "ECM": 0.1,
    "Vessel": 0.0,
}


def course(*, without: str = "", n_patients: int = 1, status: str = "ok", **lesion: float) -> Trajectories:
    """Patients with a plaque at week 0 and healthy skin at week 12."""
    patients = list(range(3, 3 + n_patients))
    weeks = np.array([0.0, 12.0])
    start = {**LESION, **lesion}
    values = {
        name: (("patient", "time"), np.tile([start[name], HEALTHY[name]], (n_patients, 1)))
        for name in SECTION_QUANTITIES
        if name != without
    }
    coordinates = {"patient": patients, "time": 7.0 * weeks, "week": ("time", weeks)}
    return Trajectories(
        dataset=xr.Dataset(values, coords=coordinates),
        status=xr.DataArray([status] * n_patients, dims=("patient",)),
        provenance={},
    )


def drawn(figure: go.Figure, kind: str) -> NDArray[np.float64]:
    trace = next(trace for trace in figure.data if trace.name == kind)
    return np.column_stack([trace.x, trace.y]).astype(float)


def outlines(figure: go.Figure, kind: str) -> list[NDArray[np.float64]]:
    points = drawn(figure, kind)
    gaps = np.flatnonzero(np.isnan(points[:, 0]))
    return [part[~np.isnan(part[:, 0])] for part in np.split(points, gaps) if len(part) > 1]


def area(points: NDArray[np.float64]) -> float:
    x, y = points.T
    return abs(float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))) / 2


def words(figure: go.Figure, kind: str) -> str:
    return str(next(trace for trace in figure.data if trace.name == kind).text)


def ridge_length(figure: go.Figure) -> float:
    """Height from the lowest ridge to the highest papilla: how far the dermis reaches up."""
    x, y = drawn(figure, "Dermis").T
    border = y[: len(y) // 2]
    assert x[0] == 0
    return float(border.max() - border.min())


@pytest.mark.parametrize(("week", "state"), [(0, LESION), (12, HEALTHY)])
@pytest.mark.parametrize(
    ("kind", "quantity"),
    [
        ("Viable epidermis", "thickness_epidermis"),
        ("Stratum corneum", "thickness_corneum"),
        ("Dermis", "thickness_dermis"),
    ],
)
@pytest.mark.parametrize("width_um", [300, 1000])
def test_area_by_width_is_the_thickness_that_the_course_has(
    week: float, state: dict[str, float], kind: str, quantity: str, width_um: float
) -> None:
    figure = skin_section(course(), week=week, width_um=width_um)
    points = drawn(figure, kind)
    assert (points[:, 0].min(), points[:, 0].max()) == (0, width_um)
    assert area(points) / width_um == pytest.approx(state[quantity], rel=1e-4)
    bar = next(shape for shape in figure.layout.shapes if shape.name == kind)
    assert bar.y1 - bar.y0 == pytest.approx(state[quantity], rel=1e-9)


def test_axes_have_one_scale_and_the_bar_its_length() -> None:
    figure = skin_section(course(), week=0)
    assert figure.layout.xaxis.scaleanchor == "y"
    assert figure.layout.yaxis.scaleratio in (None, 1)
    bar = next(shape for shape in figure.layout.shapes if shape.name == "scale bar")
    assert f"{bar.x1 - bar.x0:g} µm" in [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize(
    ("kind", "quantity"),
    [
        ("T cells", "T_cell_density"),
        ("Macrophages", "macrophage_density"),
        ("Dendritic cells", "dendritic_density"),
        ("Neutrophils", "neutrophil_density"),
        ("Proliferating keratinocytes", "KC_proliferating"),
    ],
)
@pytest.mark.parametrize("width_um", [400, 1000])
def test_cells_are_density_times_width_times_five_micrometres(
    kind: str, quantity: str, width_um: float
) -> None:
    figure = skin_section(course(), week=0, width_um=width_um)
    expected = round(LESION[quantity] * width_um * 1e-3 * 5e-3)
    assert len(outlines(figure, kind)) == expected
    assert f"{expected} drawn" in words(figure, kind)
    assert f"{LESION[quantity]:,.0f} per mm²" in words(figure, kind)
    assert any(trace.name == f"{kind}: {expected}" for trace in figure.data if trace.showlegend is None)


def test_capillary_loops_are_those_along_a_row_and_dilate_with_vessels() -> None:
    figures = [skin_section(course(), week=week) for week in (0, 12)]
    # Square roots of 43 and 25 loops a square millimetre, over one millimetre.
    assert [len(outlines(figure, "Vessels")) for figure in figures] == [7, 5]
    calibres = [np.mean([np.ptp(loop[:, 0]) for loop in outlines(figure, "Vessels")]) for figure in figures]
    assert calibres[0] > 1.5 * calibres[1]


def test_large_cells_lie_in_the_dermis() -> None:
    figure = skin_section(course(), week=0)
    x, y = drawn(figure, "Dermis").T
    half = len(x) // 2
    for kind in ("Macrophages", "Dendritic cells"):
        for outline in outlines(figure, kind):
            middle = outline[:-1].mean(axis=0)
            assert 0 < middle[0] < 1000
            assert y.min() < middle[1] < np.interp(middle[0], x[:half], y[:half])


def test_parakeratosis_is_the_share_of_corneocytes_with_a_nucleus() -> None:
    for share in (0.0, 0.25, 1.0, 1.1):
        figure = skin_section(course(Parakeratosis=share), week=0)
        n_cells, n_nuclei = len(outlines(figure, "Corneocytes")), len(outlines(figure, "Retained nuclei"))
        assert n_nuclei == round(min(share, 1.0) * n_cells)


def test_a_plaque_has_long_ridges_no_granular_layer_and_microabscesses() -> None:
    plaque, healthy = skin_section(course(), week=0), skin_section(course(), week=12)
    assert ridge_length(plaque) > 4 * ridge_length(healthy)
    assert outlines(plaque, "Granular cells") == []
    assert len(outlines(healthy, "Granular cells")) > 20
    assert max(float(cell[:, 1].max()) for cell in outlines(plaque, "Neutrophils")) > 0


def test_layers_fill_the_mean_thickness_and_are_flatter_above() -> None:
    edges = row_edges(390.0, 25.4, 600.0)
    assert edges[25] == pytest.approx(390.0)
    heights = np.diff(edges)
    assert heights[0] < 0.6 * heights[24]
    assert edges[-1] >= 600.0


def test_same_seed_same_bytes_and_other_seed_or_patient_other_places() -> None:
    two = course(n_patients=2)
    first = skin_section(two, week=0, patient=3, seed=1)
    assert first.to_json() == skin_section(two, week=0, patient=3, seed=1).to_json()
    for other in (skin_section(two, week=0, patient=3, seed=2), skin_section(two, week=0, patient=4, seed=1)):
        assert not np.array_equal(drawn(other, "T cells"), drawn(first, "T cells"), equal_nan=True)
        assert len(outlines(other, "T cells")) == len(outlines(first, "T cells"))


def test_title_names_the_week_drawn_the_severity_and_what_is_random() -> None:
    title = skin_section(course(), week=11).layout.title
    # Week 12 is the nearest of the reported weeks 0 and 12.
    assert title.text == "Week 12, PASI 0.4"
    assert title.subtitle.text == SUBTITLE
    of_two = skin_section(course(n_patients=2), week=0, patient=4)
    assert of_two.layout.title.text == "Patient 4, week 0, PASI 20.0"


def test_several_weeks_stand_side_by_side_on_one_scale() -> None:
    figure = skin_sections(course(), weeks=[0, 12])
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range
    assert figure.layout.yaxis2.matches == "y"
    notes = [note.text for note in figure.layout.annotations]
    assert "week 0, PASI 20.0" in notes
    assert "week 12, PASI 0.4" in notes
    assert any(trace.name == "T cells: 250 / 50" for trace in figure.data)


def test_a_section_without_any_cell_is_drawn() -> None:
    empty = {name: 0.0 for name in LESION if name.endswith("_density")}
    figure = skin_section(course(KC_proliferating=0.0, **empty), week=0)
    assert [len(outlines(figure, kind)) for kind in ("T cells", "Neutrophils", "Vessels")] == [0, 0, 0]


def test_a_plaque_is_drawn_in_less_than_two_seconds() -> None:
    start = time.perf_counter()
    skin_section(course(), week=0)
    assert time.perf_counter() - start < 2.0


def test_a_missing_quantity_says_which_outputs_to_ask_for() -> None:
    with pytest.raises(InvalidValueError, match=r"no `cell_layers`.*outputs=\[\"PASI\", .*\"cell_layers\""):
        skin_section(course(without="cell_layers"), week=0)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"week": 13}, "Week 13 was given; the course has weeks 0 to 12"),
        ({"week": -1}, "Week -1 was given"),
        ({"week": float("nan")}, "Week nan was given"),
        ({"week": 0, "width_um": 10}, "width_um 10 was given; expected 200 to 5000"),
        ({"week": 0, "patient": 9}, "Patient 9 was given; expected one of the course: 3"),
        ({"week": 0, "seed": -1}, "seed -1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(asked: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        skin_section(course(), **asked)  # type: ignore[arg-type]


def test_one_of_several_patients_must_be_chosen_and_have_been_simulated() -> None:
    with pytest.raises(InvalidValueError, match="the course has 2: choose one, for example patient=3"):
        skin_section(course(n_patients=2), week=0)
    with pytest.raises(InvalidValueError, match="could not be simulated: step limit"):
        skin_section(course(status="step limit"), week=0)


@pytest.mark.parametrize("value", [0.0, float("nan")])
def test_read_outs_that_no_skin_has_are_refused(value: float) -> None:
    with pytest.raises(InvalidValueError, match="thickness_corneum"):
        skin_section(course(thickness_corneum=value), week=0)


@pytest.mark.parametrize("weeks", [[], 5, "12", ["12"], range(6)])
def test_only_a_list_of_a_few_weeks_is_drawn(weeks: Any) -> None:
    with pytest.raises(InvalidValueError, match="expected a list of 1 to 5 weeks") as refused:
        skin_sections(course(), weeks=weeks)
    assert "\n" not in str(refused.value)


def test_what_is_no_course_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"expected what `koebner.simulation.simulate` returns"):
        skin_section("human_plaque", week=0)  # type: ignore[arg-type]


def test_the_skin_of_an_animal_is_refused() -> None:
    # packs.toml: thicknesses and counts of the mouse pack are those of human skin.
    mouse = replace(course(), provenance={"model": "mouse_imiquimod_memory_off"})
    with pytest.raises(InvalidValueError, match=r"`mouse_imiquimod_memory_off`.*those of human skin"):
        skin_section(mouse, week=0)


def test_the_title_names_the_weeks_and_each_panel_its_own() -> None:
    figure = skin_sections(course(), weeks=[0, 12])
    assert figure.layout.title.text == "Skin at weeks 0, 12"
    titles = {note.text: (note.xref, note.x) for note in figure.layout.annotations if "PASI" in note.text}
    # In the middle of their panels, labels included, so that the last one keeps clear of the edge.
    assert titles == {"week 0, PASI 20.0": ("x domain", 0.5), "week 12, PASI 0.4": ("x2 domain", 0.5)}
