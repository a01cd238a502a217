"""Koebner: psoriasis in silico, from mechanism to trial.

The few nouns: model, patient, therapy, population, trial, outcome. One verb a stage:
`load_model`, `simulate`, `load_population`, `Trial.run`.

A research tool. It makes no diagnosis, doses or choices for a person, and what it says of
mesenchymal stem cells is exploratory: it rests on small uncontrolled studies.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from koebner import plots, therapies
    from koebner.disease import load_model
    from koebner.errors import KoebnerError
    from koebner.patients import Cohort, Patient
    from koebner.populations import load_population
    from koebner.reports import cite
    from koebner.simulation import Trajectories, Triggers, simulate
    from koebner.trials import Outcome, Trial, load_trial

# Rooms are opened when they are first used: a modeller who reads an SBML file does not wait for
# the plotting and survival libraries.
_HOME = {
    "Cohort": "koebner.patients",
    "KoebnerError": "koebner.errors",
    "Outcome": "koebner.trials",
    "Patient": "koebner.patients",
    "Trajectories": "koebner.simulation",
    "Trial": "koebner.trials",
    "Triggers": "koebner.simulation",
    "cite": "koebner.reports",
    "load_model": "koebner.disease",
    "load_population": "koebner.populations",
    "load_trial": "koebner.trials",
    "plots": "koebner.plots",
    "simulate": "koebner.simulation",
    "therapies": "koebner.therapies",
}

__all__ = [
    "Cohort",
    "KoebnerError",
    "Outcome",
    "Patient",
    "Trajectories",
    "Trial",
    "Triggers",
    "cite",
    "load_model",
    "load_population",
    "load_trial",
    "plots",
    "simulate",
    "therapies",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module `koebner` has no `{name}`")
    module = import_module(_HOME[name])
    return module if _HOME[name] == f"koebner.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
