"""A file that is not a table is one line of error, with its place."""

from pathlib import Path

import pytest

from koebner.errors import EvidenceError
from koebner.evidence import Mechanism, TrialResult, check_file
from koebner.evidence.reading import read_table, typed_rows


def refused(path: Path) -> EvidenceError:
    with pytest.raises(EvidenceError) as caught:
        check_file(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    return caught.value


def written(folder: Path, content: bytes) -> Path:
    file = folder / "table.csv"
    file.write_bytes(content)
    return file


HEADER = b"trial,arm,n,week,endpoint,value,unit\n"


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", None, "is empty"),
        (b"\n \n", None, "is empty"),
        (HEADER, None, "no rows"),
        (HEADER + b"A,B,1,2,PASI75,3\n", 2, "6 fields were given; expected 7"),
        (HEADER + b"A,B,1,2,PASI75,3,%\nA,B,1,2,PASI75,3,%,9\n", 3, "8 fields were given; expected 7"),
        (HEADER + b"A,B\xff,1,2,PASI75,3,%\n", 2, "byte 0xff is not UTF-8"),
        (HEADER + b'A,"B"C,1,2,PASI75,3,%\n', 2, "not well-formed CSV"),
        (HEADER + b'A,"B,1,2,PASI75,3,%\n', 2, "not well-formed CSV"),
        (b"trial;arm;n\nA;B;1\n", 1, "expected column names with commas"),
        (b"trial,arm,n,arm\nA,B,1,C\n", 1, "column `arm` is given twice"),
        (
            b"name,colour,size\nx,red,3\n",
            1,
            "the columns name, colour, size were given; expected one of: studies",
        ),
    ],
)
def test_what_is_not_a_table_is_refused_with_its_line(
    tmp_path: Path, content: bytes, line: int | None, message: str
) -> None:
    error = refused(written(tmp_path, content))
    assert message in error.message
    assert error.line == line


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path / "absent.csv").message
    assert "cannot be read" in refused(tmp_path).message


def test_binary_content_is_refused(tmp_path: Path) -> None:
    refused(written(tmp_path, bytes(range(256))))
    refused(written(tmp_path, b"\x00" * 64))


def test_a_row_over_two_lines_keeps_its_first_line(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, HEADER + b'"A\nB",C,1,2,PASI75,3,%\n\nD,E,1,2,PASI75,3,%\n'))
    assert [line.number for line in table.lines] == [2, 5]
    assert table.lines[0]["trial"] == "A\nB"


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    table = read_table(
        written(tmp_path, b"\xef\xbb\xbf" + HEADER.replace(b"\n", b"\r\n") + b"A,B,1,2,PASI75,3,%\r\n")
    )
    assert table.columns[0] == "trial"
    assert table.lines[0]["unit"] == "%"


def test_a_cell_of_the_wrong_type_names_file_line_and_value(tmp_path: Path) -> None:
    header = ",".join(TrialResult.model_fields)
    good = {
        "source": "langley-2014",
        "level": "paper",
        "value": "81.6",
        "week": "12",
        "n": "245",
        "unit": "%",
    }
    cells = [good.get(column, "x") for column in TrialResult.model_fields]
    cells[list(TrialResult.model_fields).index("n")] = "many"
    cells[list(TrialResult.model_fields).index("responders")] = ""
    file = written(tmp_path, f"{header}\n{','.join(cells)}\n".encode())
    with pytest.raises(EvidenceError, match="`n` is `many`") as caught:
        typed_rows(file, TrialResult)
    assert caught.value.line == 2


@pytest.mark.parametrize("edges", ["mDC", "mDC>", "mDC>IL 23", "mDC>IL23>Th17", "mDC>IL23;Th17"])
def test_an_edge_is_two_ids(tmp_path: Path, edges: str) -> None:
    cells = dict.fromkeys(Mechanism.model_fields, "x") | {"edges": edges, "sign": "+"}
    cells |= {"grade": "B", "level": "paper"}
    file = written(tmp_path, f"{','.join(cells)}\n{','.join(cells.values())}\n".encode())
    with pytest.raises(EvidenceError, match="expected two ids of the model") as caught:
        typed_rows(file, Mechanism)
    assert caught.value.line == 2


def test_other_columns_than_the_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="expected source, level, study"):
        typed_rows(written(tmp_path, HEADER + b"A,B,1,2,PASI75,3,%\n"), TrialResult)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[a", "cannot be read as TOML"),
        ("a = 1\n", "not a table"),
        ('[a]\nyear = "x"\nkind = "trial"\n', "year"),
        ('[a]\nyear = 2020\nkind = "trial"\ncolour = "red"\n', "colour"),
    ],
)
def test_a_file_of_sources_that_cannot_be_read_is_refused(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(content, encoding="utf-8")
    assert message in refused(file).message


def test_absent_and_binary_files_of_sources_are_refused(tmp_path: Path) -> None:
    refused(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    refused(tmp_path / "binary.toml")
    (tmp_path / "folder.toml").mkdir()
    refused(tmp_path / "folder.toml")


def test_sources_with_bad_identifiers_are_findings(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(
        '[a]\nyear = 2020\nkind = "trial"\n'
        '[b]\nyear = 2021\nkind = "trial"\nnct = "NCT34988162"\ndoi = "atm"\n',
        encoding="utf-8",
    )
    findings = check_file(file)
    assert [(f.line, f.column) for f in findings] == [(1, "source"), (4, "doi"), (4, "nct")]
