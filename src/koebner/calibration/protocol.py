"""The protocol of the calibration as values: read from its file, checked, and never changed by code."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from koebner.catalogs import Strict, read_entry
from koebner.errors import InvalidValueError

PROTOCOL_FILE = Path(str(files("koebner.calibration"))) / "protocol.toml"


class FreeNumber(Strict):
    """One fitted number: what it sets, and its prior.

    Attributes
    ----------
    sets
        Parameters of the pack, "THERAPY.IC50", or "sd of PARAMETER": how widely patients differ in it.
    base
        Values that the number is one factor on; empty where all of `sets` take the number itself.
    scale
        Scale of `sd`, and of the search.
    centre, sd
        Centre of the prior in the number's own unit, and its standard deviation on the scale.
    """

    name: str
    sets: tuple[str, ...]
    base: tuple[float, ...] = ()
    scale: Literal["log", "logit"]
    centre: float = Field(gt=0)
    sd: float = Field(gt=0)
    meaning: str

    def at(self, deviate: float) -> float:
        """Return the number at a deviate of its prior, in standard deviations.

        Examples
        --------
        >>> free = FreeNumber(name="K", sets=("K",), scale="logit", centre=0.5, sd=1.0, meaning="share")
        >>> round(free.at(1.0), 3)
        0.731
        """
        if self.scale == "log":
            return float(self.centre * np.exp(self.sd * deviate))
        odds = self.centre / (1 - self.centre) * np.exp(self.sd * deviate)
        return float(odds / (1 + odds))

    def values(self, deviate: float) -> dict[str, float]:
        """Return what it sets, by name, at a deviate of its prior."""
        number = self.at(deviate)
        base = self.base or (1.0,) * len(self.sets)
        return {name: number * value for name, value in zip(self.sets, base, strict=True)}


class Fitted(Strict):
    """Arms of a study whose responder rates at some weeks are fitted."""

    study: str
    arms: tuple[str, ...]
    weeks: tuple[float, ...]


class FittedWithdrawal(Strict):
    """Figures of a withdrawal study that are fitted."""

    study: str
    therapy: str
    metrics: tuple[str, ...]


class Anchored(Strict):
    """A drug whose one potency is set by one study, the disease being frozen.

    Attributes
    ----------
    like
        Fitted drug of the same class, whose potency is the centre of the prior.
    centre
        Centre of the prior of a drug that is like none of the fitted ones, in the unit of its IC50.
    affinity_ratio
        Dissociation constant over that of `like`, for the prediction from affinity alone.
    """

    therapy: str
    like: str | None = None
    centre: float | None = Field(default=None, gt=0)
    study: str
    arms: tuple[str, ...]
    weeks: tuple[float, ...]
    affinity_ratio: float | None = None


class AnchoredForUse(Strict):
    """A drug that only the fit to all open arms anchors, and the centre of its prior."""

    therapy: str
    centre: float = Field(gt=0)


class Ablated(Strict):
    """A block of the model that is switched off: by which numbers."""

    name: str
    sets: dict[str, float]


class Seen(Strict):
    """Held-out rows that were printed while the structure was chosen."""

    study: str
    weeks: tuple[float, ...]


class Likelihood(Strict):
    """Errors beyond sampling; standard deviations on the logit, `untreated_sd` of relative PASI."""

    between_trials_sd: float = Field(gt=0)
    model_sd: float = Field(ge=0)
    withdrawal_sd: float = Field(gt=0)
    robust: float = Field(gt=0)
    n_unknown: int = Field(gt=0)
    untreated_weeks: float = Field(gt=0)
    untreated_sd: float = Field(gt=0)
    potency_sd: float = Field(gt=0)

    @property
    def prediction_sd(self) -> float:
        """What a prediction misses beyond sampling: between trials, and the model itself."""
        return float(np.hypot(self.between_trials_sd, self.model_sd))


class Search(Strict):
    """How one fit is searched for, and how many fits there are."""

    members: int = Field(gt=0)
    patients: int = Field(gt=0)
    patients_first: int = Field(gt=0)
    population_size: int = Field(gt=3)
    generations: int = Field(ge=0)
    spread: float = Field(gt=0)
    polish: int = Field(ge=0)


class Marks(Strict):
    """What a validation must reach; points, or percent."""

    fitted_error_margin: float
    fitted_coverage_margin: float
    unseen_error: float
    unseen_within: float
    unseen_better_than_class: float
    PASI100_error: float
    placebo_points: float
    placebo_within: float
    untreated_drift: float
    interval_low: float
    interval_high: float
    interval_rows: int
    relapse_median: float
    relapse_free_1_year: float
    light_error_margin: float
    light_rmse_margin: float
    kept_back_error: float
    kept_back_within: float
    tolerance: float


class Protocol(Strict):
    """The whole protocol."""

    version: int
    seed: int
    free: tuple[FreeNumber, ...]
    fitted: tuple[Fitted, ...]
    fitted_withdrawal: tuple[FittedWithdrawal, ...]
    anchored: tuple[Anchored, ...]
    anchored_for_use: tuple[AnchoredForUse, ...]
    seen: tuple[Seen, ...]
    ablated: tuple[Ablated, ...]
    likelihood: Likelihood
    search: Search
    marks: Marks

    def potency_centre(self, therapy: str, fitted: Mapping[str, float]) -> float:
        """Return the centre of the prior of an anchored potency.

        Parameters
        ----------
        therapy
            The drug.
        fitted
            Potencies of the common fit by drug: a drug that is like one of them, or that took one of
            them there, is searched about it.

        Raises
        ------
        InvalidValueError
            The protocol gives no centre.
        """
        of_class = {each.therapy: each.like for each in self.anchored if each.like}
        named = {each.therapy: each.centre for each in self.anchored if each.centre is not None}
        named |= {each.therapy: each.centre for each in self.anchored_for_use}
        centre = fitted.get(of_class.get(therapy, therapy), named.get(therapy))
        if centre is None:
            raise InvalidValueError(
                f"`{therapy}` is like no fitted drug; give the centre of its potency in the protocol."
            )
        return centre

    def values(self, deviates: NDArray[np.float64]) -> dict[str, float]:
        """Return everything that is set at deviates of the priors, shape `(n_free,)`."""
        set_by_each = (free.values(float(deviate)) for free, deviate in zip(self.free, deviates, strict=True))
        return {name: value for each in set_by_each for name, value in each.items()}


@cache
def load_protocol() -> Protocol:
    """Return the shipped protocol.

    Examples
    --------
    >>> protocol = load_protocol()
    >>> len(protocol.free), protocol.anchored[0].therapy
    (26, 'ixekizumab')
    """
    return read_entry(PROTOCOL_FILE, Protocol)
