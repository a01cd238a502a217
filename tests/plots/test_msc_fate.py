"""The figure of the fate of the cells shows what the course holds, and says what it rests on."""

import numpy as np
import plotly.graph_objects as go
import pytest

from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.patients import Patient
from koebner.plots import fate_weeks, msc_fate
from koebner.plots.msc_fate import DAYS_SHOWN
from koebner.simulation import Trajectories, simulate
from koebner.therapies import load

WEEKS = 10.0


def course(name: str, **options: object) -> Trajectories:
    therapy = load(name, **options)  # type: ignore[arg-type]
    return simulate(load_model(), Patient(pasi=20), therapy, weeks=WEEKS, at_weeks=fate_weeks(WEEKS))


def labels(figure: go.Figure) -> list[str]:
    return [trace.name for trace in figure.data]


@pytest.fixture(scope="module")
def infused() -> Trajectories:
    return course("uc_msc")


def test_each_line_is_the_quantity_of_the_course(infused: Trajectories) -> None:
    lines = {trace.name: trace for trace in msc_fate(infused).data}
    lung = infused["MSC_lung"].to_numpy()[0]
    days = infused["MSC_lung"]["time"].to_numpy()
    np.testing.assert_allclose(lines["lung"].y, lung[days <= DAYS_SHOWN])
    np.testing.assert_allclose(lines["PASI"].y, infused["PASI"].to_numpy()[0])
    np.testing.assert_allclose(lines["lung"].x, days[days <= DAYS_SHOWN], atol=1e-9)


def test_places_without_cells_are_left_out(infused: Trajectories) -> None:
    assert {"lung", "skin"} <= set(labels(msc_fate(infused)))
    assert not {"injected", "vesicles"} & set(labels(msc_fate(infused)))
    injected = labels(msc_fate(course("uc_msc", route="intralesional")))
    assert "injected" in injected
    assert "lung" not in injected
    vesicles = labels(msc_fate(course("uc_exosomes")))
    assert "vesicles" in vesicles
    assert "dying" not in vesicles


def test_days_count_from_the_first_dose() -> None:
    later = simulate(
        load_model(),
        Patient(pasi=20),
        load("uc_msc", weeks=[2]),
        weeks=WEEKS,
        at_weeks=[*np.arange(0.0, 2.0, 0.5), *(2 + fate_weeks(WEEKS - 2))],
    )
    (blood,) = [trace for trace in msc_fate(later).data if trace.name == "blood"]
    assert blood.x[0] == pytest.approx(0)
    # A quarter of an hour after the first dose nearly all is still in the blood or the lung, of 2 million.
    assert 0.5 < blood.y[1] < 2


def test_the_figure_says_that_it_is_exploratory(infused: Trajectories) -> None:
    figure = msc_fate(infused)
    notes = " ".join(str(each.text) for each in figure.layout.annotations)
    assert "Exploratory" in notes
    assert "2 to 17 uncontrolled patients" in notes
    assert all(axis.title.text for axis in figure.select_yaxes())


def test_times_show_hours_first_and_end_where_asked() -> None:
    times = fate_weeks(12)
    assert np.all(np.diff(times) > 0)
    assert times[-1] == 12
    assert np.diff(times)[0] * 7 * 24 == pytest.approx(0.25)


def test_what_cannot_be_drawn_is_refused() -> None:
    model, patient = load_model(), Patient(pasi=20)
    with pytest.raises(InvalidValueError, match="no cells were given"):
        msc_fate(simulate(model, patient, load("placebo"), weeks=4))
    with pytest.raises(InvalidValueError, match="too far apart"):
        msc_fate(simulate(model, patient, load("uc_msc"), weeks=4))
    with pytest.raises(InvalidValueError, match="expected more than 5 days"):
        fate_weeks(0.5)
