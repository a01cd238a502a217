"""The pages of pathways and variants hold all that the package holds, written from it."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from koebner.disease import load_model, load_pack, load_packs, load_switches, own_parameters, pathways
from koebner.evidence import load_mechanisms

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("generated")
    sys.path.insert(0, str(DOCS))
    try:
        _module().write(folder)
    finally:
        sys.path.remove(str(DOCS))
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pathway_pages", DOCS / "pathway_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_is_a_page_for_each_pathway_and_all_are_listed(pages: dict[str, str]) -> None:
    names = {f"pathway_{name}" for name in pathways()}
    assert set(pages) == {*names, "pathways", "variants"}
    assert all(f"\n{name}\n" in pages["pathways"] for name in names)


def test_every_state_rule_parameter_and_mechanism_is_on_a_page(pages: dict[str, str]) -> None:
    text = "\n".join(pages.values())
    model = load_model()
    wanted = [*model.species, *model.assigned, *(row.id for row in load_pack())]
    assert [name for name in wanted if f"`{name}`" not in text] == []
    plain = text.replace("\\", "")
    assert [row.id for row in load_mechanisms() if row.statement not in plain] == []


def test_the_head_of_a_file_is_the_prose_of_its_page(pages: dict[str, str]) -> None:
    # The first words of memory.ant.
    assert "What a healed plaque remembers." in pages["pathway_memory"]
    assert "//" not in pages["pathway_memory"].split("## ")[0].replace("https://", "")


def test_sources_and_identifiers_are_links(pages: dict[str, str]) -> None:
    assert "[Eggenhofer E 2012](https://doi.org/10.3389/fimmu.2012.00297)" in pages["pathway_infused_msc"]
    assert "[P01375](http://identifiers.org/uniprot/P01375)" in pages["pathway_cytokines"]  # TNF


def test_a_contradiction_stands_beside_its_claim(pages: dict[str, str]) -> None:
    row = next(row for row in load_mechanisms() if row.contradiction and row.edges)
    page = next(text for text in pages.values() if row.statement in text.replace("\\", ""))
    line = next(line for line in page.splitlines() if row.statement in line.replace("\\", ""))
    assert f"**But:** {row.contradiction}" in line.replace("\\", "")


def test_variants_hold_packs_and_switches(pages: dict[str, str]) -> None:
    page = pages["variants"]
    plain = page.replace("\\", "")
    assert [name for name, pack in load_packs().items() if pack.statement not in plain] == []
    differing = [row.id for name, pack in load_packs().items() if pack.base for row in own_parameters(name)]
    assert [name for name in differing if f"`{name}`" not in page] == []
    options = [f"`{name}={option}`" for name, switch in load_switches().items() for option in switch.options]
    assert [option for option in options if option not in page] == []


def test_tables_are_whole(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1, name


def test_a_page_of_a_pathway_that_is_gone_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    old = tmp_path / "pathway_gone.md"
    old.write_text("# Gone\n")
    _module().write(tmp_path)
    assert not old.exists()
