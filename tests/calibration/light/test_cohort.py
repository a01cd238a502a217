"""A cohort under light is read whole or only in its first weeks, and a wrong cell is named."""

from pathlib import Path

import numpy as np
import pytest
from tests.calibration.light_patients import told, write

from koebner.calibration.light.cohort import read_early_courses, read_light_cohort
from koebner.errors import EvidenceError, InvalidValueError

PATIENTS = told(4)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(PATIENTS, tmp_path / "patients.csv")


def changed(file: Path, row: int, column: str, text: str) -> Path:
    """Write `text` into a cell; row 0 is the first patient."""
    lines = file.read_text().splitlines()
    place = lines[0].split(",").index(column)
    cells = lines[row + 1].split(",")
    cells[place] = text
    lines[row + 1] = ",".join(cells)
    file.write_text("\n".join(lines) + "\n")
    return file


def test_what_was_written_is_read(file: Path) -> None:
    found = read_light_cohort(file)
    assert found.ids == PATIENTS.ids
    np.testing.assert_allclose(found.pasi, PATIENTS.pasi, atol=5e-4)  # three decimals are written
    np.testing.assert_allclose(found.doses, PATIENTS.doses, atol=5e-4)
    np.testing.assert_array_equal(found.end_week, PATIENTS.end_week)
    np.testing.assert_allclose(found.end, PATIENTS.end, atol=1e-3)


@pytest.mark.parametrize("word", ["LTFU", "WD", ""])
def test_a_patient_who_was_lost_has_no_follow_up(file: Path, word: str) -> None:
    found = read_light_cohort(changed(file, 1, "LAST_FU_PASI", word))
    assert np.isnan(found.follow_up_pasi).tolist() == [False, True, False, False]


def test_first_weeks_end_where_they_are_told_to(file: Path) -> None:
    early = read_early_courses(file, 3)
    assert early.pasi.shape == (4, 3)
    assert early.doses.shape == (4, 9)
    assert np.isnan(early.end_pasi).all()
    np.testing.assert_array_equal(early.pasi, read_light_cohort(file).known_until(3).pasi)


@pytest.mark.parametrize("column", ["PASI_END_WEEK_4", "UVB_DOSE_10", "PASI_END_TREATMENT", "LAST_FU_MONTH"])
def test_nothing_later_is_looked_at(file: Path, column: str) -> None:
    before = read_early_courses(file, 3)
    after = read_early_courses(changed(file, 0, column, "no number at all"), 3)
    np.testing.assert_array_equal(before.pasi, after.pasi)
    np.testing.assert_array_equal(before.doses, after.doses)
    with pytest.raises(EvidenceError, match=column):
        read_light_cohort(file)


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("PASI_END_WEEK_2", "-1", "a number of 0 or more"),
        ("PASI_END_WEEK_2", "few", "a number of 0 or more"),
        ("PASI_END_WEEK_2", "nan", "a number of 0 or more"),
        ("PASI_END_WEEK_2", "73", "a PASI of 0 to 72"),
        ("PASI_PRE_TREATMENT", "0", "a PASI above 0"),
        ("PASI_PRE_TREATMENT", "", "a PASI above 0"),
        ("PASI_PRE_TREATMENT", "-3", "a number of 0 or more"),
        ("UVB_DOSE_9", "0,3", "fields were given"),
        ("UVB_DOSE_9", "-0.3", "a number of 0 or more"),
        ("ID", "", "a name for every row"),
        ("ID", "p0", "one row a patient"),
    ],
)
def test_a_wrong_cell_is_named_with_line_and_column(
    file: Path, column: str, text: str, expected: str
) -> None:
    with pytest.raises(EvidenceError, match=expected) as error:
        read_early_courses(changed(file, 1, column, text), 3)
    assert error.value.line == 3  # the header and the first patient stand before it
    assert "fields" in expected or column in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_column_is_named(file: Path) -> None:
    file.write_text(file.read_text().replace("PASI_END_WEEK_3", "WEEK_3"))
    with pytest.raises(EvidenceError, match="column `PASI_END_WEEK_3` is missing"):
        read_early_courses(file, 3)
    assert read_early_courses(file, 2).weeks_known == 2


@pytest.mark.parametrize("weeks", [0, 10, -1])
def test_as_many_weeks_as_leave_something_to_predict(file: Path, weeks: int) -> None:
    with pytest.raises(InvalidValueError, match="expected 1 to 9"):
        read_early_courses(file, weeks)
