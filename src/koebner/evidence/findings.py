"""A finding: one cell that breaks a rule, told so that it can be put right."""

from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Where a rule is broken, what stands there, what is expected, and why."""

    file: Path
    line: int
    column: str
    rule: str
    given: str
    expected: str
    explanation: str

    def __str__(self) -> str:
        told = f"given {self.column} `{self.given}`, expected {self.expected}: {self.explanation}"
        # A cell may hold line breaks; a finding is one line.
        return f"{self.file}:{self.line}: {' '.join(told.split())}"

    def as_json(self) -> dict[str, str | int]:
        """Return the fields with the path as text."""
        return {**asdict(self), "file": str(self.file)}
