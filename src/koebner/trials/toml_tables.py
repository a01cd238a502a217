"""Tables of a TOML file, checked against their shape; an error names file and line."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from koebner.errors import InvalidValueError, KoebnerError, UnknownNameError
from koebner.trials.toml_lines import key_lines, nearest_line


class Section(BaseModel):
    """Shape of one table: an unknown key is refused, and a number is no text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


S = TypeVar("S", bound=Section)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file's text, kept to say where something stands."""

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


def read_tables(path: Path) -> tuple[dict[str, Any], Source]:
    """Read a file and where each of its keys stands."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # an editor may leave a byte order mark
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InvalidValueError(
            f"The trial file cannot be read ({reason}); a TOML file is expected.", file=path
        ) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise InvalidValueError(f"This is not valid TOML: {error}.", file=path, line=line) from error
    return content, Source(path=path, lines=key_lines(text))


def parse_table(shape: type[S], table: Any, path: tuple[str, ...], source: Source) -> S:
    """Check keys and types of one table."""
    header = f"[{'.'.join(path)}]"
    with source.at(*path):
        if table is not None and not isinstance(table, dict):
            raise InvalidValueError(
                f"`{'.'.join(path)}` {table!r} was given; a table `{header}` is expected."
            )
        if table is None:
            raise InvalidValueError(f"No table `{header}`; add one with {_listed(shape)}.")
    try:
        return shape.model_validate(table)
    except ValidationError as error:
        # A misspelt key is both unknown and missing; the unknown one is what the reader sees in the file.
        problem = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    key = str(problem["loc"][0])
    with source.at(*path, key):
        if problem["type"] == "extra_forbidden":
            raise UnknownNameError("key", key, shape.model_fields, hint=f"It stands in `{header}`.")
        if problem["type"] == "missing":
            raise InvalidValueError(f"`{key}` is missing from `{header}`; add it.")
        wanted = problem["msg"].replace("Input should be", "expected")
        raise InvalidValueError(f"`{key}` {problem['input']!r} was given; {wanted}.")


def _listed(shape: type[Section]) -> str:
    return ", ".join(f"`{name}`" for name in shape.model_fields)
