"""The disease, as text: pathway files, parameter packs, switches, and how they become one model."""

from koebner.disease.draws import values_at
from koebner.disease.interactions import Interaction, interactions, uncovered, unrealised
from koebner.disease.load import load_model, pathways
from koebner.disease.pack import (
    Pack,
    PackParameter,
    countable,
    known_pack,
    load_pack,
    load_packs,
    own_parameters,
    pack_of,
)
from koebner.disease.priors import moved, read_prior
from koebner.disease.steady_states import (
    SteadyState,
    healthy_state,
    lesion_state,
    starting_at,
    threshold_state,
)
from koebner.disease.switches import Switch, load_switches

__all__ = [
    "Interaction",
    "Pack",
    "PackParameter",
    "SteadyState",
    "Switch",
    "countable",
    "healthy_state",
    "interactions",
    "known_pack",
    "lesion_state",
    "load_model",
    "load_pack",
    "load_packs",
    "load_switches",
    "moved",
    "own_parameters",
    "pack_of",
    "pathways",
    "read_prior",
    "starting_at",
    "threshold_state",
    "uncovered",
    "unrealised",
    "values_at",
]
