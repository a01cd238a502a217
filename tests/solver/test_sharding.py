"""Shards are the call they were cut from: every patient once, with own values and doses, in order."""

import pickle
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.solver.small_models import BLOW_UP, DECAY

from koebner.errors import InvalidValueError
from koebner.kinetics import read_antimony
from koebner.solver import Doses, Solution, integrate
from koebner.solver.distribution.sharding import LARGEST_SHARD, Shard, join, numbered, shard_size
from koebner.solver.distribution.stream import integrate_stream

TIMES = [0.0, 1.0, 3.0]


def cohort(n: int) -> Shard:
    """Patients with own parameters, initial values and doses, which stand in no order."""
    random = np.random.default_rng(5)
    n_doses = 2 * n
    return Shard(
        n_patients=n,
        parameters={"k": random.uniform(0.1, 2, n)},
        initial={"x": random.uniform(0.5, 1, n)},
        doses=Doses(
            patient=random.integers(0, n, n_doses),
            time=random.choice([0.0, 0.5, 2.0], n_doses),
            target=random.choice(["x", "k"], n_doses).tolist(),
            amount=random.uniform(0, 2, n_doses),
            kind="set",
        ),
    )


def assert_same(one: Solution, other: Solution) -> None:
    assert one.values.tobytes() == other.values.tobytes()
    assert one.status.tolist() == other.status.tolist()
    assert (one.names, one.reasons) == (other.names, other.reasons)
    assert one.times.tolist() == other.times.tolist()


@pytest.mark.parametrize("size", [1, 3, 11, 100])
def test_shards_joined_are_the_whole(size: int) -> None:
    whole = cohort(11)
    shards = [integrate(DECAY, times=TIMES, **shard.arguments) for shard in whole.split(size)]
    assert_same(join(shards), integrate(DECAY, times=TIMES, **whole.arguments))


def test_a_failed_patient_keeps_place_and_reason() -> None:
    whole = Shard(n_patients=3, parameters={"k": [0.1, 1.0, 0.2]})
    joined = join([integrate(BLOW_UP, times=[2.0], **shard.arguments) for shard in whole.split(2)])
    assert [reason.split(" at ")[0] for reason in joined.reasons] == ["ok", "diverged", "ok"]
    assert np.isnan(joined.values[:, 0, 0]).tolist() == [False, True, False]


@given(n=st.integers(1, 300), size=st.integers(1, 100), first=st.integers(0, 10**9))
def test_every_patient_is_in_one_shard(n: int, size: int, first: int) -> None:
    shards = list(Shard(n_patients=n, first_patient=first, parameters={"k": np.arange(n)}).split(size))
    numbers = [s.first_patient + i for s in shards for i in range(s.n_patients)]
    assert numbers == list(range(first, first + n))
    assert np.concatenate([s.arguments["parameters"]["k"] for s in shards]).tolist() == list(range(n))


@pytest.mark.parametrize("method", ["auto", "reference"])
def test_chance_is_the_patients_own_whatever_the_shard(method: str) -> None:
    # SBML has two events of one moment and one priority executed in random order.
    one, two = (f"at time > 1, priority = 1: x = {value}" for value in (1, 2))
    text = f"model m()\n x = 0; x' = 0\n {one}\n {two}\nend"
    whole = Shard(n_patients=24)
    model = read_antimony(text)
    shards = [integrate(model, times=[2.0], method=method, **s.arguments) for s in whole.split(5)]
    assert_same(join(shards), integrate(model, times=[2.0], method=method, **whole.arguments))
    assert set(join(shards).column("x").ravel()) == {1, 2}


def test_one_value_for_all_stays_one() -> None:
    (first, _) = Shard(n_patients=4, parameters={"k": 0.5}).split(2)
    assert np.shape(first.parameters["k"]) == ()


def test_doses_of_one_patient_keep_their_order() -> None:
    doses = Doses(patient=[1, 0, 1, 1], time=[2.0, 0.0, 2.0, 1.0], target="x", amount=[1.0, 2.0, 3.0, 4.0])
    (_, second) = Shard(n_patients=2, doses=doses).split(1)
    assert second.doses is not None
    assert second.doses.patient.tolist() == [0, 0, 0]
    assert second.doses.amount.tolist() == [1.0, 3.0, 4.0]


def test_a_shard_can_be_sent_to_another_process() -> None:
    shard = pickle.loads(pickle.dumps(cohort(4)))
    assert_same(
        integrate(DECAY, times=TIMES, **shard.arguments), integrate(DECAY, times=TIMES, **cohort(4).arguments)
    )


@pytest.mark.parametrize(
    ("n_patients", "n_workers", "size"),
    [
        (10, 2, 25),  # sending fewer costs more than to integrate them
        (1_000, 2, 125),  # four shards a worker
        (10**7, 2, LARGEST_SHARD),
        (1_000, 0, 250),  # all workers are just being replaced
    ],
)
def test_shards_are_small_where_patients_are_few(n_patients: int, n_workers: int, size: int) -> None:
    assert shard_size(n_patients, n_workers) == size


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_patients": 0}, "`n_patients` is 0"),
        ({"first_patient": -1}, "`first_patient` is -1"),
        ({"n_patients": 3, "parameters": {"k": [1.0, 2.0]}}, r"`k` has shape \(2,\)"),
        (
            {"n_patients": 2, "doses": Doses(patient=[2], time=[0.0], target="x", amount=[1.0])},
            "patient 2; patients are 0 to 1",
        ),
    ],
)
def test_what_cannot_be_cut_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        Shard(**arguments)  # type: ignore[arg-type]


def test_shards_of_no_patients_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="shards of 0 patients"):
        next(Shard().split(0))


def test_a_stream_is_the_whole_and_counts_through() -> None:
    whole = cohort(7)
    done: list[int] = []
    renumbered = [Shard(**shard.arguments | {"first_patient": 0}) for shard in whole.split(3)]
    assert [shard.first_patient for shard in numbered(renumbered)] == [0, 3, 6]
    streamed = list(integrate_stream(DECAY, renumbered, times=TIMES, progress=done.append))
    assert_same(join(streamed), integrate(DECAY, times=TIMES, **whole.arguments))
    assert done[-1] == 7


def test_a_stream_takes_a_shard_only_when_it_is_asked_for_one() -> None:
    taken: list[int] = []

    def shards() -> Iterator[Shard]:
        for i in range(1_000_000):
            taken.append(i)
            yield Shard(n_patients=2)

    stream = integrate_stream(DECAY, shards(), times=TIMES)
    for _ in range(3):
        next(stream)
    assert taken == [0, 1, 2]
