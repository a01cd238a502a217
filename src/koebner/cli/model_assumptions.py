"""`koebner model assumptions`: the assumed numbers, those first that results depend on most."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import typer

from koebner.analysis.influence import (
    FOLLOWED_WEEKS,
    TREATED_WEEKS,
    TREATMENTS,
    VISIT_BLOCK,
    Influence,
    InfluenceStudy,
    Shift,
    Treated,
    assumptions,
    can_be_ranked,
    influence_study,
)
from koebner.cli.options import Json, check_at_least_one
from koebner.cli.printing import console, print_json, print_table, say
from koebner.disease import PackParameter, countable, load_model
from koebner.populations import load_population
from koebner.therapies import load

# What is smaller is not worth a line: percentage points and weeks.
_NEGLIGIBLE = 0.1


def assumptions_command(
    *,
    patients: Annotated[int, typer.Option(help="Size of the cohort that meets every change.")] = 20,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same patients.")] = 1,
    top: Annotated[int, typer.Option(help="How many assumptions to print; JSON holds all.")] = 25,
    by: Annotated[
        Literal["pasi75", "relapse"], typer.Option(help="Which influence puts them in order.")
    ] = "pasi75",
    therapy: Annotated[
        list[str] | None,
        typer.Option(help=f"Judge under this therapy; may be repeated. Default: {', '.join(TREATMENTS)}."),
    ] = None,
    json: Json = False,
) -> None:
    """Rank the assumed parameters by what moving them within their priors does to PASI75 and relapse."""
    check_at_least_one("--top", top)
    check_at_least_one("--patients", patients)
    model = load_model()
    numbers, assumed = countable(model), assumptions(model)
    ranked = [row for row in assumed if can_be_ranked(row)]
    given = [load(name) for name in therapy or TREATMENTS]
    cohort = load_population().sample(patients, seed=seed)
    say(f"Simulating {patients} patients {1 + 2 * len(ranked)} times under {len(given)} therapies.")
    study = influence_study(model, cohort, given, ranked)
    order = study.by_relapse() if by == "relapse" else study.influences
    apart = [row for row in assumed if not can_be_ranked(row)]
    if json:
        print_json(_as_json(study, order, apart, seed, len(numbers)))
        return
    _print_ranks(order[:top], len(order))
    _print_apart(apart)
    _print_footer(study, len(assumed), len(numbers), seed)


def _as_json(
    study: InfluenceStudy, order: Sequence[Influence], apart: Sequence[PackParameter], seed: int, n_all: int
) -> dict[str, Any]:
    return {
        "n_parameters": n_all,
        "n_assumptions": len(order) + len(apart),
        "patients": study.n_patients,
        "seed": seed,
        "failed": study.n_failed,
        "pasi75_week": TREATED_WEEKS,
        "treatments": [vars(treated) for treated in study.treated],
        "assumptions": [
            {
                **_row(influence.parameter),
                "pasi75_points": vars(influence.pasi75),
                "relapse_weeks": vars(influence.relapse) if influence.relapse else None,
                "log_pasi": vars(influence.log_pasi),
            }
            for influence in order
        ],
        "not_ranked": [{**_row(row), "reason": _reason(row)} for row in apart],
    }


def _row(row: PackParameter) -> dict[str, Any]:
    return {
        "id": row.id,
        "value": row.value,
        "unit": row.unit,
        "prior": row.prior or None,
        "source": row.source,
        "pathway": row.block,
        "meaning": row.meaning,
    }


def _print_ranks(order: Sequence[Influence], n_all: int) -> None:
    rows = [
        (
            influence.parameter.id,
            _value(influence.parameter),
            influence.parameter.prior,
            _shift(influence.pasi75),
            _shift(influence.relapse),
            influence.parameter.block,
            influence.parameter.meaning,
        )
        for influence in order
    ]
    columns = ("parameter", "value", "prior", "PASI75 [points]", "relapse [weeks]", "pathway", "meaning")
    print_table(f"{len(rows)} of {n_all} assumptions, in the order of influence", columns, rows)


def _value(row: PackParameter) -> str:
    return f"{row.value:g}" if row.unit == "dimensionless" else f"{row.value:g} {row.unit}"


def _shift(shift: Shift | None) -> str:
    if shift is None:
        return "too few respond"
    if shift.size < _NEGLIGIBLE:
        return "none"
    return f"{shift.down:+.1f} / {shift.up:+.1f} {shift.therapy}"


def _reason(row: PackParameter) -> str:
    return "acts on what a visit records, not on the skin" if row.block == VISIT_BLOCK else "no prior"


def _print_apart(apart: Sequence[PackParameter]) -> None:
    rows = [(row.id, _value(row), _reason(row), row.meaning) for row in apart]
    if rows:
        print_table("Assumptions that are not ranked", ("parameter", "value", "why", "meaning"), rows)


def _unchanged(treated: Treated) -> str:
    response = f"{treated.therapy} PASI75 {treated.pasi75:.0f} %"
    if treated.relapse_weeks is None:
        return f"{response}, nobody reaches PASI50"
    return f"{response}, {treated.relapse_weeks:.0f} weeks ({treated.n_responders} reach PASI50)"


def _print_footer(study: InfluenceStudy, n_assumed: int, n_all: int, seed: int) -> None:
    unmoved = sum(
        i.pasi75.size < _NEGLIGIBLE and (i.relapse is None or i.relapse.size < _NEGLIGIBLE)
        for i in study.influences
    )
    sentences = [
        "Each pair is the change with the number one standard deviation of its prior lower / higher, under "
        "the therapy where it does most.",
        f"PASI75: expected share at week {TREATED_WEEKS:g}, without placebo response. Relapse: mean weeks "
        f"from the last dose to the loss of half of the improvement, at most {FOLLOWED_WEEKS:g}, in those "
        "who had reached PASI50.",
        f"{n_assumed} of {n_all} parameters of the disease, definitions apart, are assumptions; {unmoved} of "
        f"the {len(study.influences)} ranked ones move neither by {_NEGLIGIBLE}. Numbers of the therapies "
        "are not among them: see `koebner therapy show`.",
        f"{study.n_patients} patients, seed {seed}; unchanged: "
        + "; ".join(map(_unchanged, study.treated))
        + ".",
    ]
    if study.n_failed:
        sentences.append(f"{study.n_failed} courses could not be simulated and are left out.")
    for sentence in sentences:
        console().print(sentence, markup=False, soft_wrap=True)
