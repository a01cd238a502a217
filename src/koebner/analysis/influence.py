"""Which assumed numbers matter: each is moved within its prior, and the treatments are repeated.

One number at a time, by one standard deviation of its prior down and up, in the same patients, so that
every difference is that number's own. Counts of a small cohort jump; here they do not: the share with
PASI75 is the one expected over the noise of a visit, and the time to relapse is read between weeks.
Left out: two numbers at once, the numbers of the treatments themselves, and the placebo response.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from koebner.disease import PackParameter, load_pack, pack_of, values_at
from koebner.errors import InvalidValueError
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.simulation import simulate
from koebner.therapies import Therapy
from koebner.trials.observation import visit_model

Array = NDArray[np.float64]

TREATED_WEEKS = 16.0
"""Week at which PASI75 is judged, and from which no dose is given [weeks]."""
FOLLOWED_WEEKS = 52.0
"""How long a response is followed after the last dose [weeks]."""
TREATMENTS = ("secukinumab", "adalimumab", "guselkumab", "uc_msc", "nb_uvb")
"""Treatments under which assumptions are judged unless others are named: one of each kind."""
# These parameters act on what a visit records, not on the skin.
VISIT_BLOCK = "visit"
# Fewer make no mean time to relapse.
FEWEST_RESPONDERS = 5
_PASI75 = np.log(0.25)


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What one standard deviation of a prior `down` and `up` does, under the treatment where it does most."""

    therapy: str
    down: float
    up: float

    @property
    def size(self) -> float:
        """The larger of the two, without its sign."""
        return max(abs(self.down), abs(self.up))


@dataclass(frozen=True, kw_only=True)
class Influence:
    """What one assumed number does.

    Attributes
    ----------
    pasi75
        Change of the share of patients with PASI75 after 16 weeks [percentage points].
    relapse
        Change of the mean time from the last dose to the loss of half of the improvement, at most a
        year, in those who had reached PASI50 [weeks]; None where fewer than 5 had.
    log_pasi
        Change of the mean of ln(PASI) after 16 weeks; breaks ties of the other two.
    """

    parameter: PackParameter
    pasi75: Shift
    relapse: Shift | None
    log_pasi: Shift


@dataclass(frozen=True, kw_only=True)
class Treated:
    """One treatment with the numbers as they are: PASI75 [percent], weeks to relapse, responders."""

    therapy: str
    pasi75: float
    relapse_weeks: float | None
    n_responders: int


@dataclass(frozen=True, kw_only=True)
class InfluenceStudy:
    """Influences, the largest on PASI75 first, and what was simulated to find them."""

    influences: tuple[Influence, ...]
    treated: tuple[Treated, ...]
    n_patients: int
    n_failed: int

    def by_relapse(self) -> tuple[Influence, ...]:
        """Return the influences, the largest on the time to relapse first."""
        return tuple(sorted(self.influences, key=lambda i: -i.relapse.size if i.relapse else 0.0))


def assumptions(model: Model) -> tuple[PackParameter, ...]:
    """Return the parameters of a model's pack whose source is an assumption.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> "tau_TRM" in [row.id for row in assumptions(load_model())]
    True
    """
    return tuple(row for row in load_pack(pack_of(model.id)) if row.source.startswith("assumption"))


def can_be_ranked(row: PackParameter) -> bool:
    """Return whether a parameter has a prior to be moved in, and acts on the skin."""
    return bool(row.prior) and row.block != VISIT_BLOCK


def influence_study(
    model: Model, cohort: Cohort, therapies: Sequence[Therapy], parameters: Sequence[PackParameter]
) -> InfluenceStudy:
    """Move each parameter by one standard deviation of its prior and see what becomes of the patients.

    Of shares of one whole, one is moved and the others give way.

    Parameters
    ----------
    model
        The disease, its patients at their lesion.
    cohort
        The patients; everyone meets every change.
    therapies
        Treatments; each is given for 16 weeks and the response followed for a year.
    parameters
        Rows of the model's pack, each with a prior.

    Raises
    ------
    InvalidValueError
        No treatment, or a parameter without a prior.

    Examples
    --------
    >>> import koebner as kb
    >>> model = kb.load_model()
    >>> row = next(row for row in assumptions(model) if row.id == "tau_mDC")
    >>> patients = kb.load_population().sample(2, seed=1)
    >>> study = influence_study(model, patients, [kb.therapies.load("guselkumab")], [row])
    >>> study.influences[0].pasi75.therapy
    'guselkumab'
    """
    if not therapies:
        raise InvalidValueError("no treatment was given; expected one at least.")
    for row in parameters:
        if not row.prior:
            raise InvalidValueError(f"`{row.id}` has no prior; expected parameters that have one.")
    rows = load_pack(pack_of(model.id))
    changes = [{}, *(values_at(rows, {row.id: z}) for row in parameters for z in (-1.0, 1.0))]
    copies = _Copies.of(cohort, model, changes)
    courses = [_course(model, copies, therapy, len(changes)) for therapy in therapies]
    influences = [_influence(row, 1 + 2 * i, courses) for i, row in enumerate(parameters)]
    return InfluenceStudy(
        influences=tuple(sorted(influences, key=lambda i: (-i.pasi75.size, -i.log_pasi.size))),
        treated=tuple(course.treated for course in courses),
        n_patients=len(cohort),
        n_failed=sum(course.n_failed for course in courses),
    )


