"""Draws of the parameters that no fit holds.

The numbers that a fit holds are kept at their values until the calibration gives their joint
posterior: drawing them one by one from wide priors would ignore what the trials say of their
combinations. What is drawn is marked in the pack.
"""

from koebner.disease import PackParameter, load_pack, pack_of, values_at
from koebner.errors import InvalidValueError
from koebner.kinetics import Model
from koebner.randomness import normals


def uncertain_parameters(model: Model) -> tuple[PackParameter, ...]:
    """Return the parameters of the model's pack whose priors are drawn.

    A number that a switch or the caller has set is no longer uncertain.
    """
    rows = load_pack(pack_of(model.id))
    return tuple(row for row in rows if row.drawn and model.parameters[row.id].value == row.value)


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
    rows = uncertain_parameters(model)
    z = {row.id: float(normals(seed, [draw], f"prior of {row.id}")[0, 0]) for row in rows}
    values = values_at(load_pack(pack_of(model.id)), z)
    return model.with_parameters(**values)
