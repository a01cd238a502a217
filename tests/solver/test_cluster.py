"""A Dask cluster gives the bytes of one process, whatever happens to workers and to the caller."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from itertools import islice
from threading import Timer
from typing import Any

import dask
import numpy as np
import pytest
from distributed import Client, LocalCluster
from tests.solver.small_models import BLOW_UP, DECAY

from koebner.errors import InvalidValueError, SolverError, UnknownNameError
from koebner.kinetics import Model
from koebner.solver import Doses, Minimum, Solution, integrate
from koebner.solver.distribution import cluster as cluster_module
from koebner.solver.distribution.cluster import integrate_on_cluster
from koebner.solver.distribution.machine import this_machine
from koebner.solver.distribution.sharding import Shard
from koebner.solver.distribution.stream import integrate_stream

TIMES = np.linspace(0, 10, 21)
# Workers that die in tests are not worth reporting; a shard is given up after three of them.
QUIET = {"distributed.logging": {"distributed": "critical"}, "distributed.scheduler.allowed-failures": 2}


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with (
        dask.config.set(QUIET),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
    ):
        yield cluster


@pytest.fixture(scope="module")
def client(cluster: LocalCluster) -> Iterator[Client]:
    with Client(cluster, set_as_default=False) as client:
        yield client


def cohort(n: int) -> Shard:
    random = np.random.default_rng(5)
    doses = Doses(
        patient=random.integers(0, n, n),
        time=random.uniform(0, 9, n),
        target="x",
        amount=random.uniform(0, 2, n),
    )
    return Shard(n_patients=n, parameters={"k": random.uniform(0.1, 2, n)}, doses=doses)


def assert_same(one: Solution, other: Solution) -> None:
    assert one.values.tobytes() == other.values.tobytes()
    assert one.status.tobytes() == other.status.tobytes()
    assert (one.names, one.reasons) == (other.names, other.reasons)


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < deadline, "nothing changed within 10 s"
        time.sleep(0.02)


def n_tasks(client: Client) -> int:
    return int(client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)))


def n_running(client: Client) -> int:
    running = client.run(lambda dask_worker: dask_worker.state.executing_count)
    return int(sum(running.values()))


@pytest.mark.parametrize(("method", "n_patients"), [("auto", 300), ("reference", 12)])
def test_two_workers_one_thread_and_two_give_the_same_bytes(
    client: Client, method: str, n_patients: int
) -> None:
    patients = cohort(n_patients)
    options: dict[str, Any] = {
        "times": TIMES,
        "method": method,
        "records": {"lowest": Minimum("x")},
        "sensitivities": ["k"],
    }
    there = integrate_on_cluster(
        integrate, DECAY, patients, scheduler=client, size=n_patients // 8, threads=1, **options
    )
    for threads in (1, 2):
        here = integrate(DECAY, **options, **patients.arguments, threads=threads)
        assert_same(there, here)
        assert here.records["lowest"].tobytes() == there.records["lowest"].tobytes()
        assert here.sensitivities.tobytes() == there.sensitivities.tobytes()


def test_an_address_serves_and_both_workers_work(cluster: LocalCluster, client: Client) -> None:
    patients = cohort(60)
    address = cluster.scheduler_address
    there = integrate_on_cluster(process_id, DECAY, patients, scheduler=address, size=5, times=[1.0])
    assert set(there.column("x").ravel()) == set(client.run(os.getpid).values())


def test_patients_keep_their_numbers(client: Client) -> None:
    patients = Shard(n_patients=10, first_patient=100)
    there = integrate_on_cluster(number_of_first, DECAY, patients, scheduler=client, size=4, times=[1.0])
    assert there.column("x").ravel().tolist() == [100] * 4 + [104] * 4 + [108] * 2


def test_a_failed_patient_keeps_place_and_reason(client: Client) -> None:
    patients = Shard(n_patients=3, parameters={"k": [0.1, 1.0, 0.2]})
    there = integrate_on_cluster(integrate, BLOW_UP, patients, scheduler=client, size=1, times=[2.0])
    assert_same(there, integrate(BLOW_UP, times=[2.0], **patients.arguments))


def test_progress_counts_patients_to_the_last(client: Client) -> None:
    done: list[int] = []
    integrate_on_cluster(
        integrate, DECAY, cohort(10), scheduler=client, size=4, times=TIMES, progress=done.append
    )
    assert len(done) == 3
    assert done == sorted(done)
    assert done[-1] == 10


def test_a_mistake_is_the_callers_error(client: Client) -> None:
    with pytest.raises(UnknownNameError, match="No parameter `kk`"):
        integrate_on_cluster(integrate, DECAY, Shard(parameters={"kk": 1.0}), scheduler=client, times=TIMES)


@pytest.mark.parametrize("kills", [1, pytest.param(2, marks=pytest.mark.science)])
def test_lost_workers_lose_and_double_no_patient(client: Client, kills: int) -> None:
    patients = cohort(400)
    processes = iter(list(client.run(os.getpid).values())[:kills])
    done: list[int] = []

    def kill_in_the_middle(n: int) -> None:
        done.append(n)
        for process in islice(processes, 1):
            os.kill(process, signal.SIGKILL)

    there = integrate_on_cluster(
        integrate, DECAY, patients, scheduler=client, size=20, times=TIMES, progress=kill_in_the_middle
    )
    assert_same(there, integrate(DECAY, times=TIMES, **patients.arguments))
    assert done[-1] == 400
    client.wait_for_workers(2)


def test_an_interrupt_leaves_nothing_running_and_the_call_can_be_repeated(client: Client) -> None:
    patients = Shard(n_patients=8)

    arguments: dict[str, Any] = {"scheduler": client, "size": 1, "times": [1.0]}
    # A shell's background job is started with interrupts ignored, and tests may be one.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupt = Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            integrate_on_cluster(endless, DECAY, patients, **arguments)
    finally:
        interrupt.cancel()
        signal.signal(signal.SIGINT, before)
    wait_until(lambda: n_tasks(client) == 0 and n_running(client) == 0)
    again = integrate_on_cluster(integrate, DECAY, patients, **arguments)
    assert_same(again, integrate(DECAY, times=[1.0], n_patients=8))


def test_a_finished_call_leaves_nothing_on_the_cluster(client: Client) -> None:
    integrate_on_cluster(integrate, DECAY, cohort(30), scheduler=client, size=5, times=TIMES)
    wait_until(lambda: n_tasks(client) == 0)


@pytest.mark.science
def test_a_shard_that_kills_its_workers_is_given_up(client: Client) -> None:
    with pytest.raises(
        SolverError, match=r"5 patients, the first of them number 0, .* every worker"
    ) as caught:
        integrate_on_cluster(deadly, DECAY, Shard(n_patients=5), scheduler=client, size=5, times=TIMES)
    assert sorted(caught.value.failures) == [0, 1, 2, 3, 4]
    client.wait_for_workers(2)


def test_a_stream_comes_in_order_and_runs_only_a_little_ahead(client: Client) -> None:
    taken: list[int] = []

    def shards() -> Iterator[Shard]:
        for i in range(10_000):
            taken.append(i)
            yield Shard(n_patients=2, parameters={"k": 0.1 * i})

    stream = integrate_stream(DECAY, shards(), scheduler=client, times=[1.0])
    for i in range(12):
        # x = exp(-k t)
        np.testing.assert_allclose(next(stream).column("x"), np.exp(-0.1 * i), rtol=1e-4)
    assert len(taken) < 30
    stream.close()  # type: ignore[attr-defined]
    wait_until(lambda: n_tasks(client) == 0)


def test_workers_with_other_software_are_refused(client: Client) -> None:
    with (
        pretending(client, {"software": {"numpy": "1.0"}}),
        pytest.raises(InvalidValueError, match=r"worker tcp\S+ has numpy 1\.0 in place of \d"),
    ):
        integrate_on_cluster(integrate, DECAY, Shard(), scheduler=client, times=TIMES)


def test_workers_with_different_processors_are_refused(client: Client) -> None:
    some = list(client.nthreads())[:1]
    with (
        pretending(client, {"processor": {"processor": "abacus"}}, workers=some),
        pytest.raises(InvalidValueError, match="abacus"),
    ):
        integrate_on_cluster(integrate, DECAY, Shard(), scheduler=client, times=TIMES)


def test_workers_with_one_other_processor_are_told_of(client: Client) -> None:
    with (
        pretending(client, {"processor": {"processor": "abacus"}}),
        pytest.warns(UserWarning, match="the workers have processor abacus in place of .* last digits"),
    ):
        integrate_on_cluster(integrate, DECAY, Shard(), scheduler=client, times=TIMES)


def test_a_worker_that_joins_late_is_looked_at_too(client: Client) -> None:
    with (
        pretending(client, {"software": {"scipy": "1.0"}}, modules=("cluster",)),
        pytest.raises(InvalidValueError, match=r"has scipy 1\.0"),
    ):
        integrate_on_cluster(integrate, DECAY, Shard(), scheduler=client, times=TIMES)


def test_dask_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InvalidValueError, match=r"pip install 'koebner\[cluster\]'"):
        integrate_on_cluster(integrate, DECAY, Shard(), scheduler="tcp://127.0.0.1:8786", times=TIMES)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("tcp://127.0.0.1:1", r"the scheduler tcp://127\.0\.0\.1:1 did not answer within 0\.2 s"),
        ("nonsense", "scheduler nonsense was given .*; expected an address such as tcp://host:8786"),
    ],
)
def test_a_scheduler_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, address: str, message: str
) -> None:
    monkeypatch.setattr(cluster_module, "_SECONDS_TO_ANSWER", 0.2)
    with pytest.raises(InvalidValueError, match=message):
        integrate_on_cluster(integrate, DECAY, Shard(), scheduler=address, times=TIMES)


def test_a_scheduler_without_workers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "_SECONDS_TO_ANSWER", 0.2)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as empty,
        pytest.raises(InvalidValueError, match=r"has no workers; start some with `dask worker "),
    ):
        integrate_on_cluster(integrate, DECAY, Shard(), scheduler=empty.scheduler_address, times=TIMES)


# What follows runs on the workers, in place of `integrate`.


def answer(value: float, n_patients: int) -> Solution:
    values = np.full((n_patients, 1, 1), value)
    return replace(integrate(DECAY, times=[1.0], n_patients=n_patients), values=values)


def process_id(model: Model, *, n_patients: int, **rest: object) -> Solution:
    del model, rest
    time.sleep(0.02)
    return answer(os.getpid(), n_patients)


def number_of_first(model: Model, *, n_patients: int, first_patient: int, **rest: object) -> Solution:
    del model, rest
    return answer(first_patient, n_patients)


def endless(model: Model, *, progress: Callable[[int], None], **rest: object) -> Solution:
    """Long enough for any interrupt; one that is lost fails the test in place of holding it up for ever."""
    del model, rest
    end = time.monotonic() + 30
    while time.monotonic() < end:
        time.sleep(0.01)
        progress(1)
    raise SolverError("the interrupt never came", failures={})


def deadly(model: Model, **rest: object) -> Solution:
    del model, rest
    os._exit(1)


@contextmanager
def pretending(
    client: Client,
    parts: dict[str, dict[str, str]],
    *,
    workers: list[str] | None = None,
    modules: tuple[str, ...] = ("machine", "cluster"),
) -> Iterator[None]:
    """Let workers say that they run on another machine."""

    def pretend(parts: dict[str, dict[str, str]]) -> None:
        genuine = vars(import_module("koebner.solver.distribution.machine")).setdefault(
            "genuine", this_machine
        )
        found = genuine()
        other = replace(found, **{kind: {**getattr(found, kind), **part} for kind, part in parts.items()})
        for name in modules:
            import_module(f"koebner.solver.distribution.{name}").this_machine = (
                (lambda: other) if parts else genuine
            )

    client.run(pretend, parts, workers=workers)
    try:
        yield
    finally:
        client.run(pretend, {}, workers=workers)
