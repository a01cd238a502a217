"""What the figures say of each free number, and what stays prior.

About an optimum the posterior is close to normal, with the Fisher information of the figures added to that
of the prior. Both are in units of the prior: an eigenvalue of the figures above 1 is a combination of
numbers that they inform better than the prior does (Gutenkunst et al. 2007, on sloppy models).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from koebner.calibration.fitting.fit import Member
from koebner.calibration.protocol import Protocol

Array = NDArray[np.float64]

# Posterior over prior standard deviation: below the first the figures decide, above the second the prior.
_INFORMED, _SILENT = 0.5, 0.9
_PAIRS = 8


def spectrum(member: Member) -> Array:
    """Return the eigenvalues of the Fisher information of the figures, largest first, `(n_free,)`."""
    figures = _of_figures(member)
    return np.asarray(np.linalg.eigvalsh(figures.T @ figures)[::-1])


def covariance(member: Member) -> Array:
    """Return the covariance of the posterior about an optimum, in units of the prior, `(n_free, n_free)`."""
    jacobian = np.asarray(member.jacobian)
    return np.asarray(np.linalg.inv(jacobian.T @ jacobian))


def prior_and_posterior(protocol: Protocol, members: Sequence[Member]) -> pd.DataFrame:
    """Return prior and posterior of every free number, with what the figures say of it in words.

    Parameters
    ----------
    protocol
        The free numbers and their priors.
    members
        The fits: the central one, and those whose spread shows the posterior.

    Returns
    -------
    DataFrame
        Columns number, meaning, prior_centre, prior_low, prior_high (5 and 95 %), central, low, high (the
        posterior's), sd_ratio (posterior over prior), members_low, members_high and says.
    """
    central = next(member for member in members if member.number == 0)
    others = np.array([member.deviates for member in members if member.number > 0])
    ratios = np.sqrt(np.diag(np.mean([covariance(member) for member in members], axis=0)))
    rows = []
    for place, free in enumerate(protocol.free):
        at, ratio = central.deviates[place], float(ratios[place])
        z = 1.645
        rows.append(
            {
                "number": free.name,
                "meaning": free.meaning,
                "prior_centre": free.centre,
                "prior_low": free.at(-z),
                "prior_high": free.at(z),
                "central": free.at(at),
                "low": free.at(at - z * ratio),
                "high": free.at(at + z * ratio),
                "sd_ratio": ratio,
                "members_low": free.at(float(others[:, place].min())) if len(others) else np.nan,
                "members_high": free.at(float(others[:, place].max())) if len(others) else np.nan,
                "says": _says(ratio),
            }
        )
    return pd.DataFrame(rows)


def _says(ratio: float) -> str:
    if ratio < _INFORMED:
        return "informed by the figures"
    if ratio < _SILENT:
        return "informed in part; the prior still counts"
    return "not informed: the prior, unchanged"


def strongest_pairs(protocol: Protocol, member: Member, n: int = _PAIRS) -> pd.DataFrame:
    """Return the pairs of numbers that the figures can tell apart least: first, second, correlation."""
    posterior = covariance(member)
    scale = np.sqrt(np.diag(posterior))
    correlation = posterior / np.outer(scale, scale)
    first, second = np.triu_indices(len(scale), k=1)
    order = np.argsort(-np.abs(correlation[first, second]))[:n]
    names = [free.name for free in protocol.free]
    return pd.DataFrame(
        [
            {
                "first": names[first[i]],
                "second": names[second[i]],
                "correlation": float(correlation[first[i], second[i]]),
            }
            for i in order
        ]
    )


def _of_figures(member: Member) -> Array:
    """Return the rows of the Jacobian that belong to figures; those of the priors follow them."""
    return np.asarray(member.jacobian)[: len(member.figures)]
