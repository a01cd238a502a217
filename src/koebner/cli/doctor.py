"""Whether this installation can be trusted: what `koebner doctor` looks at and how it shows it.

It looks at versions, the processor, the cache folder, one integration with a known answer and the
hashes of the shipped tables and equations. It does not judge the science: that is done by the tests.
"""

import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import numpy as np
import typer
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from rich.console import Console
from rich.table import Table

from koebner.cli.printing import print_json
from koebner.errors import KoebnerError
from koebner.kinetics import Compartment, Model, Parameter, Rule, Species
from koebner.solver import cache_folder, integrate, lane_width

PACKAGE = Path(__file__).resolve().parents[1]
MANIFEST = PACKAGE / "manifest.json"
SHIPPED_SUFFIXES = frozenset({".ant", ".csv", ".toml"})
VECTOR_FEATURES = ("avx2", "avx512f", "neon")


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing looked at: what it is, whether it is right, what was found and what to do if not."""

    subject: str
    ok: bool
    found: str
    remedy: str = ""


def examine() -> list[Check]:
    """Look at everything and return one `Check` each, the fast ones first."""
    return [
        check_python(),
        *check_dependencies(),
        check_processor(),
        check_cache(cache_folder()),
        check_shipped_files(PACKAGE, MANIFEST),
        check_integration(),
    ]


def check_python() -> Check:
    """Compare the running Python with the range that the installed Koebner declares."""
    wanted = metadata("koebner")["Requires-Python"]
    found = platform.python_version()
    return Check(
        subject="Python",
        ok=SpecifierSet(wanted).contains(found, prereleases=True),
        found=found,
        remedy=f"Install Python {wanted} and run `make clean setup`.",
    )


def check_dependencies() -> list[Check]:
    """Compare every dependency with the range that the installed Koebner declares."""
    requirements = [Requirement(text) for text in requires("koebner") or ()]
    return [
        _check_dependency(requirement)
        for requirement in sorted(requirements, key=lambda requirement: requirement.name.lower())
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]


def _check_dependency(requirement: Requirement) -> Check:
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        found = ""
    return Check(
        subject=requirement.name,
        ok=bool(found) and requirement.specifier.contains(found, prereleases=True),
        found=found or "not installed",
        remedy=f"Install it: pip install '{requirement.name}{requirement.specifier}'.",
    )


def check_processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> Check:
    """Name the processor, its cores and its vector instructions, as far as the system tells them."""
    facts = _first_processor(cpuinfo)
    name = facts.get("model name") or platform.processor() or platform.machine()
    reported = facts.get("flags") or facts.get("Features") or ""
    # Linux calls the NEON of 64-bit ARM "asimd".
    flags = {"neon" if flag == "asimd" else flag for flag in reported.split()}
    vectors = [feature for feature in VECTOR_FEATURES if feature in flags]
    shown = ", ".join(vectors) or ("no vector instructions" if flags else "vector instructions not reported")
    return Check(
        subject="Processor",
        ok=bool(vectors) or not flags,
        found=f"{name}; {os.cpu_count()} cores; {shown}; {lane_width()} patients in a register",
        remedy="Results hold; published timings do not. Use a processor with AVX2 or NEON for large trials.",
    )


def _first_processor(cpuinfo: Path) -> Mapping[str, str]:
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:  # only Linux has this file
        return {}
    pairs = (line.split(":", 1) for line in text.split("\n\n", 1)[0].splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def check_cache(folder: Path) -> Check:
    """Try to write into the cache folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        ok, found = False, f"{folder}: {error.strerror}"
    else:
        ok, found = True, str(folder)
    return Check(
        subject="Cache folder",
        ok=ok,
        found=found,
        remedy="Make the folder writable, or set KOEBNER_CACHE to one that is.",
    )


def check_integration() -> Check:
    """Integrate an exponential decay and compare it with its closed form, relative error 1e-5."""
    decay_per_day = 0.5
    days = np.linspace(0.0, 10.0, 11)
    model = Model.of(
        id="decay",
        compartments=[Compartment(id="space")],
        species=[Species(id="amount", initial=1.0, unit="dimensionless", compartment="space")],
        parameters=[Parameter(id="k_decay", value=decay_per_day, unit="1/day")],
        rules=[Rule(variable="amount", formula="-k_decay * amount", kind="rate")],
    )
    try:
        solution = integrate(model, times=days, outputs=["amount"])
    except KoebnerError as error:
        worst, found = np.inf, str(error)
    else:
        exact = np.exp(-decay_per_day * days)
        worst = float(np.max(np.abs(solution.column("amount")[0] / exact - 1.0)))
        found = f"relative error {worst:.1e} against the closed form"
    return Check(
        subject="Self-test integration",
        ok=worst < 1e-5,
        found=found,
        remedy="The solver is broken here: reinstall with `make clean setup` and report it if it stays.",
    )


def hash_shipped_files(package: Path) -> dict[str, str]:
    """Return the SHA-256 of every shipped table and equation file, by its path within the package."""
    files = sorted(path for path in package.rglob("*") if path.suffix in SHIPPED_SUFFIXES)
    return {path.relative_to(package).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def check_shipped_files(package: Path, manifest: Path) -> Check:
    """Compare the shipped tables and equations with the hashes in the manifest."""
    found = hash_shipped_files(package)
    expected = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
    differing = sorted(
        name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)
    )
    return Check(
        subject="Shipped files",
        ok=bool(found) and not differing,
        found=f"differ from the manifest: {', '.join(differing)}" if differing else f"{len(found)} unchanged",
        remedy="Reinstall Koebner; if you edited them on purpose, run `make manifest`.",
    )


def doctor_command(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False
) -> None:
    """Check this installation: versions, processor, cache, solver and shipped files."""
    checks = examine()
    show: Callable[[list[Check]], None] = _print_json if as_json else _print_table
    show(checks)
    if not all(check.ok for check in checks):
        raise typer.Exit(code=1)


def _print_json(checks: list[Check]) -> None:
    print_json([asdict(check) | {"remedy": "" if check.ok else check.remedy} for check in checks])


def _print_table(checks: list[Check]) -> None:
    table = Table(box=None, show_header=False, padding=(0, 1))
    for check in checks:
        mark = "[green]✓[/]" if check.ok else "[red]✗[/]"
        table.add_row(mark, check.subject, check.found)
        if not check.ok:
            table.add_row("", "", check.remedy, style="yellow")
    console = Console()
    console.print(table)
    failed = sum(not check.ok for check in checks)
    console.print(
        "[green]All is well.[/]" if failed == 0 else f"[red]{failed} of {len(checks)} checks failed.[/]"
    )
