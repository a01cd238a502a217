"""A calibration file: which figures are fitted, and how long the search is."""

from pathlib import Path

from pydantic import Field, field_validator

from koebner.calibration.fitting.figures import Data
from koebner.calibration.protocol import Protocol, Search, load_protocol
from koebner.errors import InvalidValueError
from koebner.toml_files import Section, parse_table, read_toml


class CalibrationSection(Section):
    """The table `[calibration]`.

    Attributes
    ----------
    name
        Of the ensemble.
    data
        "protocol" or "open", see `koebner.calibration.fitting.figures.DATA`.
    ablation
        Whether blocks are switched off and the rest fitted again, which takes as long as two members.
    folds
        Into how many parts the trials are cut, each left out of one more fit and then predicted; 0 leaves
        none out.
    """

    name: str = Field(min_length=1)
    data: Data
    ablation: bool = False
    folds: int = Field(default=0, ge=0)

    @field_validator("folds")
    @classmethod
    def _leaves_some(cls, folds: int) -> int:
        if folds == 1:
            raise ValueError("one part would leave out every trial: give 2 or more, or 0 for none")
        return folds


class SearchSection(Section):
    """The table `[search]`: what departs from the protocol, as in `koebner.calibration.protocol.Search`."""

    members: int | None = Field(default=None, gt=0)
    patients: int | None = Field(default=None, gt=0)
    patients_first: int | None = Field(default=None, gt=0)
    population_size: int | None = Field(default=None, gt=3)
    generations: int | None = Field(default=None, ge=0)
    spread: float | None = Field(default=None, gt=0)
    polish: int | None = Field(default=None, ge=0)


class CalibrationFile(Section):
    """A whole calibration file."""

    calibration: CalibrationSection
    search: SearchSection = SearchSection()

    def searched(self, protocol: Protocol) -> Search:
        """Return the search of the protocol with what the file changes."""
        return protocol.search.model_copy(update=self.search.model_dump(exclude_none=True))


def load_calibration(path: Path) -> CalibrationFile:
    """Return a calibration file.

    Raises
    ------
    UnknownNameError
        A key does not exist; with the closest ones.
    InvalidValueError
        The file cannot be read, or a value is missing or wrong; with file and line.
    """
    content, source = read_toml(path, what="calibration file")
    found = parse_table(CalibrationFile, content, (), source)
    with source.at("search"):
        _check_patients(found.searched(load_protocol()))
    return found


def _check_patients(search: Search) -> None:
    """Refuse numbers of patients for which the quasi-random sequence is not balanced."""
    for n in (search.patients, search.patients_first):
        if n & (n - 1):
            raise InvalidValueError(f"{n} patients were given; expected a power of two.")
