"""What the disease is made of, element by element, and whether the model has it.

`elements.csv` lists what reviews of psoriasis and of mesenchymal stem cells describe; each row names the
states, parameters, mechanisms and read-outs that realise it. An element that is due, in whole or in part,
has a fault when it names none of a kind, names one that does not exist, or rests on a state that does not
count. One that comes later says in its note what exists already; its names must exist as well.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from koebner.analysis.clamping import COUNTS, clamp_effects
from koebner.evidence import load_mechanisms
from koebner.evidence.reading import typed_rows
from koebner.evidence.rows import Keys
from koebner.kinetics import Model

_TABLE = Path(__file__).parent / "elements.csv"

KINDS = ("states", "parameters", "mechanisms", "read_outs")


class Element(BaseModel):
    """One element of the disease or of its treatment, with the names of what realises it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int = Field(ge=1)
    element: str = Field(min_length=1)
    due: Literal["now", "partly", "later"]
    states: Keys
    parameters: Keys
    mechanisms: Keys
    read_outs: Keys
    note: str

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names of one of `KINDS`."""
        names: tuple[str, ...] = getattr(self, kind)
        return names


@dataclass(frozen=True, kw_only=True)
class Covered:
    """An element and how the model stands to it.

    Attributes
    ----------
    effect
        Largest effect of holding one of its states, a share; 0 without states.
    seen_in
        That state, the read-out and the scenario; empty without states.
    faults
        One sentence each.
    """

    element: Element
    effect: float
    seen_in: tuple[str, ...]
    faults: tuple[str, ...]


@cache
def load_elements() -> tuple[Element, ...]:
    """Return the elements in the order of their table.

    Raises
    ------
    EvidenceError
        A row has not the shape of an element.

    Examples
    --------
    >>> load_elements()[1].states
    ('Trauma', 'Infection', 'Stress')
    """
    return typed_rows(_TABLE, Element)


def coverage(
    model: Model,
    elements: tuple[Element, ...] | None = None,
    *,
    effects: pd.DataFrame | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[Covered, ...]:
    """Return how the model covers each element.

    Parameters
    ----------
    model
        A disease model that starts at the plaque.
    elements
        What to cover; the shipped table when left out.
    effects
        As of `koebner.analysis.clamp_effects`, which computes them when left out.
    progress
        As of `koebner.analysis.clamp_effects`.
    """
    counted = clamp_effects(model, progress=progress) if effects is None else effects
    return tuple(_covered(element, model, counted) for element in elements or load_elements())


def _covered(element: Element, model: Model, effects: pd.DataFrame) -> Covered:
    known = effects.loc[[state for state in element.states if state in effects.index]]
    strongest = known.sort_values("effect", ascending=False, kind="stable").head(1)
    return Covered(
        element=element,
        effect=float(strongest["effect"].sum()),
        seen_in=tuple(map(str, (*strongest.index, *strongest[["read_out", "scenario"]].to_numpy().ravel()))),
        faults=(*_missing(element, model), *_idle(element, known["effect"].to_dict())),
    )


def _missing(element: Element, model: Model) -> Iterator[str]:
    existing = {
        "states": set(model.states),
        "parameters": set(model.parameters) - set(model.assigned),
        "mechanisms": {mechanism.id for mechanism in load_mechanisms()},
        "read_outs": {*model.states, *model.assigned},
    }
    for kind in KINDS:
        word = kind.replace("_", "-")
        if element.due != "later" and not element.names(kind):
            yield f"names no {word}; expected one or more."
        for name in element.names(kind):
            if name not in existing[kind]:
                yield f"names `{name}` among its {word}, which does not exist."


def _idle(element: Element, effects: Mapping[Hashable, float]) -> Iterator[str]:
    if element.due != "later":
        for state, effect in effects.items():
            if not effect > COUNTS:
                yield (
                    f"rests on `{state}`, which changes no read-out by more than {effect:.2%} when held; "
                    f"expected more than {COUNTS:.0%}."
                )
