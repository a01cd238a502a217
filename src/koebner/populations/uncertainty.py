"""Draws of parameters: what a calibration found jointly, and the priors of what it does not touch.

A draw takes one member of the shipped ensemble for all numbers that the calibration sets, because drawing
them one by one would ignore what the trials say of their combinations. The numbers that no fit holds are
drawn from their priors; they are marked in the pack.
"""

from koebner.disease import PackParameter, load_pack, pack_of, values_at
from koebner.errors import InvalidValueError
from koebner.fits import FITTED, WIDTH, load_ensemble
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.randomness import normals


def uncertain_parameters(model: Model) -> tuple[PackParameter, ...]:
    """Return the parameters of the model's pack whose priors are drawn.

    A number that a switch or the caller has set is no longer uncertain.
    """
    return tuple(row for row in load_pack(pack_of(model.id)) if row.drawn and _is_untouched(model, row))


def draw_parameters(model: Model, seed: int, draw: int) -> Model:
    """Return the model with one draw of its uncertain parameters; draw 0 is the central one.

    Raises
    ------
    InvalidValueError
        A negative draw.

    Examples
    --------
    >>> from koebner.disease import load_model
    >>> draw_parameters(load_model(), seed=1, draw=0) == load_model()
    True
    """
    if draw < 0:
        raise InvalidValueError(f"draw {draw} was given; expected 0 or more.")
    if draw == 0:
        return model
    pack = load_pack(pack_of(model.id))
    member = load_ensemble().member(draw)
    fitted = {row.id: member[row.id] for row in pack if row.source == FITTED and _is_untouched(model, row)}
    z = {
        row.id: float(normals(seed, [draw], f"prior of {row.id}")[0, 0])
        for row in uncertain_parameters(model)
    }
    return model.with_parameters(**fitted, **values_at(pack, z))


def draw_patients(cohort: Cohort, draw: int) -> Cohort:
    """Return patients as widely spread as one member of the shipped ensemble has them.

    Each keeps his place among the others; draw 0 is the central one.

    Parameters
    ----------
    cohort
        Patients of any population: widths change by the ratio of the member's to the central one.
    draw
        Number of the draw.
    """
    if draw == 0:
        return cohort
    ensemble = load_ensemble()
    return cohort.widened(
        {
            name.removeprefix(WIDTH): width / ensemble.central[name]
            for name, width in ensemble.member(draw).items()
            if name.startswith(WIDTH)
        }
    )


def _is_untouched(model: Model, row: PackParameter) -> bool:
    return model.parameters[row.id].value == row.value
