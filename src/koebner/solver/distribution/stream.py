"""Populations larger than memory: one solution after the other."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from koebner.kinetics import Model
from koebner.solver.distribution.cluster import stream_on_cluster
from koebner.solver.distribution.sharding import Shard, numbered
from koebner.solver.integrate import Solution, integrate
from koebner.solver.problem import Progress

if TYPE_CHECKING:
    from distributed import Client


def integrate_stream(
    model: Model,
    shards: Iterable[Shard],
    *,
    scheduler: "str | Client | None" = None,
    progress: Progress | None = None,
    **options: Any,
) -> Iterator[Solution]:
    """Integrate shards of patients as they come, and yield a solution for each, in their order.

    Neither all patients nor all solutions are ever in memory, on a cluster neither there nor here.

    Parameters
    ----------
    model
        As of `integrate`.
    shards
        Consecutive patients, 2,000 to 10,000 a shard; a generator may make them while it goes. They are
        counted through: the first patient of the first shard is number 0.
    scheduler
        Of a Dask cluster, as of `integrate`; without it, shards are integrated in this process.
    progress
        Called with the number of patients done, all shards together.
    options
        The other arguments of `integrate`: `times`, `outputs`, `rtol` and so on.

    Raises
    ------
    UnknownNameError, InvalidValueError, SolverError
        As `integrate`.

    Examples
    --------
    >>> from koebner.kinetics import read_antimony
    >>> decay = read_antimony("model decay()\\n x = 1; k = 0.5; x' = -k*x\\nend")
    >>> shards = (Shard(n_patients=1000, parameters={"k": 0.1 + 0.1 * draw}) for draw in range(3))
    >>> for solution in integrate_stream(decay, shards, times=[10.0]):
    ...     print(len(solution.status), solution.column("x").mean().round(3))
    1000 0.368
    1000 0.135
    1000 0.05
    """
    if scheduler is not None:
        counted = numbered(shards)
        yield from stream_on_cluster(
            integrate, model, counted, scheduler=scheduler, progress=progress, **options
        )
        return
    for shard in numbered(shards):
        in_all = None if progress is None else _shifted(progress, shard.first_patient)
        yield integrate(model, **shard.arguments, progress=in_all, **options)


def _shifted(progress: Progress, before: int) -> Progress:
    return lambda done: progress(before + done)
