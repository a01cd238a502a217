"""The marks of the protocol: what a validation must reach, what it reached, and on how many rows.

A mark that no row is for, or whose rows the fit has met, is not judged: `passed` is None. Rows from memory
decide nothing. What is only reported stands in the same table, with "reported" as what is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from koebner.calibration.fitting.figures import Data
from koebner.calibration.light.checks import PredictorScore
from koebner.calibration.protocol import Marks, Protocol
from koebner.calibration.validation.comparators import Comparator, Compared, compared
from koebner.calibration.validation.mark import (
    REPORTED,
    Mark,
    at_least,
    at_most,
    judged_mark,
    reported,
    unjudged,
)
from koebner.calibration.validation.other_marks import after_one_year, light_marks, medians
from koebner.calibration.validation.results import JudgedArm, JudgedFigure, Untreated
from koebner.calibration.validation.rows import AskedArm
from koebner.calibration.validation.scores import (
    MAIN_ENDPOINTS,
    ORDERED,
    Score,
    in_order,
    main_rows,
    near_by_sampling,
    order_of,
    score,
)


@dataclass(frozen=True, kw_only=True)
class _Judge:
    """The rows that may decide, those of open trials that they are compared with, and what is needed.

    Rows may decide that no fit has met and that are not from memory.
    """

    unmet: Sequence[JudgedArm]
    known: Sequence[AskedArm]
    protocol: Protocol

    @property
    def limits(self) -> Marks:
        return self.protocol.marks

    def held_out(self, *roles: str) -> list[JudgedArm]:
        """Return rows of some roles."""
        return [row for row in self.unmet if row.asked.role in roles]

    def main(self, *roles: str) -> list[JudgedArm]:
        """Return the PASI75 and PASI90 of some roles."""
        return [row for row in self.held_out(*roles) if row.asked.endpoint in MAIN_ENDPOINTS]

    def score(self, rows: Sequence[JudgedArm]) -> Score:
        return score(rows, self.limits.tolerance)

    def compared(self, comparator: Comparator, rows: Sequence[JudgedArm]) -> Compared | None:
        return compared(comparator, rows, self.known, self.protocol)


def marks_of(
    arms: Sequence[JudgedArm],
    withdrawal: Sequence[JudgedFigure],
    untreated: Untreated,
    *,
    known: Sequence[AskedArm],
    protocol: Protocol,
    data: Data,
    of_files: bool = False,
    light: Sequence[PredictorScore] = (),
) -> tuple[Mark, ...]:
    """Return every mark of the protocol.

    Parameters
    ----------
    arms, withdrawal
        The answers.
    untreated
        How far the untreated move.
    known
        Rows of open trials, for the comparators.
    protocol
        What must be reached.
    data
        What the ensemble was fitted to: the tiers judge a fit to the data of the protocol, and trials
        kept back a fit to all open ones.
    of_files
        Whether the rows are of a user's files, as those of trials kept back are.
    light
        How predictors fare on patients under light left out.
    """
    judge = _Judge(
        unmet=[row for row in arms if not row.met and not row.asked.from_memory],
        known=known,
        protocol=protocol,
    )
    tiers = (*_tier_1(judge), *_tier_2(judge), *_by_affinity(judge))
    return (
        *(_kept_back(judge) if of_files and data == "open" else ()),
        *(tiers if data == "protocol" else map(reported, tiers)),
        _complete_clearance(judge),
        _placebo(judge),
        *_untreated(untreated, judge.limits),
        _coverage(judge),
        _order(judge),
        medians(withdrawal, judge.limits),
        after_one_year(withdrawal, judge.limits),
        *light_marks(light, judge.limits),
    )


def _kept_back(judge: _Judge) -> tuple[Mark, ...]:
    rows = main_rows(judge.unmet)
    found = judge.score(rows)
    where = "PASI75 and PASI90 at weeks 10 to 16"
    return (
        at_most(f"{where}: error", judge.limits.kept_back_error, found.error, found.rows),
        at_least(f"{where}: within", judge.limits.kept_back_within, found.within, found.rows),
    )


def _tier_1(judge: _Judge) -> tuple[Mark, ...]:
    rows = judge.main("tier 1")
    found = judge.compared("copy another trial", rows)
    names = ("tier 1: error against copying another trial", "tier 1: within against copying another trial")
    if found is None:
        return tuple(unjudged(name, "no held-out row with another trial to copy") for name in names)
    note = f"copying errs by {found.error:.1f} points, {found.within:.0f} % within"
    error = found.error + judge.limits.fitted_error_margin
    within = found.within - judge.limits.fitted_coverage_margin
    return (
        at_most(names[0], error, found.model_error, found.rows, note=note),
        at_least(names[1], within, found.model_within, found.rows, note=note),
    )


def _tier_2(judge: _Judge) -> tuple[Mark, ...]:
    rows = judge.main("tier 2")
    seen = [row for row in rows if row.asked.seen]
    unseen = [row for row in rows if not row.asked.seen]
    marks = _tier_2_of(judge, rows, "tier 2")
    apart = (
        *_tier_2_of(judge, unseen, "tier 2, never seen"),
        *_tier_2_of(judge, seen, "tier 2, seen before"),
    )
    return (*marks, *(reported(mark) for mark in apart))


def _tier_2_of(judge: _Judge, rows: Sequence[JudgedArm], name: str) -> tuple[Mark, ...]:
    limits = judge.limits
    found = judge.score(rows)
    mean = judge.compared("class mean", rows)
    carried = judge.compared("phase-2 value carried over", rows)
    return (
        at_most(f"{name}: error", limits.unseen_error, found.error, found.rows, note=_bias(found)),
        at_least(f"{name}: within", limits.unseen_within, found.within, found.rows),
        _better(f"{name}: error against the class mean", mean, limits.unseen_better_than_class),
        _better(f"{name}: error against the phase-2 value carried over", carried, 0.0),
    )


def _better(name: str, found: Compared | None, margin: float) -> Mark:
    if found is None:
        return unjudged(name, "no row with that comparator")
    note = (
        f"the comparator errs by {found.error:.1f} points, {found.within:.0f} % within; "
        f"the model {found.model_within:.0f} %"
    )
    if margin:
        return at_most(name, found.error - margin, found.model_error, found.rows, note=note)
    return Mark(
        mark=name,
        needed=f"below {found.error:.1f} points",
        reached=found.model_error,
        passed=found.model_error < found.error,
        rows=found.rows,
        note=note,
    )


def _by_affinity(judge: _Judge) -> tuple[Mark, ...]:
    rows = [row for row in judge.main("tier 2") if row.affinity is not None]
    name = "tier 2: error from in-vitro affinity alone"
    if not rows:
        return (reported(unjudged(name, "no such row")),)
    alone = judge.score([row.saying(row.affinity) for row in rows if row.affinity is not None])
    anchored = judge.score(rows)
    note = f"{alone.within:.0f} % within; anchored {anchored.error:.1f} points, {anchored.within:.0f} %"
    return (Mark(mark=name, needed=REPORTED, reached=alone.error, passed=None, rows=alone.rows, note=note),)


def _complete_clearance(judge: _Judge) -> Mark:
    rows = [row for row in judge.held_out("tier 1", "tier 2") if row.asked.endpoint == "PASI100"]
    found = judge.score(rows)
    return at_most("PASI100: error", judge.limits.PASI100_error, found.error, found.rows, note=_bias(found))


def _placebo(judge: _Judge) -> Mark:
    rows = [row for row in judge.held_out("placebo") if row.asked.is_rate]
    points = judge.limits.placebo_points
    near = 100.0 * float(np.mean([abs(row.error) <= points for row in rows])) if rows else float("nan")
    found = judge.score(rows)
    note = ""
    if rows:
        unsized = judge.protocol.likelihood.n_unknown
        known = 100.0 * float(np.mean([near_by_sampling(row, points, n_unknown=unsized) for row in rows]))
        note = (
            f"error {found.error:.1f} points, bias {found.bias:+.1f}; a model that knew the true rate of "
            f"every arm would bring {known:.0f} % within, by the sampling of its patients"
        )
    return at_least(
        f"placebo: rows within {points:g} points", judge.limits.placebo_within, near, len(rows), note=note
    )


def _untreated(untreated: Untreated, limits: Marks) -> tuple[Mark, ...]:
    marks = (
        ("untreated: largest drift of mean PASI in two years", untreated.drift),
        ("untreated, injured once: distance from baseline after two years", untreated.injured),
    )
    return tuple(at_most(name, limits.untreated_drift, 100 * drift, 1, unit="%") for name, drift in marks)


def _coverage(judge: _Judge) -> Mark:
    found = judge.score(judge.held_out("tier 1", "tier 2", "other"))
    low, high = judge.limits.interval_low, judge.limits.interval_high
    name, needed, fewest = "90 % intervals: rows inside", f"{low:g} to {high:g} %", judge.limits.interval_rows
    if 0 < found.rows < fewest:
        return unjudged(name, f"rows found: {found.rows}; at least {fewest} decide", needed=needed)
    placebo = judge.score(judge.held_out("placebo"))
    return judged_mark(
        name,
        needed,
        found.coverage,
        found.rows,
        passes=lambda reached: low <= reached <= high,
        note=f"placebo {placebo.coverage:.0f} %" if placebo.rows else "",
    )


def _order(judge: _Judge) -> Mark:
    order = order_of(judge.held_out("tier 1", "tier 2", "other"))
    name = "order of classes in PASI90 at weeks 12 to 16"
    needed = "IL-17 and IL-23 above TNF above orals"
    if len(order.observed) < 2:
        return unjudged(name, "fewer than two classes", needed=needed)
    means = ", ".join(
        f"{n} {order.observed[n]:.0f} / {order.predicted[n]:.0f}" for n in ORDERED if n in order.observed
    )
    rank = (
        ""
        if np.isnan(order.spearman)
        else f"; rank correlation over {order.drugs} drugs {order.spearman:.2f}"
    )
    right = in_order(order.predicted)
    return Mark(
        mark=name,
        needed=needed,
        reached=None,
        passed=right if in_order(order.observed) else None,
        rows=order.rows,
        note=f"observed / predicted: {means}{rank}",
    )


def _bias(found: Score) -> str:
    return f"bias {found.bias:+.1f} points" if found.rows else ""
