"""The fate of infused cells against what was found in animals and people, as far as it can be compared.

Living cells of the model are compared with living cells, or with label in the first hours, when label and
life have not parted yet. Later label is that of dead cells in phagocytes, which the model does not follow.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from koebner.disease import load_model
from koebner.evidence import MscFate, load_msc_fate
from koebner.kinetics import Model
from koebner.patients import Patient
from koebner.populations import draw_parameters
from koebner.simulation import Trajectories, simulate
from koebner.therapies import load

pytestmark = pytest.mark.science

DOSE = 2.0  # million cells per kg, once
HOURS = (0.25, 1.0, 2.0, 6.0, 24.0, 48.0, 72.0, 336.0)
OUTSIDE_LUNG = ("MSC_liver_spleen", "MSC_node", "MSC_skin")
DRAWS = 120


def given_once(model: Model, route: str = "intravenous") -> Trajectories:
    therapy = load("uc_msc", cells_per_kg=DOSE * 1e6, weeks=[0], route=route)
    times = [hours / 24 / 7 for hours in HOURS]
    return simulate(model, Patient(pasi=20), therapy, weeks=4, at_weeks=times)


def percent(course: Trajectories, *names: str, hours: float) -> float:
    """Cells in these places, in percent of the dose."""
    at = HOURS.index(hours)
    return float(sum(100 * course[name].to_numpy()[0, at] / DOSE for name in names))


def fact(words: str) -> MscFate:
    (row,) = [row for row in load_msc_fate() if words in row.id]
    assert row.comparable == "yes"
    return row


@pytest.fixture(scope="module")
def typical() -> Trajectories:
    return given_once(load_model())


@pytest.fixture(scope="module")
def outside_at_a_day() -> NDArray[np.float64]:
    """Living cells outside the lung 24 hours after infusion [% of dose], in draws of the prior."""
    model = load_model()
    courses = [given_once(draw_parameters(model, seed=1, draw=draw)) for draw in range(1, DRAWS + 1)]
    return np.array([percent(course, *OUTSIDE_LUNG, hours=24.0) for course in courses])


def test_after_an_hour_most_cells_are_in_the_lung(typical: Trajectories) -> None:
    # Eggenhofer 2012, doi:10.3389/fimmu.2012.00297, mouse.
    row = fact("eggenhofer-2012/1h/most-of-the-label")
    assert row.low is not None
    assert percent(typical, "MSC_lung", hours=1.0) > row.low


def test_living_cells_are_in_the_lung_for_a_day_and_nowhere_after_three(typical: Trajectories) -> None:
    # Eggenhofer 2012: grown again from the lung until 24 hours, not at 72. What can be grown again was not
    # published; one in a hundred is an assumption.
    assert fact("24h/living-cells-in-the-lung").measured == fact("72h").measured == "living cells"
    assert percent(typical, "MSC_lung", hours=24.0) > 1
    assert percent(typical, "MSC_in_tissue", "MSC_blood", hours=72.0) < 1
    assert percent(typical, "MSC_lung", hours=72.0) < 0.1


def test_that_no_living_cell_leaves_the_lung_is_within_the_prior(
    outside_at_a_day: NDArray[np.float64],
) -> None:
    # Lee 2009 (PMC4154377): DNA of human cells outside the mouse's lung below 0.05 % of the dose, 0.2 % in
    # an abstract of the same group. Foreign cells in another species, so the prior holds it without
    # being centred on it: human label does go on to liver and spleen.
    lower, upper = np.quantile(outside_at_a_day, [0.025, 0.975])
    assert "0.05 %" in fact("24h/no-living-cell-outside").remark
    assert lower < 0.2 < upper
    assert outside_at_a_day.min() < 0.05


def test_the_prior_of_what_reaches_the_skin_is_wide() -> None:
    model = load_model()
    shares = []
    for draw in range(1, 41):
        course = given_once(draw_parameters(model, seed=2, draw=draw))
        shares.append(percent(course, "MSC_skin", hours=6.0))
    # No human number exists; the prior spans more than a factor of 30.
    assert np.quantile(shares, 0.95) > 30 * np.quantile(shares, 0.05)


def test_label_right_after_infusion_in_people_lies_where_cells_do(typical: Trajectories) -> None:
    # Gholamrezanezhad 2011, indium-111, four patients with cirrhosis, at once: lung 27.0 to 33.5 %, liver 0.0
    # to 2.8 %, spleen 2.0 to 10.2 % of counts. Compared as the lung's part of the three, since the rest of
    # the body was counted too: 27.0/(27.0 + 2.8 + 10.2) to 33.5/(33.5 + 2.0).
    assert "27.0-33.5 %" in fact("lung-first").remark
    lung = percent(typical, "MSC_lung", hours=0.25)
    share = lung / (lung + percent(typical, "MSC_liver_spleen", hours=0.25))
    # Of what gets past the lung the model counts the living half only; with the dead the share is less.
    with_dead = lung / (lung + 2 * percent(typical, "MSC_liver_spleen", hours=0.25))
    assert 27.0 / 40.0 <= with_dead <= share <= 33.5 / 35.5


def test_lung_comes_before_liver_and_spleen() -> None:
    # Sanchez-Diaz 2021, doi:10.3390/jcm10132925, animals and people.
    times = np.arange(0, 48.5, 0.5)
    therapy = load("uc_msc", cells_per_kg=DOSE * 1e6, weeks=[0])
    course = simulate(load_model(), Patient(pasi=20), therapy, weeks=1, at_weeks=times / 24 / 7)
    peaks = [course[name].to_numpy()[0].argmax() for name in ("MSC_blood", "MSC_lung", "MSC_liver_spleen")]
    assert peaks[0] < peaks[1] < peaks[2]


def test_no_cell_is_left_in_the_skin_after_two_weeks(typical: Trajectories) -> None:
    # Cao 2016, doi:10.1155/2016/3970942: signal in rat skin before, none on day 14.
    row = fact("cao-2016")
    assert row.hours == 336
    assert percent(typical, "MSC_skin", hours=6.0) > 0
    assert percent(typical, "MSC_skin", hours=336.0) < 1e-6


def test_injected_cells_stay_and_live_longer_than_infused_ones(typical: Trajectories) -> None:
    # Sanchez-Diaz 2021: they stay; Shim 2014, doi:10.1089/scd.2014.0240: and stay longer.
    assert fact("injected-cells-stay").route.startswith("intradermal")
    assert fact("shim-2014").measured == "DNA"
    for route in ("intralesional", "subcutaneous"):
        local = given_once(load_model(), route)
        assert percent(local, "MSC_blood", "MSC_lung", *OUTSIDE_LUNG, hours=24.0) == 0
        assert percent(local, "MSC_local", hours=48.0) > percent(typical, "MSC_in_tissue", hours=48.0)
        assert percent(local, "MSC_local", hours=336.0) < 1


def test_phagocytes_have_eaten_dying_cells_within_hours(typical: Trajectories) -> None:
    # Galleu 2017, doi:10.1126/scitranslmed.aam7828: phagocytes with IDO two hours after apoptotic cells.
    row = fact("galleu-2017")
    assert row.hours == 2
    assert typical["Efferocyte"].to_numpy()[0, HOURS.index(2.0)] > 0


@pytest.mark.parametrize("alive", [0.01, 0.05, 0.5, 0.99])
@pytest.mark.parametrize("release", [0.3, 1.0, 3.0])
def test_licensed_cells_never_outnumber_the_living(alive: float, release: float) -> None:
    # A definition: licensed cells are a part of the living. The lung's prior, lognormal(sd=0.5) about a
    # day, is spanned; in the second dose fresh cells meet licensed ones.
    model = load_model().with_parameters(f_alive_past_lung=alive, tau_MSC_lung_release=release)
    therapy = load("uc_msc", cells_per_kg=DOSE * 1e6, weeks=[0, 0.5])
    times = np.arange(0.0, 240.0) / 24 / 7
    course = simulate(model, Patient(pasi=20), therapy, weeks=2, at_weeks=times)
    licensed, living = (course[name].to_numpy()[0] for name in ("MSC_licensed", "MSC_in_tissue"))
    assert licensed.max() > 0.05 * living.max()
    assert np.all(licensed >= -1e-6 * DOSE)
    assert np.all(licensed <= living + 1e-6 * DOSE)  # what the solver may leave about zero
    seen = living > 1e-3 * DOSE
    assert (licensed[seen] / living[seen]).max() < 1


def test_what_remains_lasts_longer_than_the_cells() -> None:
    course = simulate(load_model(), Patient(pasi=20), load("uc_msc", weeks=[0]), weeks=12, every_days=1.0)
    cells = course["MSC_in_tissue"].to_numpy()[0]
    efferocytes = course["Efferocyte"].to_numpy()[0]
    assert cells[14] < 1e-4 * cells.max()
    assert efferocytes[14] > 0.3 * efferocytes.max()
    assert course["Suppression"].to_numpy()[0, 28] > 1.005


def test_vesicles_bring_no_cell_to_eat() -> None:
    course = simulate(load_model(), Patient(pasi=20), load("uc_exosomes"), weeks=12)
    for name in ("MSC_apoptotic", "Efferocyte", "MSC_in_tissue"):
        assert float(course[name].max()) == 0, name
    assert float(course["PASI"].min()) < 20


@pytest.mark.parametrize(
    ("parameter", "state", "sign"),
    [
        ("potency_MSC_T", "Th17", -1),
        ("potency_MSC_NK", "NK", -1),
        ("potency_MSC_B", "B", 1),
        ("potency_MSC_Treg", "Treg", 1),
        ("homing_MSC", "MSC_skin", 1),
        ("secretion_MSC", "MSC_factor", 1),
        ("licensing_MSC", "Efferocyte", 1),
        ("SOD_MSC", "ROS", -1),
        ("tau_thawed", "MSC_licensed", -1),
    ],
)
def test_what_a_product_sets_acts_where_it_says(parameter: str, state: str, sign: int) -> None:
    model, patient, therapy = load_model(), Patient(pasi=20), load("uc_msc")
    times = [hours / 24 / 7 for hours in (6.0, 24.0, 60.0)] + [1.0, 4.0]
    courses = []
    for value in (model.parameters[parameter].value, 1.0 if parameter == "tau_thawed" else 2.0):
        # The therapy sets some of them itself, so they are changed on it.
        values = {**therapy.values, parameter: float(value or 0.0)}
        (agent,) = therapy.agents
        changed = type(therapy)(agents=(type(agent)(**{**vars(agent), "values": values}),))
        courses.append(simulate(model, patient, changed, weeks=5, at_weeks=times)[state].to_numpy()[0])
    change = (courses[1] - courses[0]) * sign
    assert change.max() > 1e-4 * courses[0].max()
    assert change.min() > -1e-6 * courses[0].max()


def test_cells_that_home_better_are_missing_elsewhere() -> None:
    model = load_model()
    home = [given_once(model.with_parameters(homing_MSC=value)) for value in (1.0, 20.0)]
    places = ("MSC_blood", "MSC_in_tissue", "MSC_apoptotic")
    at = HOURS.index(1.0)
    totals = [sum(course[name].to_numpy()[0, at] for name in places) for course in home]
    assert totals[0] == pytest.approx(totals[1], rel=1e-5)
    assert percent(home[1], "MSC_skin", hours=6.0) > 5 * percent(home[0], "MSC_skin", hours=6.0)
    assert percent(home[1], "MSC_liver_spleen", hours=6.0) < percent(home[0], "MSC_liver_spleen", hours=6.0)
