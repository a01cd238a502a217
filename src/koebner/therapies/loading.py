"""From a name of the catalogue to a therapy: as labelled or studied, unless told otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from koebner.errors import InvalidValueError
from koebner.therapies.agent import read_agent
from koebner.therapies.entries import entry
from koebner.therapies.phases import is_number
from koebner.therapies.regimen import Regimen
from koebner.therapies.therapy import Therapy

_DOSE_OPTION = {
    "mg": "dose_mg",
    "mg/kg": "dose_mg_per_kg",
    "cells/kg": "cells_per_kg",
    "cells/cm2": "cells_per_cm2",
    "MED": "dose",
    "application": "dose",
}


def load(
    name: str,
    *,
    dose_mg: float | None = None,
    dose_mg_per_kg: float | None = None,
    cells_per_kg: float | None = None,
    cells_per_cm2: float | None = None,
    dose: float | None = None,
    weeks: Sequence[float] | None = None,
    route: str | None = None,
    stop_week: float | None = None,
) -> Therapy:
    """Return a therapy of the catalogue, as labelled or studied unless told otherwise.

    Parameters
    ----------
    name
        Name in the catalogue, see `koebner.therapies.available`.
    dose_mg, dose_mg_per_kg, cells_per_kg, cells_per_cm2, dose
        Dose of every administration [mg, mg/kg, cells per kg, cells per cm2 of plaque; multiples of the
        minimal erythema dose or applications]; the one that fits the therapy.
    weeks
        Weeks of administration, in place of the regimen of the catalogue.
    route
        One of the therapy's routes.
    stop_week
        No dose is given at or after this week.

    Raises
    ------
    UnknownNameError
        No such therapy or route.
    InvalidValueError
        A dose out of range or in the wrong unit, weeks that do not rise.

    Examples
    --------
    >>> load("uc_msc", cells_per_kg=2e6, weeks=[0, 2, 4]).sentence()
    'Umbilical-cord MSC: 2×10⁶ cells/kg at weeks 0, 2 and 4, intravenous'
    """
    agent = read_agent(name)
    given = {
        "dose_mg": dose_mg,
        "dose_mg_per_kg": dose_mg_per_kg,
        "cells_per_kg": cells_per_kg,
        "cells_per_cm2": cells_per_cm2,
        "dose": dose,
    }
    for option, amount in given.items():
        if amount is not None and not is_number(amount):
            raise InvalidValueError(f"`{option}` {amount!r} was given; expected a number.")
    options = {"weeks": weeks, "route": route, "stop_week": stop_week}
    if agent.regimen is None:
        unfit = [key for key, value in {**given, **options}.items() if value is not None]
        if unfit:
            raise InvalidValueError(f"`{unfit[0]}` was given for `{name}`, which has no doses; leave it out.")
        return Therapy(agents=(agent,))
    regimen = agent.regimen if cells_per_cm2 is None else _per_area(name, agent.regimen, route)
    amount = _amount(name, regimen.unit, given)
    regimen = regimen.changed(dose=amount, weeks=weeks, route=route)
    therapy = Therapy(agents=(replace(agent, regimen=regimen),))
    return therapy if stop_week is None else therapy.stop(week=stop_week)


def combined(names: str) -> Therapy:
    """Return the therapy of a name of the catalogue, or of several at once as "a+b".

    Raises
    ------
    UnknownNameError
        No such therapy.
    InvalidValueError
        Agents that cannot be combined.

    Examples
    --------
    >>> combined("methotrexate+adalimumab").id
    'methotrexate+adalimumab'
    """
    wanted = [name.strip() for name in names.split("+")]
    if not all(wanted):
        raise InvalidValueError(f"therapy {names!r} was given; expected NAME or NAME+NAME.")
    first, *others = (load(name) for name in wanted)
    whole = first
    for other in others:
        whole = whole + other
    return whole


def _per_area(name: str, regimen: Regimen, route: str | None) -> Regimen:
    """Return a regimen whose doses are by area of plaque, as its local routes may be."""
    described = entry(name).regimen
    limits = None if described is None else described.dose_range_per_cm2
    if described is None or limits is None:
        raise InvalidValueError(f"`cells_per_cm2` was given for `{name}`, which is not dosed by area.")
    local = route or regimen.route
    if local not in described.local_routes:
        ways = " or ".join(f"`{each}`" for each in described.local_routes)
        raise InvalidValueError(
            f"`cells_per_cm2` was given for `{name}` with the route `{local}`; a dose by area of plaque "
            f"needs {ways}."
        )
    low, _ = limits
    phases = tuple(phase.model_copy(update={"dose": low}) for phase in regimen.phases)
    return replace(regimen, unit="cells/cm2", dose_range=limits, phases=phases, route=local)


def _amount(name: str, unit: str, given: Mapping[str, float | None]) -> float | None:
    fitting = _DOSE_OPTION[unit]
    for option, amount in given.items():
        if amount is not None and option != fitting:
            raise InvalidValueError(
                f"`{option}` was given for `{name}`, which is dosed in {unit}; give `{fitting}`."
            )
    return given[fitting]
