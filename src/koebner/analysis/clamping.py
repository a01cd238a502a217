"""Which states count: what changes when a state is held at its lesional value.

A state that changes neither PASI nor a named read-out in any scenario is a state that the model could do
without. The scenarios stand in `clamping.toml`; all states of one are held in one call, each by a copy of
the same patient. Left out: what two states do together.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from koebner.analysis.masking import FREE, Given, Hold, held_courses
from koebner.catalogs import Strict, read_tables
from koebner.disease import load_model
from koebner.errors import UnknownNameError
from koebner.kinetics import Model
from koebner.patients import Patient
from koebner.therapies import Therapy, load
from koebner.units import DAYS_PER_WEEK

_FILE = Path(__file__).parent / "clamping.toml"

READ_OUTS = (
    "PASI",
    "DLQI_mean",
    "thickness_epidermis",
    "thickness_corneum",
    "thickness_dermis",
    "hBD2_serum",
    "IL17A_skin",
    "Th17_blood_percent",
    "Treg_blood_percent",
    "vessel_density",
    "T_cell_density",
    "macrophage_density",
)
"""What a clinician or a laboratory would see; the whereabouts of infused cells are not among them."""

COUNTS = 0.01
"""A state counts when it changes a read-out by more than this share."""

_PASI = 20.0


class Scenario(Strict):
    """One course in which states are held.

    Attributes
    ----------
    title
        The course in words.
    weeks
        How long [weeks].
    pack
        A pack of its own; the model that is asked about when left out.
    states
        The states that are held in it; all when left out.
    therapy, route, stop_week
        As of `koebner.therapies.load`.
    doses
        What is added to states of the model, on each of `days` [days].
    values
        Parameters that have another value.
    """

    title: str = Field(min_length=1)
    weeks: float = Field(gt=0)
    pack: str | None = None
    states: tuple[str, ...] = ()
    therapy: str | None = None
    route: str | None = None
    stop_week: float | None = None
    doses: dict[str, float] = Field(default_factory=dict)
    days: tuple[float, ...] = (0.0,)
    values: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _gives_something(self) -> Self:
        if self.therapy is None and not self.doses:
            raise ValueError("a scenario needs a therapy or doses, as nothing moves without")
        return self

    def treatment(self) -> Therapy | None:
        """Return the therapy, None where there is none."""
        if self.therapy is None:
            return None
        return load(self.therapy, route=self.route, stop_week=self.stop_week)

    def given(self) -> tuple[Given, ...]:
        """Return the doses beside those of the therapy."""
        return tuple(
            Given(day=day, target=target, amount=amount)
            for target, amount in self.doses.items()
            for day in self.days
        )


@cache
def load_scenarios() -> Mapping[str, Scenario]:
    """Return the shipped scenarios by name.

    Examples
    --------
    >>> load_scenarios()["nb_uvb"].title
    'narrow-band UVB'
    """
    return MappingProxyType(read_tables(_FILE, Scenario))


def clamp_effects(
    model: Model,
    scenarios: Mapping[str, Scenario] | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Return how much each state counts.

    Parameters
    ----------
    model
        A disease model that starts at the plaque.
    scenarios
        Courses in which states are held; the shipped ones when left out.
    progress
        Called with the title of each scenario before it is computed.

    Returns
    -------
    pandas.DataFrame
        One row a state: for PASI and each read-out the largest change over all times and scenarios, as a
        share of the read-out's largest value in the course without holding; then `effect`, the largest of
        them, with the `read_out` and the `scenario` in which it is seen.

    Raises
    ------
    UnknownNameError
        A scenario names a state that the model lacks.
    SolverError
        A course cannot be integrated.

    Examples
    --------
    >>> uvb = {"nb_uvb": load_scenarios()["nb_uvb"]}
    >>> bool(clamp_effects(load_model(), uvb).loc["UVB", "PASI"] > 0.2)
    True
    """
    changes = {}
    for name, scenario in (load_scenarios() if scenarios is None else scenarios).items():
        if progress is not None:
            progress(scenario.title)
        changes[name] = _changes(load_model(scenario.pack) if scenario.pack else model, scenario)
    stacked = pd.concat(changes, names=["scenario", "state"])
    largest = stacked.groupby(level="state").max().reindex(model.states).fillna(0.0)
    scene = stacked.max(axis=1).groupby(level="state").idxmax().map(lambda place: place[0])
    return largest.assign(
        effect=largest.max(axis=1),
        read_out=largest.idxmax(axis=1),
        scenario=scene.reindex(largest.index, fill_value=""),
    ).rename_axis("state")


def _changes(model: Model, scenario: Scenario) -> pd.DataFrame:
    """Return the largest change of each read-out with each state held."""
    states = scenario.states or model.states
    for state in states:
        if state not in model.states:
            raise UnknownNameError("state", state, model.states)
    courses = held_courses(
        model,
        [FREE, *(Hold(states=(state,)) for state in states)],
        Patient(pasi=_PASI).cohort(),
        days=np.arange(0.0, scenario.weeks * DAYS_PER_WEEK + 0.5),
        outputs=READ_OUTS,
        therapy=scenario.treatment(),
        given=scenario.given(),
        values=scenario.values,
    )[:, 0]
    size: NDArray[np.float64] = np.abs(courses[0]).max(axis=0)
    change = np.abs(courses[1:] - courses[0]).max(axis=1) / size
    return pd.DataFrame(change, index=pd.Index(states, name="state"), columns=list(READ_OUTS))
