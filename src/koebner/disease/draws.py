"""Values of parameters at deviates of their priors.

Shares of one whole move together: each is multiplied by a log-normal factor and the whole, its
remainder included, is scaled back to 1, so that no draw leaves a negative remainder. A share that is
held keeps its value. Of one share alone this is the logit-normal.
"""

import math
from collections.abc import Iterable, Mapping

from koebner.disease.pack import PackParameter
from koebner.disease.priors import Prior, moved, read_prior


def values_at(rows: Iterable[PackParameter], z: Mapping[str, float]) -> dict[str, float]:
    """Return parameter values at standard normal deviates `z` of their priors.

    Parameters
    ----------
    rows
        All parameters of the pack: shares need to know what else is a share of their whole.
    z
        Deviate by parameter; one that is not named stays at the centre of its prior, though shares give
        way to others of their whole.

    Returns
    -------
    dict
        Values of the parameters in `z` and of the drawn shares that gave way, by id.

    Examples
    --------
    >>> from koebner.disease.pack import load_pack
    >>> sorted(values_at(load_pack(), {"f_TNF_mDC": 1.0}))
    ['f_TNF_M1', 'f_TNF_Th17', 'f_TNF_mDC', 'f_TNF_rM']
    """
    wholes: dict[str, list[tuple[PackParameter, Prior]]] = {}
    values: dict[str, float] = {}
    for row in rows:
        prior = read_prior(row.prior)
        if prior is not None and prior.whole:
            wholes.setdefault(prior.whole, []).append((row, prior))
        elif row.id in z:
            values[row.id] = moved(row.value, prior, z[row.id])
    for members in wholes.values():
        if any(row.id in z for row, _ in members):
            values |= _shared(members, z)
    return values


def _shared(members: list[tuple[PackParameter, Prior]], z: Mapping[str, float]) -> dict[str, float]:
    """Scale the drawn shares and the remainder back to what the held shares leave of the whole."""
    drawn = [(row, prior) for row, prior in members if row.drawn or row.id in z]
    raised = {row.id: row.value * math.exp(prior.sd * z.get(row.id, 0.0)) for row, prior in drawn}
    left = 1 - sum(row.value for row, _ in members if row.id not in raised)
    total = left - sum(row.value for row, _ in drawn) + sum(raised.values())
    return {name: left * share / total for name, share in raised.items()}
