"""Parameter packs: one CSV a pack, one row a parameter.

A row gives value, unit, the block it belongs to, the prior (for calibration), whether the prior is
drawn when the uncertainty of the parameters is propagated, the source (a key of the evidence
tables, "definition", or a sentence that begins with "assumption") and the meaning in words.
"""

import csv
import math
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from koebner.errors import EvidenceError, UnknownNameError

COLUMNS = ("id", "value", "unit", "block", "prior", "drawn", "source", "meaning")
_PRIOR = re.compile(r"(lognormal|logitnormal|normal)\(sd=([0-9.]+)\)")
_FOLDER = Path(str(files("koebner.disease"))) / "parameters"


@dataclass(frozen=True, kw_only=True)
class PackParameter:
    """One parameter of a pack.

    Attributes
    ----------
    prior
        "lognormal(sd=...)", "logitnormal(sd=...)" or "normal(sd=...)" about `value`, on the
        scale that the name says; empty for a number that is fixed by definition.
    drawn
        True when the number has a prior and no fit holds it, so that the prior is drawn for parameter
        uncertainty.
    source
        A key of the evidence sources, "definition", or "assumption: why".
    """

    id: str
    value: float
    unit: str
    block: str
    prior: str
    drawn: bool
    source: str
    meaning: str

    def draw(self, z: float) -> float:
        """Return the value at standard normal `z` of the prior.

        Examples
        --------
        >>> p = PackParameter(id="f", value=0.5, unit="", block="", prior="logitnormal(sd=1)",
        ...                   drawn=True, source="assumption", meaning="a share")
        >>> round(p.draw(1.0), 4)
        0.7311
        """
        match = _PRIOR.fullmatch(self.prior)
        if match is None:
            return self.value
        family, spread = match[1], float(match[2]) * z
        if family == "lognormal":
            return self.value * math.exp(spread)
        if family == "normal":
            return self.value + spread
        return 1 / (1 + math.exp(-spread) * (1 - self.value) / self.value)


def available_packs() -> tuple[str, ...]:
    """Return the names of the packs that exist."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.csv")))


@cache
def load_pack(name: str = "human_plaque") -> tuple[PackParameter, ...]:
    """Return the parameters of a pack, in the order of its file.

    Raises
    ------
    UnknownNameError
        No such pack.
    EvidenceError
        A row is malformed; the message names file and line.
    """
    if name not in available_packs():
        raise UnknownNameError("parameter pack", name, available_packs())
    return read_pack(_FOLDER / f"{name}.csv")


def read_pack(path: Path) -> tuple[PackParameter, ...]:
    """Read a parameter file; every row is checked."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        if tuple(header) != COLUMNS:
            raise EvidenceError(
                f"header {header} was given; expected the columns {', '.join(COLUMNS)}.", file=path, line=1
            )
        parameters: dict[str, PackParameter] = {}
        for row in reader:
            parameter = _parameter(row, path, reader.line_num)
            if parameter.id in parameters:
                raise EvidenceError(
                    f"parameter `{parameter.id}` stands twice; expected once.",
                    file=path,
                    line=reader.line_num,
                )
            parameters[parameter.id] = parameter
    return tuple(parameters.values())


def _parameter(row: list[str], path: Path, line: int) -> PackParameter:
    if len(row) != len(COLUMNS):
        raise EvidenceError(
            f"{len(row)} fields were given; expected {len(COLUMNS)} ({', '.join(COLUMNS)}).",
            file=path,
            line=line,
        )
    fields = dict(zip(COLUMNS, row, strict=True))
    try:
        value = float(fields["value"])
    except ValueError:
        raise EvidenceError(
            f"value `{fields['value']}` of `{fields['id']}` was given; expected a number.",
            file=path,
            line=line,
        ) from None
    if fields["prior"] and _PRIOR.fullmatch(fields["prior"]) is None:
        raise EvidenceError(
            f"prior `{fields['prior']}` of `{fields['id']}` was given; expected lognormal(sd=...), "
            "logitnormal(sd=...), normal(sd=...) or nothing.",
            file=path,
            line=line,
        )
    if fields["drawn"] not in ("yes", "no"):
        raise EvidenceError(f"drawn `{fields['drawn']}` was given; expected yes or no.", file=path, line=line)
    for needed in ("unit", "block", "source", "meaning"):
        if not fields[needed].strip():
            raise EvidenceError(
                f"`{fields['id']}` has no {needed}; every parameter needs one.", file=path, line=line
            )
    return PackParameter(
        id=fields["id"],
        value=value,
        unit=fields["unit"],
        block=fields["block"],
        prior=fields["prior"],
        drawn=fields["drawn"] == "yes",
        source=fields["source"],
        meaning=fields["meaning"],
    )
