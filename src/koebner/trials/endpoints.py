"""Endpoints of a visit: who responds, and how far PASI has fallen.

Responder endpoints are named as registries write them ("PASI75", "PASI<=3", "sPGA 0/1"). Improvement is
measured from the recorded PASI of week 0. Patients whose simulation failed have no baseline; they
are left out here and counted by the outcome. What a missed visit counts as is the trial's rule.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.trials.recorded import Array, Flags, Recorded

MissingRule = Literal["non-response", "as observed"]

MISSING_RULES: dict[MissingRule, str] = {
    "non-response": "Dropout and missing visits count as non-response.",
    "as observed": "Patients with a missing visit are left out of that visit's rate.",
}

# PASI is recorded to 0.1; a percentage of it is compared with this slack against rounding errors.
_SLACK = 1e-9


@dataclass(frozen=True, kw_only=True)
class ResponderEndpoint:
    """A yes-or-no endpoint; `reached(baseline, visit)` compares scores of the same shape."""

    name: str
    meaning: str
    reached: Callable[[Recorded, Recorded], Flags]


@dataclass(frozen=True, kw_only=True)
class MeanEndpoint:
    """A continuous endpoint with its unit; `value(baseline, visit)` gives it per patient."""

    name: str
    meaning: str
    unit: str
    value: Callable[[Recorded, Recorded], Array]


Endpoint = ResponderEndpoint | MeanEndpoint


def improvement_percent(baseline: Recorded, visit: Recorded) -> Array:
    """Return the improvement of PASI from baseline [percent]; a worsening is negative."""
    return 100.0 * (baseline.pasi - visit.pasi) / baseline.pasi


def _improved(percent: float) -> ResponderEndpoint:
    meaning = "PASI 0" if percent == 100 else f"at least {percent:g} % improvement of PASI from baseline"
    return ResponderEndpoint(
        name=f"PASI{percent:g}",
        meaning=meaning,
        reached=lambda baseline, visit: improvement_percent(baseline, visit) >= percent - _SLACK,
    )


def _at_most(points: float) -> ResponderEndpoint:
    return ResponderEndpoint(
        name=f"PASI<={points:g}",
        meaning=f"PASI of {points:g} or less",
        reached=lambda baseline, visit: visit.pasi <= points + _SLACK,
    )


_MEANS = (
    MeanEndpoint(
        name="PASI mean", meaning="mean PASI", unit="points", value=lambda baseline, visit: visit.pasi
    ),
    MeanEndpoint(
        name="DLQI mean", meaning="mean DLQI", unit="points", value=lambda baseline, visit: visit.dlqi
    ),
    MeanEndpoint(
        name="DLQI change",
        meaning="mean change of DLQI from baseline",
        unit="points",
        value=lambda baseline, visit: visit.dlqi - baseline.dlqi,
    ),
    MeanEndpoint(
        name="PASI change",
        meaning="mean change of PASI from baseline",
        unit="percent",
        value=lambda baseline, visit: -improvement_percent(baseline, visit),
    ),
)
_RATES = (
    *(_improved(percent) for percent in (50, 75, 90, 100)),
    *(_at_most(points) for points in (1, 2, 3, 5)),
    ResponderEndpoint(
        name="sPGA 0/1", meaning="sPGA clear or almost clear", reached=lambda baseline, visit: visit.spga <= 1
    ),
    ResponderEndpoint(
        name="DLQI 0/1",
        meaning="DLQI of 0 or 1, no effect on life",
        reached=lambda baseline, visit: visit.dlqi <= 1,
    ),
)

ENDPOINTS: dict[str, Endpoint] = {
    **{endpoint.name: endpoint for endpoint in _RATES},
    **{endpoint.name: endpoint for endpoint in _MEANS},
}


def endpoint_named(name: str) -> Endpoint:
    """Return an endpoint; an unknown name raises UnknownNameError with the closest ones."""
    if name not in ENDPOINTS:
        raise UnknownNameError("endpoint", name, ENDPOINTS)
    return ENDPOINTS[name]


def responder_endpoint(name: str) -> ResponderEndpoint:
    """Return a yes-or-no endpoint; a mean endpoint is refused."""
    endpoint = endpoint_named(name)
    if isinstance(endpoint, MeanEndpoint):
        known = ", ".join(k for k, e in ENDPOINTS.items() if isinstance(e, ResponderEndpoint))
        raise InvalidValueError(f"`{name}` is a mean; a responder endpoint is expected, one of {known}.")
    return endpoint


@dataclass(frozen=True, kw_only=True)
class ResponderCount:
    """Responders `k` of `n` patients, of whom `missing` had no observation at that visit."""

    k: int
    n: int
    missing: int

    @property
    def percent(self) -> float:
        """Share of responders [percent]; NaN without patients."""
        return 100.0 * self.k / self.n if self.n else float("nan")


def count_responders(
    baseline: Recorded, visit: Recorded, endpoint: ResponderEndpoint, missing: MissingRule
) -> ResponderCount:
    """Count responders at one visit.

    Parameters
    ----------
    baseline, visit
        Scores at week 0 and at the visit, shape `(n_patients,)`; NaN where missing.
    endpoint
        What counts as a response.
    missing
        Whether a missing visit is a non-response or leaves the patient out.
    """
    simulated = baseline.seen
    seen = simulated & visit.seen
    k = int(endpoint.reached(baseline[seen], visit[seen]).sum())
    n = int(simulated.sum()) if missing == "non-response" else int(seen.sum())
    return ResponderCount(k=k, n=n, missing=int((simulated & ~seen).sum()))


def endpoint_values(baseline: Recorded, visit: Recorded, endpoint: MeanEndpoint) -> Array:
    """Return the values of the patients seen at one visit; a missing visit has no value."""
    seen = baseline.seen & visit.seen
    return endpoint.value(baseline[seen], visit[seen])
