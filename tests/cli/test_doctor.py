"""`koebner doctor` is green on a sound installation and says what to do on a broken one."""

import json
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from typer.testing import CliRunner

from koebner.cli import doctor


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(doctor.doctor_command)
    return app


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOEBNER_CACHE", str(tmp_path / "cache"))


def test_everything_but_the_manifest_is_right_here() -> None:
    # The manifest has its own test, which says what to do.
    wrong = [check for check in doctor.examine() if not check.ok and check.subject != "Shipped files"]
    assert wrong == []


def test_the_manifest_lists_the_files_as_they_are() -> None:
    check = doctor.check_shipped_files(doctor.PACKAGE, doctor.MANIFEST)
    assert check.ok, f"{check.found}. Run `make manifest`."


def test_every_direct_dependency_is_looked_at() -> None:
    subjects = {check.subject for check in doctor.check_dependencies()}
    assert {"numpy", "typer", "python-libsbml"} <= subjects
    assert "ruff" not in subjects, "extras are not needed to use Koebner"


@pytest.mark.parametrize("wanted", ["numpy<1", "a-package-nobody-has>=1"])
def test_a_missing_or_wrong_dependency_is_reported(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "requires", lambda _: [wanted])
    (check,) = doctor.check_dependencies()
    assert not check.ok
    assert str(Requirement(wanted)) in check.remedy


@pytest.mark.parametrize(
    ("cpuinfo", "ok", "said"),
    [
        ("model name : Swift 9\nflags : sse2 avx2 avx512f\n\nmodel name : Other\n", True, "Swift 9"),
        ("Features : fp asimd\n", True, "neon"),
        ("model name : Old 1\nflags : sse2\n", False, "no vector instructions"),
        ("", True, "not reported"),
    ],
)
def test_the_processor_is_named_with_its_vector_instructions(
    tmp_path: Path, cpuinfo: str, *, ok: bool, said: str
) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo, encoding="utf-8")
    check = doctor.check_processor(tmp_path / "cpuinfo")
    assert (check.ok, said in check.found) == (ok, True)


def test_a_system_without_cpuinfo_is_no_fault(tmp_path: Path) -> None:
    assert doctor.check_processor(tmp_path / "absent").ok


def test_a_cache_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check = doctor.check_cache(tmp_path / "file" / "cache")
    assert not check.ok
    assert "KOEBNER_CACHE" in check.remedy


def test_a_changed_a_lost_and_an_added_file_are_named(tmp_path: Path) -> None:
    for name in ("changed.csv", "lost.toml"):
        (tmp_path / name).write_text("a", encoding="utf-8")
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(doctor.hash_shipped_files(tmp_path)), encoding="utf-8")
    assert doctor.check_shipped_files(tmp_path, manifest).ok

    (tmp_path / "changed.csv").write_text("b", encoding="utf-8")
    (tmp_path / "lost.toml").unlink()
    (tmp_path / "added.ant").touch()
    check = doctor.check_shipped_files(tmp_path, manifest)
    assert not check.ok
    assert check.found.endswith("added.ant, changed.csv, lost.toml")


def test_one_failed_check_gives_exit_status_1_and_its_remedy(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = doctor.Check(subject="Sound", ok=True, found="here", remedy="none needed")
    broken = doctor.Check(subject="Broken", ok=False, found="gone", remedy="Mend it.")
    monkeypatch.setattr(doctor, "examine", lambda: [sound, broken])

    table = CliRunner().invoke(app, [])
    assert table.exit_code == 1
    assert "Mend it." in table.stdout
    assert "none needed" not in table.stdout

    listed = CliRunner().invoke(app, ["--json"])
    assert listed.exit_code == 1
    assert [(row["ok"], row["remedy"]) for row in json.loads(listed.stdout)] == [
        (True, ""),
        (False, "Mend it."),
    ]


def test_all_checks_right_gives_exit_status_0(app: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: [doctor.Check(subject="Sound", ok=True, found="here")])
    assert CliRunner().invoke(app, []).exit_code == 0
