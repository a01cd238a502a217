"""Targets under names that a user types: states of the model that are switched off together."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import Field

from koebner.catalogs import Strict, read_tables
from koebner.errors import UnknownNameError
from koebner.kinetics import Model

_FILE = Path(__file__).parent / "targets.toml"


class Target(Strict):
    """States that are switched off together, and what they are."""

    states: tuple[str, ...] = Field(min_length=1)
    meaning: str = Field(min_length=1)


@cache
def load_targets() -> Mapping[str, Target]:
    """Return the named targets.

    Examples
    --------
    >>> load_targets()["treg"].states
    ('Treg', 'Treg_blood')
    """
    return MappingProxyType(read_tables(_FILE, Target))


def target(model: Model, name: str) -> Target:
    """Return the target of that name, or the state of the model that it names.

    Raises
    ------
    UnknownNameError
        Neither a target nor a state of the model; the closest names are offered.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> target(load_model(), "IL10").meaning
    'interleukin 10'
    """
    found = load_targets().get(name)
    if found is not None:
        return found
    if name not in model.states:
        # A target stands for a state that differs from it by its capitals alone.
        others = [state for state in model.states if state.casefold() not in load_targets()]
        hint = f"Named targets: {', '.join(load_targets())}."
        raise UnknownNameError("target", name, [*load_targets(), *others], hint=hint)
    return Target(states=(name,), meaning=model.species[name].meaning or name)
