"""Catalogues: a folder of TOML files, one entry a file, each checked against its shape when read."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from koebner.errors import InvalidValueError
from koebner.toml_files import read_toml


class Strict(BaseModel):
    """A part of an entry: immutable, and an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


EntryT = TypeVar("EntryT", bound=Strict)


def entry_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the entries of a folder, in alphabetical order."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


def read_entry(path: Path, shape: type[EntryT]) -> EntryT:
    """Return the entry of a file.

    Raises
    ------
    InvalidValueError
        When the file is not TOML or departs from the shape, with the file and the first departure.
    """
    return _checked(path, "", read_toml(path)[0], shape)


def read_tables(path: Path, shape: type[EntryT]) -> dict[str, EntryT]:
    """Return the entries of a file that holds one table an entry, by name.

    Raises
    ------
    InvalidValueError
        As `read_entry`.
    """
    return {name: _checked(path, f"{name}.", table, shape) for name, table in read_toml(path)[0].items()}


def _checked(path: Path, prefix: str, content: Any, shape: type[EntryT]) -> EntryT:
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = prefix + ".".join(str(part) for part in first["loc"])
        raise InvalidValueError(f"`{where}`: {first['msg']}.", file=path) from None
