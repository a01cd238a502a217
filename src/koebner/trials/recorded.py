"""What visits recorded: the two scores an assessor gives, and the one a patient gives."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """Recorded scores, all of one shape, the last axis the visits; NaN where a visit is missing.

    Parameters
    ----------
    pasi
        PASI [points, 0 to 72].
    spga
        Static physician's global assessment, 0 (clear) to 4 (severe).
    dlqi
        Dermatology life quality index, 0 to 30.
    """

    pasi: Array
    spga: Array
    dlqi: Array

    def __getitem__(self, index: Any) -> "Recorded":
        """Return the scores at an index of all arrays."""
        return Recorded(pasi=self.pasi[index], spga=self.spga[index], dlqi=self.dlqi[index])

    @property
    def seen(self) -> Flags:
        """Where a visit took place."""
        return np.isfinite(self.pasi)


SCORES = tuple(Recorded.__dataclass_fields__)
