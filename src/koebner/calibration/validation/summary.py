"""Counts, errors and comparators of a validation, ready for JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from koebner.calibration.protocol import Protocol
from koebner.calibration.validation.comparators import Comparator, compared
from koebner.calibration.validation.results import JudgedArm, JudgedFigure
from koebner.calibration.validation.rows import AskedArm
from koebner.calibration.validation.scores import main_rows, order_of, score

COMPARATORS: tuple[Comparator, ...] = ("copy another trial", "class mean", "phase-2 value carried over")


def summary_of(
    arms: Sequence[JudgedArm],
    withdrawal: Sequence[JudgedFigure],
    *,
    known: Sequence[AskedArm],
    protocol: Protocol,
) -> dict[str, Any]:
    """Return counts, errors and comparators of all rows, ready for JSON; rows the fit met are in `all`.

    Parameters
    ----------
    arms, withdrawal
        The answers.
    known, protocol
        As of `marks_of`.
    """
    least = protocol.marks.tolerance
    active = [row for row in arms if row.asked.role != "placebo"]
    held_out = [row for row in active if not row.met]
    groups: dict[str, Sequence[JudgedArm]] = {
        "PASI75 and PASI90 at weeks 10 to 16": main_rows(arms),
        "PASI75 and PASI90 at weeks 10 to 16, held out": main_rows(held_out),
        "all": active,
        "all, held out": held_out,
        "PASI100": [row for row in active if row.asked.endpoint == "PASI100"],
        "placebo": [row for row in arms if row.asked.role == "placebo"],
        **{
            role: [row for row in arms if row.asked.role == role]
            for role in ("fitted", "anchor", "tier 1", "tier 2")
        },
    }
    order = order_of(arms)
    finite = [row for row in withdrawal if np.isfinite(row.predicted.mean)]
    return {
        "scores": {name: asdict(score(rows, least)) for name, rows in groups.items()},
        "means": _means(arms),
        "order": {
            "observed": dict(order.observed),
            "predicted": dict(order.predicted),
            "spearman": order.spearman,
            "drugs": order.drugs,
        },
        "comparators": [
            asdict(found)
            for comparator in COMPARATORS
            if (found := compared(comparator, main_rows(arms), known, protocol)) is not None
        ],
        "withdrawal": {
            "figures": len(withdrawal),
            "not_reached": len(withdrawal) - len(finite),
            "inside": sum(row.inside for row in withdrawal),
        },
    }


def _means(arms: Sequence[JudgedArm]) -> dict[str, dict[str, float]]:
    found: dict[str, list[JudgedArm]] = {}
    for row in arms:
        if not row.asked.is_rate:
            found.setdefault(row.asked.endpoint, []).append(row)
    return {
        endpoint: {
            "rows": len(rows),
            "error": float(np.mean([abs(row.error) for row in rows])),
            "bias": float(np.mean([row.error for row in rows])),
            "coverage": 100.0 * float(np.mean([row.inside for row in rows])),
        }
        for endpoint, rows in found.items()
    }
