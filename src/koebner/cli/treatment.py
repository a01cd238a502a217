"""A therapy from the options of the command line: what is given, until when, what follows, when again."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from koebner.errors import InvalidValueError
from koebner.therapies import Therapy, combined, read_product

Product = Annotated[
    Path | None, typer.Option(help="A cell product of your own in TOML, in place of --therapy.")
]
Followers = Annotated[
    list[str] | None,
    typer.Option(
        "--then", help="NAME@WEEK, such as uc_msc@24: another therapy from then on; may be repeated."
    ),
]
Retreat = Annotated[
    float | None,
    typer.Option(
        help="Give the therapy again when PASI has regained this share of the improvement, such as 0.5."
    ),
]

_FOLLOWER = re.compile(r"(?P<names>[\w+]+)@(?P<week>\d+(?:\.\d+)?)")


def read_treatment(
    therapy: str | None,
    *,
    stop_week: float | None,
    then: Sequence[str] | None,
    retreat: float | None,
    product: Path | None = None,
) -> Therapy:
    """Return the therapy that the options describe; placebo when none is named.

    Raises
    ------
    InvalidValueError
        A text of another form, or a therapy that cannot be given so.
    UnknownNameError
        No such therapy.

    Examples
    --------
    >>> read_treatment("secukinumab", stop_week=None, then=["uc_msc@24"], retreat=None).id
    'secukinumab+uc_msc'
    """
    if therapy is not None and product is not None:
        raise InvalidValueError(
            f"--therapy {therapy} and --product {product} were given; expected one of them. To give both, "
            "write a trial file."
        )
    whole = combined(therapy or "placebo") if product is None else read_product(product).therapy()
    if stop_week is not None:
        whole = whole.stop(week=stop_week) if whole.is_dosed else _refused(whole, stop_week)
    for text in then or ():
        match = _FOLLOWER.fullmatch(text)
        if match is None:
            raise InvalidValueError(f"--then {text} was given; expected NAME@WEEK, such as --then uc_msc@24.")
        whole = whole.then(combined(match["names"]), week=float(match["week"]))
    return whole if retreat is None else whole.retreat(regain=retreat)


def _refused(therapy: Therapy, stop_week: float) -> Therapy:
    raise InvalidValueError(
        f"--stop-week {stop_week:g} was given for {therapy.name.lower()}, which has no doses; leave it out."
    )
