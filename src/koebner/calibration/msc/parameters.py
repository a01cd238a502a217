"""Prior against posterior of each parameter, and in words whether the study informs it.

Widths are compared on the scale of the prior: the logarithm, the log odds of a share, or the value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from koebner.calibration.msc.likelihood import effective_draws, weighted_interval, weighted_moments
from koebner.disease import PackParameter, read_prior

Array = NDArray[np.float64]

UNINFORMED = "not informed: the prior, unchanged"
UNTOLD = "not told from the prior by so few draws"
# A posterior that keeps more of the prior's width is not narrowed, one that moved by less of the prior's
# standard deviations is not moved; nor is one within so many standard errors of the prior.
_NARROWER = 0.9
_MOVED = 0.25
_ERRORS = 3.0
_HALVED = 0.5
_SCALES = {"lognormal": "logarithm", "logitnormal": "log odds", "shares": "log odds", "normal": "value"}


@dataclass(frozen=True, kw_only=True)
class MovedParameter:
    """Prior and posterior of one parameter.

    Attributes
    ----------
    name, unit, meaning
        Of the parameter.
    scale
        Scale of the standard deviations: "logarithm", "log odds" or "value".
    prior_sd, posterior_sd
        Over the prior draws, and under their weights.
    ratio
        Posterior over prior standard deviation.
    shift
        Posterior less prior mean, in standard deviations of the prior.
    error
        Standard error of the shift by the number of draws; that of the ratio is less by the root of 2.
    prior_mean, prior_lower, prior_upper, posterior_mean, posterior_lower, posterior_upper
        Mean and 90 % interval, in the unit of the parameter.
    """

    name: str
    unit: str
    meaning: str
    scale: str
    prior_sd: float
    posterior_sd: float
    ratio: float
    shift: float
    error: float
    prior_mean: float
    prior_lower: float
    prior_upper: float
    posterior_mean: float
    posterior_lower: float
    posterior_upper: float

    @property
    def information(self) -> float:
        """How far the posterior is from the prior [nats], both taken as normal."""
        narrowing = max(self.ratio, 1e-6)
        return 0.5 * (narrowing**2 + self.shift**2 - 1.0) - float(np.log(narrowing))

    @property
    def narrowed(self) -> bool:
        """Whether the posterior is narrower than the prior by more than the draws can err."""
        return self.ratio <= min(_NARROWER, 1.0 - _ERRORS * self.error / 2**0.5)

    @property
    def moved(self) -> bool:
        """Whether its mean moved by more than the draws can err."""
        return abs(self.shift) >= max(_MOVED, _ERRORS * self.error)

    @property
    def words(self) -> str:
        """Whether the study informs it, as far as the number of draws can tell."""
        to = f", moved by {self.shift:+.1f} sd of the prior" if self.moved else ""
        if self.narrowed:
            degree = "informed" if self.ratio <= _HALVED else "weakly informed"
            return f"{degree}: {100 * self.ratio:.0f} % of the prior's width is left{to}"
        if self.moved:
            return f"hardly informed: not told from the prior in width{to}"
        return UNINFORMED if self.ratio > _NARROWER else UNTOLD


def touched_by_msc(row: PackParameter) -> bool:
    """Whether a parameter belongs to infused cells or to the efferocytes that they leave.

    Examples
    --------
    >>> from koebner.disease import load_pack
    >>> [row.id for row in load_pack() if row.block == "resident_msc" and touched_by_msc(row)]
    ['z_repair', 'z_repair_MSC_skin']
    """
    named = "MSC" in row.id or "Efferocyte" in row.id or "efferocyte" in row.meaning
    return row.block == "infused_msc" or named


def moved_parameters(
    rows: Iterable[PackParameter], values: Mapping[str, Array], weights: Array
) -> tuple[tuple[MovedParameter, ...], int]:
    """Return prior against posterior, the most moved first, and how many more were left out.

    Parameters
    ----------
    rows
        The drawn parameters.
    values
        Their values in each draw, `(n_draws,)`, by id.
    weights
        Of the draws.

    Returns
    -------
    tuple
        All parameters of infused cells, and of the others those that moved; the number of the rest, whose
        prior is unchanged.
    """
    found = [(touched_by_msc(row), _moved(row, values[row.id], weights)) for row in rows]
    shown = [each for own, each in found if own or each.narrowed or each.moved]
    shown.sort(key=lambda each: -each.information)
    return tuple(shown), len(found) - len(shown)


def on_scale(scale: str, values: Array) -> Array:
    """Return values on the scale of a `MovedParameter`.

    Examples
    --------
    >>> on_scale("log odds", np.array([0.5])).tolist()
    [0.0]
    """
    if scale == "logarithm":
        return np.asarray(np.log(values))
    return np.asarray(special.logit(values)) if scale == "log odds" else values


def _moved(row: PackParameter, values: Array, weights: Array) -> MovedParameter:
    prior = read_prior(row.prior)
    scale = _SCALES[prior.family] if prior is not None else "value"
    scaled, equal = on_scale(scale, values), np.full(len(weights), 1.0 / len(weights))
    before, prior_sd = weighted_moments(scaled, equal)
    after, posterior_sd = weighted_moments(scaled, weights)
    prior_lower, prior_upper = weighted_interval(values, equal)
    lower, upper = weighted_interval(values, weights)
    return MovedParameter(
        name=row.id,
        unit=row.unit,
        meaning=row.meaning,
        scale=scale,
        prior_sd=prior_sd,
        posterior_sd=posterior_sd,
        ratio=posterior_sd / prior_sd,
        shift=(after - before) / prior_sd,
        error=effective_draws(weights) ** -0.5,
        prior_mean=float(equal @ values),
        prior_lower=prior_lower,
        prior_upper=prior_upper,
        posterior_mean=float(weights @ values),
        posterior_lower=lower,
        posterior_upper=upper,
    )
