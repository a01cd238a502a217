"""What the posterior of the MSC effect says, as rows and sentences for people and programs.

No row comes without its share of the prior and the words on how few patients it rests on.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.msc.likelihood import (
    count_distribution,
    count_interval,
    log_likelihood,
    outcomes_of,
    weighted_interval,
    weighted_moments,
)
from koebner.calibration.msc.posterior import DURABILITY, EXPLORATORY, SHARE_OF_PRIOR, STATEMENT, MscPosterior
from koebner.calibration.msc.simulation import Quantity, quantities_of
from koebner.trials.case_files import case_named

Array = NDArray[np.float64]

_AT_THE_REPORT = "by the reported counts"
_LATER = "only through the size of the response at week 10; how long it lasts is not informed by MSC data"


def predictions(posterior: MscPosterior) -> list[dict[str, Any]]:
    """Return the predicted shares, a row each, under prior and posterior.

    Returns
    -------
    list of dict
        `quantity`, `week` [weeks], `recorded`; `prior_mean`, `prior_lower`, `prior_upper`,
        `posterior_mean`, `posterior_lower`, `posterior_upper` and `without_cells` [percent of patients],
        the intervals of 90 % over draws; `share_of_prior` [percent, None where the prior has no spread];
        `informed`, by what in words; `rests_on`.
    """
    return [_prediction(posterior, quantity) for quantity in quantities_of(case_named(posterior.study).case)]


def predicted_counts(posterior: MscPosterior) -> list[dict[str, Any]]:
    """Return the reported counts beside those predicted for as many patients, a row each.

    Returns
    -------
    list of dict
        `quantity`, `n`, `observed`; `prior` and `posterior` [patients], each with `lower`, `median`,
        `upper` of the 90 % predictive interval and `chance`, the probability of just this count;
        `share_of_prior` [percent] of the share of patients; `rests_on`.
    """
    reported = posterior.reported
    observed = {"improved": reported.improved, "clear": reported.clear}
    rows = [row for row in predictions(posterior) if row["name"] in observed]
    return [
        {
            "quantity": row["quantity"],
            "n": reported.n,
            "observed": observed[row["name"]],
            **{
                of: _counted(posterior, row["name"], observed[row["name"]], weights)
                for of, weights in weights_of(posterior).items()
            },
            "share_of_prior": row["share_of_prior"],
            "rests_on": EXPLORATORY,
        }
        for row in rows
    ]


def chance_of_report(posterior: MscPosterior) -> dict[str, float]:
    """Return the probability of both reported counts together, under "prior" and "posterior"."""
    improved, clear = (np.array(posterior.predicted[name]) for name in ("improved", "clear"))
    chances = np.exp(log_likelihood(posterior.reported, improved=improved, clear=clear))
    return {of: float(weights @ chances) for of, weights in weights_of(posterior).items()}


def parameter_rows(posterior: MscPosterior) -> list[dict[str, Any]]:
    """Return prior against posterior of each parameter, in words too, the most moved first."""
    return [
        {
            "parameter": each.name,
            "meaning": each.meaning,
            "unit": each.unit,
            "scale": each.scale,
            "prior": [each.prior_mean, each.prior_lower, each.prior_upper],
            "posterior": [each.posterior_mean, each.posterior_lower, each.posterior_upper],
            "prior_sd": each.prior_sd,
            "posterior_sd": each.posterior_sd,
            "ratio": each.ratio,
            "shift": each.shift,
            "informed": each.words,
            "rests_on": EXPLORATORY,
        }
        for each in posterior.parameters
    ]


def msc_results(posterior: MscPosterior) -> dict[str, Any]:
    """Return everything the posterior says, ready for JSON."""
    return {
        "statement": STATEMENT,
        "durability": DURABILITY,
        "share_of_prior": SHARE_OF_PRIOR,
        "study": posterior.study,
        "model_fingerprint": posterior.model_fingerprint,
        "population": posterior.population,
        "seed": posterior.seed,
        "draws": posterior.draws,
        "effective_draws": posterior.effective_draws,
        "patients_per_draw": posterior.patients,
        "chance_of_report": chance_of_report(posterior),
        "counts": predicted_counts(posterior),
        "predictions": predictions(posterior),
        "parameters": parameter_rows(posterior),
        "other_parameters_unchanged": posterior.unmoved,
    }


def weights_of(posterior: MscPosterior) -> Mapping[str, Array]:
    """Return the weights of the draws under "prior" and "posterior"."""
    return {
        "prior": np.full(posterior.draws, 1.0 / posterior.draws),
        "posterior": np.array(posterior.weights),
    }


def share_of_prior(values: Array, weights: Array) -> float | None:
    """Return the variance under the weights over that of the draws; None where these do not differ.

    Examples
    --------
    >>> share_of_prior(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    1.0
    """
    variance = float(np.var(values))
    return weighted_moments(values, weights)[1] ** 2 / variance if variance > 0 else None


def _prediction(posterior: MscPosterior, quantity: Quantity) -> dict[str, Any]:
    values = np.array(posterior.predicted[quantity.name])
    share = share_of_prior(values, np.array(posterior.weights))
    row: dict[str, Any] = {
        "name": quantity.name,
        "quantity": quantity.words,
        "week": quantity.week,
        "recorded": quantity.recorded,
    }
    for of, weights in weights_of(posterior).items():
        lower, upper = weighted_interval(values, weights)
        mean, _ = weighted_moments(values, weights)
        row |= {f"{of}_mean": 100 * mean, f"{of}_lower": 100 * lower, f"{of}_upper": 100 * upper}
    return row | {
        "without_cells": 100 * posterior.without_cells[quantity.name],
        "share_of_prior": None if share is None else 100 * share,
        "informed": _AT_THE_REPORT
        if quantity.week == outcomes_of(case_named(posterior.study).case)[0].week
        else _LATER,
        "rests_on": EXPLORATORY,
    }


def _counted(posterior: MscPosterior, name: str, observed: int, weights: Array) -> dict[str, float]:
    chances = count_distribution(posterior.reported.n, np.array(posterior.predicted[name]), weights)
    lower, median, upper = count_interval(chances)
    return {"lower": lower, "median": median, "upper": upper, "chance": float(chances[observed])}
