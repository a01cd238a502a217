"""Named switches: hypotheses and simplifications of one model, as text.

`switches.toml` says what each option sets. A switch never adds an equation: it gives parameters other
values, or lets fast states follow their targets at once.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import Field

from koebner.catalogs import Strict, read_tables
from koebner.errors import UnknownNameError
from koebner.kinetics import Model, NamedMapping, Rule

_FILE = Path(str(files("koebner.disease"))) / "switches.toml"


class Option(Strict):
    """One position of a switch.

    Attributes
    ----------
    values
        Parameters and the values they get.
    quasi_steady
        States that take the value of the rule `NAME_target` in place of following it.
    """

    meaning: str = Field(min_length=1)
    values: dict[str, float] = Field(default_factory=dict)
    quasi_steady: tuple[str, ...] = ()


class Switch(Strict):
    """A named choice with its options, one of them the default."""

    meaning: str = Field(min_length=1)
    default: str
    options: dict[str, Option]


@cache
def load_switches() -> Mapping[str, Switch]:
    """Return the switches by name.

    Examples
    --------
    >>> load_switches()["memory"].default
    'on'
    """
    return read_tables(_FILE, Switch)


def chosen(switches: Mapping[str, str]) -> dict[str, str]:
    """Return the options that differ from the default, in the order of the file.

    Raises
    ------
    UnknownNameError
        No such switch, or no such option of it; the closest names are offered.

    Examples
    --------
    >>> chosen({"memory": "off", "cytokines": "dynamic"})
    {'memory': 'off'}
    """
    known = load_switches()
    for name, option in switches.items():
        if name not in known:
            raise UnknownNameError("switch", name, known, hint="List them with `koebner model switches`.")
        if option not in known[name].options:
            raise UnknownNameError(f"option of switch `{name}`", option, known[name].options)
    return {
        name: switches[name]
        for name in known
        if switches.get(name, known[name].default) != known[name].default
    }


def switched(model: Model, switches: Mapping[str, str]) -> Model:
    """Return the model with switches set.

    Raises
    ------
    UnknownNameError
        No such switch or option.
    """
    for name, option in chosen(switches).items():
        effect = load_switches()[name].options[option]
        model = _at_quasi_steady_state(model.with_parameters(**effect.values), effect.quasi_steady)
    return model


def _at_quasi_steady_state(model: Model, states: tuple[str, ...]) -> Model:
    """Let each state be its target, as an assignment."""
    rules = {**model.rules}
    for state in states:
        rules[state] = Rule(variable=state, formula=f"{state}_target", kind="assignment")
    return replace(model, rules=NamedMapping("rule", rules)) if states else model
