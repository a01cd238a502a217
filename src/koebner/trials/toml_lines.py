"""Which line of a TOML file a key stands on, for errors that name it."""

import re
from collections.abc import Mapping

_PART = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_PATH = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"^\s*\[\[?\s*({_PATH})\s*\]")
_KEY = re.compile(rf"^\s*({_PATH})\s*=")


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
