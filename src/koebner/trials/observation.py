"""From the scores of the model to those that a visit records.

Four things lie between: an empirical placebo response in every arm, the assessor's log-normal noise,
a share of baseline below which the skin counts as clear, and patients who leave. Their numbers are
parameters of the model. Noise and placebo response of a patient are the same for every parameter
draw, so that draws differ by their parameters only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koebner.errors import ModelError
from koebner.kinetics import Model
from koebner.patients.lesion import PASI_MAX, SIGN_MAX
from koebner.randomness import normals, uniforms
from koebner.trials.recorded import Array, Recorded

PASI_DECIMALS = 1


@dataclass(frozen=True, kw_only=True)
class VisitModel:
    """Parameters of a visit.

    Parameters
    ----------
    placebo_share_max
        Share of patients who in the end show a placebo response.
    placebo_onset_weeks
        Time scale of its onset [weeks].
    placebo_last_week
        Week from which it is held: no placebo arm informs what comes later.
    placebo_log_drop_rate
        Rate of the exponential distribution of its size, a drop of ln(PASI).
    visit_noise_sd
        Standard deviation of ln(recorded PASI / true PASI); the recorded one is right on average.
    detection_limit
        Share of baseline below which PASI is recorded as 0.
    dropout_per_week
        Rate of leaving the trial [1/week].
    exponent_signs
        Share of a deviation of ln(PASI) that is in the signs, and so in the sPGA; the rest is in area.
    DLQI_power
        Power by which DLQI follows PASI, and so the placebo response.
    DLQI_patient_sd
        Standard deviation of ln(a patient's susceptibility in quality of life), one draw a patient.
    DLQI_noise_sd
        Standard deviation of a DLQI about the patient's own [points].
    DLQI_max
        Largest DLQI [points].
    """

    placebo_share_max: float
    placebo_onset_weeks: float
    placebo_last_week: float
    placebo_log_drop_rate: float
    visit_noise_sd: float
    detection_limit: float
    dropout_per_week: float
    exponent_signs: float
    DLQI_power: float
    DLQI_patient_sd: float
    DLQI_noise_sd: float
    DLQI_max: float


def visit_model(model: Model) -> VisitModel:
    """Read the parameters of a visit from the disease model."""
    return VisitModel(**{name: _value(model, name) for name in VisitModel.__dataclass_fields__})


def _value(model: Model, name: str) -> float:
    value = model.parameters[name].value
    if value is None:
        raise ModelError(
            f"Parameter `{name}` has no value; a visit needs a number. Set it in the parameter pack."
        )
    return value


def observe(
    pasi_true: Array,
    sign_true: Array,
    dlqi_true: Array,
    *,
    visits: Sequence[float],
    patients: Sequence[int],
    seed: int,
    visit: VisitModel,
) -> Recorded:
    """Return the recorded PASI, sPGA and DLQI, shape `(n_patients, n_visits)`; NaN after dropout.

    Parameters
    ----------
    pasi_true
        PASI of the model, shape `(n_patients, n_visits)`; the first visit is week 0.
    sign_true
        Mean of erythema, induration and scale of the model, 0 to 4, the same shape. Its deviation at
        the visit goes with that of PASI, and the sPGA is its nearest class.
    dlqi_true
        DLQI of the model for a patient of typical susceptibility, the same shape.
    visits
        Weeks of the visits.
    patients
        Numbers of the patients; with the seed they fix every draw.
    seed
        Seed of the trial.
    visit
        Parameters of a visit.
    """
    weeks = np.asarray(visits, dtype=float)
    pasi, placebo = _scored(pasi_true, weeks, patients, seed, visit)
    missing = _missing(pasi_true, weeks, patients, seed, visit)
    return Recorded(
        pasi=np.where(missing, np.nan, written_pasi(pasi)),
        spga=np.where(missing, np.nan, scored_spga(sign_true, pasi_true, pasi, visit)),
        dlqi=np.where(missing, np.nan, _dlqi(dlqi_true * placebo**visit.DLQI_power, patients, seed, visit)),
    )


def recorded_pasi(
    pasi_true: Array, *, visits: Sequence[float], patients: Sequence[int], seed: int, visit: VisitModel
) -> Array:
    """Return the recorded PASI alone, `(n_patients, n_visits)`, the same as of `observe`."""
    weeks = np.asarray(visits, dtype=float)
    pasi, _ = _scored(pasi_true, weeks, patients, seed, visit)
    return np.where(_missing(pasi_true, weeks, patients, seed, visit), np.nan, written_pasi(pasi))


def _missing(
    pasi_true: Array, weeks: Array, patients: Sequence[int], seed: int, visit: VisitModel
) -> NDArray[np.bool_]:
    gone = weeks > dropout_week(patients, seed, visit)[:, None]
    return np.asarray(gone | ~np.isfinite(pasi_true))


def _scored(
    pasi_true: Array, weeks: Array, patients: Sequence[int], seed: int, visit: VisitModel
) -> tuple[Array, Array]:
    """Return PASI as scored with the draws of these patients, and what the placebo response leaves of it."""
    draws = 1.0 - uniforms(seed, patients, "placebo response")  # in (0, 1]: its logarithm is finite
    placebo = placebo_factor(weeks, draws, visit)
    noise = normals(seed, patients, "visit noise", len(weeks))
    return scored_pasi(pasi_true, placebo, noise, visit), placebo


def scored_pasi(pasi_true: Array, placebo: Array, deviates: Array, visit: VisitModel) -> Array:
    """Return PASI with placebo response and noise, 0 below the limit under which skin counts as clear.

    The noise is log-normal and right on average; the first visit has none, because the recorded baseline is
    the reference that improvement is measured from.

    Parameters
    ----------
    pasi_true
        PASI of the model, `(n_patients, n_visits)`.
    placebo
        What the placebo response leaves of it, `(..., n_patients, n_visits)`.
    deviates
        Standard normal, the same shape.
    visit
        Parameters of a visit.
    """
    noise = np.exp(visit.visit_noise_sd * deviates - visit.visit_noise_sd**2 / 2)
    noise[..., 0] = 1.0
    pasi = pasi_true * placebo * noise
    return np.where(pasi < visit.detection_limit * pasi_true[:, :1], 0.0, pasi)


def scored_spga(sign_true: Array, pasi_true: Array, pasi: Array, visit: VisitModel) -> Array:
    """Return the sPGA: the class nearest to the mean sign, which deviates as the scored PASI does.

    Parameters
    ----------
    sign_true, pasi_true
        Of the model, `(n_patients, n_visits)`.
    pasi
        As scored, `(..., n_patients, n_visits)`.
    visit
        Parameters of a visit.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # a true PASI of 0 is scored as 0
        deviation = np.where(pasi_true > 0, pasi / pasi_true, 0.0)
    return np.asarray(np.round(np.clip(sign_true * deviation**visit.exponent_signs, 0.0, SIGN_MAX)))


def written_pasi(pasi: Array) -> Array:
    """Return PASI as a visit writes it down: within its scale, to one decimal."""
    return np.asarray(np.round(np.minimum(pasi, PASI_MAX), PASI_DECIMALS), dtype=float)


def _dlqi(typical: Array, patients: Sequence[int], seed: int, visit: VisitModel) -> Array:
    """What patients answer: their own susceptibility, and what differs from one answer to the next."""
    own = np.exp(visit.DLQI_patient_sd * normals(seed, patients, "DLQI susceptibility"))
    noise = visit.DLQI_noise_sd * normals(seed, patients, "DLQI answer", typical.shape[1])
    return np.asarray(np.round(np.clip(typical * own + noise, 0.0, visit.DLQI_max)), dtype=float)


def placebo_share(weeks: Array, visit: VisitModel) -> Array:
    """Return the share of patients with a placebo response by each week, `(n_weeks,)`."""
    informed = np.minimum(weeks, visit.placebo_last_week)
    return np.asarray(visit.placebo_share_max * (1 - np.exp(-informed / visit.placebo_onset_weeks)))


def placebo_factor(weeks: Array, draws: Array, visit: VisitModel) -> Array:
    """Return what each placebo response leaves of PASI, `(..., n_patients, n_visits)`.

    A patient responds once the growing share of responders exceeds the draw; the drop is then
    exponentially distributed at every week, and only grows in a patient.

    Parameters
    ----------
    weeks
        Of the visits, `(n_visits,)`.
    draws
        Uniform in (0, 1], one a patient: `(..., n_patients, 1)`.
    visit
        Parameters of a visit.
    """
    excess = np.maximum(placebo_share(weeks, visit), draws) / draws
    return np.asarray(np.exp(-np.log(excess) / visit.placebo_log_drop_rate))


def dropout_week(patients: Sequence[int], seed: int, visit: VisitModel) -> Array:
    """Return the week after which each patient is no longer seen, shape `(n_patients,)`."""
    waiting = -np.log(1.0 - uniforms(seed, patients, "dropout")[:, 0])
    if visit.dropout_per_week == 0:
        return np.full(len(waiting), np.inf)
    return np.asarray(waiting / visit.dropout_per_week)
