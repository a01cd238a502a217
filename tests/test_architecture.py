"""The plan of the house holds: sizes, names, layers, exports, and machinery that is blind to biology."""

import ast
import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "koebner"
MODULES = sorted(PACKAGE.rglob("*.py"))
PYTHON_FILES = sorted(
    path
    for folder in ("src", "tests", "docs", "scripts", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
)

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60
FORBIDDEN_MODULE_NAMES = {"utils", "util", "helpers", "data", "info", "process", "misc", "common"}
BIOLOGY = re.compile(
    r"psoria|\bpasi|keratin|epiderm|\bskin\b|plaque|lesion|cytokine|dendritic|\bil-?\d+|\btnf|\bth17|\bmsc\b|\w+mab\b",
    re.IGNORECASE,
)
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(home|Users|root|work)/")


def every(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    assert function.end_lineno is not None
    total = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is None or first.end_lineno is None:
        return total
    return total - (first.end_lineno - first.lineno + 1)


def has_reason(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> bool:
    """Whether `# long:` and a reason stand between the first line and the first statement."""
    return any(
        re.search(r"# long: \w+", line) for line in lines[function.lineno - 1 : function.body[0].lineno]
    )


def defined_name(node: ast.stmt) -> str:
    """Return the name a statement defines, or the condition it stands under."""
    match node:
        case ast.FunctionDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.If(test=ast.Name(id=name)):
            return name
    return ""


@every(PYTHON_FILES)
def test_file_is_not_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES


@every(PYTHON_FILES)
def test_functions_are_short_or_say_why_not(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    long = {
        f"{function.name} (line {function.lineno})": code_lines(function)
        for function in functions(parse(path))
        if code_lines(function) > MAX_FUNCTION_LINES and not has_reason(function, lines)
    }
    assert long == {}


@every(MODULES)
def test_module_name_says_what_is_inside(path: Path) -> None:
    assert FORBIDDEN_MODULE_NAMES.isdisjoint(path.relative_to(PACKAGE).with_suffix("").parts)


@every(MODULES)
def test_module_docstring_says_more_than_the_name(path: Path) -> None:
    words = set(re.findall(r"[a-z]{2,}", (ast.get_docstring(parse(path)) or "").lower()))
    assert len(words - set(module_name(path).lower().replace("_", ".").split("."))) >= 3


@every([path for path in MODULES if path.name == "__init__.py"])
def test_package_only_re_exports(path: Path) -> None:
    tree = parse(path)
    allowed = {"__all__"}
    if path.parent == PACKAGE:
        # The front door re-exports lazily (PEP 562), so that opening it does not open every room.
        allowed |= {"TYPE_CHECKING", "_HOME", "__getattr__", "__dir__"}
    code = [node for node in tree.body[1:] if not isinstance(node, ast.Import | ast.ImportFrom)]
    assert ast.get_docstring(tree)
    assert [ast.unparse(node) for node in code if defined_name(node) not in allowed] == []


@every([path for path in MODULES if path.name == "__init__.py"])
def test_package_exports_exist_once(path: Path) -> None:
    package = importlib.import_module(module_name(path))
    names = list(getattr(package, "__all__", []))
    assert [name for name in names if not hasattr(package, name)] == []
    assert len(names) == len(set(names))


@every(MODULES)
def test_imports_name_their_module_in_full(path: Path) -> None:
    wrong = []
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            wrong += [alias.name for alias in node.names if alias.name.split(".")[0] == "koebner"]
        elif isinstance(node, ast.ImportFrom) and (node.level > 0 or node.module == "koebner"):
            wrong.append(ast.unparse(node))
    # The package's own front door collects the rooms; everything inside goes to the room itself.
    assert wrong == [] or path == PACKAGE / "__init__.py"


def test_rooms_import_only_from_below(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0, capsys.readouterr().out


@every([path for room in ("kinetics", "solver") for path in sorted((PACKAGE / room).rglob("*.py"))])
def test_machinery_knows_no_biology(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [f"{n}: {line}" for n, line in enumerate(lines, 1) if BIOLOGY.search(line)] == []


def test_the_word_list_would_find_biology() -> None:
    for word in ("PASI75", "psoriatic", "IL17A", "IL-23", "TNF_free", "Th17", "secukinumab"):
        assert BIOLOGY.search(word), word


def test_no_file_names_a_place_on_one_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.splitlines() if listed.returncode == 0 else map(str, PYTHON_FILES)
    texts = [ROOT / name for name in names if not name.endswith((".png", ".woff2"))]
    wrong = [
        f"{path.relative_to(ROOT)}:{n}"
        for path in texts
        if path.is_file()
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert wrong == []
