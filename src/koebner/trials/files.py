"""Trial files: TOML with the tables `[trial]`, `[population]` and `[arms.LABEL]`.

Everything is checked before anything runs, and an error names file and line.
"""

from dataclasses import dataclass
from pathlib import Path

from koebner.errors import UnknownNameError
from koebner.populations import Population, load_population
from koebner.toml_files import Section, Source, parse_table, read_toml
from koebner.trials.arm_files import load_arms
from koebner.trials.design import CHECKS, Trial, check_follow_up


class _TrialSection(Section):
    name: str
    seed: int
    n_per_arm: int
    visits_weeks: list[float]
    endpoints: list[str]
    follow_up_weeks: float | None = None
    parameter_draws: int = Trial.parameter_draws
    missing: str = Trial.missing
    relapse: str = Trial.relapse


class _PopulationSection(Section):
    name: str


_SECTIONS = ("trial", "population", "arms")
# The unit stands in the file's key, as everywhere a bare number enters.
_FIELD_OF_KEY = {"visits_weeks": "visits"}


@dataclass(frozen=True, kw_only=True)
class TrialFile:
    """A trial file that has been read: the trial, and the population it draws from."""

    trial: Trial
    population: Population


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
    content, source = read_toml(path, what="trial file")
    for section in content:
        if section not in _SECTIONS:
            with source.at(section):
                raise UnknownNameError("table", section, _SECTIONS)
    design = parse_table(_TrialSection, content.get("trial"), ("trial",), source)
    asked = parse_table(_PopulationSection, content.get("population"), ("population",), source)
    _check_design(design, source)
    with source.at("population", "name"):
        population = load_population(asked.name)
    last_week = max(design.visits_weeks[-1], design.follow_up_weeks or 0.0)
    arms = load_arms(content.get("arms"), source, last_week=last_week, seed=design.seed)
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


def _check_design(design: _TrialSection, source: Source) -> None:
    """Apply the trial's own rules key by key, so that the line is known."""
    for key in _TrialSection.model_fields:
        check = CHECKS.get(_FIELD_OF_KEY.get(key, key))
        if check is not None:
            with source.at("trial", key):
                check(getattr(design, key))
    with source.at("trial", "follow_up_weeks"):
        check_follow_up(design.visits_weeks, design.follow_up_weeks)
