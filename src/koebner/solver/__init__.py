"""Numbers: integration of models for many patients; blind to what the models describe."""

from koebner.solver.assembly import lane_width
from koebner.solver.cluster import connected
from koebner.solver.doses import Doses
from koebner.solver.integrate import METHODS, Solution, integrate
from koebner.solver.object_cache import cache_folder
from koebner.solver.records import Area, FirstTime, Maximum, Minimum
from koebner.solver.sharding import Shard
from koebner.solver.status import Status
from koebner.solver.stream import integrate_stream

__all__ = [
    "METHODS",
    "Area",
    "Doses",
    "FirstTime",
    "Maximum",
    "Minimum",
    "Shard",
    "Solution",
    "Status",
    "cache_folder",
    "connected",
    "integrate",
    "integrate_stream",
    "lane_width",
]
