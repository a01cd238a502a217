"""The row of the table on where infused mesenchymal stem cells (MSC) go and how long they live.

What was measured decides what a row may be compared with: living cells, their DNA, or a label that stays
in phagocytes when the cell is dead. Leaves out what the cells do.
"""

from typing import Literal

from koebner.evidence.rows import Number, Row, slug


class MscFate(Row):
    """One finding on the fate of given cells, `hours` [h] after they were given.

    `low` and `high` [`unit`] bound what was found. `comparable` says whether the model has what was
    measured; `remark` says why not, or who found otherwise.
    """

    study: str
    fact: str
    species: str
    cells: str
    dose: str
    route: str
    hours: Number
    low: Number
    high: Number
    unit: str
    measured: Literal["living cells", "label", "DNA", "pattern"]
    method: str
    comparable: Literal["yes", "no"]
    remark: str

    @property
    def id(self) -> str:
        """Study, time and fact."""
        when = () if self.hours is None else (f"{self.hours:g}h",)
        return "/".join((self.study, *when, slug(self.fact)))
