"""Writing tables so that the same numbers are always the same bytes, and reading them back."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from koebner.errors import InvalidValueError

# Recorded PASI has one decimal by definition; weeks are written as the user gave them.
_FORMATS = {"week": "{:g}", "pasi": "{:.1f}"}
_FORMAT = "{:.4f}"
_DECIMALS = 6


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table with every float in a fixed format; missing values are empty."""
    text = table.copy()
    for name in text.columns:
        if pd.api.types.is_float_dtype(text[name]):
            form = _FORMATS.get(str(name), _FORMAT).format
            text[name] = [form(x) if math.isfinite(x) else _not_finite(x) for x in text[name]]
    text.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _not_finite(x: float) -> str:
    return "" if math.isnan(x) else "inf"


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON with rounded floats in the order given; what is not finite is null."""
    text = json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read what `write_json` wrote.

    Raises
    ------
    InvalidValueError
        When the file is missing or damaged.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidValueError(
            "missing or damaged; a file that a finished run wrote is expected. Run the trial again with "
            "`--overwrite`.",
            file=path,
        ) from error
    return content


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as JSON-ready rows."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):  # a numpy scalar
        value = value.item()
    if isinstance(value, float):
        return round(value, _DECIMALS) if math.isfinite(value) else None
    return value
