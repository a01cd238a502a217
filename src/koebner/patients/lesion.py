"""From a baseline PASI to signs and area indices that give exactly that PASI.

PASI is a product of signs (0-4 each) and area indices (0-6) over four regions, so one total fits
many lesions. The split between signs and area is a power of PASI/72; how the signs and the regions
differ within a patient is given from outside as relative sizes.
"""

import numpy as np
from numpy.typing import NDArray

from koebner.errors import InvalidValueError
from koebner.kinetics import Model

SIGNS = ("erythema", "induration", "scale")
REGIONS = ("head", "arms", "trunk", "legs")
# By the definition of the score: signs of 0 to 4, and 72 = 6 (area) x 3 signs x 4.
SIGN_MAX = 4.0
PASI_MAX = 72.0

Array = NDArray[np.float64]


def lesion(model: Model, pasi: Array, signs: Array, regions: Array) -> dict[str, Array]:
    """Return the initial signs and area indices of each patient.

    Parameters
    ----------
    model
        Gives `exponent_signs`, the regions' shares in the PASI and the largest area index.
    pasi
        Baseline PASI [points], `(n_patients,)`, above 0 and at most 72.
    signs
        Relative size of erythema, induration and scale, `(n_patients, 3)`.
    regions
        Relative involvement of head, arms, trunk and legs, `(n_patients, 4)`.

    Returns
    -------
    dict
        `erythema_0` ... `index_legs_0`, each `(n_patients,)`.

    Raises
    ------
    InvalidValueError
        A PASI outside of 0 to 72.
    """
    if not np.all((pasi > 0) & (pasi <= PASI_MAX)):
        bad = pasi[~((pasi > 0) & (pasi <= PASI_MAX))][0]
        raise InvalidValueError(
            f"a baseline PASI of {bad:g} was given; expected above 0 and at most {PASI_MAX:g}."
        )
    shares = np.array([model.parameters[f"share_{region}"].value for region in REGIONS], dtype=float)
    index_max = float(model.parameters["index_max"].value or 0)
    exponent = float(model.parameters["exponent_signs"].value or 0)
    wanted_signs = len(SIGNS) * SIGN_MAX * (pasi / PASI_MAX) ** exponent
    sign_values = _scaled(signs, np.ones(len(SIGNS)), wanted_signs, SIGN_MAX)
    per_sign = pasi / _weighted_sum(sign_values, np.ones(len(SIGNS)))
    index_values = _scaled(regions, shares, per_sign, index_max)
    named = {f"{sign}_0": sign_values[:, i] for i, sign in enumerate(SIGNS)}
    return named | {f"index_{region}_0": index_values[:, i] for i, region in enumerate(REGIONS)}


def _scaled(relative: Array, weights: Array, total: Array, limit: float) -> Array:
    """Scale each row by one factor, cut at `limit`, so that its weighted sum is `total`."""
    low, high = np.zeros(len(total)), limit / relative.min(axis=1)
    for _ in range(80):
        middle = (low + high) / 2
        short = _weighted_sum(np.minimum(relative * middle[:, None], limit), weights) < total
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.asarray(np.minimum(relative * high[:, None], limit), dtype=float)


def _weighted_sum(values: Array, weights: Array) -> Array:
    """Sum over columns, always in the same order: a matrix product may round by the number of rows."""
    total = np.zeros(len(values))
    for column, weight in zip(values.T, weights, strict=True):
        total += column * weight
    return total
