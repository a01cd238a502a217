"""One patient's own course: what the first weeks of a treatment say of its end."""

from koebner.personalization.early_course import CoursePrediction, predict_course, predict_courses

__all__ = ["CoursePrediction", "predict_course", "predict_courses"]
