"""Beyond one machine: the shards of a call on a Dask cluster.

A shard is a pure task under a key made from all that it computes with. A lost worker takes nothing
along: Dask computes its shards again elsewhere, and a shard has one place in the result, so no patient is
lost or doubled. Only a few shards a worker are sent ahead, so the memory of scheduler and workers does not
grow with the number of patients.
"""

import gc
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib import import_module
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from koebner.errors import InvalidValueError, KoebnerError, SolverError
from koebner.kinetics import Model
from koebner.solver.distribution.machine import Machine, check_alike, difference, this_machine
from koebner.solver.distribution.sharding import SHARDS_PER_WORKER, Shard, join, shard_size
from koebner.solver.problem import Progress

if TYPE_CHECKING:
    from distributed import Client

    from koebner.solver.integrate import Solution

INSTALL = "pip install 'koebner[cluster]'"
_SECONDS_TO_ANSWER = 10
_SCHEDULER_LOST = "the scheduler stopped, or cancelled them; see that it runs and repeat the call."
_WORKERS_LOST = (
    "every worker that began with them died; give the workers more memory, or send smaller shards."
)


def integrate_on_cluster(
    integrate: Callable[..., "Solution"],
    model: Model,
    patients: Shard,
    *,
    scheduler: "str | Client",
    size: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> "Solution":
    """Integrate patients on a cluster; the result is what one process there would compute.

    Parameters
    ----------
    integrate
        What a worker calls with a shard's arguments: `solver.integrate`.
    model
        As of `integrate`.
    patients
        All patients of the call.
    scheduler
        Address of a Dask scheduler, such as "tcp://host:8786", or a `distributed.Client`.
    size
        Patients in a shard; by default so many that a worker gets a few shards, 4,000 at most.
    progress
        Called here after each shard with the number of patients done.
    options
        The other arguments of `integrate`, the same for all patients.

    Raises
    ------
    InvalidValueError
        When Dask is not installed, the scheduler does not answer or has no workers, the workers are not
        alike (see `solver.machine`), or an argument is wrong.
    SolverError
        When a shard was given up because its workers died again and again.
    """
    with connected(scheduler) as client:
        shards = patients.split(shard_size(patients.n_patients, _n_workers(client)) if size is None else size)
        return join(list(_gathered(client, integrate, model, shards, options, progress)))


def stream_on_cluster(
    integrate: Callable[..., "Solution"],
    model: Model,
    shards: Iterable[Shard],
    *,
    scheduler: "str | Client",
    progress: Progress | None = None,
    **options: Any,
) -> Iterator["Solution"]:
    """Yield the solution of each shard in turn; parameters and errors as of `integrate_on_cluster`."""
    with connected(scheduler) as client:
        yield from _gathered(client, integrate, model, shards, options, progress)


@contextmanager
def connected(scheduler: "str | Client") -> Iterator[Any]:
    """Give a client to use for several calls; close it behind when it was opened here.

    Raises
    ------
    InvalidValueError
        When Dask is not installed, or the scheduler does not answer.
    """
    distributed = _distributed()
    if isinstance(scheduler, distributed.Client):
        yield scheduler
        return
    with _opened(scheduler, distributed) as client:
        yield client


def _opened(address: object, distributed: Any) -> Any:
    try:
        return distributed.Client(address, timeout=_SECONDS_TO_ANSWER, set_as_default=False)
    except ValueError as error:
        message = f"scheduler {address} was given ({error}); expected an address such as tcp://host:8786."
    except OSError:
        message = (
            f"the scheduler {address} did not answer within {_SECONDS_TO_ANSWER} s; start one with "
            "`dask scheduler` and give the address that it prints."
        )
    # A client that could not connect closes itself when it is collected; in a thread of Dask that would hang.
    gc.collect()
    raise InvalidValueError(message)


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError as error:
        raise InvalidValueError(
            f"a scheduler was given, but Dask is not installed; install it with {INSTALL}."
        ) from error


def _comm_closed() -> type[OSError]:
    """Return the error by which a lost scheduler shows."""
    closed: type[OSError] = import_module("distributed.comm").CommClosedError
    return closed


def _n_workers(client: Any) -> int:
    """Return how many shards the cluster computes at the same moment."""
    return int(sum(client.nthreads().values()))


def _gathered(
    client: Any,
    integrate: Callable[..., "Solution"],
    model: Model,
    shards: Iterable[Shard],
    options: Mapping[str, Any],
    progress: Progress | None,
) -> Iterator["Solution"]:
    """Yield the solutions in the order of the shards; whatever happens, leave no task behind."""
    tasks = _Tasks(client, integrate, model, options)
    coming = iter(shards)
    finished: dict[int, Solution] = {}
    n_yielded = n_patients = 0
    try:
        while True:
            for shard in islice(coming, tasks.room(n_yielded)):
                tasks.send(shard)
            if not tasks.pending:
                return
            number, solution = tasks.receive()
            finished[number] = solution
            n_patients += len(solution.status)
            if progress is not None:
                progress(n_patients)
            while n_yielded in finished:
                yield finished.pop(n_yielded)
                n_yielded += 1
    finally:
        tasks.cancel()


class _Tasks:
    """The shards that were sent to the cluster and have not come back."""

    def __init__(
        self,
        client: Any,
        integrate: Callable[..., "Solution"],
        model: Model,
        options: Mapping[str, Any],
    ) -> None:
        self.client = client
        self.integrate = integrate
        # Read-only views of mappings cannot be sent.
        self.options = {
            name: dict(value) if isinstance(value, Mapping) else value for name, value in options.items()
        }
        self.machine = _machine_of_workers(client)
        self.content = (model.fingerprint, self.machine.software, self.options)
        # A task, not scattered: scattered data die with their workers, a task is computed again.
        self.model = client.submit(_itself, model, key=f"koebner-model-{model.fingerprint}")
        self.arriving = _distributed().as_completed(loop=client.loop)
        self.pending: dict[Any, tuple[int, Shard]] = {}
        self.n_sent = 0

    def room(self, n_yielded: int) -> int:
        """Return how many more shards may be sent when so many were handed on."""
        try:
            n_workers = _n_workers(self.client)
        except _comm_closed() as error:
            waiting = [shard for _, shard in self.pending.values()]
            raise _given_up(waiting, _SCHEDULER_LOST) from error
        return max(n_yielded + SHARDS_PER_WORKER * max(n_workers, 1) - self.n_sent, 0)

    def send(self, shard: Shard) -> None:
        """Have a shard computed."""
        tokenize = import_module("dask.base").tokenize
        doses = () if shard.doses is None else tuple(vars(shard.doses).values())
        token = tokenize(self.content, shard.arguments | {"doses": doses})
        future = self.client.submit(
            _integrate_shard,
            self.integrate,
            self.model,
            shard,
            self.options,
            self.machine,
            key=f"koebner-shard-{token}",
        )
        self.pending[future] = (self.n_sent, shard)
        self.arriving.add(future)
        self.n_sent += 1

    def receive(self) -> tuple[int, "Solution"]:
        """Wait for the next shard; return its number and its solution, which the cluster may forget."""
        future = next(self.arriving)
        number, shard = self.pending[future]
        try:
            result: Solution | KoebnerError = future.result()
        except (CancelledError, _comm_closed()) as error:
            raise _given_up([shard], _SCHEDULER_LOST) from error
        except _distributed().KilledWorker as error:
            raise _given_up([shard], _WORKERS_LOST) from error
        if isinstance(result, KoebnerError):
            raise result
        del self.pending[future]
        return number, result

    def cancel(self) -> None:
        """Give up what has not come back: Dask stops what nobody wants any more."""
        for future in (*self.pending, self.model):
            future.release()
        self.pending.clear()


def _itself(model: Model) -> Model:
    return model


def _integrate_shard(
    integrate: Callable[..., "Solution"],
    model: Model,
    shard: Shard,
    options: Mapping[str, Any],
    expected: Machine,
) -> "Solution | KoebnerError":
    """Integrate a shard on a worker; an error of the caller is returned, as it is none of the worker."""
    worker = _distributed().get_worker()
    key = worker.get_current_task()

    def stop_if_cancelled(done: int) -> None:
        # Dask cancels a running task by forgetting it; its thread has to stop by itself.
        del done
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            raise CancelledError

    try:
        # Workers that joined late have not been looked at.
        check_alike(worker.address, this_machine(), expected)
        return integrate(model, **shard.arguments, **options, progress=stop_if_cancelled)
    except KoebnerError as error:
        return error


def _given_up(shards: Sequence[Shard], reason: str) -> SolverError:
    ranges = (range(shard.first_patient, shard.first_patient + shard.n_patients) for shard in shards)
    lost = list(chain.from_iterable(ranges))
    first = f", the first of them number {lost[0]}," if lost else ""
    return SolverError(
        f"{len(lost)} patients{first} were not integrated: {reason}",
        failures=dict.fromkeys(lost, reason),
    )


def _machine_of_workers(client: Any) -> Machine:
    """Return what the workers run on; refuse those that differ, warn of another processor than here."""
    address = client.scheduler.address
    try:
        client.wait_for_workers(1, timeout=_SECONDS_TO_ANSWER)
    except TimeoutError as error:
        raise InvalidValueError(
            f"the scheduler {address} has no workers; start some with `dask worker {address} --nthreads 1`."
        ) from error
    machines: dict[str, Machine | Exception] = client.run(this_machine, on_error="return")
    here = this_machine()
    expected = here
    for worker, machine in machines.items():
        if isinstance(machine, OSError):  # it has just left
            continue
        if isinstance(machine, Exception):
            raise InvalidValueError(f"worker {worker} cannot run Koebner ({machine}); there, {INSTALL}.")
        if expected is here:
            expected = Machine(software=here.software, processor=machine.processor)
        check_alike(worker, machine, expected)
    if expected.processor != here.processor:
        warnings.warn(
            f"the workers have {difference(expected.processor, here.processor)}; numbers computed there can "
            "differ in their last digits from those computed here.",
            stacklevel=2,
        )
    return expected
