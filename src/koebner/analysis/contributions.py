"""What each of many targets contributes to a therapy: how much is lost when it cannot be acted through.

A target that is switched off stands still, as it is in the lesion, from the first day on. Its contribution
is the share of the improvement of PASI that is then lost, in the same patients. Shares of several targets
need not sum to 1: what stands in series is counted at each step, what can stand in for another at none.
No effective number of targets is derived from them, as a chain of three would count as three. Left out:
placebo response, dropout and the noise of visits, and retreatment by a rule.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from koebner.analysis.masking import FREE, Hold, held_courses
from koebner.analysis.targets import Target, load_targets, target
from koebner.errors import InvalidValueError, SolverError
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.populations import draw_parameters, draw_patients
from koebner.simulation import LONGEST_WEEKS
from koebner.therapies import Therapy
from koebner.therapies.source_comparison import NOT_DISTINGUISHABLE, distinguishable
from koebner.trials.statistics import draw_range
from koebner.units import DAYS_PER_WEEK

Array = NDArray[np.float64]

WEEKS = (12.0, 52.0)
"""When the improvement is divided: the early and the late effect."""

DRAWS = 20
TOGETHER = "all together"
SUM = "sum of single shares"

LEAST = 0.05
"""Improvement, as a share of baseline, below which its parts are ratios of small numbers: not defined."""

# A range over fewer of the draws than this share would be that of the lucky ones.
_ENOUGH_DRAWS = 0.5
_NO_RANGE = MappingProxyType({"lower_90": np.nan, "upper_90": np.nan})

EXPLORATORY = "exploratory: rests on 2 to 17 uncontrolled patients"
OTHER_DOSES = "they are given at different doses or weeks, so this says nothing of the source"
NOT_ASSESSED = "range not assessed: published numbers hold both"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What targets contribute to therapies, and how the therapies compare.

    Attributes
    ----------
    therapies
        What was compared, in the order given.
    targets
        What was switched off, by name.
    improvement
        `therapy`, `week`, `improvement` of PASI as a share of baseline, `lower_90` and `upper_90` over the
        draws; empty of a range where one published number holds the potency of the therapy.
    contributions
        `therapy`, `target`, `week`, `improvement`, `improvement_off` with the target off, `share` lost,
        `lower_90` and `upper_90`, `defined_draws`, and a `note` where not all draws define it. With
        several targets, also all of them together, and the sum of the single shares.
    differences
        `therapy` minus `other` at each `week`: `difference` of improvement, `lower_90`, `upper_90`, `note`.
    draws
        How many draws of the uncertain parameters the ranges are of.
    n_failed
        Patients, counted in every draw and therapy, that could not be simulated and are left out.
    """

    therapies: tuple[Therapy, ...]
    targets: Mapping[str, Target]
    improvement: pd.DataFrame
    contributions: pd.DataFrame
    differences: pd.DataFrame
    draws: int
    n_failed: int


