"""A patient's end of treatment is predicted from the patient's own first weeks and from nobody else's."""

import dataclasses

import numpy as np
import pytest
from tests.calibration.light_patients import told

from koebner.calibration.light.cohort import LightCohort
from koebner.personalization import CoursePrediction, predict_courses

EARLY = told(6).known_until(3)


def widths(predictions: tuple[CoursePrediction, ...]) -> np.ndarray:
    return np.array([each.upper - each.lower for each in predictions])


def without(cohort: LightCohort, weeks: list[int]) -> LightCohort:
    pasi = cohort.pasi.copy()
    pasi[:, weeks] = np.nan
    return dataclasses.replace(cohort, pasi=pasi)


def test_limits_lie_about_the_prediction() -> None:
    for each in predict_courses(EARLY):
        assert 0 <= each.lower <= each.predicted <= each.upper


def test_a_patient_is_predicted_alone_as_among_others() -> None:
    among = predict_courses(EARLY)
    assert predict_courses(EARLY.subset([4])) == (among[4],)
    assert predict_courses(without(EARLY, [1]).subset([2])) == (predict_courses(without(EARLY, [1]))[2],)


def test_who_has_improved_more_is_predicted_to_end_better() -> None:
    better, worse = (
        dataclasses.replace(EARLY, pasi=EARLY.baseline[:, None] * np.array([0.9, start, end]))
        for start, end in ((0.4, 0.2), (0.9, 0.9))
    )
    for good, bad in zip(predict_courses(better), predict_courses(worse), strict=True):
        assert good.predicted < bad.predicted


@pytest.mark.parametrize("weeks", [[1], [2], [1, 2], [0, 1, 2]])
def test_missing_scores_widen_the_interval(weeks: list[int]) -> None:
    assert np.all(widths(predict_courses(without(EARLY, weeks))) > widths(predict_courses(EARLY)))


def test_missing_doses_widen_the_interval() -> None:
    doses = EARLY.doses.copy()
    doses[:, 3:6] = np.nan
    assert np.all(
        widths(predict_courses(dataclasses.replace(EARLY, doses=doses))) > widths(predict_courses(EARLY))
    )


def test_more_weeks_tell_more() -> None:
    early = told(12)
    mean = [widths(predict_courses(early.known_until(week))).mean() for week in (1, 7)]
    assert mean[1] < mean[0]
