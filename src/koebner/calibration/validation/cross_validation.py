"""Trials left out: the fit again without each fold of the trials, and what it then says of them.

A fit to all open data has met every open trial, so that nothing there is left to judge it by. Fitted again
without a fifth of the trials, it is asked for those; every trial is left out once. Beside each prediction
stands what the other trials of the same drug and doses found, without a model.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from koebner.calibration.fitting.checkpoint import once
from koebner.calibration.fitting.figures import Data
from koebner.calibration.fitting.fit import Fitting, Member, refitted
from koebner.calibration.validation.comparators import copies
from koebner.calibration.validation.judging import met_rows
from koebner.calibration.validation.rates import rates_of
from koebner.calibration.validation.results import tolerance
from koebner.calibration.validation.rows import AskedArm, asked_of, open_rows
from koebner.fits import potency_name
from koebner.randomness import stream

COLUMNS = (
    *("fold", "study", "arm", "therapy", "week", "endpoint", "n"),
    *("observed", "predicted", "copied", "tolerance"),
)


def cross_validate(
    fitting: Fitting,
    central: Member,
    data: Data,
    *,
    folds: int,
    checkpoints: Path | None = None,
    done: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Fit again without each fold of the trials, and predict the rates that were left out.

    Parameters
    ----------
    fitting
        What the fit met.
    central
        The central fit, from which each search begins.
    data
        Name of what it met.
    folds
        Into how many parts the trials are cut, at random.
    checkpoints
        Folder in which each finished fold is kept; nothing is kept without one.
    done
        Called after each fold.

    Returns
    -------
    DataFrame
        A row for each responder rate of an active arm that the fit met: fold, study, arm, therapy, week,
        endpoint, n, observed, predicted and copied [percent], tolerance [points]. `predicted` is NaN where
        the trials that stayed say nothing of the drug, `copied` (mean of the other trials) where none of
        them had the same doses.
    """
    protocol = fitting.protocol
    met = met_rows(protocol, data)
    rows = [
        row
        for row in asked_of(open_rows(protocol))
        if (row.study, row.label, row.week, row.endpoint) in met and row.role != "placebo"
    ]
    answered: list[dict[str, object]] = []
    for fold, studies in enumerate(parts([row.study for row in rows], folds, protocol.seed)):
        file = None if checkpoints is None else checkpoints / f"fold-{fold}.json"
        found = once(file, partial(_predicted, fitting, central, rows, studies))
        answered += [{"fold": fold, **row} for row in found]
        done()
    return pd.DataFrame(answered, columns=list(COLUMNS))


def parts(studies: Collection[str], folds: int, seed: int) -> tuple[frozenset[str], ...]:
    """Return the studies cut at random into parts whose sizes differ by one at most.

    Examples
    --------
    >>> sorted(len(part) for part in parts("abcde", 2, seed=1))
    [2, 3]
    """
    names = np.array(sorted(set(studies)))
    mixed = stream(seed, 0, "trials left out").permutation(names)
    return tuple(frozenset(mixed[first::folds].tolist()) for first in range(folds))


def _predicted(
    fitting: Fitting, central: Member, rows: Collection[AskedArm], studies: Collection[str]
) -> list[dict[str, object]]:
    """Return the rows of some studies, as a fit without those studies has them."""
    remaining = replace(fitting, figures=fitting.figures.without(studies))
    values, _ = refitted(remaining, central)
    known = [row for row in rows if row.study not in studies]
    return list(_told(fitting, values, [row for row in rows if row.study in studies], known))


def _told(
    fitting: Fitting, values: dict[str, float], rows: Collection[AskedArm], known: Collection[AskedArm]
) -> Iterator[dict[str, object]]:
    asked = [row for row in rows if potency_name(row.therapy_id) in values]
    told = dict(
        zip(
            (row.id for row in asked),
            rates_of(values, asked, model=fitting.model, population=fitting.population),
            strict=True,
        )
    )
    for row in rows:
        others = copies(row, list(known))
        yield {
            "study": row.study,
            "arm": row.label,
            "therapy": row.therapy_id,
            "week": row.week,
            "endpoint": row.endpoint,
            "n": row.n,
            "observed": row.observed,
            "predicted": told.get(row.id),
            "copied": float(np.mean(others)) if others else None,
            "tolerance": tolerance(row, fitting.protocol.marks.tolerance),
        }
