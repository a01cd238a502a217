"""What the prior of the MSC effect predicts for the one study with more than ten patients.

Before calibration the effect of infused MSC is a prior. It is shown beside Cheng 2022
(doi:10.1038/s41392-022-01059-y): the study is held again many times as an open cohort of the same
size, each time with other patients and another draw of the uncertain parameters, and the published
counts are set against the 90 % interval of the predicted ones. Left out: the study's other doses,
and whatever an uncontrolled study owes to who was enrolled.
"""

from typing import Any

import numpy as np

from koebner.errors import InvalidValueError
from koebner.evidence import MscStudy, load_msc_studies
from koebner.kinetics import Model
from koebner.populations import Population, draw_parameters
from koebner.simulation import simulate
from koebner.therapies import Therapy, load
from koebner.trials.endpoints import improvement_percent, responder_endpoint
from koebner.trials.observation import observe, visit_model

STUDY = "cheng-2022"
THERAPY = "uc_msc"
# The study followed its patients for months; one month after the last infusion is an assumption.
WEEKS_AFTER_LAST_DOSE = 4.0
DRAWS = 100
# The response that the study reports.
IMPROVEMENT_PERCENT = 40.0


def prior_check(model: Model, population: Population, *, seed: int, draws: int = DRAWS) -> dict[str, Any]:
    """Return published and predicted counts of responders.

    Returns
    -------
    dict
        `title`, `statement` and `rows`; each row with `quantity`, `n`, `observed`, and the `median`,
        `lower` and `upper` of the 90 % predictive interval, all counts of patients.

    Raises
    ------
    InvalidValueError
        When the evidence tables lack the counts.
    SolverError
        When a patient cannot be simulated.
    """
    study = next(row for row in load_msc_studies() if row.study == STUDY)
    observed = _observed(study)
    therapy = load(THERAPY)
    last_dose = therapy.last_dose_week(np.inf) or 0.0
    week = last_dose + WEEKS_AFTER_LAST_DOSE
    repetitions = [
        _repetition(model, population, therapy, study.n, week, seed, draw) for draw in range(1, draws + 1)
    ]
    quantities = (study.response, "clear or minimal (predicted as sPGA 0/1)")
    rows = []
    for column, (quantity, count) in enumerate(zip(quantities, observed, strict=True)):
        predicted = [counts[column] for counts in repetitions]
        lower, median, upper = np.quantile(predicted, [0.05, 0.5, 0.95], method="nearest")
        rows.append(
            {
                "quantity": quantity,
                "n": study.n,
                "observed": count,
                "median": float(median),
                "lower": float(lower),
                "upper": float(upper),
            }
        )
    return {
        "title": f"The prior of the MSC effect against {study.name}, n = {study.n}, uncontrolled",
        "statement": (
            f"{therapy.sentence()}; assessed at week {week:g}; {draws} draws of the prior, each with other "
            "patients; the study's other doses are left out. The placebo response of blinded trials is "
            "part of the prediction, as an open study has one too. The width of the prior was chosen with "
            "this study in view, so agreement is no validation."
        ),
        "rows": rows,
    }


def _observed(study: MscStudy) -> tuple[int, int]:
    if study.responders is None or study.clear_or_minimal is None:
        raise InvalidValueError(
            f"the evidence tables give no responders for `{study.study}`; add them there."
        )
    return study.responders, study.clear_or_minimal


def _repetition(
    model: Model, population: Population, therapy: Therapy, n: int, week: float, seed: int, draw: int
) -> tuple[int, int]:
    """Hold the study once and count who improved by 40 % and who is clear or minimal."""
    cohort = population.sample(n, seed=seed, first=draw * n)
    drawn = draw_parameters(model, seed, draw)
    visits = (0.0, week)
    course = simulate(
        drawn, cohort, therapy, weeks=week, at_weeks=visits, outputs=["PASI", "sign_mean", "DLQI_mean"]
    )
    recorded = observe(
        course["PASI"].to_numpy(),
        course["sign_mean"].to_numpy(),
        course["DLQI_mean"].to_numpy(),
        visits=visits,
        patients=[int(patient) for patient in cohort.patients],
        seed=seed,
        visit=visit_model(drawn),
    )
    improvement = improvement_percent(recorded[:, 0], recorded[:, 1])  # NaN, no response, after dropout
    clear = responder_endpoint("sPGA 0/1").reached(recorded[:, 0], recorded[:, 1])
    return int(np.sum(improvement >= IMPROVEMENT_PERCENT)), int(np.sum(clear))
