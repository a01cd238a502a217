"""What the prior of the MSC effect predicts for the one study with more than ten patients.

Before calibration the effect of infused MSC is a prior. It is shown beside Cheng 2022
(doi:10.1038/s41392-022-01059-y), which is held again as one of the published cases. Left out is whatever
an uncontrolled study owes to who was enrolled.
"""

from typing import Any

from koebner.kinetics import Model
from koebner.populations import Population
from koebner.trials.case_files import case_named
from koebner.trials.case_series import DRAWS, predict_case

STUDY = "cheng-2022"


def prior_check(model: Model, population: Population, *, seed: int, draws: int = DRAWS) -> dict[str, Any]:
    """Return published and predicted counts of responders.

    Returns
    -------
    dict
        `title`, `statement` and `rows`; each row with `quantity`, `n`, `observed`, and the `median`,
        `lower` and `upper` of the 90 % predictive interval, all counts of patients.

    Raises
    ------
    SolverError
        When a patient cannot be simulated.
    """
    published = case_named(STUDY)
    case = published.case
    predicted = predict_case(published, model, population, seed=seed, draws=draws)
    rows = [
        {
            "quantity": outcome.quantity,
            "n": case.n,
            "observed": int(outcome.observed),
            "median": each.median,
            "lower": each.lower,
            "upper": each.upper,
        }
        for outcome, each in zip(case.outcomes, predicted, strict=True)
    ]
    study = published.study
    return {
        "title": f"The prior of the MSC effect against {study.name}, n = {study.n}, uncontrolled",
        "statement": (
            f"{study.therapy}, {study.dose}, {study.schedule}; {draws} draws of the prior, each with other "
            f"patients. Assumed: {' '.join(case.assumed)} The placebo response of blinded trials "
            "is part of the prediction, as an open study has one too. The width of the prior was chosen with "
            "this study in view, so agreement is no validation."
        ),
        "rows": rows,
    }
