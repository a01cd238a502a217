"""`koebner model compare`: two parameter packs side by side, and what does not carry over."""

from collections import Counter
from typing import Annotated, Any

import numpy as np
import typer

from koebner.cli.model_show import full_citation, sources_in
from koebner.cli.model_variants import STARTS
from koebner.cli.options import Json
from koebner.cli.printing import console, print_json, print_table
from koebner.disease import (
    SteadyState,
    healthy_state,
    lesion_state,
    load_model,
    load_pack,
    load_packs,
    threshold_state,
)
from koebner.errors import InvalidValueError
from koebner.kinetics import Model
from koebner.solver import integrate

# Read-outs by which a steady state is told: the whole score, the programme, the effectors, the epidermis.
_TOLD = ("PASI_relative", "KC", "Th17", "thickness_epidermis")


def compare_command(
    one: Annotated[str, typer.Argument(help="A parameter pack, see `koebner model packs`.")],
    other: Annotated[str, typer.Argument(help="Another parameter pack.")],
    *,
    json: Json = False,
) -> None:
    """Compare two packs: which numbers differ, where each one rests, and what may not be carried over."""
    content = comparison(one, other)
    if json:
        print_json(content)
    else:
        _print(content)


def comparison(one: str, other: str) -> dict[str, Any]:
    """Return two packs side by side, as JSON types.

    Raises
    ------
    UnknownNameError
        No such pack.
    InvalidValueError
        The same pack twice.
    """
    if one == other:
        raise InvalidValueError(f"pack `{one}` was given twice; expected two different ones.")
    left, right = ({row.id: row for row in load_pack(name)} for name in (one, other))
    differ = [name for name in left if left[name].value != right[name].value]
    same = Counter(left[name].block for name in left if name not in differ)
    return {
        "packs": {name: load_packs()[name].model_dump() for name in (one, other)},
        "differ": [
            {
                "id": name,
                "pathway": left[name].block,
                "unit": left[name].unit,
                "meaning": left[name].meaning,
                one: {"value": left[name].value, "source": left[name].source},
                other: {"value": right[name].value, "source": right[name].source},
            }
            for name in differ
        ],
        "same": dict(sorted(same.items())),
        "start": {name: _start_values(name) for name in (one, other)},
        "steady states": {name: steady_states(name) for name in (one, other)},
    }


def _start_values(pack: str) -> dict[str, float]:
    model = load_model(pack)
    values = integrate(model, times=[0.0], outputs=list(model.states))
    return dict(zip(model.states, values.values[0, 0].tolist(), strict=True))


def steady_states(pack: str) -> dict[str, Any]:
    """Return lesion, healthy skin and threshold of a pack: what each is, or why there is none."""
    model = load_model(pack, start="lesion")
    lesion, healthy, threshold = lesion_state(model), healthy_state(model), threshold_state(model)
    without_plaque = "none: without a stimulus the skin heals"
    without_health = "none: without inflammation the skin returns to the plaque"
    return {
        "lesion": without_plaque if lesion is None else _described(model, lesion),
        "healthy": without_health if healthy is None else _described(model, healthy),
        "threshold": _described(model, threshold)
        if threshold is not None
        else without_plaque
        if lesion is None
        else without_health,
    }


def _described(model: Model, state: SteadyState) -> dict[str, Any]:
    values = integrate(model, times=[0.0], initial=state.values, outputs=list(_TOLD)).values[0, 0]
    return {
        "stable": state.is_stable,
        "growing directions": state.n_growing,
        "slowest days": float(1 / np.abs(state.eigenvalues.real).min()),
        **dict(zip(_TOLD, values.tolist(), strict=True)),
    }


def _print(content: dict[str, Any]) -> None:
    packs, differ = content["packs"], content["differ"]
    n_same = sum(content["same"].values())
    _print_numbers(differ, *packs, title=f"{len(differ)} of {len(differ) + n_same} parameters differ")
    kept = ", ".join(f"{pathway} {n}" for pathway, n in content["same"].items())
    _say(f"The other {n_same} are the same in both: {kept}.\n")
    rests = [
        (pack, name, *_resting(state))
        for pack, states in content["steady states"].items()
        for name, state in states.items()
    ]
    print_table("Where each one rests", ("pack", "state", "", "slowest change [days]", *_TOLD), rests)
    for name, pack in packs.items():
        _say(f"{name} starts at {STARTS[pack['start']]}.")
    _say("\nWhat does not transfer")
    for name, pack in packs.items():
        _say(f"  {name}: {pack['statement']}")
        if pack["base"] in packs:
            _say(f"  {n_same} numbers of {name} are those of {pack['base']}; nothing shows that they fit it.")


def _print_numbers(differ: list[dict[str, Any]], one: str, other: str, *, title: str) -> None:
    """Print the numbers that differ, their sources as notes below, because many share one."""
    notes: dict[str, int] = {}
    rows = []
    for row in differ:
        marks = [notes.setdefault(row[pack]["source"], len(notes) + 1) for pack in (one, other)]
        cells = [f"{row[pack]['value']:.6g} [{m}]" for pack, m in zip((one, other), marks, strict=True)]
        rows.append((row["id"], *cells, row["unit"], row["pathway"], row["meaning"]))
    print_table(title, ("id", one, other, "unit", "pathway", "meaning"), rows)
    for source, number in notes.items():
        _say(f"[{number}] {'; '.join([source, *map(full_citation, sources_in(source))])}")


def _resting(state: dict[str, Any] | str) -> tuple[str, ...]:
    if isinstance(state, str):
        return (state, *[""] * (1 + len(_TOLD)))
    growing = state["growing directions"]
    kind = "stable" if state["stable"] else f"unstable in {growing} direction{'s' if growing > 1 else ''}"
    return (kind, *(f"{state[name]:.3g}" for name in ("slowest days", *_TOLD)))


def _say(text: str) -> None:
    console().print(text, markup=False, soft_wrap=True)
