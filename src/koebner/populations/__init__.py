"""Populations: plausible patients, and virtual ones that are weighted; draws of uncertain parameters."""

from koebner.populations.population import Population
from koebner.populations.uncertainty import draw_parameters, draw_patients, uncertain_parameters
from koebner.populations.virtual import VirtualPopulation, available_populations, load_population

__all__ = [
    "Population",
    "VirtualPopulation",
    "available_populations",
    "draw_parameters",
    "draw_patients",
    "load_population",
    "uncertain_parameters",
]
