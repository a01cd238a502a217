"""How far a study or a mechanism can carry a conclusion: the one place where grades are defined."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Where the number of a row was seen.

    `paper`: in the paper, its abstract, a label or the registry. `secondary`: in one database or
    review. `memory`: nowhere; such a row is never a calibration target.
    """

    PAPER = "paper"
    SECONDARY = "secondary"
    MEMORY = "memory"


@dataclass(frozen=True, kw_only=True)
class Grade:
    """A letter from A (strongest) to D, and what it stands for."""

    letter: str
    meaning: str

    def __str__(self) -> str:
        return f"{self.letter} ({self.meaning})"


RANDOMISED = Grade(letter="A", meaning="randomised and controlled")
CONTROLLED = Grade(letter="B", meaning="controlled but not randomised, or a cohort of 50 patients and more")
UNCONTROLLED = Grade(letter="C", meaning="uncontrolled series")
CASES = Grade(letter="D", meaning="case report")


class Design(StrEnum):
    """How a study was done; `grade` says what that is worth for a claim about treatment."""

    RANDOMISED = "randomised"
    META_ANALYSIS = "meta-analysis"
    NON_RANDOMISED = "non-randomised"
    COHORT = "cohort"
    SINGLE_ARM = "single-arm"
    CASE_REPORT = "case-report"
    PHARMACOKINETICS = "pharmacokinetics"

    @property
    def grade(self) -> Grade | None:
        """The grade of this design; None where the study does not judge a treatment."""
        return _GRADES.get(self)


_GRADES = {
    Design.RANDOMISED: RANDOMISED,
    Design.META_ANALYSIS: RANDOMISED,
    Design.NON_RANDOMISED: CONTROLLED,
    Design.COHORT: CONTROLLED,
    Design.SINGLE_ARM: UNCONTROLLED,
    Design.CASE_REPORT: CASES,
}

MECHANISM_GRADES = {
    "A": Grade(letter="A", meaning="changed by an intervention in patients"),
    "B": Grade(letter="B", meaning="seen in human tissue, cells or blood"),
    "C": Grade(letter="C", meaning="seen in animals only"),
    "D": Grade(letter="D", meaning="hypothesis"),
}
"""Grades of mechanisms, by letter: another scale than that of studies."""
