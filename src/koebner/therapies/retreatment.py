"""The rule by which a stopped therapy comes again."""

import math
from dataclasses import dataclass

from koebner.errors import InvalidValueError


@dataclass(frozen=True, kw_only=True)
class Retreatment:
    """When a stopped therapy comes again: a rule that a visit can apply.

    Attributes
    ----------
    regain
        Share of the largest improvement of PASI whose loss brings the therapy back.
    check_every_weeks
        Distance of the visits at which that is looked at [weeks]; in a trial its own visits.
    responders
        Smallest improvement of PASI, as a share of baseline, that counts as a response at all.
    """

    regain: float = 0.5
    check_every_weeks: float = 4.0
    responders: float = 0.5

    def __post_init__(self) -> None:
        for name, share in (("regain", self.regain), ("responders", self.responders)):
            if not 0 < share <= 1:
                raise InvalidValueError(f"{name} {share:g} was given; expected above 0 and at most 1.")
        if not 0 < self.check_every_weeks < math.inf:
            raise InvalidValueError(
                f"check_every_weeks {self.check_every_weeks:g} was given; expected more than 0."
            )

    def sentence(self) -> str:
        """Return the rule in words."""
        return (
            f"given again when PASI, once {100 * self.responders:g} % better, has regained "
            f"{100 * self.regain:g} % of the improvement"
        )
