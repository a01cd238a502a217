"""Drugs by mouth and on the skin in virtual trials: anchors met, onset, relapse, order of effects."""

import re
from itertools import pairwise

import numpy as np
import pytest

from koebner.kinetics import Model
from koebner.patients import Patient
from koebner.populations import Population
from koebner.simulation import simulate
from koebner.therapies import Therapy, load
from koebner.therapies.entries import entry
from koebner.trials import Trial

pytestmark = pytest.mark.science


ANCHORS = [
    # One published arm each of those that set the potency, the largest: CHAMPION (35.5 %), Meffert 1997
    # (29.3), Dogra 2013 (47), ESTEEM 1 (33.1), POETYK PSO-1 (58.4). Arms of one drug differ among themselves,
    # so that the tolerance of the protocol, 10 points, is let pass.
    (load("methotrexate"), 16, 35.5),
    (load("cyclosporine", dose_mg_per_kg=1.25), 10, 29.3),
    (load("acitretin"), 12, 47.0),
    (load("apremilast"), 16, 33.1),
    (load("deucravacitinib"), 16, 58.4),
]


@pytest.mark.parametrize(("therapy", "week", "percent"), ANCHORS, ids=lambda x: getattr(x, "id", None))
def test_an_arm_that_set_the_potency_is_met(
    model: Model, population: Population, therapy: Therapy, week: int, percent: float
) -> None:
    trial = Trial(arms={"arm": therapy}, n_per_arm=400, visits=[0, week], seed=21, parameter_draws=0)
    found = trial.run(model, population).response("PASI75", week=float(week))["percent"].iloc[0]
    assert abs(found - percent) < 10


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        # Six trials in 6050 patients (doi:10.1111/j.1468-3083.2005.01343.x), fall of the mean PASI in 4
        # weeks [%]: 46 to 59, 57 to 63, and 65 to 74 for both together, once or twice daily. The single
        # drugs set their potency, so that only chance is let pass (3 points); the combination is
        # predicted (10 points).
        ("calcipotriol", 43, 62),
        ("betamethasone", 54, 66),
        ("calcipotriol_betamethasone", 55, 84),
    ],
)
def test_topical_drugs_lower_the_pasi_as_published(
    model: Model, population: Population, name: str, low: float, high: float
) -> None:
    trial = Trial(arms={name: load(name)}, n_per_arm=400, visits=[0, 4], seed=21, parameter_draws=0)
    visits = trial.run(model, population).visits
    table = visits.pivot(index="patient", columns="week", values="pasi").dropna()
    fall = 100 * (1 - table[4].mean() / table[0].mean())
    assert low <= fall <= high
    said = re.search(r"lowers the mean PASI by (\d+) %", entry(name).statement)
    assert (said is not None) == (name == "calcipotriol_betamethasone")
    if said is not None:  # its file tells that of 2000 patients (seed 23); chance as above
        assert fall == pytest.approx(float(said[1]), abs=3)


def mean_course(model: Model, population: Population, therapy: Therapy, weeks: float) -> np.ndarray:
    """Improvement of the mean PASI by day in 100 patients, as a share of baseline."""
    course = simulate(
        model, population.sample(100, seed=3), therapy, weeks=weeks, every_days=1, outputs=["PASI_relative"]
    )
    return np.asarray(1 - course["PASI_relative"].mean("patient").to_numpy())


def weeks_to_half(model: Model, population: Population, name: str) -> float:
    gain = mean_course(model, population, load(name), 16)
    return float(np.argmax(gain >= gain[-1] / 2) / 7)


def test_methotrexate_is_the_slowest_and_cyclosporine_fast(model: Model, population: Population) -> None:
    # T6. Onset rates of He 2021 and Checchio 2017: methotrexate 0.18 to 0.21 a week is the slowest,
    # apremilast 0.38 to 0.41, tofacitinib 0.47 to 0.50.
    names = ("methotrexate", "apremilast", "tofacitinib", "cyclosporine")
    weeks = {name: weeks_to_half(model, population, name) for name in names}
    assert weeks["tofacitinib"] < weeks["apremilast"] < weeks["methotrexate"], weeks
    assert weeks["cyclosporine"] < 0.7 * weeks["methotrexate"], weeks