def compare_targets(
    model: Model,
    therapies: Sequence[Therapy],
    off: Sequence[str] | None = None,
    *,
    cohort: Cohort,
    weeks: Sequence[float] = WEEKS,
    draws: int = DRAWS,
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Switch targets off one by one, and all together, and compare what therapies then achieve.

    Parameters
    ----------
    model
        A disease model that starts at the plaque.
    therapies
        What is compared, in the same patients.
    off
        Names of `load_targets()` or states of the model; all named targets when left out.
    cohort
        The patients.
    weeks
        When the improvement is divided [weeks].
    draws
        How often the parameters are drawn anew; 0 for no ranges.
    seed
        Of the draws.
    progress
        Called with 1 after each draw of each therapy.

    Raises
    ------
    UnknownNameError
        No such target; the closest names are offered.
    InvalidValueError
        No therapy or the same twice, no target, weeks that are not above 0, a negative number of draws.
    SolverError
        Under a therapy no patient could be simulated with all targets off in turn.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> from koebner.patients import Patient
    >>> from koebner.therapies import load
    >>> one = Patient(pasi=20).cohort()
    >>> found = compare_targets(load_model(), [load("uc_msc")], ["treg"], cohort=one, weeks=[12], draws=0)
    >>> bool(found.contributions.loc[0, "share"] > 0.2)
    True
    """
    names = tuple(dict.fromkeys(load_targets() if off is None else off))
    at = tuple(sorted(set(weeks)))
    _check(therapies, names, at, draws)
    targets = {name: target(model, name) for name in names}
    holds = _holds(targets)
    improvements = []
    n_failed = 0
    for therapy in therapies:
        of_therapy = []
        for draw in range(draws + 1):
            drawn = draw_parameters(model, seed, draw)
            found, failed = _improvement(
                drawn, therapy.drawn(seed, draw), holds, draw_patients(cohort, draw), at
            )
            of_therapy.append(found)
            n_failed += failed
            if progress is not None:
                progress(1)
        if np.isnan(of_therapy[0]).any():
            raise SolverError(
                f"under {therapy.name} no patient could be simulated with each target off.",
                failures=dict.fromkeys(
                    cohort.patients.tolist(), "a course with a target off could not be integrated"
                ),
            )
        improvements.append(np.array(of_therapy))
    return Comparison(
        therapies=tuple(therapies),
        targets=MappingProxyType(targets),
        improvement=_improvement_table(therapies, improvements, at),
        contributions=_contribution_table(therapies, improvements, at, names),
        differences=_difference_table(therapies, improvements, at),
        draws=draws,
        n_failed=n_failed,
    )


def of_cells(therapy: Therapy) -> bool:
    """Whether nothing but cell products is given."""
    return therapy.kinds == ("cell product",)


def _check(therapies: Sequence[Therapy], names: Sequence[str], weeks: Sequence[float], draws: int) -> None:
    ids = [therapy.id for therapy in therapies]
    twice = [name for name in ids if ids.count(name) > 1]
    if not ids or twice:
        given = f"therapy `{twice[0]}` was given twice" if twice else "no therapy was given"
        raise InvalidValueError(f"{given}; expected different ones.")
    if not names:
        raise InvalidValueError(f"no target was given; expected some of {', '.join(load_targets())}.")
    if not weeks or not (weeks[0] > 0 and weeks[-1] <= LONGEST_WEEKS):
        raise InvalidValueError(
            f"weeks {', '.join(f'{week:g}' for week in weeks) or 'none'} were given; expected above 0 and at "
            f"most {LONGEST_WEEKS:g}."
        )
    if draws < 0:
        raise InvalidValueError(f"{draws} draws were given; expected 0 or more.")


def _holds(targets: Mapping[str, Target]) -> list[Hold]:
    """Return what is held: nothing, each target, and where there are several all of them."""
    single = [Hold(states=each.states) for each in targets.values()]
    union = tuple(dict.fromkeys(state for each in targets.values() for state in each.states))
    return [FREE, *single, *([Hold(states=union)] if len(single) > 1 else [])]


def _improvement(
    model: Model, therapy: Therapy, holds: Sequence[Hold], cohort: Cohort, weeks: Sequence[float]
) -> tuple[Array, int]:
    """Return the mean improvement under each hold, `(n_holds, n_weeks)`, and how many patients failed."""
    pasi = held_courses(
        model,
        holds,
        cohort,
        days=np.array(weeks) * DAYS_PER_WEEK,
        outputs=["PASI_relative"],
        therapy=therapy,
        on_failure="keep",
    )[..., 0]
    # The same patients under every hold: whoever fails once is left out of all.
    known = np.isfinite(pasi).all(axis=(0, 2))
    if not known.any():
        return np.full((len(holds), len(weeks)), np.nan), len(cohort)
    return 1 - pasi[:, known].mean(axis=1), int((~known).sum())


def _improvement_table(
    therapies: Sequence[Therapy], improvements: Sequence[Array], weeks: Sequence[float]
) -> pd.DataFrame:
    rows = []
    for therapy, found in zip(therapies, improvements, strict=True):
        for k, week in enumerate(weeks):
            lower, upper = (np.nan, np.nan) if therapy.held else draw_range(found[1:, 0, k])
            own = {"therapy": therapy.id, "week": week, "improvement": found[0, 0, k]}
            rows.append({**own, "lower_90": lower, "upper_90": upper})
    return pd.DataFrame(rows)


def _contribution_table(
    therapies: Sequence[Therapy], improvements: Sequence[Array], weeks: Sequence[float], names: Sequence[str]
) -> pd.DataFrame:
    several = [TOGETHER, SUM] if len(names) > 1 else []
    rows = []
    for therapy, found in zip(therapies, improvements, strict=True):
        shares = _shares(found, len(names))
        for i, name in enumerate([*names, *several]):
            for k, week in enumerate(weeks):
                whole, left = found[0, 0, k], np.nan if name == SUM else found[0, i + 1, k]
                own = {"therapy": therapy.id, "target": name, "week": week}
                told = {"improvement": whole, "improvement_off": left, **_share(shares[:, i, k], whole)}
                rows.append({**own, **told})
    return pd.DataFrame(rows)


def _shares(found: Array, n_targets: int) -> Array:
    """Return the shares lost under each hold and, for several targets, the sum of the single ones."""
    whole = found[:, :1]
    shares = 1 - found[:, 1:] / np.where(whole >= LEAST, whole, np.nan)
    total = shares[:, :n_targets].sum(axis=1, keepdims=True)
    return np.concatenate([shares, total], axis=1) if n_targets > 1 else np.asarray(shares)


def _share(draws: Array, improvement: float) -> dict[str, object]:
    """Return a share with its range over the draws, the first of which is the central one."""
    defined = int(np.isfinite(draws[1:]).sum())
    told = {"share": draws[0], "defined_draws": defined}
    if np.isnan(draws[0]):
        note = f"not defined: improvement {100 * improvement:.1f} %, below {100 * LEAST:g} %"
        return {**told, **_NO_RANGE, "note": note}
    if defined < _ENOUGH_DRAWS * (len(draws) - 1):
        note = f"no range: improvement at least {100 * LEAST:g} % in {defined} of {len(draws) - 1} draws"
        return {**told, **_NO_RANGE, "note": note}
    lower, upper = draw_range(draws[1:])
    note = "" if defined == len(draws) - 1 else f"range of {defined} of {len(draws) - 1} draws"
    return {**told, "lower_90": lower, "upper_90": upper, "note": note}


def _difference_table(
    therapies: Sequence[Therapy], improvements: Sequence[Array], weeks: Sequence[float]
) -> pd.DataFrame:
    rows = []
    for i, j in combinations(range(len(therapies)), 2):
        one, other = therapies[i], therapies[j]
        for k, week in enumerate(weeks):
            apart = improvements[i][:, 0, k] - improvements[j][:, 0, k]
            both_held = one.held and other.held
            lower, upper = (np.nan, np.nan) if both_held else draw_range(apart[1:])
            note = NOT_ASSESSED if both_held else ""
            if of_cells(one) and of_cells(other):
                note = _of_sources(one, other, lower, upper, weeks[-1])
            own = {"therapy": one.id, "other": other.id, "week": week, "difference": apart[0]}
            rows.append({**own, "lower_90": lower, "upper_90": upper, "note": note})
    columns = ["therapy", "other", "week", "difference", "lower_90", "upper_90", "note"]
    return pd.DataFrame(rows, columns=columns)


def _of_sources(one: Therapy, other: Therapy, lower: float, upper: float, until_week: float) -> str:
    """Return what may be said of two cell products; a dose is not to be taken for a source."""
    words = distinguishable(100 * lower, 100 * upper)
    if words != NOT_DISTINGUISHABLE and _given(one, until_week) != _given(other, until_week):
        return f"{words}; {OTHER_DOSES}"
    return words


def _given(therapy: Therapy, until_week: float) -> list[tuple[object, ...]]:
    routes = [(agent.regimen.unit, agent.regimen.route) for agent in therapy.agents if agent.regimen]
    return [*routes, *((dose.week, dose.amount) for dose in therapy.doses(until_week))]
