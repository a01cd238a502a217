"""What a draw predicts for the patients of Cheng 2022 is what their visits would record on average."""

import numpy as np
import pytest

from koebner.calibration.msc.simulation import cohort_like, predicted_shares, quantities_of
from koebner.disease import load_model
from koebner.populations import load_population
from koebner.simulation import simulate
from koebner.trials.case_files import case_named
from koebner.trials.endpoints import improvement_percent, responder_endpoint
from koebner.trials.observation import observe, visit_model

CASE = case_named("cheng-2022").case
WEEKS = [0.0, 10.0, 26.0, 52.0]
COPIES = 2
VISITS = 300


@pytest.fixture(scope="module")
def predicted() -> dict[str, float]:
    cohort = cohort_like(CASE, load_population(), seed=3, copies=COPIES)
    return predicted_shares(CASE, load_model(), cohort, [group.therapy() for group in CASE.groups])


def recorded_shares() -> dict[str, float]:
    """The same shares by drawing every visit many times, as a trial does."""
    model, population = load_model(), load_population()
    cohort = cohort_like(CASE, population, seed=3, copies=COPIES)
    pasi, sign, first = [], [], 0
    for group in CASE.groups:
        members = cohort.subset(np.arange(first, first + COPIES * group.patients))
        course = simulate(
            model, members, group.therapy(), weeks=52, at_weeks=WEEKS, outputs=["PASI", "sign_mean"]
        )
        pasi.append(course["PASI"].to_numpy())
        sign.append(course["sign_mean"].to_numpy())
        first += len(members)
    true_pasi, true_sign = (np.tile(np.vstack(each), (VISITS, 1)) for each in (pasi, sign))
    seen = observe(
        true_pasi,
        true_sign,
        np.zeros_like(true_pasi),
        visits=WEEKS,
        patients=range(len(true_pasi)),
        seed=9,
        visit=visit_model(model),
    )
    improvement = np.stack([improvement_percent(seen[:, 0], seen[:, i]) for i in (1, 2, 3)])
    clear = responder_endpoint("sPGA 0/1").reached(seen[:, 0], seen[:, 1])
    return {
        "improved": float(np.mean(improvement[0] >= 40)),
        "clear": float(np.mean(clear & (improvement[0] >= 40))),
        "PASI50 week 26": float(np.mean(improvement[1] >= 50)),
        "PASI50 week 52": float(np.mean(improvement[2] >= 50)),
    }


def test_the_average_over_visits_is_that_of_drawn_visits(predicted: dict[str, float]) -> None:
    # 34 patients with 300 visits each: a share is known to 0.005 by drawing; PASI is recorded to 0.1.
    for name, share in recorded_shares().items():
        assert predicted[name] == pytest.approx(share, abs=0.015), name


def test_who_is_clear_has_improved(predicted: dict[str, float]) -> None:
    assert 0 <= predicted["clear"] <= predicted["improved"] <= 1


def test_untreated_plaques_show_the_placebo_response_and_nothing_else(predicted: dict[str, float]) -> None:
    cohort = cohort_like(CASE, load_population(), seed=3, copies=COPIES)
    untreated = predicted_shares(CASE, load_model(), cohort, [None] * len(CASE.groups))
    assert untreated["cells alone week 26"] == untreated["cells alone week 52"] == 0
    assert 0 < untreated["improved"] < predicted["improved"]


def test_every_quantity_is_predicted(predicted: dict[str, float]) -> None:
    assert set(predicted) == {each.name for each in quantities_of(CASE)}