def test_relapse_is_fast_after_cyclosporine_and_methotrexate(model: Model, population: Population) -> None:
    # T7: half of the improvement is lost sooner than after secukinumab, whose blood level alone lasts
    # for months; cyclosporine is gone in days, methotrexate in weeks.
    lost = {}
    for name in ("cyclosporine", "methotrexate", "secukinumab"):
        gain = mean_course(model, population, load(name).stop(week=24), 84)[24 * 7 :]
        assert gain[-1] < gain[0] / 2
        lost[name] = float(np.argmax(gain <= gain[0] / 2) / 7)
    assert lost["cyclosporine"] < lost["methotrexate"] < lost["secukinumab"], lost
    assert lost["cyclosporine"] < 12


def days_to_fall(model: Model, *quantities: str, share: float = 0.2) -> list[float]:
    """Days until each has fallen by a share of its lesional value under tofacitinib 10 mg twice daily."""
    therapy = load("tofacitinib", dose_mg=10)
    course = simulate(
        model, Patient(pasi=20), therapy, weeks=26, every_days=0.25, outputs=list(dict.fromkeys(quantities))
    )
    falls = []
    for name in quantities:
        values = course[name].to_numpy()[0]
        assert values.min() < (1 - share) * values[0], name
        falls.append(float(np.argmax(values <= (1 - share) * values[0]) * 0.25))
    return falls


def test_stat_of_keratinocytes_falls_within_a_day_on_tofacitinib(model: Model) -> None:
    # Krueger 2016 (doi:10.1016/j.jaci.2015.12.1318), 10 mg twice daily: of the lesional excess of
    # phosphorylated STAT1 84 % is gone after a day. Responses of the skin set the potency, and make it more.
    course = simulate(
        model,
        Patient(pasi=20, weight_kg=86),
        load("tofacitinib", dose_mg=10),
        weeks=1,
        every_days=1,
        outputs=["IFNg_signal"],
    )["IFNg_signal"].to_numpy()[0]
    assert 1 - course[1] / course[0] == pytest.approx(0.84, abs=0.12)


def test_on_tofacitinib_the_signal_falls_first_and_interleukin_23_late(model: Model) -> None:
    # Krueger 2016: signal within a day, T cells at 2 weeks, IL-23 at 4 weeks.
    stat, t_cells, il23 = days_to_fall(model, "STAT_KC", "T_cell_density", "IL23")
    assert stat <= 1
    assert 5 <= t_cells <= 21
    assert t_cells < il23 <= 35


@pytest.mark.xfail(strict=True, reason="in the model T cells lose IL-23 at once, and so go before DC")
def test_on_tofacitinib_dendritic_cells_fall_before_t_cells(model: Model) -> None:
    # Krueger 2016: dendritic cells at 1 week, T cells at 2 weeks.
    dendritic, t_cells = days_to_fall(model, "mDC", "T_cell_density")
    assert dendritic < t_cells


@pytest.mark.parametrize("name", ["deucravacitinib", "apremilast", "cyclosporine", "calcipotriol"])
def test_more_of_a_drug_does_more(model: Model, name: str) -> None:
    # T6: sign and order of doses, a quarter, the usual one, twice it.
    option = {"cyclosporine": "dose_mg_per_kg", "calcipotriol": "dose"}.get(name, "dose_mg")
    usual = {"deucravacitinib": 6.0, "apremilast": 25.0, "cyclosporine": 1.25, "calcipotriol": 1.0}[name]
    courses = [
        simulate(model, Patient(pasi=20), load(name, **{option: usual * factor}), weeks=4, outputs=["PASI"])[
            "PASI"
        ].to_numpy()[0]
        for factor in (0.25, 1.0, 2.0)
    ]
    assert courses[0][-1] < courses[0][0]
    for less, more in pairwise(courses):
        assert np.all(more[1:] < less[1:])
