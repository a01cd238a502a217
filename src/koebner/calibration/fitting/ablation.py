"""What each block is worth: switched off, the rest is fitted again, and held-out rows are asked again."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from koebner.calibration.fitting.fit import Fitting, Member, anchored
from koebner.calibration.fitting.objective import cost
from koebner.calibration.fitting.search import polished
from koebner.calibration.protocol import Ablated
from koebner.fits import potency_name

Array = NDArray[np.float64]


def ablate(
    fitting: Fitting,
    central: Member,
    judge: Callable[[Mapping[str, float]], float],
    *,
    done: Callable[[], None] | None = None,
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
    done
        Called after each block.

    Returns
    -------
    DataFrame
        Columns block, cost (of figures and priors), error [points]; the first row is the whole model.
    """
    rows = [{"block": "none: the whole model", "cost": central.cost, "error": judge(central.numbers)}]
    for block in fitting.protocol.ablated:
        deviates, reached = _refit(fitting, central, block)
        values = {**fitting.protocol.values(deviates), **block.sets}
        potencies = {
            potency_name(each.therapy): each.potency for each in anchored(fitting, values, central.number)
        }
        rows.append({"block": block.name, "cost": reached, "error": judge({**values, **potencies})})
        if done is not None:
            done()
    return pd.DataFrame(rows)


def _refit(fitting: Fitting, central: Member, block: Ablated) -> tuple[Array, float]:
    """Return where the rest ends without a block, and the cost there."""
    objective = fitting.objective(central.number, fitting.search.patients, block.sets)
    begin = np.asarray(central.deviates)
    deviates, residuals, _ = polished(objective.residuals, begin, fitting.search.polish)
    return deviates, cost(residuals)
