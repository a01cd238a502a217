"""The 90 % prediction interval of an arm: the members' spread, what trials differ by, and sampling."""

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.prediction import SEED, Predicted, predicted_rate
from koebner.calibration.protocol import Likelihood
from koebner.calibration.validation.rows import AskedArm
from koebner.randomness import stream

Array = NDArray[np.float64]

_DRAWS = 4000
_INTERVAL = (0.05, 0.95)


def predicted_arm(
    row: AskedArm, values: Array, spread: Array, leverage: Array, likelihood: Likelihood
) -> Predicted:
    """Return the prediction of a row with its 90 % interval, in the unit of the row.

    Trials of the same treatment are taken to differ in mean relative PASI by as much, on the logit, as
    they do in responder rates.

    Parameters
    ----------
    row
        The row.
    values
        Of the members, `(n_members,)`.
    spread, leverage
        See `koebner.calibration.validation.simulation.MemberAnswers`, `(n_members,)`; unused for a rate.
    likelihood
        What trials of the same treatment differ by, and what the model misses.
    """
    name = f"{row.trial}, {row.arm}, {row.week:g}, {row.endpoint}"
    if row.is_rate:
        return predicted_rate(values, row.n, beyond_sampling_sd=likelihood.prediction_sd, name=name)
    noise = stream(SEED, 0, f"prediction of {name}").standard_normal(_DRAWS)
    sampling = 0.0 if row.n is None else spread**2 / row.n
    sd = np.sqrt(sampling + (likelihood.prediction_sd * leverage) ** 2)
    member = np.arange(_DRAWS) % len(values)
    lower, upper = np.quantile(values[member] + sd[member] * noise, _INTERVAL)
    return Predicted.around(float(values.mean()), float(lower), float(upper))
