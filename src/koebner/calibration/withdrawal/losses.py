"""What counts as lost after stopping, and what must hold to be stopped, by the names of studies."""

import re
from collections.abc import Callable

import numpy as np

from koebner.errors import UnknownNameError
from koebner.trials.endpoints import ENDPOINTS, responder_endpoint
from koebner.trials.recorded import Flags, Recorded
from koebner.trials.relapse import DEFINITIONS

_SLACK = 1e-9

HALF_OF_REFERENCE = "loss of half the improvement of the reference week"
SIX_POINTS = "less than PASI50 and 6 points above the reference week"
_RISE_POINTS = 6.0  # Menter 2008 (doi:10.1016/j.jaad.2007.09.010): the loss of response of period C

Lost = Callable[[Recorded, Recorded, Recorded], Flags]

_LOSS_OF = re.compile(r"loss of (.+)")
_AT_LEAST = re.compile(r"(PASI|sPGA)>=(\d+(?:\.\d+)?)")


def reached_by(name: str) -> Callable[[Recorded, Recorded], Flags]:
    """Return the flags, from baseline and visits, of an endpoint of `Entry`.

    Raises
    ------
    UnknownNameError
        No such endpoint.
    """
    if match := _AT_LEAST.fullmatch(name):
        score, limit = match[1].lower(), float(match[2]) - _SLACK
        return lambda _, visits: np.asarray(getattr(visits, score) >= limit)
    return responder_endpoint(name).reached


def _half_of_reference(baseline: Recorded, visits: Recorded, reference: Recorded) -> Flags:
    kept = baseline.pasi - visits.pasi
    return np.asarray(kept <= 0.5 * (baseline.pasi - reference.pasi) + _SLACK)


def _six_points(baseline: Recorded, visits: Recorded, reference: Recorded) -> Flags:
    below = visits.seen & ~responder_endpoint("PASI50").reached(baseline, visits)
    return np.asarray(below & (visits.pasi - reference.pasi >= _RISE_POINTS - _SLACK))


def loss_named(name: str) -> Lost:
    """Return the flags of a loss from baseline, visits and reference visit.

    Parameters
    ----------
    name
        A definition of `koebner.trials.relapse.DEFINITIONS`; "loss of X" for any responder endpoint X;
        "PASI>=N" or "sPGA>=N"; or one of the two of this module that look at a reference week.

    Raises
    ------
    UnknownNameError
        No such definition.
    InvalidValueError
        The loss of a mean.

    Examples
    --------
    >>> import numpy as np
    >>> from koebner.trials.recorded import Recorded
    >>> pasi = np.array([[20.0, 2.0, 4.0]])
    >>> scores = Recorded(pasi=pasi, spga=np.zeros_like(pasi), dlqi=np.zeros_like(pasi))
    >>> loss_named("loss of PASI90")(scores[:, :1], scores, scores[:, :1]).tolist()
    [[True, False, True]]
    """
    if name == HALF_OF_REFERENCE:
        return _half_of_reference
    if name == SIX_POINTS:
        return _six_points
    if name in DEFINITIONS:
        lost = DEFINITIONS[name].lost
        return lambda baseline, visits, _: lost(baseline, visits)
    if _AT_LEAST.fullmatch(name):
        at_least = reached_by(name)
        return lambda baseline, visits, _: at_least(baseline, visits)
    if (match := _LOSS_OF.fullmatch(name)) and match[1] in ENDPOINTS:
        reached = responder_endpoint(match[1]).reached
        return lambda baseline, visits, _: visits.seen & ~reached(baseline, visits)
    raise UnknownNameError("relapse definition", name, [*DEFINITIONS, HALF_OF_REFERENCE, SIX_POINTS])
