"""`koebner cases posterior`: what Cheng 2022 says of the MSC effect, with the prior beside it."""

from pathlib import Path
from typing import Annotated

import typer

from koebner.calibration.msc.posterior import (
    DRAWS,
    DURABILITY,
    EXPLORATORY,
    SHARE_OF_PRIOR,
    STATEMENT,
    MscPosterior,
    fit_msc,
    load_msc,
)
from koebner.calibration.msc.summary import chance_of_report, msc_results, predicted_counts, predictions
from koebner.cli.options import Json, check_at_least_one
from koebner.cli.printing import console, print_json, print_table, progress_bar, say
from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.plots.msc_posterior import msc_posterior
from koebner.populations import load_population


def posterior_command(
    *,
    fit: Annotated[Path | None, typer.Option(help="File of a posterior. Default: the shipped one.")] = None,
    refit: Annotated[bool, typer.Option("--refit", help="Compute it anew; it takes minutes.")] = False,
    draws: Annotated[int, typer.Option(help="Draws of the prior, with --refit.")] = DRAWS,
    seed: Annotated[int, typer.Option(help="Seed, with --refit; the same gives the same numbers.")] = 1,
    out: Annotated[Path | None, typer.Option(help="File (JSON) to save the posterior in.")] = None,
    figure: Annotated[Path | None, typer.Option(help="File (HTML) for the figure.")] = None,
    json: Json = False,
) -> None:
    """Show the posterior of the MSC effect beside its prior; exploratory, from 17 uncontrolled patients."""
    check_at_least_one("--draws", draws)
    for file in (out, figure):
        _check_folder(file)
    posterior = _fitted(draws, seed) if refit else load_msc() if fit is None else load_msc(fit)
    if posterior.model_fingerprint != load_model().fingerprint:
        say("This posterior was computed with another version of the model; --refit computes it anew.")
    if out is not None:
        posterior.save(out)
    if figure is not None:
        msc_posterior(posterior).write_html(figure, include_plotlyjs=True, div_id="msc-posterior")
    if json:
        print_json(msc_results(posterior))
    else:
        _print(posterior)


def _fitted(draws: int, seed: int) -> MscPosterior:
    with progress_bar("Weighting draws", total=draws) as (bar, task):
        return fit_msc(
            load_model(),
            load_population(),
            seed=seed,
            draws=draws,
            progress=lambda n: bar.advance(task, n),
        )


def _check_folder(file: Path | None) -> None:
    if file is not None and not file.resolve().parent.is_dir():
        raise InvalidValueError(f"folder {file.resolve().parent} does not exist; choose another place.")


def _print(posterior: MscPosterior) -> None:
    _print_counts(posterior)
    _print_predictions(posterior)
    _print_parameters(posterior)
    chance = chance_of_report(posterior)
    out = console()
    out.print(
        f"{posterior.draws} draws of the prior, the posterior is worth {posterior.effective_draws:.0f} of "
        f"them; {posterior.patients} patients each. Chance of both reported counts together: prior "
        f"{100 * chance['prior']:.2g} %, posterior {100 * chance['posterior']:.2g} %.",
        markup=False,
    )
    for sentence in (STATEMENT, DURABILITY, SHARE_OF_PRIOR):
        out.print(sentence, markup=False)


def _print_counts(posterior: MscPosterior) -> None:
    rows = [
        (
            row["quantity"],
            f"{row['observed']} of {row['n']}",
            *(
                _interval(row[of]["median"], row[of]["lower"], row[of]["upper"])
                for of in ("prior", "posterior")
            ),
            _share(row["share_of_prior"]),
        )
        for row in predicted_counts(posterior)
    ]
    columns = ("patients", "report", "prior: median, 90 %", "posterior: median, 90 %", "share of prior")
    print_table(f"Cheng 2022 predicted again ({EXPLORATORY})", columns, rows)


def _print_predictions(posterior: MscPosterior) -> None:
    rows = [
        (
            row["quantity"],
            *(
                _interval(*(row[f"{of}_{part}"] for part in ("mean", "lower", "upper")))
                for of in ("prior", "posterior")
            ),
            f"{row['without_cells']:.0f}",
            _share(row["share_of_prior"]),
            row["informed"],
        )
        for row in predictions(posterior)
    ]
    columns = ("share of patients [%]", "prior", "posterior", "no cells", "share of prior", "informed")
    print_table(f"Predicted for the same doses ({EXPLORATORY}): mean, 90 % over draws", columns, rows)


def _print_parameters(posterior: MscPosterior) -> None:
    rows = [
        (
            each.name,
            _interval(each.prior_mean, each.prior_lower, each.prior_upper, ".3g"),
            _interval(each.posterior_mean, each.posterior_lower, each.posterior_upper, ".3g"),
            f"{each.prior_sd:.2f}",
            f"{each.posterior_sd:.2f}",
            f"{each.ratio:.2f}",
            each.words,
        )
        for each in posterior.parameters
    ]
    columns = (
        "parameter",
        "prior",
        "posterior",
        "prior sd",
        "posterior sd",
        "ratio",
        "informed by the study",
    )
    print_table(f"Parameters ({EXPLORATORY}): mean, 90 %", columns, rows)
    console().print(
        f"Standard deviations on the scale of the prior. {posterior.unmoved} other drawn parameters: "
        "the prior, unchanged.",
        markup=False,
    )


def _interval(middle: float, lower: float, upper: float, form: str = ".0f") -> str:
    return f"{middle:{form}} ({lower:{form}} to {upper:{form}})"


def _share(percent: float | None) -> str:
    return "no spread" if percent is None else f"{percent:.0f} %"
