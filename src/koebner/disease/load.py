"""From the pathway files and a parameter pack to one model.

The equations stand in `plaque/*.ant`, one file a pathway; the numbers in `parameters/*.csv`. A
pathway names what it needs from the others without giving it a value; composition closes those
inputs by name. What no pathway computes must be a row of the pack.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from koebner.disease.pack import PackParameter, load_pack, named_pack
from koebner.disease.steady_states import healthy_state, starting_at
from koebner.disease.switches import chosen, switched
from koebner.errors import InvalidValueError, ModelError
from koebner.kinetics import Model, Parameter, compose, read_antimony

_FOLDER = Path(str(files("koebner.disease"))) / "plaque"
# Units of parameters that no pathway uses: those of visits and of patients.
_OWN_UNITS = {"kg": "kilogram", "year": "365.25*day"}
_NONE: Mapping[str, str] = MappingProxyType({})

Start = Literal["lesion", "healthy"]


def pathways() -> dict[str, Path]:
    """Return the pathway files by name, in alphabetical order."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.ant"))}


def load_model(
    pack: str = "human_plaque", switches: Mapping[str, str] = _NONE, *, start: Start | None = None
) -> Model:
    """Return the model of a parameter pack, every parameter with value, unit, source and meaning.

    Parameters
    ----------
    pack
        Name of a pack, one of `koebner.disease.load_packs()`.
    switches
        Option by switch, such as `{"memory": "off"}`; see `koebner.disease.load_switches()`.
    start
        Whether patients begin with their plaque ("lesion") or with skin at rest ("healthy"); that of
        the pack when left out.

    Raises
    ------
    UnknownNameError
        No such pack, switch or option; the closest names are offered.
    InvalidValueError
        Another start than these two.
    ModelError
        A pathway needs a number that the pack does not give, or healthy skin is asked of a pack in
        which the plaque always returns.

    Examples
    --------
    >>> load_model().parameters["tau_TRM"].unit
    'day'
    >>> load_model(switches={"cytokines": "quasi_steady"}).rules["IL23"].formula
    'IL23_target'
    """
    if start not in (None, "lesion", "healthy"):
        raise InvalidValueError(f'start "{start}" was given; expected "lesion" or "healthy".')
    settings = tuple(chosen(switches).items())
    return _loaded(pack, settings, start or named_pack(pack).start)


@cache
def _loaded(pack: str, settings: tuple[tuple[str, str], ...], start: Start) -> Model:
    words = [pack, *(word for setting in settings for word in setting)]
    model = switched(_composed(pack, "_".join(words)), dict(settings))
    return model if start == "lesion" else _resting(model)


def _resting(model: Model) -> Model:
    healthy = healthy_state(model)
    if healthy is None:
        raise ModelError(
            f"`{model.id}` has no healthy resting state: without any inflammation the skin returns to the "
            "plaque. Use the pack `onset`, which has both."
        )
    return starting_at(model, healthy)


def _composed(pack: str, model_id: str) -> Model:
    parts = [read_antimony(path) for path in pathways().values()]
    values = Model.of(
        id="values",
        parameters=[_parameter(row) for row in load_pack(pack)],
        units=_OWN_UNITS | {unit: text for part in parts for unit, text in part.units.items()},
    )
    model = compose([*parts, values], id=model_id)
    if model.inputs:
        raise ModelError(
            f"pack `{pack}` gives no value for {', '.join(f'`{name}`' for name in model.inputs)}; "
            "add a row for each to its file."
        )
    return model


def _parameter(row: PackParameter) -> Parameter:
    return Parameter(
        id=row.id, value=row.value, unit=row.unit, prior=row.prior, source=row.source, meaning=row.meaning
    )
