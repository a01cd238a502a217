"""A model of the user's own: read from SBML or Antimony, integrated, and shown by the ids of the file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from koebner.cli.printing import say
from koebner.errors import InvalidValueError, SolverError, UnknownNameError
from koebner.kinetics import Model, read_antimony, read_sbml
from koebner.kinetics.unit_definitions import factors
from koebner.solver import Solution, Status, integrate

# The default of other simulators of SBML, whose amounts are often nanomoles given in moles.
ATOL = 1e-12
_SBML_SUFFIXES = (".xml", ".sbml", ".gz", ".bz2", ".zip")
_TIMES = {60.0: "minute", 3600.0: "hour", 86400.0: "day", 604800.0: "week"}
# Below so many times atol a variable has hardly a digit that is right.
_UNRESOLVED = 100
_MOST_NAMED = 5
_MOST_POINTS = 1_000_000


def simulate_file(
    path: Path,
    *,
    until: float | None,
    points: int,
    outputs: Sequence[str] | None,
    atol: float = ATOL,
    **options: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Integrate the model of an SBML or Antimony file from time 0.

    Parameters
    ----------
    path
        The file.
    until
        End time, in the model's own unit.
    points
        Number of reported times, both ends included.
    outputs
        Ids; all that may change when None.
    atol, options
        As of `integrate`.

    Returns
    -------
    tuple
        Values by time, and a table with id, name and unit of each column.

    Raises
    ------
    InvalidValueError
        When there is no such file, a parameter has no value, or the end time or a number is wrong.
    ModelError
        When the file cannot be read; the message names line or element.
    UnknownNameError
        When an output or method does not exist.
    SolverError
        When the integration failed; the message says when and why.
    """
    model = _read(path)
    unit = _unit(model, model.time_unit)
    if until is None or not 0 < until < np.inf:
        given = "is missing" if until is None else f"{until:g} was given"
        raise InvalidValueError(
            f"--until {given}; expected an end time above 0 [{unit or 'time of the model'}]."
        )
    if not 2 <= points <= _MOST_POINTS:
        raise InvalidValueError(
            f"--points {points} was given; expected 2 to {_MOST_POINTS:,}, time 0 and the end included."
        )
    columns = variables(model) if outputs is None else _checked(outputs, model)
    with Console(stderr=True).status(f"Integrating to {until:g} {unit}".strip(), spinner="line"):
        solution = integrate(
            model, times=np.linspace(0, until, points), outputs=columns, atol=atol, **options
        )
    if not Status(solution.status[0]).succeeded:
        raise _failure(path, solution)
    values = pd.DataFrame(
        {name: solution.column(name)[0] for name in columns}, index=pd.Index(solution.times, name="time")
    )
    _tell_unresolved(model, values, atol)
    words = [("time", "", unit), *((name, *_name_and_unit(model, name)) for name in columns)]
    return values, pd.DataFrame(words, columns=["column", "name", "unit"])


def _read(path: Path) -> Model:
    if not path.is_file():
        what = "this is a folder" if path.is_dir() else "no such file"
        raise InvalidValueError(f"{what}; give an SBML (.xml, .sbml) or Antimony (.ant) file.", file=path)
    model = read_sbml(path) if _is_sbml(path) else read_antimony(path)
    if model.inputs:
        listed = ", ".join(f"`{name}`" for name in model.inputs)
        raise InvalidValueError(f"{listed} without a value; give each a number in the file.", file=path)
    return model


def _is_sbml(path: Path) -> bool:
    if path.suffix.lower() in _SBML_SUFFIXES:
        return True
    with path.open("rb") as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def variables(model: Model) -> tuple[str, ...]:
    """Return the ids of all that may change: species first, each once and under the id it has in SBML."""
    own_id = _own_ids(model)
    species = [own_id.get(name, name) for name in model.species]
    changed = {*model.rules, *(name for event in model.events.values() for name in event.assignments)}
    others = [name for name in (*model.compartments, *model.parameters) if name in changed]
    return tuple(dict.fromkeys((*species, *others)))


def _own_ids(model: Model) -> dict[str, str]:
    """Ids of concentrations by the id of the amount that reading a file has put beside them."""
    own = {}
    for name, species in model.species.items():
        concentration = name.rstrip("_").removesuffix("_amount")
        pair = (f"{name} / {species.compartment}", f"{concentration} * {species.compartment}")
        rules = [model.rules[key].formula for key in (concentration, name) if key in model.rules]
        if concentration in model.parameters and any(rule in pair for rule in rules):
            own[name] = concentration
    return own


def _checked(outputs: Sequence[str], model: Model) -> tuple[str, ...]:
    """Return the outputs, each once; refuse what is no id, and tell the id of what is a name."""
    if not outputs:
        raise InvalidValueError("--outputs holds no id; expected ids with commas between, such as S1,S2.")
    parts = (model.species, model.compartments, model.parameters)
    names = {name: component.meaning for part in parts for name, component in part.items()}
    known = names | dict.fromkeys(model.reactions, "")
    for output in outputs:
        if output not in known:
            ids = [f"`{name}`" for name, meaning in names.items() if meaning == output]
            if ids:
                raise InvalidValueError(
                    f"`{output}` is the name of {', '.join(ids)}; expected an id in --outputs."
                )
            raise UnknownNameError("output", output, known)
    return tuple(dict.fromkeys(outputs))


def _name_and_unit(model: Model, name: str) -> tuple[str, str]:
    for part in (model.species, model.compartments, model.parameters):
        if name in part:
            return part[name].meaning, _unit(model, part[name].unit)
    return "rate of the reaction", ""


def _unit(model: Model, unit: str) -> str:
    """Return a unit in base units of SBML, such as "0.001 gram/litre", empty where none is declared."""
    size, powers = 1.0, dict[str, float]()
    for factor in factors(unit, model.units) if unit else ():
        size *= factor.multiplier**factor.exponent
        powers[factor.kind] = powers.get(factor.kind, 0) + factor.exponent
    powers.pop("dimensionless", None)
    if powers == {"second": 1} and size in _TIMES:
        return _TIMES[size]
    above = [_power(kind, power) for kind, power in powers.items() if power > 0]
    below = [_power(kind, -power) for kind, power in powers.items() if power < 0]
    number = "" if size == 1 and (above or not below) else f"{size:g} "
    return (number + "/".join(("*".join(above), *below))).strip()


def _power(kind: str, power: float) -> str:
    return kind if power == 1 else f"{kind}^{power:g}"


def _failure(path: Path, solution: Solution) -> SolverError:
    reason = solution.reasons[0].replace("max_steps", "--max-steps")
    if solution.status[0] == Status.NEGATIVE:
        reason += " Where it may, give --allow-negative."
    return SolverError(f"{path} was not integrated: {reason}", failures={0: reason})


def _tell_unresolved(model: Model, values: pd.DataFrame, atol: float) -> None:
    """Name what is integrated, starts above a rounding error, and is too small for the absolute tolerance."""
    own = _own_ids(model)
    table = values[[name for state in model.states if (name := own.get(state, state)) in values]]
    limit, largest = _UNRESOLVED * atol, table.abs().max()
    starts = table.iloc[0].abs() > np.finfo(float).eps * largest.max()
    small = table.columns[starts & (largest < limit)].tolist()
    if small:
        listed = ", ".join(f"`{name}`" for name in small[:_MOST_NAMED])
        more = ", ..." if len(small) > _MOST_NAMED else ""
        say(f"Note: --atol {atol:g} is too large for {listed}{more}, always below {limit:g}.")
