"""What each block is worth: switched off, the rest is fitted again, and held-out rows are asked again."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from koebner.calibration.fitting.checkpoint import once
from koebner.calibration.fitting.fit import Fitting, Member, refitted
from koebner.calibration.protocol import Ablated


def ablate(
    fitting: Fitting,
    central: Member,
    judge: Callable[[Mapping[str, float]], float],
    *,
    checkpoints: Path | None = None,
    done: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Switch every block of the protocol off in turn and fit the rest again.

    Parameters
    ----------
    fitting
        What the fits share.
    central
        The central fit, from which each search begins.
    judge
        Error of a parameter set on held-out rows [points].
    checkpoints
        Folder in which each finished block is kept; nothing is kept without one.
    done
        Called after each block.

    Returns
    -------
    DataFrame
        Columns block, cost (of figures and priors), error [points]; the first row is the whole model.
    """

    def without(block: Ablated) -> dict[str, float]:
        values, reached = refitted(fitting, central, block.sets)
        return {"cost": reached, "error": judge(values)}

    rows = [{"block": "none: the whole model", "cost": central.cost, "error": judge(central.numbers)}]
    for number, block in enumerate(fitting.protocol.ablated):
        file = None if checkpoints is None else checkpoints / f"block-{number}.json"
        rows.append({"block": block.name, **once(file, partial(without, block))})
        done()
    return pd.DataFrame(rows)
