"""Equations compiled to machine code by numba, kept on disk so that the next start is fast.

A compiled module lies in its own folder, named after all it depends on: the equations, the versions of
Python and numba, the type of CPU. It is built apart and moved there in one step, so processes do not
clash, with a list of checksums, so what was damaged is noticed and built again. The folder is the
user's cache folder; the environment variable `KOEBNER_CACHE` names another. Parameter values are
arguments of the code, so models that differ in them alone share it.
"""

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target
from numpy.typing import NDArray
from platformdirs import user_cache_path

from koebner.errors import BuildError
from koebner.kinetics import Model
from koebner.solver.equations import Layout, build_equations
from koebner.solver.source import generate_source

GENERATOR_VERSION = 1
"""To be raised when the generated source of a model changes."""

_MANIFEST = "checksums.json"
_MODULE = "equations.py"

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CompiledModel:
    """Compiled functions of a model; `solver.source` describes each."""

    layout: Layout
    n_hoisted: int
    start: Callable[..., None]
    hoist: Callable[..., None]
    rates: Callable[..., Array]
    jacobian: Callable[..., Array]
    observe: Callable[..., Array]


def compile_model(model: Model) -> CompiledModel:
    """Return the compiled equations of a model, from the cache where possible.

    Raises
    ------
    ModelError
        When a formula uses a function that is not supported.
    BuildError
        When numba refuses the generated source, which the error keeps.
    """
    layout = Layout.of(model)
    module = _module(_Recipe(model, layout))
    return CompiledModel(
        layout=layout,
        n_hoisted=module.N_HOISTED,
        start=module.start,
        hoist=module.hoist,
        rates=module.rates,
        jacobian=module.jacobian,
        observe=module.observe,
    )


class _Recipe:
    """What a module is made from; equal where the equations are, whatever the parameter values."""

    def __init__(self, model: Model, layout: Layout) -> None:
        self.model = model
        self.layout = layout
        initial = dict(model.initial_assignments)
        assigned = [(name, model.rules[name].formula) for name in layout.assigned]
        reactions = [(reaction.id, reaction.rate) for reaction in model.reactions.values()]
        content = [layout.constants, [*model.derivatives().items()], assigned, reactions, initial]
        machine = [
            GENERATOR_VERSION,
            numba.__version__,
            platform.python_version(),
            *cpu_target.target_context.codegen().magic_tuple(),
        ]
        self.key = hashlib.sha256(json.dumps([content, machine]).encode()).hexdigest()[:32]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Recipe) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=64)
def _module(recipe: _Recipe) -> Any:
    folder = _writable_folder() / recipe.key
    if folder.is_dir():
        if _intact(folder):
            return _load(folder)
        shutil.rmtree(folder, ignore_errors=True)
    source = generate_source(build_equations(recipe.model, recipe.layout), recipe.layout)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as scratch:
        building = Path(scratch) / recipe.key
        building.mkdir()
        (building / _MODULE).write_text(source, encoding="utf-8")
        try:
            module = _load(building)
        except NumbaError as error:
            cause = str(error).strip().splitlines()[-1]
            raise BuildError(
                f"the equations of model `{recipe.model.id}` did not compile: {cause}", text=source
            ) from error
        (building / _MANIFEST).write_text(json.dumps(_checksums(building)), encoding="utf-8")
        if not folder.exists():
            _move(building, folder)
    return module


def _move(building: Path, folder: Path) -> None:
    try:
        building.rename(folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process was first, with the same result
            raise


def cache_folder() -> Path:
    """Return the folder for compiled models: `KOEBNER_CACHE`, or the user's own cache."""
    named = os.environ.get("KOEBNER_CACHE")
    return Path(named) if named else user_cache_path("koebner")


def _writable_folder() -> Path:
    folder = cache_folder() / "solver"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder):
            return folder
    except OSError:
        return _temporary_folder()


@lru_cache(maxsize=1)
def _temporary_folder() -> Path:
    """Folder of this process alone, for where the user's cache cannot be written."""
    return Path(tempfile.mkdtemp(prefix="koebner-"))


def _checksums(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != _MANIFEST)
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _intact(folder: Path) -> bool:
    try:
        expected = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(expected == _checksums(folder))


def _load(folder: Path) -> ModuleType:
    name = f"koebner_equations_{folder.name}"
    spec = importlib.util.spec_from_file_location(name, folder / _MODULE)
    if spec is None or spec.loader is None:
        raise BuildError(f"the generated module in {folder} cannot be loaded.", text="")
    module = importlib.util.module_from_spec(spec)
    # numba looks a cached function's module up by name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
