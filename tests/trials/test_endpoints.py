from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import ArrayLike

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.trials.endpoints import (
    MeanEndpoint,
    count_responders,
    endpoint_named,
    endpoint_values,
    responder_endpoint,
)
from koebner.trials.recorded import Recorded


def scores(pasi: ArrayLike, spga: ArrayLike = 3.0, dlqi: ArrayLike = 10.0) -> Recorded:
    values = np.array(pasi, dtype=float)
    fixed = {
        name: np.broadcast_to(np.array(given, dtype=float), values.shape)
        for name, given in (("spga", spga), ("dlqi", dlqi))
    }
    return Recorded(pasi=values, **fixed)


def reached(name: str, baseline: float, pasi: float) -> bool:
    return bool(responder_endpoint(name).reached(scores([baseline]), scores([pasi]))[0])


@pytest.mark.parametrize(
    ("name", "just", "too_much"),
    # By definition of the endpoint, from a baseline of 20.4 and PASI recorded to 0.1.
    [
        ("PASI50", 10.2, 10.3),
        ("PASI75", 5.1, 5.2),
        ("PASI90", 2.0, 2.1),
        ("PASI100", 0.0, 0.1),
        ("PASI<=3", 3.0, 3.1),
    ],
)
def test_a_response_begins_exactly_at_its_limit(name: str, just: float, too_much: float) -> None:
    assert reached(name, 20.4, just)
    assert not reached(name, 20.4, too_much)


def test_rounding_never_costs_a_response_at_the_limit() -> None:
    # A quarter of every baseline that is a multiple of 0.4 is a PASI that can be recorded.
    for step in range(30, 180):
        assert reached("PASI75", round(0.4 * step, 1), round(0.1 * step, 1))


BASELINE = scores([20.0, 20.0, 20.0, np.nan])
# A responder, a non-responder, a dropout, a failed simulation.
VISIT = scores([4.0, 12.0, np.nan, np.nan], [1.0, 2.0, np.nan, np.nan])


def test_dropout_counts_as_non_response() -> None:
    count = count_responders(BASELINE, VISIT, responder_endpoint("PASI75"), "non-response")
    assert (count.k, count.n, count.missing) == (1, 3, 1)


def test_clear_or_almost_clear_is_by_the_spga() -> None:
    count = count_responders(BASELINE, VISIT, responder_endpoint("sPGA 0/1"), "non-response")
    assert (count.k, count.n) == (1, 3)


def test_as_observed_leaves_dropout_out() -> None:
    count = count_responders(BASELINE, VISIT, responder_endpoint("PASI75"), "as observed")
    assert (count.k, count.n, count.missing) == (1, 2, 1)
    assert count.percent == 50


def test_change_of_pasi_is_negative_when_patients_improve() -> None:
    change = endpoint_named("PASI change")
    assert isinstance(change, MeanEndpoint)
    assert endpoint_values(BASELINE, VISIT, change) == pytest.approx([-80, -40])


def test_unknown_endpoint_offers_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="Closest: `PASI75`"):
        endpoint_named("PASI 75")


def test_a_mean_is_no_responder_endpoint() -> None:
    with pytest.raises(InvalidValueError, match="`PASI mean` is a mean"):
        responder_endpoint("PASI mean")


def test_stricter_endpoints_imply_looser_ones() -> None:
    baseline, visit = scores(np.full(200, 20.0)), scores(np.linspace(0, 25, 200))
    flags = [
        responder_endpoint(name).reached(baseline, visit)
        for name in ("PASI100", "PASI90", "PASI75", "PASI50")
    ]
    for strict, loose in pairwise(flags):
        assert not np.any(strict & ~loose)


def test_dlqi_endpoints() -> None:
    # DLQI 0 or 1: no effect on the patient's life (Hongbo 2005 bands, as registries name the endpoint).
    endpoint = responder_endpoint("DLQI 0/1")
    assert endpoint.reached(scores([20.0]), scores([2.0], dlqi=1.0))[0]
    assert not endpoint.reached(scores([20.0]), scores([2.0], dlqi=2.0))[0]
    change = endpoint_values(
        scores([20.0], dlqi=14.0), scores([2.0], dlqi=3.0), endpoint_named("DLQI change")
    )
    assert change.tolist() == [-11.0]
    assert endpoint_values(scores([20.0]), scores([2.0], dlqi=3.0), endpoint_named("DLQI mean")).tolist() == [
        3.0
    ]
