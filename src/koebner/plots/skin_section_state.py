"""What a drawn skin section reads from a course: one patient's read-outs at one reported time.

It also holds the rules that turn a density into a number of things in a section. Nothing is drawn here.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from koebner.disease import known_pack
from koebner.errors import InvalidValueError
from koebner.simulation import Trajectories

# A routine histological section [um].
SECTION_UM = 5.0

_ABOVE_ZERO = ("thickness_epidermis", "thickness_corneum", "thickness_dermis", "cell_layers")


@dataclass(frozen=True, kw_only=True)
class SkinState:
    """What the model says of one patient's skin at one time.

    Attributes
    ----------
    PASI
        Severity [points].
    thickness_epidermis, thickness_corneum, thickness_dermis
        Mean thickness of viable epidermis, stratum corneum and drawn dermis [um].
    cell_layers
        Layers of viable keratinocytes where the epidermis has its mean thickness.
    T_cell_density, macrophage_density, dendritic_density, neutrophil_density, KC_proliferating
        Cells under a square millimetre of skin surface [cells/mm2].
    vessel_density
        Capillary loops that a square millimetre of skin shows from above [1/mm2].
    Parakeratosis
        Share of corneocytes that keep their nucleus; drawn as 1 above 1.
    ECM, Vessel
        Matrix and vessels, 1 at the patient's own lesion.
    """

    PASI: float
    thickness_epidermis: float
    thickness_corneum: float
    thickness_dermis: float
    cell_layers: float
    T_cell_density: float
    macrophage_density: float
    dendritic_density: float
    neutrophil_density: float
    KC_proliferating: float
    vessel_density: float
    Parakeratosis: float
    ECM: float
    Vessel: float


MOST_SECTIONS = 5
"""Sections that are drawn side by side at most."""

SECTION_QUANTITIES = tuple(field.name for field in fields(SkinState))


def parakeratotic_share(state: SkinState) -> float:
    """Return the share of corneocytes drawn with a nucleus, 0 to 1."""
    return min(max(state.Parakeratosis, 0.0), 1.0)


def expected_number(density: float, width_um: float) -> int:
    """Return the number of cells in a section, from their density under the skin surface [cells/mm2]."""
    return round(max(density, 0.0) * width_um * SECTION_UM * 1e-6)


def number_of_loops(state: SkinState, width_um: float) -> int:
    """Return the number of capillary loops in a section along a row of papillae.

    Of a square lattice of `n` loops a square millimetre, a line through a row meets `sqrt(n)` a millimetre.
    """
    return round(math.sqrt(max(state.vessel_density, 0.0)) * width_um * 1e-3)


def chosen_patient(course: Trajectories, patient: int | None) -> int:
    """Return the patient to draw; there must be one, and it must have been simulated."""
    known = [int(label) for label in course.dataset["patient"].to_numpy()]
    if patient is None and len(known) > 1:
        raise InvalidValueError(
            f"No patient was given; the course has {len(known)}: choose one, for example patient={known[0]}."
        )
    chosen = known[0] if patient is None else patient
    if chosen not in known:
        shown = ", ".join(map(str, known[:12])) + (", ..." if len(known) > 12 else "")
        raise InvalidValueError(f"Patient {chosen} was given; expected one of the course: {shown}.")
    status = str(course.status.to_numpy()[known.index(chosen)])
    if status != "ok":
        raise InvalidValueError(f"Patient {chosen} was given, but could not be simulated: {status}")
    return chosen


def check_course(course: object) -> None:
    """Refuse what is no course, or the course of an animal."""
    if not isinstance(course, Trajectories):
        raise InvalidValueError(
            f"course {course!r} was given; expected what `koebner.simulation.simulate` returns."
        )
    model = str(course.provenance.get("model", ""))
    pack = known_pack(model)
    if pack is not None and not pack.human:
        raise InvalidValueError(
            f"a course of `{model}` was given, whose thicknesses and counts are those of human skin; "
            "expected a course of a human pack."
        )


def check_weeks(weeks: object) -> None:
    """Refuse what is no list of a few weeks: side by side, more would be too small to read."""
    listed = list(weeks) if isinstance(weeks, Iterable) and not isinstance(weeks, str) else []
    numbers = all(isinstance(week, int | float | np.number) for week in listed)
    if not (numbers and 1 <= len(listed) <= MOST_SECTIONS):
        raise InvalidValueError(
            f"weeks {weeks!r} was given; expected a list of 1 to {MOST_SECTIONS} weeks, for example [0, 12]."
        )


def nearest_time(course: Trajectories, week: float) -> int:
    """Return the number of the reported time nearest to a week."""
    weeks = course.dataset["week"].to_numpy()
    if not weeks[0] <= week <= weeks[-1]:
        raise InvalidValueError(
            f"Week {week:g} was given; the course has weeks {weeks[0]:g} to {weeks[-1]:g}: simulate longer."
        )
    return int(np.argmin(np.abs(weeks - week)))


def skin_state(course: Trajectories, patient: int, time: int) -> SkinState:
    """Return the read-outs of a patient at the reported time of that number."""
    missing = [name for name in SECTION_QUANTITIES if name not in course.names]
    if missing:
        wanted = ", ".join(f'"{name}"' for name in SECTION_QUANTITIES)
        raise InvalidValueError(
            f"The course has no {', '.join(f'`{name}`' for name in missing)}, which a skin section is drawn "
            f"from; call simulate(..., outputs=[{wanted}]), or leave outputs out."
        )
    values = {name: float(course[name].sel(patient=patient).isel(time=time)) for name in SECTION_QUANTITIES}
    wrong = [
        f"{name} {value:g}"
        for name, value in values.items()
        if not np.isfinite(value) or (name in _ABOVE_ZERO and value <= 0)
    ]
    if wrong:
        raise InvalidValueError(
            f"{', '.join(wrong)} stands in the course; a skin section needs finite numbers, and above 0 "
            f"for {', '.join(_ABOVE_ZERO)}: check the model's read-outs."
        )
    return SkinState(**values)
