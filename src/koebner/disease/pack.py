"""Parameter packs: one CSV a pack, one row a parameter; a pack with a base lists what differs from it.

A row gives value, unit, the block it belongs to, the prior (for calibration), whether the prior is
drawn when the uncertainty of the parameters is propagated, the source (a key of the evidence
tables, "definition", or a sentence that begins with "assumption") and the meaning in words.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import Field

from koebner.catalogs import Strict, read_tables
from koebner.disease.priors import read_prior
from koebner.errors import EvidenceError, InvalidValueError, UnknownNameError
from koebner.kinetics import Model, Parameter

COLUMNS = ("id", "value", "unit", "block", "prior", "drawn", "source", "meaning")
_FOLDER = Path(str(files("koebner.disease"))) / "parameters"
_PACKS = Path(str(files("koebner.disease"))) / "packs.toml"


class Pack(Strict):
    """What a pack is.

    Attributes
    ----------
    base
        The pack whose other numbers it takes over.
    start
        Where its patients begin.
    treatments
        Whether results of treatments may be taken from it.
    human
        Whether it is about people, so that PASI, thicknesses and counts have a meaning.
    """

    title: str = Field(min_length=1)
    base: str | None = None
    start: Literal["lesion", "healthy"]
    treatments: bool
    human: bool = True
    statement: str = Field(min_length=1)


@dataclass(frozen=True, kw_only=True)
class PackParameter:
    """One parameter of a pack.

    Attributes
    ----------
    prior
        As in `koebner.disease.priors`, about `value`; empty for a number that is fixed by definition.
    drawn
        True when the number has a prior and neither a fit nor the anchor of a drug holds it, so that the
        prior is drawn for parameter uncertainty.
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


@cache
def load_packs() -> Mapping[str, Pack]:
    """Return what each pack is, by name.

    Examples
    --------
    >>> load_packs()["onset"].base
    'human_plaque'
    """
    return read_tables(_PACKS, Pack)


def pack_of(model_id: str) -> str:
    """Return the pack that a model of this id was made from: its name begins the id.

    Raises
    ------
    UnknownNameError
        The model is of no pack.

    Examples
    --------
    >>> pack_of("human_plaque_memory_off_secukinumab")
    'human_plaque'
    """
    name = _beginning(model_id)
    if name is None:
        raise UnknownNameError("parameter pack", model_id, load_packs())
    return name


def known_pack(model_id: str) -> Pack | None:
    """Return what the pack of a model is; None for a model of the user's own.

    Examples
    --------
    >>> known_pack("mouse_imiquimod_memory_off").human
    False
    """
    name = _beginning(model_id)
    return None if name is None else load_packs()[name]


def _beginning(model_id: str) -> str | None:
    return next((name for name in load_packs() if f"{model_id}_".startswith(f"{name}_")), None)


def named_pack(name: str) -> Pack:
    """Return what a pack is.

    Raises
    ------
    UnknownNameError
        No such pack; the closest names are offered.
    """
    if name not in load_packs():
        raise UnknownNameError("parameter pack", name, load_packs())
    return load_packs()[name]


@cache
def load_pack(name: str = "human_plaque") -> tuple[PackParameter, ...]:
    """Return the parameters of a pack, in the order of its base.

    Raises
    ------
    UnknownNameError
        No such pack.
    EvidenceError
        A row is malformed, or the base has no such parameter; the message names the file.
    """
    base, own = named_pack(name).base, own_parameters(name)
    return own if base is None else _overlaid(load_pack(base), own, _FOLDER / f"{name}.csv")


def own_parameters(name: str) -> tuple[PackParameter, ...]:
    """Return the parameters in which a pack differs from its base; all of them without a base."""
    named_pack(name)
    return read_pack(_FOLDER / f"{name}.csv")


def countable(model: Model) -> tuple[Parameter, ...]:
    """Return the parameters of a model that are numbers to be known: all with a source but definitions.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> "bound_IL17A" in [row.id for row in countable(load_model())]  # 0 without a treatment
    False
    """
    return tuple(row for row in model.parameters.values() if row.source not in ("", "definition"))


def _overlaid(
    base: tuple[PackParameter, ...], own: tuple[PackParameter, ...], file: Path
) -> tuple[PackParameter, ...]:
    changed = {row.id: row for row in own}
    unknown = sorted(set(changed) - {row.id for row in base})
    if unknown:
        raise EvidenceError(
            f"`{unknown[0]}` is no parameter of the base pack; list those that differ.", file=file
        )
    return tuple(changed.get(row.id, row) for row in base)


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
    try:
        read_prior(fields["prior"])
    except InvalidValueError as error:
        raise EvidenceError(f"`{fields['id']}`: {error.message}", file=path, line=line) from None
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
