"""Throughput against error: every method over a range of tolerances, compared where errors are equal."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from problem import YEARS, Array, Method, Patients, count, first, largest_error

TOLERANCES = tuple(10.0**-k for k in range(2, 10))
TARGETS = (1e-3, 1e-4, 1e-5)
"""Errors at which methods are compared."""
SECONDS = 1.0
"""How long one timing of a fast method should take, so that a short disturbance does not decide."""


@dataclass(kw_only=True)
class Point:
    """One method at one tolerance; `rate` is the best seen, in patient-years per second of one core."""

    rtol: float
    error: float
    rate: float


@dataclass(frozen=True, kw_only=True)
class Curve:
    method: Method
    points: list[Point] = field(default_factory=list)

    @property
    def covers(self) -> bool:
        """Whether the tolerances so far reach the smallest error of interest."""
        return any(point.error <= min(TARGETS) for point in self.points)

    def rate_at(self, error: float) -> float:
        """Interpolate the rate between logarithms; nan beyond the errors that were reached.

        A tolerance at which another is both faster and more accurate does not count.
        """
        front: list[Point] = []
        for point in sorted(self.points, key=lambda point: point.error):
            if not front or point.rate > front[-1].rate:
                front.append(point)
        errors, rates = (np.log([getattr(p, kind) for p in front]) for kind in ("error", "rate"))
        return float(np.exp(np.interp(np.log(error), errors, rates, left=np.nan, right=np.nan)))


def measure(methods: Sequence[Method], patients: Patients, exact: Array, n_rounds: int) -> list[Curve]:
    """Return a curve for each method.

    The first round measures errors, from loose to tight until the smallest of interest is reached.
    Further rounds repeat the timings; in each, methods take turns, so that a disturbance of the machine
    hurts all alike.
    """
    curves = [Curve(method=method) for method in methods]
    few = first(patients, len(exact))
    for method in methods:
        method.run(first(patients, 1), TOLERANCES[0])  # whatever happens once
    for rtol in TOLERANCES:
        for curve in curves:
            if not curve.covers:
                rate, values = timed(curve.method, few, rtol)
                error = largest_error(values, exact)
                if np.isfinite(error):
                    curve.points.append(Point(rtol=rtol, error=error, rate=rate))
    for _ in range(n_rounds - 1):
        for rtol in TOLERANCES:
            for curve in (curve for curve in curves if curve.method.repeats):
                for point in (point for point in curve.points if point.rtol == rtol):
                    n_timed = max(len(exact), int(point.rate * SECONDS))
                    rate, _ = timed(curve.method, first(patients, n_timed), rtol)
                    point.rate = max(point.rate, rate)
    return curves


def timed(method: Method, patients: Patients, rtol: float) -> tuple[float, Array]:
    """Return patient-years per second of one core, and what was computed."""
    begin = time.process_time()
    values = method.run(patients, rtol)
    return count(patients) * YEARS / (time.process_time() - begin), values
