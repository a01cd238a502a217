"""Numbers: integration of models for many patients; blind to what the models describe."""

from koebner.solver.distribution.cluster import connected
from koebner.solver.distribution.sharding import Shard
from koebner.solver.distribution.stream import integrate_stream
from koebner.solver.doses import Doses
from koebner.solver.integrate import METHODS, Solution, integrate
from koebner.solver.machine_code.assembly import lane_width
from koebner.solver.machine_code.object_cache import cache_folder
from koebner.solver.records import Area, FirstTime, Maximum, Minimum
from koebner.solver.status import Status

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
