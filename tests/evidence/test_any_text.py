"""Whatever stands in a cell, the check answers with findings or with one line of error."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evidence.tables import EXTRACTED_MSC, EXTRACTED_TRIAL, write

from koebner.errors import EvidenceError
from koebner.evidence import check_file

PIECES = st.sampled_from(
    [
        "NCT",
        "34988162",
        "PMID ",
        "doi:",
        "10.",
        "%",
        "(k/n = ",
        "3/0",
        "12",
        "-",
        "x10",
        "6",
        "/kg",
        "mg",
        "1e999",
        ")",
    ]
)
CELL = st.one_of(st.text(max_size=12), st.lists(PIECES, max_size=6).map("".join))
NO_LIMITS = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def answer(file: Path) -> list[str]:
    try:
        return [str(finding) for finding in check_file(file)]
    except EvidenceError as error:
        return [str(error)]


def is_one_line(text: str) -> bool:
    return len(text.splitlines()) == 1


@NO_LIMITS
@given(data=st.data())
def test_any_cells_are_answered(tmp_path: Path, data: st.DataObject) -> None:
    good = data.draw(st.sampled_from([EXTRACTED_TRIAL, EXTRACTED_MSC]))
    changed = st.fixed_dictionaries({}, optional=dict.fromkeys(good, CELL))
    rows = [good | data.draw(changed) for _ in range(2)]
    assert all(is_one_line(line) for line in answer(write(tmp_path, *rows)))


@NO_LIMITS
@given(content=st.binary(max_size=200))
def test_any_bytes_are_answered(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    assert all(is_one_line(line) for line in answer(file))
