"""What the plaque does without one of its nodes: virtual knock-outs, ranked by effect.

A removed node is held at 0. Without any treatment this shows how much of the plaque hangs on it; from the
last dose of a drug on, whether the relapse does. Relapse is the loss of half of the largest improvement,
in patients who had reached PASI50 by the last dose; weeks run from there. Left out: what a real inhibitor
cannot do, which is to remove a node whole and at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from koebner.analysis.influence import weeks_to_half
from koebner.analysis.masking import FREE, Hold, held_solution
from koebner.disease.nodes import node
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.kinetics import Model
from koebner.patients import Cohort, Patient
from koebner.solver import Status
from koebner.therapies import Therapy, load
from koebner.units import DAYS_PER_WEEK

Array = NDArray[np.float64]

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType({"IL17": ("IL17A", "IL17F")})
"""Nodes that are removed together under one name; any others may be joined as in `TNF+IL23`."""

WEEKS = (16, 52)
"""When PASI without treatment is reported."""

COURSE_WEEKS = 28.0
FOLLOW_UP_WEEKS = 208.0

Relapse = Literal["within follow-up", "beyond follow-up", "nobody at risk", "not computed"]
"""What the median time to relapse is, where it may be no number."""

_SIGNS = ("Vessel", "Parakeratosis")
_GROWING = (Status.DIVERGED, Status.NOT_FINITE)

# Patients of whom a removal is worth asking have a plaque that stays.
_DRIFT = 0.01
_PASI50 = 0.5
# A median and the range of 90 % of the patients, by order, as a relapse may be infinitely far.
_QUANTILES = {"": 0.5, "_low": 0.05, "_high": 0.95}

ABSENT = "absent from the plaque until a dose brings it"
TISSUE = "the skin itself, which cannot be without it; remove KC, what drives it"
SIGN = "a sign that the score itself counts; remove VEGF or KC, what drives it"
UNBOUNDED = "without it the inflammation grows without bound in this model"
NOT_COMPUTED = "without it the course could not be computed"
NO_RESPONDER = "no patient reached PASI50 by the last dose, so none can relapse"


@dataclass(frozen=True, kw_only=True)
class _Courses:
    """PASI relative to baseline, `(n_targets + 1, n_patients, n_weeks)`, and how each course ended."""

    pasi: Array
    status: NDArray[np.int64]


def knockout(
    model: Model,
    targets: Iterable[str],
    *,
    patients: Patient | Cohort | None = None,
    drug: str = "guselkumab",
    follow_up_weeks: float = FOLLOW_UP_WEEKS,
) -> pd.DataFrame:
    """Remove nodes one after the other and return what becomes of the plaque.

    The first row is the target whose removal changes PASI at week 52 most.

    Parameters
    ----------
    model
        A disease model that starts at the plaque.
    targets
        States; groups of `GROUPS`; or several joined by a plus sign, removed together.
    patients
        The same for every target; the typical patient with a PASI of 20 when left out.
    drug
        Therapy of the catalogue, given for 28 weeks; its last dose is where the node is removed.
    follow_up_weeks
        How long a relapse is waited for after the last dose [weeks].

    Returns
    -------
    pandas.DataFrame
        One row a target, by target: `states`; `pasi_week_16` and `pasi_week_52` relative to baseline
        without treatment; `relapse_weeks` with the node removed at the last dose, infinite where none
        comes within the follow-up, beside `relapse_weeks_untouched`; each the median of the patients,
        with `_low` and `_high` of the middle 90 %. `relapse` says what its median is: "within
        follow-up", "beyond follow-up" (infinite), "nobody at risk" or "not computed". `rank_pasi`, the
        order of the rows, is by the change of PASI at week 52, `rank_relapse` by that of the time to
        relapse; `note` says why a number is absent or infinite.

    Raises
    ------
    UnknownNameError
        No such node or drug; the closest names are offered.
    InvalidValueError
        A target is computed by a rule, the plaque of the model does not stay by itself, or the drug has
        no doses.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> table = knockout(load_model(), ["IL6", "IL17A"])
    >>> table.index.tolist()
    ['IL17A', 'IL6']
    """
    removed = {target: states_of(model, target) for target in dict.fromkeys(targets)}
    if not removed:
        raise InvalidValueError("no target was given; expected one or more nodes, such as IL17A.")
    whom = Patient(pasi=20) if patients is None else patients
    cohort = whom.cohort() if isinstance(whom, Patient) else whom
    rows: dict[str, dict[str, object]] = {
        target: {"states": states, "relapse": "not computed", "note": _part_of_skin(model, states)}
        for target, states in removed.items()
    }
    sensible = {target: states for target, states in removed.items() if not rows[target]["note"]}
    held, therapy = list(sensible.values()), _course(drug)
    untreated = _courses(model, held, cohort, np.array(WEEKS, dtype=float))
    _check_lasting(model, untreated)
    last = therapy.last_dose_week(COURSE_WEEKS) or 0.0
    weeks = np.arange(0.0, last + follow_up_weeks + 0.5)
    treated = _courses(model, held, cohort, weeks, from_week=last, therapy=therapy)
    relapses = np.array([_until_relapse(course, weeks, last) for course in treated.pasi])
    for i, (target, states) in enumerate(sensible.items(), 1):
        measured = {f"pasi_week_{week}": untreated.pasi[i, :, k] for k, week in enumerate(WEEKS)}
        measured |= {"relapse_weeks": relapses[i], "relapse_weeks_untouched": relapses[0]}
        status = np.array([untreated.status[i], treated.status[0], treated.status[i]])
        notes = _notes(status, relapses[[0, i]], follow_up_weeks)
        absent = (ABSENT,) if _is_absent(model, states) else ()
        rows[target] |= _summary(measured)
        rows[target] |= {"relapse": _relapse(relapses[[0, i]]), "note": "; ".join((*absent, *notes))}
    return _ranked(pd.DataFrame.from_dict(rows, orient="index").rename_axis("target"))


def removable(model: Model) -> tuple[str, ...]:
    """Return the nodes of a plaque whose removal can be asked: cells and molecules that are there."""
    return tuple(
        state
        for state in model.states
        if node(state).kind in ("cell", "molecule")
        and not _part_of_skin(model, (state,))
        and not _is_absent(model, (state,))
    )


def states_of(model: Model, target: str) -> tuple[str, ...]:
    """Return the states that a target stands for.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> states_of(load_model(), "IL17+TNF")
    ('IL17A', 'IL17F', 'TNF')
    """
    names = [name for part in target.split("+") for name in GROUPS.get(part.strip(), (part.strip(),))]
    for name in names:
        if name in model.assigned:
            way = "; choose the option cytokines=dynamic" if name in model.species else ""
            raise InvalidValueError(
                f"node `{name}` was given, which a rule computes in `{model.id}`; expected a state{way}."
            )
        if name not in model.states:
            raise UnknownNameError(
                "node", name, [*model.states, *GROUPS], hint="List them with `koebner model show`."
            )
    return tuple(dict.fromkeys(names))


def _is_tissue(model: Model, states: Sequence[str]) -> bool:
    """Whether a state is a count of cells, of which healthy skin has its own, not a share of the lesion."""
    return any(state in model.initial_assignments for state in states)


def _part_of_skin(model: Model, states: Sequence[str]) -> str:
    """Return why the removal of states has no sensible numbers, empty where it has."""
    if _is_tissue(model, states):
        return TISSUE
    return SIGN if set(states) & set(_SIGNS) else ""


def _is_absent(model: Model, states: Sequence[str]) -> bool:
    return all(model.species[state].initial == 0 and not _is_tissue(model, (state,)) for state in states)


def _courses(
    model: Model,
    removed: Sequence[tuple[str, ...]],
    cohort: Cohort,
    weeks: Array,
    *,
    from_week: float = 0.0,
    therapy: Therapy | None = None,
) -> _Courses:
    """Return the courses without removal, then with each."""
    day = from_week * DAYS_PER_WEEK
    holds = [FREE, *(Hold(states=states, day=day, removed=True) for states in removed)]
    solution = held_solution(
        model, holds, cohort, days=weeks * DAYS_PER_WEEK, outputs=["PASI_relative"], therapy=therapy
    )
    shape = (len(holds), len(cohort))
    pasi = solution.column("PASI_relative").reshape(*shape, weeks.size)
    return _Courses(pasi=pasi, status=solution.status.reshape(shape))


def _check_lasting(model: Model, untreated: _Courses) -> None:
    drift = np.max(np.abs(untreated.pasi[0] - 1))
    if not drift < _DRIFT:
        raise InvalidValueError(
            f"`{model.id}` was given, whose plaque changes by {drift:.0%} within {WEEKS[-1]} weeks without "
            "any removal; expected a model that starts at a lasting plaque, such as `human_plaque`."
        )


def _course(drug: str) -> Therapy:
    therapy = load(drug)
    if not therapy.is_dosed:
        raise InvalidValueError(f"drug `{drug}` was given, which has no doses; expected one that is given.")
    return therapy.stop(week=COURSE_WEEKS)


def _until_relapse(course: Array, weeks: Array, last_dose: float) -> Array:
    """Return weeks from the last dose; infinite where half is never lost, NaN where not at risk."""
    found = weeks_to_half(course, weeks, last_dose)
    found[found >= weeks[-1] - last_dose] = np.inf
    found[course[:, weeks <= last_dose].min(axis=1) > _PASI50] = np.nan
    return found


def _summary(measured: Mapping[str, Array]) -> dict[str, float]:
    return {
        name + ending: _quantile(values, share)
        for name, values in measured.items()
        for ending, share in _QUANTILES.items()
    }


def _quantile(values: Array, share: float) -> float:
    known = np.sort(values[~np.isnan(values)])
    return float(known[int(np.ceil(share * known.size)) - 1]) if known.size else float("nan")


def _relapse(relapses: Array) -> Relapse:
    """Return what the median time to relapse is; `relapses` without and with the removal."""
    if np.isnan(relapses[0]).all():
        return "nobody at risk"
    middle = _quantile(relapses[1], 0.5)
    if np.isnan(middle):
        return "not computed"
    return "beyond follow-up" if np.isinf(middle) else "within follow-up"


def _notes(status: NDArray[np.int64], relapses: Array, follow_up: float) -> tuple[str, ...]:
    """Return why numbers are absent or infinite.

    `status` is that of each course of a patient, `relapses` are without and with the removal.
    """
    grows = np.isin(status, _GROWING).any(axis=0)
    failed = ~np.isin(status, [known for known in Status if known.succeeded]).all(axis=0) & ~grows
    at_risk = ~np.isnan(relapses[0])
    lasting = int(np.isinf(relapses[1]).sum())
    notes = {
        f"{UNBOUNDED} ({grows.sum()} of {grows.size} patients, left out)": grows.any(),
        f"{NOT_COMPUTED} ({failed.sum()} of {failed.size} patients, left out)": failed.any(),
        NO_RESPONDER: not at_risk.any() and not failed.all() and not grows.all(),
        f"no relapse within {follow_up:g} weeks in {lasting} of {at_risk.sum()}": lasting > 0,
    }
    return tuple(note for note, holds in notes.items() if holds)


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order of `rank_pasi`; those without numbers last."""
    if "pasi_week_52" not in table:
        return table
    with_it, without = table["relapse_weeks_untouched"], table["relapse_weeks"]
    changes = {
        "rank_pasi": (table["pasi_week_52"] - 1).abs(),
        "rank_relapse": (without - with_it).abs().mask(without == with_it, 0.0),
    }
    for name, change in changes.items():
        table[name] = change.rank(ascending=False, method="min").astype("Int64")
    return table.sort_values("rank_pasi", kind="stable", na_position="last")
