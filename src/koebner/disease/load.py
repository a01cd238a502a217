"""From the pathway files and a parameter pack to one model.

The equations stand in `plaque/*.ant`, one file a pathway; the numbers in `parameters/*.csv`. A
pathway names what it needs from the others without giving it a value; composition closes those
inputs by name. What no pathway computes must be a row of the pack.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path

from koebner.disease.pack import PackParameter, available_packs, load_pack
from koebner.errors import ModelError
from koebner.kinetics import Model, Parameter, compose, read_antimony

PACKS = available_packs()
_FOLDER = Path(str(files("koebner.disease"))) / "plaque"
# Units of parameters that no pathway uses: those of visits and of patients.
_OWN_UNITS = {"kg": "kilogram", "year": "365.25*day"}


def pathways() -> dict[str, Path]:
    """Return the pathway files by name, in alphabetical order."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.ant"))}


@cache
def load_model(pack: str = "human_plaque") -> Model:
    """Return the model of a parameter pack, every parameter with value, unit, source and meaning.

    Parameters
    ----------
    pack
        Name of a parameter file, see `PACKS`.

    Raises
    ------
    UnknownNameError
        No such pack; the closest names are offered.
    ModelError
        A pathway needs a number that the pack does not give.

    Examples
    --------
    >>> load_model().parameters["tau_TRM"].unit
    'day'
    """
    parts = [read_antimony(path) for path in pathways().values()]
    values = Model.of(
        id="values",
        parameters=[_parameter(row) for row in load_pack(pack)],
        units=_OWN_UNITS | {unit: text for part in parts for unit, text in part.units.items()},
    )
    model = compose([*parts, values], id=pack)
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
