"""Counter-based random streams: one per seed, patient and purpose.

A draw depends on nothing but the seed, the patient's number and the purpose it is drawn for, so a
patient can be reproduced alone, and results are the same bytes for any number of threads or
workers (Philox; Salmon et al. 2011, doi:10.1145/2063384.2063405).
"""

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from koebner.errors import InvalidValueError


def stream(seed: int, patient: int, purpose: str) -> np.random.Generator:
    """Return the random generator of one patient for one purpose.

    Parameters
    ----------
    seed
        Seed of the whole run, 0 or larger.
    patient
        Number of the patient within the population, 0 or larger.
    purpose
        What is drawn, for example "visit noise". Streams of different purposes are independent.

    Examples
    --------
    >>> bool(stream(1, 7, "weight").random() == stream(1, 7, "weight").random())
    True
    """
    if seed < 0 or patient < 0:
        raise InvalidValueError(f"seed {seed} and patient {patient} were given; both must be 0 or larger.")
    digest = hashlib.blake2b(f"{seed}\x00{purpose}".encode(), digest_size=16).digest()
    key = np.frombuffer(digest, dtype="<u8")
    # The patient is the high word of the counter: 2**192 draws lie between two patients.
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, patient]))


def normals(seed: int, patients: Iterable[int], purpose: str, n: int = 1) -> NDArray[np.float64]:
    """Return standard normal draws, shape `(n_patients, n)`, one row from each patient's stream."""
    return np.array([stream(seed, p, purpose).standard_normal(n) for p in patients]).reshape(-1, n)


def uniforms(seed: int, patients: Iterable[int], purpose: str, n: int = 1) -> NDArray[np.float64]:
    """Return uniform draws in [0, 1), shape `(n_patients, n)`, one row from each patient's stream."""
    return np.array([stream(seed, p, purpose).random(n) for p in patients]).reshape(-1, n)
