"""The pages of treatments hold the whole catalogue, and their two ways of saying a regimen agree."""

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from tests.test_docs import ROOT, blocks

from koebner.therapies import available, load
from koebner.therapies.entries import CALIBRATIONS, Calibration, Kind, entry
from koebner.toml_files import read_toml
from koebner.trials.arm_files import load_arms

DOCS = ROOT / "docs"
PAGE = DOCS / "treatments.md"
SEED = 2026  # the seed that the page gives for missed doses


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("generated")
    (folder / "therapy_gone.md").write_text("# Gone\n")
    sys.path.insert(0, str(DOCS))
    try:
        spec = importlib.util.spec_from_file_location("therapy_pages", DOCS / "therapy_pages.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.write(folder)
    finally:
        sys.path.remove(str(DOCS))
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_there_is_a_page_for_each_therapy_and_all_are_listed(pages: dict[str, str]) -> None:
    names = {f"therapy_{name}" for name in available()}
    assert set(pages) == {*names, "therapies"}
    assert all(f"\n{name}\n" in pages["therapies"] for name in names)
    assert [kind for kind in get_args(Kind) if f"## {kind.capitalize()}\n" not in pages["therapies"]] == []


@pytest.mark.parametrize("name", available())
def test_a_page_holds_regimen_and_every_number(name: str, pages: dict[str, str]) -> None:
    page = pages[f"therapy_{name}"].replace("\\", "")
    assert [symbol for symbol in entry(name).numbers if f"| `{symbol}` |" not in page] == []
    regimen = load(name).agents[0].regimen
    assert regimen is None or regimen.sentence() in page
    assert entry(name).statement in page


def test_tables_are_whole(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1, name


def test_sources_are_links(pages: dict[str, str]) -> None:
    # Yao 2018, the population pharmacokinetics of guselkumab.
    assert "[Yao Z 2018](https://doi.org/10.1002/jcph.1063)" in pages["therapy_guselkumab"]


def test_every_word_of_calibration_is_explained() -> None:
    assert set(CALIBRATIONS) == set(get_args(Calibration))
    page = PAGE.read_text(encoding="utf-8")
    assert [word for word in CALIBRATIONS if f"| {word} |" not in page] == []


def test_python_and_trial_file_of_the_page_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    for block in blocks(PAGE, "python"):
        exec(compile(block, str(PAGE), "exec"), namespace)
    path = tmp_path / "arms.toml"
    path.write_text("\n".join(blocks(PAGE, "toml")), encoding="utf-8")
    content, source = read_toml(path)
    arms = load_arms(content["arms"], source, last_week=104, seed=SEED)
    assert len(arms) == 11  # the arms of the page
    assert {label: arm for label, arm in arms.items() if arm != namespace[label]} == {}
