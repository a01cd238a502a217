"""Numbers: integration of models for many patients; blind to what the models describe."""

from koebner.solver.compile import cache_folder
from koebner.solver.doses import Doses
from koebner.solver.integrate import METHODS, Solution, integrate
from koebner.solver.status import Status

__all__ = ["METHODS", "Doses", "Solution", "Status", "cache_folder", "integrate"]
