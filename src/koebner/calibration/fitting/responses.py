"""Responder rates of a simulated arm, as its trial would have recorded them on average.

What lies between true and recorded PASI (`koebner.trials.observation`) is averaged analytically: the
assessor's noise is normal on the log, the size of a placebo response exponential, and who has dropped
out is no responder. Rates are therefore smooth in the parameters, which a
trial of drawn visits is not. Left out: that PASI is recorded to 0.1.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

from koebner.errors import UnknownNameError
from koebner.trials.observation import VisitModel, placebo_share

Array = NDArray[np.float64]

# Share of baseline that a responder may keep; PASI100 is what a visit records as 0.
_KEPT = {"PASI50": 0.5, "PASI75": 0.25, "PASI90": 0.1}
RATES = (*_KEPT, "PASI100")
# Quantiles of the size of a placebo response; for a mean 16 are within a hundredth of a point of 256.
_QUANTILES = (np.arange(16) + 0.5) / 16
_LEAST = 1e-12


def responder_percent(relative: Array, week: float, endpoint: str, visit: VisitModel) -> float:
    """Return the responders of an arm at a visit [percent], dropout and failed patients as non-response.

    Parameters
    ----------
    relative
        True PASI relative to baseline, `(n_patients,)`.
    week
        Week of the visit.
    endpoint
        "PASI50", "PASI75", "PASI90" or "PASI100".
    visit
        Parameters of a visit.

    Raises
    ------
    UnknownNameError
        Another endpoint.
    """
    if endpoint not in RATES:
        raise UnknownNameError("endpoint", endpoint, RATES)
    kept = _KEPT.get(endpoint, visit.detection_limit)
    known = relative[np.isfinite(relative)]
    distance = np.log(kept) - np.log(np.maximum(known, _LEAST)) + visit.visit_noise_sd**2 / 2
    plain = special.ndtr(distance / visit.visit_noise_sd).sum()
    helped = plain + _helped_over(distance, visit).sum()
    share = float(placebo_share(np.asarray(week), visit))
    responders = ((1 - share) * plain + share * helped) / max(len(relative), 1)
    return float(100.0 * np.exp(-visit.dropout_per_week * week) * responders)


def mean_relative(relative: Array, week: float, visit: VisitModel) -> float:
    """Return the mean recorded PASI of those seen, relative to baseline."""
    share = float(placebo_share(np.asarray(week), visit))
    drops = -np.log(_QUANTILES) / visit.placebo_log_drop_rate
    known = relative[np.isfinite(relative)]
    plain = _recorded_mean(known, visit)
    helped = np.mean([_recorded_mean(known * np.exp(-drop), visit) for drop in drops])
    return float((1 - share) * plain + share * helped)


def rates(relative: Array, week: float, visit: VisitModel) -> Mapping[str, float]:
    """Return all responder rates of an arm at a visit [percent]."""
    return {endpoint: responder_percent(relative, week, endpoint, visit) for endpoint in RATES}


def with_values(visit: VisitModel, values: Mapping[str, float]) -> VisitModel:
    """Return the parameters of a visit with those that a parameter set gives."""
    fields = VisitModel.__dataclass_fields__
    return VisitModel(**{name: values.get(name, getattr(visit, name)) for name in fields})


def _helped_over(distance: Array, visit: VisitModel) -> Array:
    """Return the chance that an exponential drop takes a score over a limit that noise alone does not.

    The noise less the drop is an exponentially modified normal, whose distribution is known.

    Parameters
    ----------
    distance
        ln(limit / median score), `(n_patients,)`.
    visit
        Parameters of a visit.
    """
    rate, sd = visit.placebo_log_drop_rate, visit.visit_noise_sd
    return np.asarray(
        np.exp(rate * distance + (rate * sd) ** 2 / 2 + special.log_ndtr(-distance / sd - rate * sd))
    )


def _recorded_mean(relative: Array, visit: VisitModel) -> float:
    """Return the mean of a log-normal score, right on average, that reads 0 below the detection limit."""
    sd = visit.visit_noise_sd
    above = (np.log(np.maximum(relative, _LEAST)) - np.log(visit.detection_limit)) / sd
    return float(np.mean(relative * special.ndtr(above + sd / 2)))
