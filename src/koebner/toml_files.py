"""Files in TOML that a user writes: read, checked against their shape, and every error with file and line."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from koebner.errors import InvalidValueError, KoebnerError, UnknownNameError

_PART = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_PATH = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"^\s*\[\[?\s*({_PATH})\s*\]")
_KEY = re.compile(rf"^\s*({_PATH})\s*=")


class Section(BaseModel):
    """Shape of one table: an unknown key is refused, and a number is no text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


ShapeT = TypeVar("ShapeT", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where each key of a file stands."""

    path: Path
    lines: Mapping[tuple[str, ...], int]

    @contextmanager
    def at(self, *path: str) -> Iterator[None]:
        """Give file and line to an error raised inside."""
        try:
            yield
        except KoebnerError as error:
            if error.file is None:
                error.file, error.line = self.path, nearest_line(self.lines, path)
            raise


def read_toml(path: Path, *, what: str = "file") -> tuple[dict[str, Any], Source]:
    """Read a file, and where each of its keys stands.

    Parameters
    ----------
    path
        The file, in UTF-8; an editor's byte order mark does no harm.
    what
        What the file is, for errors: "trial file".

    Raises
    ------
    InvalidValueError
        There is no such file, it is a folder, is not text in UTF-8, or is not TOML.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # a path may hold what no system takes in one
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        reason = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else reason
        raise InvalidValueError(
            f"The {what} cannot be read ({reason}); a TOML file is expected.", file=path
        ) from error
    try:
        content = tomllib.loads(text)
    except ValueError as error:  # of syntax, or a number of more digits than Python reads
        place = re.search(r"line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise InvalidValueError(f"This is not valid TOML: {error}.", file=path, line=line) from error
    return content, Source(path=path, lines=key_lines(text))


def parse_table(shape: type[ShapeT], table: Any, path: tuple[str, ...], source: Source) -> ShapeT:
    """Check keys and types of one table; an empty path means the whole file.

    Raises
    ------
    UnknownNameError
        A key does not exist; with the closest ones.
    InvalidValueError
        A table or a key is missing, or a value is of another kind than expected.
    """
    with source.at(*path):
        if table is not None and not isinstance(table, dict):
            raise InvalidValueError(
                f"`{'.'.join(path)}` {table!r} was given; a table `{_header(path)}` is expected."
            )
        if table is None:
            listed = ", ".join(f"`{name}`" for name in shape.model_fields)
            raise InvalidValueError(f"No table `{_header(path)}`; add one with {listed}.")
    try:
        return shape.model_validate(table)
    except ValidationError as error:
        # A misspelt key is both unknown and missing; the unknown one is what the reader sees in the file.
        problem = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    keys = tuple(part for part in problem["loc"] if isinstance(part, str))
    with source.at(*path, *keys):
        raise _told(problem, shape, path, keys)


def _told(
    problem: ErrorDetails, shape: type[BaseModel], path: tuple[str, ...], keys: tuple[str, ...]
) -> KoebnerError:
    """Return the error of one key in words."""
    table = (*path, *keys[:-1])
    if problem["type"] == "extra_forbidden":
        hint = f"It stands in `{_header(table)}`." if table else ""
        return UnknownNameError("key", keys[-1], _fields(shape, keys[:-1]), hint=hint)
    if problem["type"] == "missing":
        where = f"`{_header(table)}`" if table else "the file"
        return InvalidValueError(f"`{keys[-1]}` is missing from {where}; add it.")
    wanted = problem["msg"].replace("Input should be", "expected").removeprefix("Value error, ")
    return InvalidValueError(f"`{'.'.join(keys)}` {problem['input']!r} was given; {wanted}.")


def _header(path: tuple[str, ...]) -> str:
    return f"[{'.'.join(path)}]"


def _fields(shape: type[BaseModel], keys: tuple[str, ...]) -> list[str]:
    """Return the keys of a table inside the shape."""
    for key in keys:
        inner = shape.model_fields[key].annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            shape = inner
    return list(shape.model_fields)


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of every table header and key, by its full path.

    Examples
    --------
    >>> key_lines('[arms."UC-MSC"]\\ntherapy = "uc_msc"')
    {('arms', 'UC-MSC'): 1, ('arms', 'UC-MSC', 'therapy'): 2}
    """
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _split(header[1])
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_split(key[1])), number)
    return lines


def nearest_line(lines: Mapping[tuple[str, ...], int], path: tuple[str, ...]) -> int:
    """Return the line of a path, else where the closest table around it begins, else the first line."""
    for length in range(len(path), 0, -1):
        found = [line for known, line in lines.items() if known[:length] == path[:length]]
        if found:
            return lines.get(path[:length], min(found))
    return 1


def _split(path: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, path))
