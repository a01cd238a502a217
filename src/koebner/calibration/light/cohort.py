"""Patients under narrow-band UVB, one row each: weekly PASI, single doses, the end and the last follow-up.

Whoever predicts a course from its first weeks must not see the rest of it: only the columns of those weeks
are asked for, and no other cell is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from koebner.errors import EvidenceError, InvalidValueError
from koebner.evidence.reading import Line, Table, read_table
from koebner.patients.lesion import PASI_MAX

Array = NDArray[np.float64]

WEEKS = 10
SESSIONS_A_WEEK = 3
ID = "ID"
BASELINE = "PASI_PRE_TREATMENT"
END = "PASI_END_TREATMENT"
FOLLOW_UP = "LAST_FU_PASI"
FOLLOW_UP_MONTH = "LAST_FU_MONTH"
# Lost to follow-up, and withdrawn: nothing is known of them after the course.
NO_FOLLOW_UP = ("LTFU", "WD", "")


@dataclass(frozen=True, kw_only=True, eq=False)
class LightCohort:
    """Patients under light.

    Attributes
    ----------
    ids
        Text of their `ID`.
    baseline
        PASI before treatment [points], `(n_patients,)`.
    pasi
        PASI at the end of each known week [points], `(n_patients, n_weeks)`; NaN where not scored.
    doses
        Single doses in the unit of the file, `(n_patients, 3 n_weeks)`; NaN where none is written.
    end_pasi, follow_up_pasi, follow_up_months
        PASI at the end of treatment [points], and PASI and time of the last follow-up, counted from
        that end, `(n_patients,)`; NaN where unknown, all of them when only first weeks were read.
    """

    ids: tuple[str, ...]
    baseline: Array
    pasi: Array
    doses: Array
    end_pasi: Array
    follow_up_pasi: Array
    follow_up_months: Array

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def weeks_known(self) -> int:
        """Number of weeks that were read."""
        return int(self.pasi.shape[1])

    @property
    def relative(self) -> Array:
        """PASI over baseline, `(n_patients, n_weeks)`."""
        return np.asarray(self.pasi / self.baseline[:, None])

    @property
    def end(self) -> Array:
        """PASI at the end of treatment over baseline, `(n_patients,)`."""
        return np.asarray(self.end_pasi / self.baseline)

    @property
    def end_week(self) -> NDArray[np.int64]:
        """Week of the last score, `(n_patients,)`, 0 for a patient without any."""
        scored = np.isfinite(self.pasi)
        weeks = np.arange(1, self.weeks_known + 1)
        return np.asarray((scored * weeks).max(axis=1, initial=0), dtype=np.int64)

    def subset(self, places: Sequence[int] | NDArray[np.int64]) -> "LightCohort":
        """Return the patients at these places."""
        chosen = np.asarray(places, dtype=np.int64)
        return LightCohort(
            ids=tuple(self.ids[place] for place in chosen),
            baseline=self.baseline[chosen],
            pasi=self.pasi[chosen],
            doses=self.doses[chosen],
            end_pasi=self.end_pasi[chosen],
            follow_up_pasi=self.follow_up_pasi[chosen],
            follow_up_months=self.follow_up_months[chosen],
        )

    def known_until(self, week: int) -> "LightCohort":
        """Return what is known of these patients at the end of a week."""
        unknown = np.full(len(self), np.nan)
        return LightCohort(
            ids=self.ids,
            baseline=self.baseline,
            pasi=self.pasi[:, :week],
            doses=self.doses[:, : SESSIONS_A_WEEK * week],
            end_pasi=unknown,
            follow_up_pasi=unknown,
            follow_up_months=unknown,
        )


def read_light_cohort(path: Path | str) -> LightCohort:
    """Read whole courses with their follow-up.

    Parameters
    ----------
    path
        A CSV with the columns ID, PASI_PRE_TREATMENT, PASI_END_WEEK_1 to 10, PASI_END_TREATMENT,
        LAST_FU_PASI, LAST_FU_MONTH and UVB_DOSE_1 to 30; a blank is a value that is not known.

    Raises
    ------
    EvidenceError
        A column is missing, or a cell holds no such value; the message names file, line and column.
    """
    return _read(Path(path), WEEKS, whole=True)


def read_early_courses(path: Path | str, weeks_known: int) -> LightCohort:
    """Read the first weeks of courses, and nothing of what comes later.

    Parameters
    ----------
    path
        A CSV as of `read_light_cohort`; the columns after those weeks need not be there.
    weeks_known
        How many weeks may be read, 1 to 9.

    Raises
    ------
    InvalidValueError
        Another number of weeks.
    EvidenceError
        As of `read_light_cohort`.
    """
    if not 1 <= weeks_known < WEEKS:
        raise InvalidValueError(
            f"{weeks_known} known weeks were given; expected 1 to {WEEKS - 1}, as a course lasts {WEEKS} "
            "weeks at most."
        )
    return _read(Path(path), weeks_known, whole=False)


def _read(path: Path, weeks: int, *, whole: bool) -> LightCohort:
    table = read_table(path)
    scores = [f"PASI_END_WEEK_{week}" for week in range(1, weeks + 1)]
    doses = [f"UVB_DOSE_{session}" for session in range(1, SESSIONS_A_WEEK * weeks + 1)]
    later = [END, FOLLOW_UP, FOLLOW_UP_MONTH] if whole else []
    _check_columns(table, [ID, BASELINE, *scores, *doses, *later])
    unknown = np.full(len(table.lines), np.nan)
    return LightCohort(
        ids=_ids(table),
        baseline=np.array([_baseline(line, path) for line in table.lines]),
        pasi=np.array([[_score(line, column, path) for column in scores] for line in table.lines]),
        doses=np.array([[_number(line, column, path) for column in doses] for line in table.lines]),
        end_pasi=np.array([_score(line, END, path) for line in table.lines]) if whole else unknown,
        follow_up_pasi=np.array([_follow_up(line, path) for line in table.lines]) if whole else unknown,
        follow_up_months=np.array([_number(line, FOLLOW_UP_MONTH, path) for line in table.lines])
        if whole
        else unknown,
    )


def _check_columns(table: Table, needed: Sequence[str]) -> None:
    missing = [column for column in needed if column not in table.columns]
    if missing:
        more = len(missing) - 1
        what = f"column `{missing[0]}` and {more} more are" if more else f"column `{missing[0]}` is"
        raise EvidenceError(
            f"{what} missing; expected {ID}, {BASELINE}, PASI_END_WEEK_1 and on, UVB_DOSE_1 and on.",
            file=table.file,
            line=1,
        )


def _ids(table: Table) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    for line in table.lines:
        name = line[ID]
        if not name:
            raise EvidenceError(
                f"`{ID}` is empty; expected a name for every row.", file=table.file, line=line.number
            )
        if name in seen:
            raise EvidenceError(
                f"`{ID}` {name} stands in line {seen[name]} too; expected one row a patient.",
                file=table.file,
                line=line.number,
            )
        seen[name] = line.number
    return tuple(seen)


def _number(line: Line, column: str, path: Path) -> float:
    """Return a number of 0 or more, NaN for a blank."""
    text = line[column]
    if not text:
        return np.nan
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not (np.isfinite(value) and value >= 0):
        raise EvidenceError(
            f"patient {line[ID]}, `{column}` is `{text}`; expected a number of 0 or more, or a blank.",
            file=path,
            line=line.number,
        )
    return value


def _score(line: Line, column: str, path: Path) -> float:
    value = _number(line, column, path)
    if value > PASI_MAX:
        raise EvidenceError(
            f"patient {line[ID]}, `{column}` is `{line[column]}`; expected a PASI of 0 to {PASI_MAX:g}.",
            file=path,
            line=line.number,
        )
    return value


def _baseline(line: Line, path: Path) -> float:
    value = _score(line, BASELINE, path)
    if not value > 0:
        raise EvidenceError(
            f"patient {line[ID]}, `{BASELINE}` is `{line[BASELINE]}`; expected a PASI above 0, as the result "
            "is a share of it.",
            file=path,
            line=line.number,
        )
    return value


def _follow_up(line: Line, path: Path) -> float:
    return np.nan if line[FOLLOW_UP] in NO_FOLLOW_UP else _score(line, FOLLOW_UP, path)