@dataclass(frozen=True, kw_only=True)
class _Copies(Cohort):
    """The same patients once for each change of the model's numbers, one copy after the other."""

    numbers: Mapping[str, Array]

    @staticmethod
    def of(cohort: Cohort, model: Model, changes: Sequence[Mapping[str, float]]) -> "_Copies":
        """Return the copies; a change acts on the typical value that the patients differ from."""
        patients = len(cohort)
        copies = [
            {name: np.full(patients, value) for name, value in change.items()}
            | cohort.parameters(model.with_parameters(**change) if change else model)
            for change in changes
        ]
        names = dict.fromkeys(name for copy in copies for name in copy)
        typical = {name: np.full(patients, model.parameters[name].value) for name in names}
        return _Copies(
            covariates=pd.concat([cohort.covariates] * len(changes), ignore_index=True),
            deviations=pd.concat([cohort.deviations] * len(changes), ignore_index=True),
            scales=cohort.scales,
            signs=np.tile(cohort.signs, (len(changes), 1)),
            regions=np.tile(cohort.regions, (len(changes), 1)),
            numbers={
                name: np.concatenate([copy.get(name, typical[name]) for copy in copies]) for name in names
            },
        )

    def parameters(self, model: Model) -> dict[str, Array]:
        del model  # the numbers were made for it
        return dict(self.numbers)


@dataclass(frozen=True, kw_only=True)
class _Course:
    """One treatment: outcomes of every patient, `(n_changes, n_patients)`, the unchanged model first."""

    therapy: str
    pasi75: Array
    log_pasi: Array
    relapse_weeks: Array
    responds: NDArray[np.bool_]

    @property
    def treated(self) -> Treated:
        weeks = self.relapse_weeks[0, self.responds]
        return Treated(
            therapy=self.therapy,
            pasi75=100 * _mean(self.pasi75[0]),
            relapse_weeks=_mean(weeks) if weeks.size else None,
            n_responders=int(self.responds.sum()),
        )

    @property
    def n_failed(self) -> int:
        return int(np.isnan(self.log_pasi).sum())


def _course(model: Model, copies: _Copies, therapy: Therapy, n_changes: int) -> _Course:
    given = therapy.stop(week=TREATED_WEEKS)
    last_dose = given.last_dose_week(TREATED_WEEKS) or 0.0
    weeks = np.arange(0.0, np.ceil(last_dose + FOLLOWED_WEEKS) + 1)
    course = simulate(
        model, copies, given, weeks=weeks[-1], at_weeks=weeks, outputs=["PASI"], on_failure="keep"
    )
    pasi = course["PASI"].to_numpy()
    judged = np.log(pasi[:, weeks == TREATED_WEEKS][:, 0])
    noise = visit_model(model).visit_noise_sd
    reached: NDArray[np.bool_] = np.any(pasi <= 0.5 * pasi[:, :1], axis=1)
    shape = (n_changes, -1)
    return _Course(
        therapy=therapy.id,
        pasi75=ndtr((_PASI75 - judged + np.log(pasi[:, 0])) / noise + noise / 2).reshape(shape),
        log_pasi=judged.reshape(shape),
        relapse_weeks=np.minimum(weeks_to_half(pasi, weeks, last_dose), FOLLOWED_WEEKS).reshape(shape),
        responds=reached[: len(reached) // n_changes],
    )


def weeks_to_half(pasi: Array, weeks: Array, last_dose: float) -> Array:
    """Return the time from the last dose to the loss of half of the largest improvement.

    Parameters
    ----------
    pasi
        Without noise, shape `(n_patients, n_weeks)`.
    weeks
        Rising, shape `(n_weeks,)`; between two of them the course is taken to be straight.
    last_dose
        Week of the last dose.

    Returns
    -------
    numpy.ndarray
        Weeks, shape `(n_patients,)`; the length of the follow-up where half is never lost.

    Examples
    --------
    >>> weeks_to_half(np.array([[20.0, 4.0, 4.0, 20.0]]), np.array([0.0, 10.0, 12.0, 16.0]), 12.0)
    array([2.])
    """
    improvement = pasi[:, :1] - pasi
    best = np.maximum.accumulate(improvement, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing is lost before anything was won
        left = np.where(best > 0, improvement / best, 1.0)
    lost = (left <= 0.5) & (weeks > last_dose)
    place = np.where(lost.any(axis=1), lost.argmax(axis=1), 1)
    patients = np.arange(len(pasi))
    before, after = left[patients, place - 1], left[patients, place]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip((before - 0.5) / (before - after), 0.0, 1.0)
    crossed = weeks[place - 1] + share * (weeks[place] - weeks[place - 1])
    found = np.where(lost.any(axis=1), np.maximum(crossed, last_dose), weeks[-1])
    return np.where(np.isfinite(pasi).all(axis=1), found - last_dose, np.nan)


def _influence(row: PackParameter, place: int, courses: Sequence[_Course]) -> Influence:
    answering = [course for course in courses if course.responds.sum() >= FEWEST_RESPONDERS]
    relapse = [_shift(c.therapy, c.relapse_weeks[:, c.responds], place) for c in answering]
    return Influence(
        parameter=row,
        pasi75=_largest([_shift(c.therapy, 100 * c.pasi75, place) for c in courses]),
        relapse=_largest(relapse) if relapse else None,
        log_pasi=_largest([_shift(c.therapy, c.log_pasi, place) for c in courses]),
    )


def _shift(therapy: str, outcome: Array, place: int) -> Shift:
    down, up = (_mean(outcome[place + i] - outcome[0]) for i in (0, 1))
    return Shift(therapy=therapy, down=down, up=up)


def _largest(shifts: Sequence[Shift]) -> Shift:
    return max(shifts, key=lambda shift: shift.size)


def _mean(values: Array) -> float:
    """Return the mean over patients who could be simulated; 0 where none could."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else 0.0
