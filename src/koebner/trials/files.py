"""Trial files: TOML with the tables `[trial]`, `[population]` and `[arms.LABEL]`.

Everything is checked before anything runs, and an error names file and line.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from koebner.errors import InvalidValueError, KoebnerError, UnknownNameError
from koebner.populations import Population, load_population
from koebner.therapies import Therapy
from koebner.therapies import available as available_therapies
from koebner.therapies import load as load_therapy
from koebner.trials.design import CHECKS, Trial, check_doses, check_follow_up
from koebner.trials.toml_lines import key_lines, nearest_line


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


S = TypeVar("S", bound=_Section)


class _TrialSection(_Section):
    name: str
    seed: int
    n_per_arm: int
    visits_weeks: list[float]
    endpoints: list[str]
    follow_up_weeks: float | None = None
    parameter_draws: int = Trial.parameter_draws
    missing: str = Trial.missing
    relapse: str = Trial.relapse


class _PopulationSection(_Section):
    name: str


class _ArmSection(_Section):
    """The options of `koebner.therapies.load`."""

    therapy: str
    dose_mg: float | None = None
    cells_per_kg: float | None = None
    dose: float | None = None
    weeks: list[float] | None = None
    route: str | None = None
    stop_week: float | None = None


_SECTIONS = ("trial", "population", "arms")
# The unit stands in the file's key, as everywhere a bare number enters.
_FIELD_OF_KEY = {"visits_weeks": "visits"}


@dataclass(frozen=True, kw_only=True)
class TrialFile:
    """A trial file that has been read: the trial, and the population it draws from."""

    trial: Trial
    population: Population


@dataclass(frozen=True, kw_only=True)
class _Source:
    """A file's text, kept to say where something stands."""

    path: Path
    lines: Mapping[tuple[str, ...], int]

    @contextmanager
    def at(self, *path: str) -> Iterator[None]:
        """Give file and line to an error raised inside."""
        try:
            yield
        except KoebnerError as error:
            if error.file is None:
                error.file, error.line = self.path, nearest_line(self.lines, path)
            raise


def load_trial(path: Path | str) -> TrialFile:
    """Read a trial file.

    Parameters
    ----------
    path
        TOML file; `examples/uc_msc_vs_placebo.toml` explains every key.

    Raises
    ------
    InvalidValueError
        When the file is missing, is no TOML, or holds a value that cannot be used; with file and line.
    UnknownNameError
        When a key, therapy, population or endpoint does not exist; with the closest names.
    """
    path = Path(path)
    content, source = _read(path)
    for section in content:
        if section not in _SECTIONS:
            with source.at(section):
                raise UnknownNameError("table", section, _SECTIONS)
    design = _parse(_TrialSection, content.get("trial"), ("trial",), source)
    asked = _parse(_PopulationSection, content.get("population"), ("population",), source)
    _check_design(design, source)
    with source.at("population", "name"):
        population = load_population(asked.name)
    last_week = max(design.visits_weeks[-1], design.follow_up_weeks or 0.0)
    arms = _load_arms(content.get("arms"), source, last_week)
    with source.at("arms"):  # all else has been checked where it stands
        trial = Trial(
            arms=arms,
            n_per_arm=design.n_per_arm,
            visits=design.visits_weeks,
            seed=design.seed,
            name=design.name,
            endpoints=design.endpoints,
            follow_up_weeks=design.follow_up_weeks,
            parameter_draws=design.parameter_draws,
            relapse=design.relapse,
            missing=design.missing,  # type: ignore[arg-type]  # _check_design has compared it with the rules
        )
    return TrialFile(trial=trial, population=population)


def _read(path: Path) -> tuple[dict[str, Any], _Source]:
    try:
        text = path.read_text(encoding="utf-8-sig")  # an editor may leave a byte order mark
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InvalidValueError(
            f"The trial file cannot be read ({reason}); a TOML file is expected.", file=path
        ) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise InvalidValueError(f"This is not valid TOML: {error}.", file=path, line=line) from error
    return content, _Source(path=path, lines=key_lines(text))


def _parse(shape: type[S], table: Any, path: tuple[str, ...], source: _Source) -> S:
    """Check keys and types of one table."""
    header = f"[{'.'.join(path)}]"
    with source.at(*path):
        if table is not None and not isinstance(table, dict):
            raise InvalidValueError(
                f"`{'.'.join(path)}` {table!r} was given; a table `{header}` is expected."
            )
        if table is None:
            raise InvalidValueError(f"No table `{header}`; add one with {_listed(list(shape.model_fields))}.")
    try:
        return shape.model_validate(table)
    except ValidationError as error:
        # A misspelt key is both unknown and missing; the unknown one is what the reader sees in the file.
        problem = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    key = str(problem["loc"][0])
    with source.at(*path, key):
        if problem["type"] == "extra_forbidden":
            raise UnknownNameError("key", key, shape.model_fields, hint=f"It stands in `{header}`.")
        if problem["type"] == "missing":
            raise InvalidValueError(f"`{key}` is missing from `{header}`; add it.")
        wanted = problem["msg"].replace("Input should be", "expected")
        raise InvalidValueError(f"`{key}` {problem['input']!r} was given; {wanted}.")


def _check_design(design: _TrialSection, source: _Source) -> None:
    """Apply the trial's own rules key by key, so that the line is known."""
    for key in _TrialSection.model_fields:
        check = CHECKS.get(_FIELD_OF_KEY.get(key, key))
        if check is not None:
            with source.at("trial", key):
                check(getattr(design, key))
    with source.at("trial", "follow_up_weeks"):
        check_follow_up(design.visits_weeks, design.follow_up_weeks)


def _load_arms(arms: Any, source: _Source, last_week: float) -> dict[str, Therapy]:
    with source.at("arms"):
        if not isinstance(arms, dict) or not arms:
            raise InvalidValueError(
                'No arm was given; add `[arms.LABEL]` tables, each with `therapy = "NAME"`.'
            )
    return {label: _load_arm(label, options, source, last_week) for label, options in arms.items()}


def _load_arm(label: str, table: Any, source: _Source, last_week: float) -> Therapy:
    section = _parse(_ArmSection, table, ("arms", label), source)
    options = section.model_dump(exclude={"therapy"}, exclude_none=True)
    try:
        therapy = load_therapy(section.therapy, **options)
    except KoebnerError as error:
        with source.at("arms", label, _blamed_key(section.therapy, options, error)):
            raise
    with source.at("arms", label, "stop_week" if "stop_week" in options else "weeks"):
        check_doses(label, therapy, last_week)
    return therapy


def _blamed_key(therapy: str, options: Mapping[str, Any], error: KoebnerError) -> str:
    """Return the option that raises the same error alone; else the therapy itself."""
    if therapy not in available_therapies():
        return "therapy"
    for key, value in options.items():
        try:
            load_therapy(therapy, **{key: value})
        except KoebnerError as alone:
            if alone.message == error.message:
                return key
    return "therapy"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
