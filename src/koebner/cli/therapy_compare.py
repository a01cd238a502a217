"""`koebner therapy compare`: what each of many targets contributes to therapies, side by side."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from koebner.analysis.contributions import (
    DRAWS,
    EXPLORATORY,
    LEAST,
    WEEKS,
    Comparison,
    compare_targets,
)
from koebner.analysis.targets import target
from koebner.cli.options import Json, check_at_least_one
from koebner.cli.output import check_output
from koebner.cli.printing import console, print_json, print_table, progress_bar, say
from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.plots.targets import target_contributions
from koebner.populations import load_population
from koebner.reports.wording import listed
from koebner.therapies import Therapy, combined
from koebner.therapies.entries import HELD
from koebner.trials.tables import rows, write_csv

_MOST = 4
_WEEKS = ",".join(f"{week:g}" for week in WEEKS)
# Shares below it are told with a decimal.
_SMALL = 0.1
_PICTURES = (".svg", ".png")


def compare_command(
    therapies: Annotated[
        list[str],
        typer.Argument(help="One to four therapies, such as uc_msc or secukinumab+uc_msc for both at once."),
    ],
    *,
    off: Annotated[
        str | None,
        typer.Option(
            help="Targets to switch off one by one, such as treg,m2,trm, or states such as IL10; all named "
            "targets when left out."
        ),
    ] = None,
    weeks: Annotated[str, typer.Option(help="When the improvement is divided [weeks].")] = _WEEKS,
    patients: Annotated[int, typer.Option(help="Plausible patients, the same for all.")] = 50,
    draws: Annotated[
        int, typer.Option(help="Draws of the uncertain parameters that ranges are of; 0 for none.")
    ] = DRAWS,
    seed: Annotated[int, typer.Option(help="Seed of patients and draws.")] = 1,
    population: Annotated[str, typer.Option(help="Which population.")] = "moderate-to-severe",
    stop_week: Annotated[
        float | None, typer.Option(help="No dose of any therapy at or after this week.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file to write, one row a target and week.")] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Figure to write: .html, or .svg and .png with the extra `docs`.")
    ] = None,
    json: Json = False,
) -> None:
    """Switch targets off one by one: what is then lost of what each therapy achieves."""
    check_at_least_one("--patients", patients)
    if seed < 0:
        raise InvalidValueError(f"--seed {seed} was given; expected 0 or more.")
    check_output(out, "--out", endings=(".csv",), example="targets.csv")
    _check_figure(figure, out)
    given = _therapies(therapies, stop_week)
    found = _compared(
        given, _names(off), _weeks(weeks), patients=patients, population=population, draws=draws, seed=seed
    )
    if json:
        print_json(_results(found, patients, seed, population))
    else:
        _print(found, f"{patients} patients, seed {seed}")
    if out is not None:
        write_csv(out, found.contributions)
        say(f"Wrote {out}.")
    if figure is not None:
        _draw(found, figure)


def _compared(
    given: Sequence[Therapy],
    off: list[str] | None,
    weeks: Sequence[float],
    *,
    patients: int,
    population: str,
    draws: int,
    seed: int,
) -> Comparison:
    model = load_model()
    cohort = load_population(population).sample(patients, seed=seed)
    for name in off or ():
        target(model, name)  # a wrong name is told before anything is drawn on the screen
    total = len(given) * (max(draws, 0) + 1)
    with progress_bar("Switching targets off", total=total) as (bar, task):
        return compare_targets(
            model,
            given,
            off,
            cohort=cohort,
            weeks=weeks,
            draws=draws,
            seed=seed,
            progress=lambda n: bar.advance(task, n),
        )


def _therapies(names: Sequence[str], stop_week: float | None) -> list[Therapy]:
    if len(names) > _MOST:
        raise InvalidValueError(f"{len(names)} therapies were given; expected one to {_MOST}.")
    found = [combined(name) for name in names]
    if stop_week is None:
        return found
    if not any(therapy.is_dosed for therapy in found):
        raise InvalidValueError(f"--stop-week {stop_week:g} was given, but nothing has doses; leave it out.")
    return [therapy.stop(week=stop_week) if therapy.is_dosed else therapy for therapy in found]


def _names(off: str | None) -> list[str] | None:
    return None if off is None else [name.strip() for name in off.split(",") if name.strip()]


def _weeks(text: str) -> list[float]:
    try:
        return [float(week) for week in text.split(",") if week.strip()]
    except ValueError:
        raise InvalidValueError(
            f"--weeks {text} was given; expected weeks with commas between them, such as --weeks 12,52."
        ) from None


def _check_figure(figure: Path | None, out: Path | None) -> None:
    check_output(figure, "--figure", [out], endings=(".html", *_PICTURES), example="targets.svg")
    if figure is not None and figure.suffix.lower() in _PICTURES and find_spec("kaleido") is None:
        raise InvalidValueError(
            f"--figure {figure} was given, which needs kaleido; install koebner[docs], or "
            "give a name in .html."
        )


def _draw(found: Comparison, path: Path) -> None:
    drawn = target_contributions(found)
    if path.suffix.lower() == ".html":
        drawn.write_html(path, include_plotlyjs=True, div_id="targets")
    else:
        try:
            drawn.write_image(path, width=drawn.layout.width, height=drawn.layout.height, scale=2)
        except RuntimeError as error:  # kaleido found no browser to draw with
            raise InvalidValueError(
                f"--figure {path} could not be drawn, which needs a Chromium; install one, or give a name "
                "in .html."
            ) from error
    say(f"Wrote {path}.")


def _results(found: Comparison, patients: int, seed: int, population: str) -> dict[str, Any]:
    return {
        "population": population,
        "patients": patients,
        "seed": seed,
        "draws": found.draws,
        "failed": found.n_failed,
        "least_improvement": LEAST,
        "therapies": [
            {
                "id": therapy.id,
                "given": therapy.sentence(),
                "calibration": therapy.calibration,
                "statement": therapy.statement,
                "caution": EXPLORATORY if "cell product" in therapy.kinds else None,
            }
            for therapy in found.therapies
        ],
        "targets": {name: each.model_dump(mode="json") for name, each in found.targets.items()},
        "improvement": rows(found.improvement),
        "contributions": rows(found.contributions),
        "differences": rows(found.differences),
        "statements": _statements(found),
    }


def _print(found: Comparison, whom: str) -> None:
    places = [(row["therapy"], row["week"]) for row in rows(found.improvement)]
    shares = {(row["target"], row["therapy"], row["week"]): row for row in rows(found.contributions)}
    whole = ["improvement of PASI", *(_told(row, "improvement") for row in rows(found.improvement))]
    lost = [
        [name, *(_told(shares[name, therapy, week], "share") for therapy, week in places)]
        for name in found.contributions["target"].unique()
    ]
    print_table(
        f"Share of the improvement that is lost with a target off [%]; {whom}, {found.draws} draws",
        ("target off", *(f"{therapy}\nweek {week:g}".replace("+", "+\n") for therapy, week in places)),
        [whole, *lost],
    )
    differences = [
        (f"{row['therapy']} - {row['other']}", f"{row['week']:g}", _told(row, "difference"), row["note"])
        for row in rows(found.differences)
    ]
    if differences:
        title = "Difference of improvement [% of baseline PASI]"
        print_table(title, ("therapies", "week", "difference", "note"), differences)
    out = console()
    for name, each in found.targets.items():
        out.print(f"{name}: {each.meaning} ({', '.join(each.states)})", markup=False, soft_wrap=True)
    for sentence in _statements(found):
        out.print(sentence, markup=False, soft_wrap=True)


def _told(row: Mapping[str, Any], name: str) -> str:
    """Return a share in percent, with its range where there is one."""
    if row[name] is None:
        return "not defined"
    middle, lower, upper = (_percent(row[key]) for key in (name, "lower_90", "upper_90"))
    if not (lower and upper):
        return middle
    return f"{middle} ({lower} to {upper}){'*' * str(row.get('note')).startswith('range of')}"


def _percent(share: float | None) -> str:
    if share is None:
        return ""
    # The 0 that is added turns a rounded -0 into 0.
    return f"{round(100 * share, 1 if abs(share) < _SMALL else 0) + 0:g}"


_READING = (
    "A target that is off stands still as in the lesion from the first day on: neither the therapy acts "
    "through it nor does the plaque answer. Below 0: the therapy does better without. Shares need not sum to "
    "100: targets in series are each counted, one that another can replace is not.",
    f"Not defined: the improvement is below {100 * LEAST:g} % of baseline, so its parts say nothing. *: so "
    "it is in some of the draws, which the range leaves out.",
    "The model alone, without placebo response: no trial is predicted, no therapy recommended.",
)


def _statements(found: Comparison) -> list[str]:
    """Return what must be read with the numbers."""
    said = list(_READING)
    if found.draws:
        said.append(f"In brackets: 90 % of {found.draws} draws of the parameters.")
    agents = [agent for therapy in found.therapies for agent in therapy.agents]
    held = list(dict.fromkeys(agent.id for agent in agents if agent.calibration in HELD and agent.regimen))
    if held:
        said.append(
            f"{listed(held)}: one published number holds the potency, so it is not drawn: ranges leave it "
            "out, and where nothing else is given the improvement has none."
        )
    cells = [therapy.id for therapy in found.therapies if "cell product" in therapy.kinds]
    if cells:
        said.append(
            f"{listed(cells)}: {EXPLORATORY}. Pathways and weights are priors, not measured in patients."
        )
    if found.n_failed:
        said.append(f"{found.n_failed} simulations failed; their patients are left out.")
    return said
