"""The posterior of the MSC effect, from the one study with more than ten patients, beside its prior.

Draws of the prior are weighted by the exact likelihood of Cheng 2022. What trials of drugs inform is kept
at its values. Prior and posterior of each parameter, and of what is predicted, stand side by side, with the
share of the prior in the result.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.msc.likelihood import (
    ReportedCounts,
    effective_draws,
    importance_weights,
    log_likelihood,
    reported_counts,
)
from koebner.calibration.msc.parameters import MovedParameter, moved_parameters, on_scale
from koebner.calibration.msc.simulation import cohort_like, predicted_shares, quantities_of
from koebner.disease import PackParameter
from koebner.errors import InvalidValueError
from koebner.fits import posterior_file
from koebner.kinetics import Model
from koebner.populations import Population, draw_parameters, draw_patients, uncertain_parameters
from koebner.randomness import uniforms
from koebner.trials.case_files import Case, case_named

Array = NDArray[np.float64]

STUDY = "cheng-2022"
SHIPPED = posterior_file("msc")
DRAWS = 1024
# Times the 17 patients of the study.
COPIES = 12
# Parameters whose draws are kept for a figure.
KEPT = 6
_DIGITS = 4

EXPLORATORY = "exploratory: 2-17 uncontrolled patients"
STATEMENT = (
    "Exploratory: the MSC studies have 2-17 uncontrolled patients, and this posterior rests on 17 of them. "
    "It was fitted to their counts, and its prior was chosen in view of them, so that agreement is no "
    "validation; without a control, what the cells did cannot be told from who was enrolled. This is no "
    "claim of efficacy."
)
DURABILITY = (
    "How long a response lasts is not informed by MSC data: it follows from the structure of relapse and "
    "from what trials of drugs say of it. The figures of weeks 26 and 52 move with the size of the response "
    "at week 10 only; the recorded ones contain the placebo response, held at its size of week 16."
)
SHARE_OF_PRIOR = (
    "Share of prior: variance of a predicted share over the posterior draws, over that of the prior draws, "
    "with the same design and patients. At 100 % the study has told nothing, and the result is the prior."
)


@dataclass(frozen=True, kw_only=True)
class MscPosterior:
    """Draws of the prior and how much each weighs after Cheng 2022.

    A trial takes a draw by its number: `draw_parameters(model, posterior.seed, number)`.

    Attributes
    ----------
    study
        Name of the published case.
    model_fingerprint, population
        The model and whom patients were drawn from.
    seed
        Seed of draws and patients.
    patients
        Virtual patients of each draw.
    reported
        The counts it was fitted to.
    weights
        Of draws 1, 2 and so on; their sum is 1.
    predicted
        Share of patients that reaches each quantity [0 to 1], by name, of each draw.
    without_cells
        The same of untreated plaques: chance and placebo response alone.
    parameters
        Those of the MSC arms, and others that moved, the most moved first.
    unmoved
        Number of other drawn parameters, whose prior is unchanged.
    drawn
        The most moved parameters in each draw on the scale of their prior, by id.
    """

    study: str
    model_fingerprint: str
    population: str
    seed: int
    patients: int
    reported: ReportedCounts
    weights: tuple[float, ...]
    predicted: Mapping[str, tuple[float, ...]]
    without_cells: Mapping[str, float]
    parameters: tuple[MovedParameter, ...]
    unmoved: int
    drawn: Mapping[str, tuple[float, ...]]

    @property
    def draws(self) -> int:
        """Number of draws of the prior."""
        return len(self.weights)

    @property
    def effective_draws(self) -> float:
        """Of how many equally weighted draws the posterior consists."""
        return effective_draws(np.array(self.weights))

    def posterior_draws(self, n: int, seed: int) -> list[int]:
        """Return the numbers of `n` draws of the posterior, each drawn with the chance of its weight.

        The first of them are the same for any `n`.

        Raises
        ------
        InvalidValueError
            A number of draws below 1, or a negative seed.
        """
        if n < 1 or seed < 0:
            raise InvalidValueError(
                f"n {n} and seed {seed} were given; expected 1 or more draws and a seed of 0 or more."
            )
        chances = uniforms(seed, range(n), "draw of the MSC posterior")[:, 0]
        below = np.cumsum(self.weights)
        numbers = np.searchsorted(below / below[-1], chances, side="right") + 1
        return [int(number) for number in numbers]

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(_rounded(asdict(self))) + "\n", encoding="utf-8")


def load_msc(path: Path = SHIPPED) -> MscPosterior:
    """Return a posterior from its file.

    Raises
    ------
    InvalidValueError
        The file cannot be read, or is no such posterior.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return _posterior_of(content)
    except OSError as error:
        raise InvalidValueError(
            f"The posterior cannot be read ({error.strerror}); compute it with `fit_msc` and save it there.",
            file=path,
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidValueError(
            "This is no posterior of the MSC effect; expected a file that its `save` wrote.", file=path
        ) from error


def fit_msc(
    model: Model,
    population: Population,
    *,
    seed: int = 1,
    draws: int = DRAWS,
    copies: int = COPIES,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> MscPosterior:
    """Weight draws of the prior by the exact likelihood of Cheng 2022.

    Parameters
    ----------
    model
        The disease, its drug-informed numbers at the values of their calibration.
    population
        Whom patients are drawn from.
    seed
        Fixes patients and draws.
    draws
        Draws of the prior; every parameter that no fit holds is drawn.
    copies
        Virtual patients of a draw, times the 17 of the study.
    threads
        Threads of the solver; the numbers do not depend on it.
    progress
        Called with the number of draws done.

    Raises
    ------
    InvalidValueError
        Fewer than 2 draws or 1 copy, a negative seed, or no draw that makes the counts possible.
    SolverError
        A patient could not be simulated.
    """
    if draws < 2 or copies < 1 or seed < 0:
        raise InvalidValueError(
            f"draws {draws}, copies {copies} and seed {seed} were given; expected 2 or more, 1 or more "
            "and 0 or more."
        )
    case = case_named(STUDY).case
    rows = uncertain_parameters(model)
    predicted, values = _drawn(case, model, population, rows, seed, draws, copies, threads, progress)
    reported = reported_counts(case)
    weights = importance_weights(
        log_likelihood(reported, improved=predicted["improved"], clear=predicted["clear"])
    )
    parameters, unmoved = moved_parameters(rows, values, weights)
    return MscPosterior(
        study=STUDY,
        model_fingerprint=model.fingerprint,
        population=population.name,
        seed=seed,
        patients=case.n * copies,
        reported=reported,
        weights=tuple(weights.tolist()),
        predicted={name: tuple(shares.tolist()) for name, shares in predicted.items()},
        without_cells=_untreated(case, model, population, seed, copies, threads),
        parameters=parameters,
        unmoved=unmoved,
        drawn=_kept(parameters, values),
    )


def _drawn(
    case: Case,
    model: Model,
    population: Population,
    rows: Iterable[PackParameter],
    seed: int,
    draws: int,
    copies: int,
    threads: int | None,
    progress: Callable[[int], None] | None,
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return predicted shares and parameter values of each draw; draw 0, the central one, is left out."""
    cohort = cohort_like(case, population, seed=seed, copies=copies)
    groups = [group.therapy() for group in case.groups]
    names = [row.id for row in rows]
    shares: list[dict[str, float]] = []
    values = np.empty((draws, len(names)))
    for draw in range(1, draws + 1):
        drawn = draw_parameters(model, seed, draw)
        given = [therapy.drawn(seed, draw) for therapy in groups]
        shares.append(predicted_shares(case, drawn, draw_patients(cohort, draw), given, threads=threads))
        values[draw - 1] = [drawn.parameters[name].value for name in names]
        if progress is not None:
            progress(1)
    predicted = {each.name: np.array([of[each.name] for of in shares]) for each in quantities_of(case)}
    return predicted, dict(zip(names, values.T, strict=True))


def _untreated(
    case: Case, model: Model, population: Population, seed: int, copies: int, threads: int | None
) -> dict[str, float]:
    """Return the shares without cells; an untreated plaque is the same whatever the parameters."""
    cohort = cohort_like(case, population, seed=seed, copies=copies)
    return predicted_shares(case, model, cohort, [None] * len(case.groups), threads=threads)


def _kept(parameters: Iterable[MovedParameter], values: Mapping[str, Array]) -> dict[str, tuple[float, ...]]:
    """Return the draws of the most moved parameters on the scale of their prior, where digits last."""
    most = islice(parameters, KEPT)
    return {each.name: tuple(on_scale(each.scale, values[each.name]).tolist()) for each in most}


def _posterior_of(content: Mapping[str, Any]) -> MscPosterior:
    weights = np.array(content["weights"], dtype=float)
    return MscPosterior(
        **{
            **content,
            "reported": ReportedCounts(**content["reported"]),
            "weights": tuple((weights / weights.sum()).tolist()),
            "predicted": {name: tuple(values) for name, values in content["predicted"].items()},
            "parameters": tuple(MovedParameter(**each) for each in content["parameters"]),
            "drawn": {name: tuple(values) for name, values in content["drawn"].items()},
        }
    )


def _rounded(content: Any) -> Any:
    """Return content with its numbers to a few digits, so that the file stays small."""
    if isinstance(content, float):
        return float(f"{content:.{_DIGITS}g}")
    if isinstance(content, Mapping):
        return {name: _rounded(each) for name, each in content.items()}
    if isinstance(content, list | tuple):
        return [_rounded(each) for each in content]
    return content
