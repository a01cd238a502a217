"""What a run does with its own files when they are damaged."""

from pathlib import Path

import pytest
from tests.trials.fakes import FakePopulation, fake_model, install, run_small, small_trial

from koebner.errors import InvalidValueError
from koebner.trials import read_outcome
from koebner.trials.checkpoints import restore


@pytest.mark.parametrize("file", ["results.json", "visits.csv", "patients.csv"])
@pytest.mark.parametrize("damage", ["removed", "cut"])
def test_a_damaged_run_says_so_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str, damage: str
) -> None:
    run_small(monkeypatch).write(tmp_path)
    if damage == "removed":
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_bytes((tmp_path / file).read_bytes()[:40])
    with pytest.raises(InvalidValueError, match="--o"):
        read_outcome(tmp_path)


def test_a_checkpoint_that_cannot_be_read_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    simulation = install(monkeypatch)
    first = small_trial().run(fake_model(), FakePopulation(), checkpoint=tmp_path)
    calls = simulation.calls
    damaged = sorted(tmp_path.glob("*.npz"))[0]
    damaged.write_bytes(damaged.read_bytes()[:30])
    assert restore(damaged) is None
    again = small_trial().run(fake_model(), FakePopulation(), checkpoint=tmp_path)
    assert simulation.calls == calls + 1
    assert again.all_visits.equals(first.all_visits)
