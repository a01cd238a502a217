"""`koebner model map`: the mechanism network as a picture, a page or SBGN-ML, by the ending of the file."""

from pathlib import Path
from typing import Annotated, cast

import typer

from koebner.cli.options import Pack, Switches, read_switches
from koebner.cli.output import check_output
from koebner.cli.printing import console
from koebner.disease import load_model
from koebner.disease.interactions import interactions, network_nodes, uncovered
from koebner.errors import InvalidValueError
from koebner.plots.model_map import FORMATS, Format, model_map


def map_command(
    *,
    out: Annotated[Path, typer.Option(help="File to write: .svg, .html or .sbgn.")],
    pack: Pack = "human_plaque",
    switch: Switches = None,
) -> None:
    """Draw which variable of the model acts on which, with signs and papers."""
    check_output(out, "--out", example="map.html")
    ending = out.suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise InvalidValueError(f"--out {out} was given; expected a file that ends in .svg, .html or .sbgn.")
    model = load_model(pack, read_switches(switch))
    out.write_text(model_map(model, cast(Format, ending)), encoding="utf-8", newline="\n")
    console().print(
        f"{out}: {len(network_nodes(model))} variables, {len(interactions(model))} influences, "
        f"{len(uncovered(model))} of them without a row of evidence.",
        markup=False,
    )
