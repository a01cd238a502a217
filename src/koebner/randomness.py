"""Counter-based random streams: one per seed, patient and purpose.

A draw depends on nothing but the seed, the patient's number and the purpose it is drawn for, so a
patient can be reproduced alone, and results are the same bytes for any number of threads or
workers (Philox; Salmon et al. 2011, doi:10.1145/2063384.2063405).
"""

import hashlib
from collections.abc import Iterable, Iterator

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
    _check(seed, patient)
    digest = hashlib.blake2b(f"{seed}\x00{purpose}".encode(), digest_size=16).digest()
    key = np.frombuffer(digest, dtype="<u8")
    # The patient is the high word of the counter: 2**192 draws lie between two patients.
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, patient]))


def _check(seed: int, patient: int) -> None:
    if seed < 0 or patient < 0:
        raise InvalidValueError(f"seed {seed} and patient {patient} were given; both must be 0 or larger.")


def normals(seed: int, patients: Iterable[int], purpose: str, n: int = 1) -> NDArray[np.float64]:
    """Return standard normal draws, shape `(n_patients, n)`, one row from each patient's stream."""
    rows = [generator.standard_normal(n) for generator in _streams(seed, patients, purpose)]
    return np.array(rows).reshape(-1, n)


def uniforms(seed: int, patients: Iterable[int], purpose: str, n: int = 1) -> NDArray[np.float64]:
    """Return uniform draws in [0, 1), shape `(n_patients, n)`, one row from each patient's stream."""
    rows = [generator.random(n) for generator in _streams(seed, patients, purpose)]
    return np.array(rows).reshape(-1, n)


def _streams(seed: int, patients: Iterable[int], purpose: str) -> Iterator[np.random.Generator]:
    """Yield each patient's stream in turn: one generator, set to where the patient's numbers begin."""
    generator = stream(seed, 0, purpose)
    begin = generator.bit_generator.state
    for patient in patients:
        _check(seed, patient)
        begin["state"]["counter"][3] = patient
        generator.bit_generator.state = begin
        yield generator
