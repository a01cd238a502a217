"""Models as values: immutable, composable, with units; blind to what they describe."""

from koebner.kinetics.antimony import read_antimony
from koebner.kinetics.components import Compartment, Event, Parameter, Reaction, Rule, Species
from koebner.kinetics.composition import compose
from koebner.kinetics.export import to_sbml
from koebner.kinetics.model import Model
from koebner.kinetics.named_mapping import NamedMapping
from koebner.kinetics.sbml import read_sbml
from koebner.kinetics.unit_check import check_units

__all__ = [
    "Compartment",
    "Event",
    "Model",
    "NamedMapping",
    "Parameter",
    "Reaction",
    "Rule",
    "Species",
    "check_units",
    "compose",
    "read_antimony",
    "read_sbml",
    "to_sbml",
]
