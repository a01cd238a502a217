"""What visits recorded: the two scores an assessor gives."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """Recorded scores, both of one shape, the last axis the visits; NaN where a visit is missing.

    Parameters
    ----------
    pasi
        PASI [points, 0 to 72].
    spga
        Static physician's global assessment, 0 (clear) to 4 (severe).
    """

    pasi: Array
    spga: Array

    def __getitem__(self, index: Any) -> "Recorded":
        """Return the scores at an index of both arrays."""
        return Recorded(pasi=self.pasi[index], spga=self.spga[index])

    @property
    def seen(self) -> Flags:
        """Where a visit took place."""
        return np.isfinite(self.pasi)
