"""`koebner product check` and `koebner product criteria`: whether a product is MSC by its markers."""

from pathlib import Path
from typing import Annotated

import typer

from koebner.cli.printing import console, print_json, print_table
from koebner.evidence import load_sources
from koebner.therapies.cell_product import CellProduct, read_product
from koebner.therapies.product_check import ProductCheck, Widening, load_criteria

app = typer.Typer(help="Cell products: identity, and what is left unsaid.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

NO_MSC = 1


@app.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(help="A product in TOML, as examples/product_uc_msc.toml.")],
    *,
    json: Json = False,
) -> None:
    """Hold a product against the criteria for MSC; status 1 when it fails one."""
    product = read_product(file)
    found = product.check()
    if json:
        changes = [effect.model_dump(mode="json") for effect in product.effects]
        print_json({**found.as_json(), "viable_share": product.viable_share, "changes": changes})
    else:
        _print(found)
        _print_changes(product)
        _print_verdict(found)
    if not found.passed:
        raise typer.Exit(NO_MSC)


@app.command("criteria")
def criteria_command(*, json: Json = False) -> None:
    """List the criteria for MSC with their sources."""
    criteria = load_criteria()
    if json:
        print_json({name: each.model_dump(mode="json") for name, each in criteria.items()})
        return
    rows = [
        (name, each.title, each.expected, " and ".join(each.forms), _cited(each.source))
        for name, each in criteria.items()
    ]
    print_table("", ("id", "criterion", "expected", "of", "source"), rows)


def _print(found: ProductCheck) -> None:
    rows = [
        (
            each.id,
            each.criterion.title,
            each.given,
            each.criterion.expected,
            each.result,
            each.criterion.source,
        )
        for each in found.criteria
    ]
    columns = ("id", "criterion", "given", "expected", "result", "source")
    print_table(f"{found.product} ({found.form})", columns, rows)
    if found.widened:
        widened = [
            (each.field, _unsure_of(each), f"{each.effect.sd:g}", each.effect.source)
            for each in found.widened
        ]
        title = "Not stated, so less certain (sd of the logarithm; variances add)"
        print_table(title, ("field", "widens", "sd", "why"), widened)
    out = console()
    if found.widened:
        total = ", ".join(f"{name} {sd:.2g}" for name, sd in found.doubt.items())
        out.print(f"Together: {total}.", markup=False, soft_wrap=True)
    for cited in dict.fromkeys(each.criterion.source for each in found.criteria):
        out.print(f"{cited}: {_cited(cited)}", markup=False, soft_wrap=True)


def _print_changes(product: CellProduct) -> None:
    """Print what of the stated preparation enters the model."""
    if product.effects:
        rows = [
            (
                each.parameter,
                f"{each.value:g} {'' if each.unit == 'dimensionless' else each.unit}".strip(),
                f"{each.sd:g}",
                each.source,
            )
            for each in product.effects
        ]
        print_table("What the preparation changes in the model", ("parameter", "value", "sd", "why"), rows)
    if product.form == "cells":
        share = f"{100 * product.viable_share:g} % of the cells that a dose counts enter the model as alive."
        console().print(share, markup=False, soft_wrap=True)


def _print_verdict(found: ProductCheck) -> None:
    counts = [
        f"{n} {word}" for word in ("passed", "failed", "not stated", "not judged") if (n := _n(found, word))
    ]
    verdict = found.reason or "No criterion is failed; that tells identity, not effect."
    console().print(f"{', '.join(counts)}. {verdict}", markup=False, soft_wrap=True)


def _unsure_of(each: Widening) -> str:
    taken = "" if each.effect.value == 1 else f", taken as {each.effect.value:g}"
    unit = "" if each.effect.unit == "dimensionless" or not taken else f" {each.effect.unit}"
    return f"{each.effect.parameter}{taken}{unit}"


def _n(found: ProductCheck, result: str) -> int:
    return sum(each.result == result for each in found.criteria)


def _cited(key: str) -> str:
    return load_sources()[key].citation
