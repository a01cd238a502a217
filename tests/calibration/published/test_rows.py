"""A user's table of published results: every row comes back, predicted or with its reason."""

from pathlib import Path

import pytest
from tests.shared_data import shared

from koebner.calibration.published.rows import PublishedRow, read_published
from koebner.errors import InvalidValueError, KoebnerError

HEAD = "trial,arm,drug,dose_regimen,n,week,endpoint,value,extra\n"


def rows(tmp_path: Path, text: str, head: str = HEAD) -> tuple[PublishedRow, ...]:
    path = tmp_path / "trials.csv"
    path.write_text(head + text, encoding="utf-8")
    return read_published(path)


def test_columns_that_may_be_absent_are_empty(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "T,a,Adalimumab,16,PASI75,71\n", "trial,arm,drug,week,endpoint,value\n")
    assert (row.dose_regimen, row.n, row.verified, row.reason, row.line) == ("", None, "", "", 2)
    assert (row.week, row.value) == (16.0, 71.0)


@pytest.mark.parametrize("column", ["trial", "arm", "drug", "week", "endpoint", "value"])
def test_a_needed_column_is_named_with_its_file(tmp_path: Path, column: str) -> None:
    head = HEAD.replace(column, "other", 1)
    with pytest.raises(InvalidValueError, match=rf"trials.csv:1: column `{column}` is missing"):
        rows(tmp_path, "T,a,d,,1,16,PASI75,71,\n", head)


def test_a_file_that_is_none_is_an_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(KoebnerError, match=r"absent.csv: cannot be read"):
        read_published(tmp_path / "absent.csv")


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        ("PASI50", "PASI50"),
        ("pasi100", "PASI100"),
        ("mean_PASI", "PASI mean"),
        ("mean_PASI_change_pct", "PASI change"),
        ("mean_PASI_change_points", "PASI change points"),
    ],
)
def test_endpoints_get_our_names(tmp_path: Path, given: str, ours: str) -> None:
    (row,) = rows(tmp_path, f"T,a,d,,10,12,{given},5,\n")
    assert (row.endpoint, row.reason) == (ours, "")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("12,median_PASI,3", "endpoint `median_PASI` is not predicted"),
        ("12,,3", "endpoint none is not predicted"),
        ("end of course,PASI75,80", "week `end of course` is not a number."),
        ("nan,PASI75,80", "week `nan` is not a number."),
        ("10-16,PASI75,80", "week `10-16` is not a number."),
        (",PASI75,80", "no week is given."),
        ("0,PASI75,0", "week 0 is not after the start of treatment."),
        ("12,PASI75,", "no value is given."),
        ("12,PASI75,about 80", "value `about 80` is not a number."),
        ("12,PASI75,180", "value 180 is no percent of patients; expected 0 to 100."),
        ("12,PASI75,-1", "value -1 is no percent of patients"),
        ("12,PASI75,1e400", "value `1e400` is not a number."),
        ("12,PASI75,inf", "value `inf` is not a number."),
        ("1e400,PASI75,80", "week `1e400` is not a number."),
        ("inf,PASI75,80", "week `inf` is not a number."),
        ("-4,PASI75,80", "week -4 is not after the start of treatment."),
        ("12,mean_PASI,1e12", "value 1e+12 is no mean PASI; expected 0 to 72."),
        ("12,mean_PASI,-3", "value -3 is no mean PASI"),
        ("12,mean_PASI_change_pct,-101", "value -101 is no change in percent of baseline"),
        ("12,mean_PASI_change_points,80", "value 80 is no change of PASI"),
        ("0,baseline_PASI_mean,1e400", "`1e400` is no PASI before treatment"),
        ("0,mean_PASI,0", "`0` is no PASI before treatment"),
        ("0,baseline_PASI_mean,20", "the PASI before treatment"),
    ],
)
def test_a_row_that_cannot_be_predicted_says_why(tmp_path: Path, cells: str, reason: str) -> None:
    (row,) = rows(tmp_path, f"T,a,d,,10,{cells},\n")
    assert row.reason.startswith(reason)


@pytest.mark.parametrize(
    ("given", "n"),
    [
        ("57", 57),
        ("57.0", 57),
        ("1,106", 1106),
        ("1106 in 4 arms", None),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("9" * 400, None),
        ("-57", None),
        ("56.5", None),
        ("1e12", 10**12),
        ("", None),
        ("0", None),
    ],
)
def test_the_number_of_patients_may_be_text(tmp_path: Path, given: str, n: int | None) -> None:
    (row,) = rows(tmp_path, f'T,a,d,,"{given}",12,PASI75,80,\n')
    assert row.n == n
    assert not row.reason


def test_the_baseline_is_that_of_the_same_trial_and_arm(tmp_path: Path) -> None:
    text = (
        "T,a,d,,10,0,baseline_PASI_mean,20.5,\nT,A,d,,10,12,mean_PASI,5,\nT,b,d,,10,12,mean_PASI,6,\n"
        "U,a,d,,10,0,mean_PASI,14.2,\nU,a,d,,10,4,mean_PASI,6.3,\n"
    )
    first, second, other, before, after = rows(tmp_path, text)
    assert first.is_baseline
    assert before.is_baseline  # a mean PASI of week 0
    assert [row.baseline_pasi for row in (second, other, after)] == [20.5, None, 14.2]


@pytest.mark.parametrize("given", ["0", "-20", "73", "1e400", "nan", ""])
def test_a_baseline_that_is_no_pasi_starts_nothing(given: str, tmp_path: Path) -> None:
    _, after = rows(tmp_path, f"T,a,d,,10,0,baseline_PASI_mean,{given},\nT,a,d,,10,12,mean_PASI,5,\n")
    assert (after.baseline_pasi, after.reason) == (None, "")


def test_no_row_of_the_open_table_is_lost() -> None:
    path = shared("data/clinical/trials.csv")
    read = read_published(path)
    assert len(read) == 693  # rows of the file, counted with a CSV reader
    named = ("PASI50", "PASI75", "PASI90", "PASI100", "PASI mean", "PASI change", "PASI change points")
    assert all(row.endpoint in named for row in read if not row.reason)
    assert {row.endpoint for row in read if "not predicted" in row.reason} == {
        "baseline_PASI_median",
        "clearance",
        "median_PASI",
        "median_PASI_change_pct",
        "onset_vs_placebo",
        "SMD_severity",
        "time_to_50pct_mean_PASI_reduction",
    }
