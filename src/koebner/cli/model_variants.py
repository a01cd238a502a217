"""`koebner model packs` and `koebner model switches`: which variants of the model there are."""

from koebner.cli.options import Json
from koebner.cli.printing import console, print_json, print_table
from koebner.disease import load_pack, load_packs, load_switches, own_parameters
from koebner.disease.switches import Option

STARTS = {"lesion": "the plaque", "healthy": "healthy skin"}
"""Where the patients of a pack begin, in words."""


def packs_command(*, json: Json = False) -> None:
    """List the parameter packs: what each is, where its patients begin, what may be taken from it."""
    packs = load_packs()
    if json:
        print_json({name: pack.model_dump() for name, pack in packs.items()})
        return
    out = console()
    for name, pack in packs.items():
        n_own, n_all = len(own_parameters(name)), len(load_pack(name))
        numbers = f"{n_all} parameters"
        if pack.base is not None:
            numbers = f"{n_own} of {n_all} parameters differ from `{pack.base}`"
        out.print(f"{name}: {pack.title}; starts at {STARTS[pack.start]}; {numbers}.", markup=False)
        out.print(f"    {pack.statement}", markup=False, soft_wrap=True)


def switches_command(*, json: Json = False) -> None:
    """List the switches, hypotheses and simplifications of one model, with their options."""
    switches = load_switches()
    if json:
        print_json({name: switch.model_dump() for name, switch in switches.items()})
        return
    rows = [
        (f"{name}={option}", "default" if option == switch.default else "", effect.meaning, _sets(effect))
        for name, switch in switches.items()
        for option, effect in switch.options.items()
    ]
    print_table("", ("--switch", "", "meaning", "sets"), rows)


def _sets(effect: Option) -> str:
    values = [f"{name} = {value:g}" for name, value in effect.values.items()]
    followers = [f"{', '.join(effect.quasi_steady)} at steady state"] if effect.quasi_steady else []
    return "; ".join([*values, *followers])
