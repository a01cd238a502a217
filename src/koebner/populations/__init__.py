"""Populations of plausible patients, and draws of uncertain parameters."""

from koebner.populations.population import Population, available_populations, load_population
from koebner.populations.uncertainty import draw_parameters, uncertain_parameters

__all__ = [
    "Population",
    "available_populations",
    "draw_parameters",
    "load_population",
    "uncertain_parameters",
]
