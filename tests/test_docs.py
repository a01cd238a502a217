"""What the pages show is true: commands parse, targets exist, Python runs, every command is documented."""

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from koebner import therapies
from koebner.cli.main import app
from koebner.disease import load_model
from koebner.trials import ENDPOINTS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced code blocks of a page that are in one language."""
    return re.findall(
        rf"^```(?:{language})\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def shown_lines(start: str) -> Iterator[tuple[str, str]]:
    """Yield page and line for every console line and inline code that starts with a command."""
    for page in PAGES:
        console = "".join(blocks(page, "console|bash|sh|shell")).replace("\\\n", " ")
        inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page.read_text(encoding="utf-8"))
        for line in [*console.splitlines(), *inline]:
            command = line.removeprefix("$ ").strip()
            if command.startswith(f"{start} "):
                yield page.name, command


def parse(command: Any, words: list[str], name: str) -> None:
    """Parse words as the command line would, without looking at files or running anything."""
    context = command.make_context(name, [], resilient_parsing=True)
    values, rest, _ = command.make_parser(context).parse_args(words)
    children = getattr(command, "commands", None)
    if children is not None:
        if not rest:
            return  # the name of a group, spoken of in a sentence
        assert rest[0] in children, f"no command `{name} {rest[0]}`"
        parse(children[rest[0]], rest[1:], f"{name} {rest[0]}")
        return
    missing = [p.name for p in command.params if p.required and values.get(p.name) in (None, ())]
    assert (rest, missing) == ([], []), f"`{name}`: too many {rest}, missing {missing}"


@pytest.fixture(scope="module")
def root_command() -> Any:
    return typer.main.get_command(app)


@pytest.fixture(scope="module")
def reference_pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference_pages", ROOT / "docs" / "reference_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("page", "command"), sorted(set(shown_lines("koebner"))))
def test_shown_command_parses(page: str, command: str, root_command: Any) -> None:
    del page  # names the case
    parse(root_command, shlex.split(command, comments=True)[1:], "koebner")


@pytest.mark.parametrize("wrong", ["nonsense", "trial run a.toml --no-such-option", "doctor too many"])
def test_a_wrong_command_would_not_parse(wrong: str, root_command: Any) -> None:
    with pytest.raises(Exception, match=r"(?i)no command|no such option|too many"):
        parse(root_command, shlex.split(wrong), "koebner")


@pytest.mark.parametrize(("page", "command"), sorted(set(shown_lines("make"))))
def test_shown_make_target_exists(page: str, command: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    words = [word for word in shlex.split(command, comments=True)[1:] if "=" not in word]
    assert set(words) <= targets, page


@pytest.mark.science
@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name
)
def test_shown_python_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_command_and_option_is_documented(reference_pages: ModuleType) -> None:
    page = reference_pages.cli_page()
    undocumented = []
    for name, command in reference_pages.commands():
        assert f"\n## {name}\n" in page
        undocumented += [] if command.help else [name]
        undocumented += [
            f"{name} {parameter.name}" for parameter in command.params if not getattr(parameter, "help", None)
        ]
    assert undocumented == []


def test_every_room_is_in_the_api_reference(reference_pages: ModuleType) -> None:
    package = ROOT / "src" / "koebner"
    found = {
        path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert found - {"__init__"} == set(reference_pages.rooms())


def test_every_endpoint_is_described() -> None:
    page = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")
    assert [name for name in ENDPOINTS if f"`{name}`" not in page] == []


def test_generated_disease_tables_hold_every_state_and_therapy(reference_pages: ModuleType) -> None:
    page = reference_pages.disease_tables()
    wanted = [*load_model().species, *therapies.available()]
    assert [name for name in wanted if f"`{name}`" not in page] == []
