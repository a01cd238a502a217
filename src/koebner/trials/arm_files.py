"""Arms of a trial file: from `[arms.LABEL]` to a therapy, step by step, so that the line is known."""

from collections.abc import Callable, Mapping
from typing import Any

from koebner.errors import InvalidValueError, KoebnerError
from koebner.therapies import Therapy, read_product
from koebner.therapies import available as available_therapies
from koebner.therapies import load as load_therapy
from koebner.toml_files import Section, Source, parse_table
from koebner.trials.design import check_doses


class _AgentSection(Section):
    """The options of `koebner.therapies.load`, and what may be changed after it."""

    therapy: str | None = None
    product: str | None = None
    dose_mg: float | None = None
    dose_mg_per_kg: float | None = None
    cells_per_kg: float | None = None
    cells_per_cm2: float | None = None
    dose: float | None = None
    weeks: list[float] | None = None
    route: str | None = None
    stop_week: float | None = None
    start_week: float | None = None
    restart_week: float | None = None
    skip_weeks: list[float] | None = None
    missed_share: float | None = None


class _Escalation(Section):
    week: float
    factor: float | None = None
    every_weeks: float | None = None


class _Taper(Section):
    week: float
    until_week: float
    steps: int = 4


class _Retreatment(Section):
    regain: float = 0.5
    responders: float = 0.5


_LATER = ("stop_week", "start_week", "restart_week", "skip_weeks", "missed_share")
_CHANGES = ("escalate", "taper")
_OF_ARM = ("retreat", "then", "plus")


def load_arms(arms: Any, source: Source, *, last_week: float, seed: int) -> dict[str, Therapy]:
    """Return the therapy of each arm.

    Raises
    ------
    InvalidValueError, UnknownNameError
        What stands in the tables cannot be given; with file and line.
    """
    with source.at("arms"):
        if not isinstance(arms, dict) or not arms:
            raise InvalidValueError(
                'No arm was given; add `[arms.LABEL]` tables, each with `therapy = "NAME"`.'
            )
    return {label: _load_arm(label, table, source, last_week, seed) for label, table in arms.items()}


def _load_arm(label: str, table: Any, source: Source, last_week: float, seed: int) -> Therapy:
    path = ("arms", label)
    others = {key: table[key] for key in _OF_ARM if key in table} if isinstance(table, dict) else {}
    own = {key: table[key] for key in table if key not in others} if others else table
    therapy = _load_agent(own, path, source, seed)
    for other in _tables(others.get("then", []), (*path, "then"), source):
        with source.at(*path, "then"):
            therapy = _followed(therapy, other, (*path, "then"), source, seed)
    for other in _tables(others.get("plus", []), (*path, "plus"), source):
        with source.at(*path, "plus"):
            therapy = therapy + _load_agent(other, (*path, "plus"), source, seed)
    if "retreat" in others:
        rule = parse_table(_Retreatment, others["retreat"], (*path, "retreat"), source)
        with source.at(*path, "retreat"):
            therapy = therapy.retreat(regain=rule.regain, responders=rule.responders)
    with source.at(*path, "stop_week" if "stop_week" in own else "weeks"):
        check_doses(label, therapy, last_week)
    return therapy


def _tables(given: Any, path: tuple[str, ...], source: Source) -> list[Any]:
    """Return the tables of a list; one table alone may stand without the list."""
    tables = [given] if isinstance(given, dict) else given
    with source.at(*path):
        if not isinstance(tables, list):
            raise InvalidValueError(
                f"`{path[-1]}` {given!r} was given; tables `[[{'.'.join(path)}]]` are expected."
            )
    return tables


def _followed(first: Therapy, table: Any, path: tuple[str, ...], source: Source, seed: int) -> Therapy:
    """Return a therapy and what follows it; the weeks of the latter's table are those of the trial."""
    second = _load_agent(table, path, source, seed, begin=first.end_week)
    return first.then(second, week=second.start_week if "start_week" in table else None)


def _load_agent(
    table: Any, path: tuple[str, ...], source: Source, seed: int, *, begin: float | None = None
) -> Therapy:
    """Return what a table gives, beginning at `begin` unless it says when."""
    tables = {key: table[key] for key in _CHANGES if key in table} if isinstance(table, dict) else {}
    own = {key: table[key] for key in table if key not in tables} if tables else table
    section = parse_table(_AgentSection, own, path, source)
    therapy = _loaded(section, path, source)
    for key, change in _changes(section, tables, path, source, seed, begin).items():
        with source.at(*path, key):
            therapy = change(therapy)
    return therapy


def _changes(
    section: _AgentSection,
    tables: Mapping[str, Any],
    path: tuple[str, ...],
    source: Source,
    seed: int,
    begin: float | None,
) -> dict[str, Callable[[Therapy], Therapy]]:
    """Return what is changed after loading, in the order in which it is done."""
    changes: dict[str, Callable[[Therapy], Therapy]] = {}
    if "escalate" in tables:
        more = parse_table(_Escalation, tables["escalate"], (*path, "escalate"), source)
        changes["escalate"] = lambda therapy: therapy.escalate(**more.model_dump())
    if "taper" in tables:
        less = parse_table(_Taper, tables["taper"], (*path, "taper"), source)
        changes["taper"] = lambda therapy: therapy.taper(**less.model_dump())
    start = section.start_week if section.start_week is not None else begin
    stop, again = section.stop_week, section.restart_week
    skipped, missed = section.skip_weeks, section.missed_share
    if start is not None:
        changes["start_week"] = lambda therapy: therapy.start(week=start)
    if stop is not None:
        changes["stop_week"] = lambda therapy: therapy.stop(week=stop)
    if again is not None:
        changes["restart_week"] = lambda therapy: therapy.restart(week=again)
    if skipped is not None:
        changes["skip_weeks"] = lambda therapy: therapy.skip(weeks=skipped)
    if missed is not None:
        changes["missed_share"] = lambda therapy: therapy.miss(share=missed, seed=seed)
    return changes


def _loaded(section: _AgentSection, path: tuple[str, ...], source: Source) -> Therapy:
    """Return the agent of the catalogue, or the cell product of a file beside the trial's."""
    options = section.model_dump(exclude={"therapy", "product", *_LATER}, exclude_none=True)
    with source.at(*path):
        if (section.therapy is None) == (section.product is None):
            raise InvalidValueError(
                f'`[{".".join(path)}]` needs one of `therapy = "NAME"` and `product = "FILE"`.'
            )
    if section.product is not None:
        product = read_product(source.path.parent / section.product)
        with source.at(*path, "product"):
            return product.therapy(**options)
    name = section.therapy or ""
    try:
        return load_therapy(name, **options)
    except KoebnerError as error:
        with source.at(*path, _blamed_key(name, options, error)):
            raise


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
