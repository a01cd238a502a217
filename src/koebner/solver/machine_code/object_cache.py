"""Compiled code kept on disk, so that the next start is fast.

An entry is one file, named after all that its code depends on: what it was made from, this package's
generator, the type of CPU and the version of the compiler. It is written apart and moved there in one
step, so processes do not clash; a checksum tells what was damaged, and it is made again.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from platformdirs import user_cache_path

from koebner.solver.machine_code.assembly import cpu

_PACKAGE = Path(__file__).resolve().parents[2]
_ROOMS = ("kinetics", "solver")


class Entry(NamedTuple):
    """Object code and what must be known of it to use it."""

    code: bytes
    facts: Mapping[str, Any]


def cache_folder() -> Path:
    """Return the folder for compiled models: `KOEBNER_CACHE`, or the user's own cache."""
    named = os.environ.get("KOEBNER_CACHE")
    return Path(named) if named else user_cache_path("koebner")


def key_of(*recipe: Any) -> str:
    """Return the name under which the code of a recipe is kept; the recipe must be writable as JSON."""
    text = json.dumps([recipe, code_hash(), cpu()])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Return a hash of the code that reads models and generates code: as it changes, numbers may."""
    files = sorted(file for room in _ROOMS for file in (_PACKAGE / room).rglob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def cached(key: str, build: Callable[[], Entry]) -> Entry:
    """Return the entry of a key from disk, or build it and keep it."""
    name = f"{key}.object"
    entry = _read(cache_folder() / "solver" / name)
    if entry is None:
        entry = build()
        # A full disk must not stop a computation.
        with suppress(OSError):
            _write(_writable_folder() / name, entry)
    return entry


def _read(file: Path) -> Entry | None:
    try:
        checksum, rest = file.read_bytes().split(b"\n", 1)
        facts, code = rest.split(b"\n", 1)
    except (OSError, ValueError):
        return None
    if hashlib.sha256(rest).hexdigest().encode() != checksum:
        return None
    return Entry(code, json.loads(facts))


def _write(file: Path, entry: Entry) -> None:
    rest = json.dumps(entry.facts).encode() + b"\n" + entry.code
    checksum = hashlib.sha256(rest).hexdigest().encode()
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".building-", delete=False) as scratch:
        partial = Path(scratch.name)
        try:
            scratch.write(checksum + b"\n" + rest)
            scratch.flush()
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)


def _writable_folder() -> Path:
    folder = cache_folder() / "solver"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return _temporary_folder()


@lru_cache(maxsize=1)
def _temporary_folder() -> Path:
    """Folder of this process alone, for where the user's cache cannot be written."""
    return Path(tempfile.mkdtemp(prefix="koebner-"))
