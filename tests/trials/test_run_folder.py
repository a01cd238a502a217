"""Interrupted, repeated, foreign and overwritten runs."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.trials.fakes import FakePopulation, FakeSimulation, fake_model, install, small_trial

from koebner.errors import InvalidValueError
from koebner.therapies import load
from koebner.therapies.agent import DoseEffect
from koebner.trials import Outcome, RunFolder, Trial, lock_run, open_run, record_trial

CELLS = small_trial().arms["UC-MSC"]
LIGHT = load("nb_uvb")
FLAT = DoseEffect(reference=1.0, exponent=0.0)
MODEL = fake_model(visit_noise_sd=0.22, placebo_share_max=0.55, dropout_per_week=0.01)


def opened(path: Path, trial: Trial, *, overwrite: bool = False) -> RunFolder:
    with lock_run(path):
        return open_run(path, record_trial(trial, MODEL, FakePopulation()).fingerprint, overwrite=overwrite)


def carry_out(path: Path, trial: Trial, *, overwrite: bool = False) -> Outcome:
    run = opened(path, trial, overwrite=overwrite)
    outcome = trial.run(MODEL, FakePopulation(), checkpoint=run.checkpoints)
    outcome.write(run.partial)
    run.complete()
    return outcome


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_two_runs_with_one_seed_are_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch)
    carry_out(tmp_path / "a", small_trial())
    carry_out(tmp_path / "b", small_trial())
    assert content(tmp_path / "a") == content(tmp_path / "b")
    carry_out(tmp_path / "c", small_trial(seed=8))
    assert content(tmp_path / "a")["visits.csv"] != content(tmp_path / "c")["visits.csv"]


@pytest.mark.parametrize("interrupt_at", [1, 2, 4])
def test_an_interrupted_run_goes_on_to_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, interrupt_at: int
) -> None:
    whole = install(monkeypatch)
    carry_out(tmp_path / "whole", small_trial())
    install(monkeypatch, FakeSimulation(interrupt_at=interrupt_at))
    with pytest.raises(KeyboardInterrupt):
        carry_out(tmp_path / "run", small_trial())
    assert not (tmp_path / "run").exists()
    assert (tmp_path / "run.partial").exists()
    rest = install(monkeypatch)
    assert opened(tmp_path / "run", small_trial()).resumed
    carry_out(tmp_path / "run", small_trial())
    assert content(tmp_path / "run") == content(tmp_path / "whole")
    assert rest.calls == whole.calls - (interrupt_at - 1)
    assert not (tmp_path / "run.partial").exists()


def test_a_finished_run_is_recognised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch)
    carry_out(tmp_path / "run", small_trial())
    run = opened(tmp_path / "run", small_trial())
    assert run.finished
    assert not run.partial.exists()
    assert not opened(tmp_path / "run", small_trial(), overwrite=True).finished


def test_another_trial_is_refused_and_replaced_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(monkeypatch)
    carry_out(tmp_path / "run", small_trial())
    before = content(tmp_path / "run")
    with pytest.raises(InvalidValueError, match=r"another trial, model or version.*`--overwrite`"):
        opened(tmp_path / "run", small_trial(seed=8))
    assert content(tmp_path / "run") == before
    carry_out(tmp_path / "run", small_trial(seed=8), overwrite=True)
    assert content(tmp_path / "run") != before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_unfinished_work_of_another_trial_is_refused_and_discarded_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(monkeypatch, FakeSimulation(interrupt_at=2))
    with pytest.raises(KeyboardInterrupt):
        carry_out(tmp_path / "run", small_trial())
    with pytest.raises(InvalidValueError, match=r"unfinished run of another trial.*`--overwrite`"):
        opened(tmp_path / "run", small_trial(seed=8))
    assert any(opened(tmp_path / "run", small_trial()).checkpoints.iterdir())
    fresh = opened(tmp_path / "run", small_trial(seed=8), overwrite=True)
    assert not fresh.resumed
    assert not fresh.checkpoints.exists()


@pytest.mark.parametrize("name", ["run", "run.partial"])
def test_a_folder_of_something_else_is_never_touched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").write_text("years of work", encoding="utf-8")
    for overwrite in (False, True):
        with pytest.raises(InvalidValueError, match="is no run of Koebner"):
            opened(tmp_path / "run", small_trial(), overwrite=overwrite)
    assert (tmp_path / name / "thesis.txt").read_text(encoding="utf-8") == "years of work"


@pytest.mark.parametrize("name", [".", ".."])
def test_a_run_needs_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    with pytest.raises(InvalidValueError, match="a folder of the run's own"):
        opened(Path(name), small_trial())


def test_two_processes_do_not_share_a_run(tmp_path: Path) -> None:
    with lock_run(tmp_path / "run"), pytest.raises(InvalidValueError, match="another process is writing"):
        opened(tmp_path / "run", small_trial())
    opened(tmp_path / "run", small_trial())
    assert not (tmp_path / "run.lock").exists()


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(InvalidValueError, match="cannot be written to"):
        opened(tmp_path / "file" / "run", small_trial())


def test_a_kill_between_the_renames_of_an_overwrite_is_mended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(monkeypatch)
    carry_out(tmp_path / "run", small_trial())
    run = opened(tmp_path / "run", small_trial(seed=8), overwrite=True)
    (tmp_path / "run").rename(tmp_path / "run.replaced")  # the first of the two renames, then the kill
    assert run.partial.exists()
    carry_out(tmp_path / "run", small_trial(seed=8))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_every_part_of_the_design_changes_the_fingerprint() -> None:
    trials = [
        small_trial(),
        small_trial(seed=8),
        small_trial(n_per_arm=6),
        small_trial(visits=[0, 12]),
        small_trial(endpoints=["PASI50"]),
        small_trial(parameter_draws=3),
        small_trial(missing="as observed"),
        small_trial(arms={"placebo": small_trial().arms["placebo"]}),
        *(
            small_trial(arms={**small_trial().arms, "UC-MSC": arm})
            for arm in (
                CELLS.stop(week=4),
                CELLS.retreat(),
                CELLS.retreat(regain=0.7),
                CELLS.miss(share=0.1, seed=1),
                CELLS.miss(share=0.1, seed=2),
                CELLS.escalate(week=2, factor=1.5),
                replace(CELLS, agents=(replace(CELLS.agents[0], viable_share=0.8),)),
                LIGHT,
                replace(LIGHT, agents=(replace(LIGHT.agents[0], dose_effect=FLAT),)),
            )
        ),
    ]
    prints = [record_trial(trial, MODEL, FakePopulation()).fingerprint for trial in trials]
    other_model = record_trial(small_trial(), fake_model(), FakePopulation()).fingerprint
    assert len({*prints, other_model}) == len(trials) + 1
