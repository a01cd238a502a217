"""The files around the package: licence, versions that agree, pages that stay short, commands that exist."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHELL_SCRIPTS = sorted([*(ROOT / "scripts").glob("*.sh"), ROOT / ".ci" / "run"])
TARGETS = ("help", "setup", "check", "test", "demo", "docs", "bench", "clean")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_licence_is_the_whole_apache_2() -> None:
    licence = text("LICENSE")
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence


def test_version_is_the_same_everywhere() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    cited = re.search(r"^version: (\S+)$", text("CITATION.cff"), re.MULTILINE)
    newest = re.search(r"^## (\S+)", text("CHANGELOG.md"), re.MULTILINE)
    assert cited is not None
    assert newest is not None
    assert (cited[1], newest[1]) == (version, version)


@pytest.mark.parametrize(("name", "lines"), [("README.md", 80), ("CONTRIBUTING.md", 80)])
def test_page_stays_short(name: str, lines: int) -> None:
    assert 10 <= len(text(name).splitlines()) <= lines


@pytest.mark.parametrize("target", TARGETS)
def test_make_target_exists_and_help_explains_it(target: str) -> None:
    assert re.search(rf"^  make {target} +\w", make("help").stdout, re.MULTILINE)
    assert make("--dry-run", target).returncode == 0


@pytest.mark.parametrize("path", SHELL_SCRIPTS, ids=lambda path: path.name)
def test_shell_script_is_executable_and_strict(path: Path) -> None:
    assert os.access(path, os.X_OK)
    assert "set -euo pipefail" in path.read_text(encoding="utf-8")
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0


def test_ci_runs_the_tests() -> None:
    # Last, so that pytest's closing line closes the log.
    assert text(".ci/run").splitlines()[-1] == "make test"


def test_a_python_that_does_not_fit_is_refused_with_what_to_do() -> None:
    result = subprocess.run(
        [ROOT / "scripts" / "find_python.sh"],
        env=os.environ | {"PYTHON": "python-of-nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "python-of-nowhere" in result.stderr
    assert "3.11" in result.stderr
