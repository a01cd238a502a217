"""Rows made by hand, for tests of comparators and marks."""

from koebner.calibration.fitting.prediction import Predicted
from koebner.calibration.published.arms import therapy_of
from koebner.calibration.validation.results import JudgedArm
from koebner.calibration.validation.rows import AskedArm, Role


def asked(
    drug: str,
    observed: float,
    *,
    study: str = "new",
    regimen: str = "",
    week: float = 12.0,
    endpoint: str = "PASI75",
    n: int | None = 100,
    role: Role = "tier 1",
    seen: bool = False,
    from_memory: bool = False,
) -> AskedArm:
    """Return a published row."""
    return AskedArm(
        id=f"{study}/{drug}/{regimen}/{week}/{endpoint}",
        trial=study,
        arm=f"{drug} {regimen}",
        drug=drug,
        study=study,
        label=f"{drug} {regimen}",
        therapy_id=drug,
        therapy=therapy_of(drug, regimen),
        week=week,
        endpoint=endpoint,
        n=n,
        observed=observed,
        role=role,
        seen=seen,
        from_memory=from_memory,
    )


def judged(row: AskedArm, predicted: float, *, half_width: float = 10.0, met: bool = False) -> JudgedArm:
    """Return a row with a prediction."""
    interval = Predicted(mean=predicted, lower=predicted - half_width, upper=predicted + half_width)
    return JudgedArm(asked=row, predicted=interval, members=(predicted,), met=met)
