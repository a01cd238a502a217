"""From what members of a frozen ensemble say to one number, and an interval for a trial of a given size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.targets import logit
from koebner.randomness import stream

Array = NDArray[np.float64]

PATIENTS = 1024
_DRAWS = 4000
_INTERVAL = (0.05, 0.95)
# The patients of predictions are none of those that a fit met.
SEED = 1_000_003


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """Mean over the members, and a 90 % interval for what a trial of that size would show [percent]."""

    mean: float
    lower: float
    upper: float

    @classmethod
    def around(cls, mean: float, lower: float, upper: float) -> "Predicted":
        """Return a prediction whose interval holds its mean: at 0 and 100 % the logit stays off them."""
        return cls(mean=mean, lower=min(lower, mean), upper=max(upper, mean))


def predicted_rate(percents: Array, n: int | None, *, beyond_sampling_sd: float, name: str) -> Predicted:
    """Return the prediction of a responder rate.

    The interval holds the members' spread, what trials of the same treatment differ by, what the model
    misses, and the sampling of `n` patients; without `n` no sampling.

    Parameters
    ----------
    percents
        Of the members, `(n_members,)`.
    n
        Patients of the arm.
    beyond_sampling_sd
        Standard deviation on the logit of what neither the members' spread nor sampling holds.
    name
        Of the row: fixes the random numbers.
    """
    random = stream(SEED, 0, f"prediction of {name}")
    logits = np.array([logit(percent) for percent in percents])
    drawn = logits[np.arange(_DRAWS) % len(logits)] + beyond_sampling_sd * random.standard_normal(_DRAWS)
    shares = 1 / (1 + np.exp(-drawn))
    seen = shares if n is None else random.binomial(n, shares) / n
    lower, upper = np.quantile(seen, _INTERVAL)
    return Predicted.around(float(np.mean(percents)), float(100 * lower), float(100 * upper))
