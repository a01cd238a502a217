"""`koebner predict-course`: the PASI at the end of a course of light from a patient's first weeks."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from koebner.calibration.light.prediction import load_phototherapy
from koebner.cli.options import Json
from koebner.cli.printing import print_json, print_table, say
from koebner.disease import load_model
from koebner.personalization import CoursePrediction, predict_course

_CAUTION = (
    "For research, not for choosing a treatment or a dose of a person. It rests on {patients} patients of "
    "one cohort; doses count relative to a patient's first, as the minimal erythema dose is not known."
)
_OTHER_MODEL = (
    "The fit to the cohort was made with another state of the model; repeat it with `koebner calibrate`."
)


def predict_course_command(
    file: Annotated[
        Path, typer.Argument(help="CSV, one row a patient: ID, PASI and doses of the first weeks.")
    ],
    *,
    weeks_known: Annotated[
        int, typer.Option(help="How many weeks may be read, 1 to 9; later columns are never looked at.")
    ] = 3,
    json: Json = False,
) -> None:
    """Predict the PASI at the end of narrow-band UVB, as a share of baseline, from the first weeks."""
    model, fit = load_model(), load_phototherapy()
    predictions = predict_course(file, weeks_known=weeks_known, model=model, posterior=fit)
    if fit.model_fingerprint != model.fingerprint:
        say(_OTHER_MODEL)
    if json:
        print_json([asdict(each) for each in predictions])
        return
    _print(predictions, weeks_known)
    say(_CAUTION.format(patients=fit.patients))


def _print(predictions: tuple[CoursePrediction, ...], weeks_known: int) -> None:
    rows = [
        (each.id, *(f"{100 * share:.0f}" for share in (each.predicted, each.lower, each.upper)))
        for each in predictions
    ]
    weeks = "1 week" if weeks_known == 1 else f"{weeks_known} weeks"
    columns = ("id", "predicted [%]", "lower [%]", "upper [%]")
    print_table(f"PASI at the end of treatment in % of baseline, from {weeks}; 90 % intervals", columns, rows)
