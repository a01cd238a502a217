"""Responder rates: what is averaged analytically is what drawn visits give on average."""

import numpy as np
import pytest

from koebner.calibration.fitting.responses import mean_relative, rates, responder_percent, with_values
from koebner.disease import load_model
from koebner.errors import UnknownNameError
from koebner.trials.endpoints import responder_endpoint
from koebner.trials.observation import observe, visit_model
from koebner.trials.recorded import Array, Recorded

VISIT = visit_model(load_model())
N = 60_000
WEEK = 12.0


@pytest.fixture(scope="module")
def drawn() -> tuple[Array, Recorded]:
    """True relative PASI of many patients, and what visits of a trial record of them."""
    rng = np.random.default_rng(1)
    relative = np.exp(rng.normal(-2.0, 1.2, N)).clip(0, 1)
    # A PASI so large that its recording to 0.1 does no harm, and so small that its limit of 72 does none.
    pasi = 30.0 * np.column_stack([np.ones(N), relative])
    sign = np.full_like(pasi, 2.0)
    return relative, observe(pasi, sign, sign, visits=[0.0, WEEK], patients=range(N), seed=3, visit=VISIT)


@pytest.mark.parametrize("endpoint", ["PASI50", "PASI75", "PASI90", "PASI100"])
def test_a_rate_is_that_of_drawn_visits(drawn: tuple[Array, Recorded], endpoint: str) -> None:
    relative, recorded = drawn
    reached = responder_endpoint(endpoint).reached(recorded[:, :1], recorded[:, 1:])[:, 0]
    share = 100 * np.mean(reached & recorded.seen[:, 1])
    # 60000 patients: a standard error of 0.2 points.
    assert responder_percent(relative, WEEK, endpoint, VISIT) == pytest.approx(share, abs=0.8)


def test_the_mean_is_that_of_drawn_visits(drawn: tuple[Array, Recorded]) -> None:
    relative, recorded = drawn
    mean = np.nanmean(recorded.pasi[:, 1]) / 30.0
    assert mean_relative(relative, WEEK, VISIT) == pytest.approx(mean, abs=0.005)


def test_rates_fall_as_the_endpoint_gets_harder() -> None:
    found = list(rates(np.linspace(0.01, 1.0, 50), WEEK, VISIT).values())
    assert found == sorted(found, reverse=True)


def test_a_failed_patient_does_not_respond() -> None:
    cleared = np.array([0.001, np.nan])
    alone = responder_percent(cleared[:1], WEEK, "PASI90", VISIT)
    assert responder_percent(cleared, WEEK, "PASI90", VISIT) == pytest.approx(alone / 2)


def test_another_endpoint_is_refused_with_those_known() -> None:
    with pytest.raises(UnknownNameError, match="PASI100"):
        responder_percent(np.ones(2), WEEK, "PASI80", VISIT)


def test_a_parameter_set_replaces_what_it_gives() -> None:
    assert with_values(VISIT, {"detection_limit": 0.5, "K_KC": 1.0}).detection_limit == 0.5
