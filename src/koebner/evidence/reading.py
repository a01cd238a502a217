"""Reading a CSV file as text with line numbers, and turning its rows into typed ones.

Nothing is guessed: a file that is not a table of equal rows is refused with its line.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from koebner.errors import EvidenceError

RowT = TypeVar("RowT", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One record of a table: where it starts in the file, and its cells by column."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Return the stripped text of a cell; a column that the table lacks reads as empty."""
        return self.cells.get(column, "")


@dataclass(frozen=True, kw_only=True)
class Table:
    """The text of one CSV file."""

    file: Path
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def read_table(path: Path | str) -> Table:
    """Return a CSV file (UTF-8, comma, header in the first line) as text.

    Raises
    ------
    EvidenceError
        When there is no such file, it is not UTF-8 text, it has no header or no row, or a row has
        another number of fields than the header.
    """
    file = Path(path)
    reader = csv.reader(io.StringIO(_text(file), newline=""), strict=True)
    try:
        columns = _header(next(reader, []), file)
        lines = []
        start = reader.line_num + 1
        for fields in reader:
            if fields:
                lines.append(_line(fields, columns, start, file))
            start = reader.line_num + 1
    except csv.Error as error:
        raise EvidenceError(f"is not well-formed CSV ({error}).", file=file, line=reader.line_num) from error
    if not lines:
        raise EvidenceError("has a header but no rows; expected at least one row.", file=file)
    return Table(file=file, columns=columns, lines=tuple(lines))


def _text(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except OSError as error:
        message = f"cannot be read ({error.strerror}); expected a CSV file."
        raise EvidenceError(message, file=file) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8; expected a text file in UTF-8."
        raise EvidenceError(message, file=file, line=line) from error
    if not text.strip():
        raise EvidenceError("is empty; expected a header and rows.", file=file)
    return text


def _header(fields: list[str], file: Path) -> tuple[str, ...]:
    columns = tuple(" ".join(field.split()) for field in fields)
    if len(columns) < 2:
        message = (
            f"the first line is `{columns[0][:60] if columns else ''}`; expected column names with commas."
        )
        raise EvidenceError(message, file=file, line=1)
    twice = next((c for c in columns if columns.count(c) > 1), None)
    if twice is not None:
        raise EvidenceError(f"column `{twice}` is given twice; expected it once.", file=file, line=1)
    return columns


def _line(fields: list[str], columns: tuple[str, ...], number: int, file: Path) -> Line:
    if len(fields) != len(columns):
        message = f"{len(fields)} fields were given; expected {len(columns)}, as in the header."
        raise EvidenceError(message, file=file, line=number)
    cells = {column: field.strip() for column, field in zip(columns, fields, strict=True)}
    return Line(number=number, cells=cells)


def typed_rows(path: Path, row_type: type[RowT]) -> tuple[RowT, ...]:
    """Return the rows of a CSV file whose columns are the fields of `row_type`.

    Raises
    ------
    EvidenceError
        When the columns differ from the fields, or a cell has no value of its field's type.
    """
    table = read_table(path)
    if set(table.columns) != set(row_type.model_fields):
        wanted = ", ".join(row_type.model_fields)
        message = f"columns {', '.join(table.columns)} were given; expected {wanted}."
        raise EvidenceError(message, file=path, line=1)
    return tuple(_typed(line, row_type, path) for line in table.lines)


def _typed(line: Line, row_type: type[RowT], path: Path) -> RowT:
    try:
        return row_type.model_validate(dict(line.cells))
    except ValidationError as error:
        fault = error.errors()[0]
        column = fault["loc"][0] if fault["loc"] else "row"
        message = f"`{column}` is `{fault['input']}`: {fault['msg']}."
        raise EvidenceError(message, file=path, line=line.number) from error
