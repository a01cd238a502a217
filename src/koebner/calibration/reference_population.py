"""From plausible patients to a virtual population: who keeps a lesion, how each responds, what each weighs.

Patients are drawn evenly from a population, kept if their lesion is stable, treated under the trial of
each class, and weighted so that baselines and responses come out as published, each within its own
standard error. Left out: that the trials enrolled somewhat different patients; all are matched by one
population.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from koebner.calibration.fitting.courses import Rehearsal, scaled
from koebner.calibration.fitting.responses import responder_percent, with_values
from koebner.calibration.fitting.targets import ResponseTarget, courses_of, target_of
from koebner.calibration.protocol import load_protocol
from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.evidence import load_trials
from koebner.evidence.sources import TABLES as EVIDENCE_TABLES
from koebner.kinetics import Model
from koebner.patients import Cohort
from koebner.populations.population import Moments, Population, load_plausible
from koebner.populations.reference_lesions import lesion_growth
from koebner.populations.reference_patients import (
    REFERENCES,
    Manifest,
    Matched,
    Reference,
    ReferenceEntry,
    ResponseEntry,
    reference_entry,
    write_reference,
)
from koebner.populations.virtual import baseline_moments
from koebner.populations.weighting import Figure, maximum_entropy_weights
from koebner.randomness import uniforms
from koebner.trials.observation import VisitModel, visit_model
from koebner.trials.record import code_fingerprint

Array = NDArray[np.float64]

VIRTUAL = "virtual-moderate-to-severe"
_TABLES = ("baselines.csv", "trials.csv")


@dataclass(frozen=True, kw_only=True)
class _Goal:
    """A figure, how it is told, and which scale it is told on: of a variance its root, of a share percent."""

    figure: Figure
    words: str
    kind: Literal["baseline", "response"]
    scale: Literal["as it is", "root", "percent"] = "as it is"

    def told(self, weights: Array) -> Matched:
        own = self.figure
        alike, weighted = float(own.per_patient.mean()), float(weights @ own.per_patient)
        error = own.error / (2 * math.sqrt(own.value)) if self.scale == "root" else self._shown(own.error)
        return Matched(
            figure=self.words,
            kind=self.kind,
            published=self._shown(own.value),
            error=error,
            unweighted=self._shown(alike),
            weighted=self._shown(weighted),
        )

    def _shown(self, value: float) -> float:
        if self.scale == "root":
            return math.sqrt(value)
        return 100.0 * value if self.scale == "percent" else value


def build_reference_population(
    values: Mapping[str, float],
    *,
    n: int = 2048,
    seed: int = 6,
    name: str = VIRTUAL,
    folder: Path | None = None,
    threads: int | None = None,
) -> Reference:
    """Draw plausible patients, weight them, and write them where `koebner.load_population` looks.

    Parameters
    ----------
    values
        A parameter set, as `Ensemble.central`: parameters of the disease, "THERAPY.IC50", "sd of PARAMETER".
    n
        How many patients are drawn, a power of two.
    seed
        Seed of the draw.
    name
        Which definition.
    folder
        Where to write; the package's own folder when left out.
    threads
        As of `koebner.solver.integrate`.

    Raises
    ------
    InvalidValueError
        A figure that these patients cannot reach under these values.
    """
    entry = reference_entry(name)
    reference = weighted_patients(entry, load_model(), values, n=n, seed=seed, threads=threads)
    write_reference(REFERENCES / name if folder is None else folder, reference)
    return reference


def weighted_patients(
    entry: ReferenceEntry,
    model: Model,
    values: Mapping[str, float],
    *,
    n: int,
    seed: int,
    threads: int | None = None,
) -> Reference:
    """Return the weighted patients of a definition, without writing them.

    Parameters
    ----------
    entry
        What is matched.
    model
        The disease.
    values, n, seed, threads
        As of `build_reference_population`.
    """
    population = load_plausible(entry.plausible)
    drawn = plausible_patients(model, population, values, population.spread(n, seed=seed))
    asked = {each.of_class: (each, _targets(each)) for each in entry.responses}
    targets = [target for _, found in asked.values() for target in found]
    fared = Rehearsal(model, population, drawn, courses_of(targets), threads=threads).run(values)
    courses = {target.course: fared[target.course].at(target.week) for target in targets}
    answered = np.all([np.isfinite(relative) for relative in courses.values()], axis=0)
    known = drawn.subset(np.flatnonzero(answered))
    own = _with_shares(known, entry, seed)
    visit = with_values(visit_model(model), values)
    goals = [*_baselines(entry, own)]
    for response, found in asked.values():
        goals += _responses(response, found, {name: each[answered] for name, each in courses.items()}, visit)
    weights = maximum_entropy_weights([goal.figure for goal in goals])
    return Reference(
        cohort=scaled(own, population, values),
        weights=weights,
        matched=tuple(goal.told(weights) for goal in goals),
        manifest=_manifest(entry, model, population, values, n=n, seed=seed),
    )


def plausible_patients(
    model: Model, population: Population, values: Mapping[str, float], cohort: Cohort
) -> Cohort:
    """Return the patients whose lesion is stable under a parameter set, as they were drawn."""
    disease = {name: value for name, value in values.items() if name in model.parameters}
    growth = lesion_growth(model.with_parameters(**disease), scaled(cohort, population, values))
    return cohort.subset(np.flatnonzero(growth < 0))


def responder_probabilities(relative: Array, week: float, endpoint: str, visit: VisitModel) -> Array:
    """Return how likely each patient is recorded as a responder, dropout counted as none, `(n_patients,)`.

    Parameters
    ----------
    relative
        True PASI relative to baseline, `(n_patients,)`.
    week, endpoint, visit
        As of `koebner.calibration.fitting.responses.responder_percent`, which is 100 times the mean.
    """
    return np.array([responder_percent(one, week, endpoint, visit) / 100.0 for one in relative[:, None]])


def _targets(response: ResponseEntry) -> tuple[ResponseTarget, ...]:
    """Return the published rows of a class, one an arm and endpoint."""
    n_unknown = load_protocol().likelihood.n_unknown
    rows = [
        row
        for row in load_trials()
        if (row.study, row.arm) in response.arms
        and row.week == response.week
        and row.endpoint in response.endpoints
    ]
    found = tuple(target for row in rows if (target := target_of(row, n_unknown=n_unknown)) is not None)
    expected = len(response.arms) * len(response.endpoints)
    if len(found) != expected:
        raise InvalidValueError(
            f"{len(found)} figures of {response.of_class} at week {response.week:g} were found; expected "
            f"{expected} in the evidence tables."
        )
    return found


def _with_shares(cohort: Cohort, entry: ReferenceEntry, seed: int) -> Cohort:
    """Return the patients with a 1 or 0 for each share, drawn apart from everything else."""
    moments = baseline_moments(entry)
    drawn = {
        name: (uniforms(seed, cohort.patients.tolist(), name)[:, 0] < moments[name].mean).astype(float)
        for name in entry.shares
    }
    return Cohort(
        covariates=cohort.covariates.assign(**drawn),
        deviations=cohort.deviations,
        scales=cohort.scales,
        signs=cohort.signs,
        regions=cohort.regions,
    )


def _baselines(entry: ReferenceEntry, cohort: Cohort) -> list[_Goal]:
    goals: list[_Goal] = []
    for name, published in baseline_moments(entry).items():
        own = cohort.covariates[name].to_numpy(dtype=float)
        is_share = name in entry.shares
        goals.append(_mean(name, published, own, is_share=is_share))
        if not is_share:
            goals.append(_spread(name, published, own))
    return goals


def _mean(name: str, published: Moments, own: Array, *, is_share: bool) -> _Goal:
    words = f"share of {name}" if is_share else f"mean of {name}"
    error = published.sd / published.n**0.5
    return _Goal(
        figure=Figure(name=words, value=published.mean, error=error, per_patient=own),
        words=f"{words} [%]" if is_share else words,
        kind="baseline",
        scale="percent" if is_share else "as it is",
    )


def _spread(name: str, published: Moments, own: Array) -> _Goal:
    """Return the variance about the published mean; how surely it is known, from the patients' own."""
    squares = (own - published.mean) ** 2
    return _Goal(
        figure=Figure(
            name=f"variance of {name}",
            value=published.sd**2,
            error=float(squares.std()) / published.n**0.5,
            per_patient=squares,
        ),
        words=f"sd of {name}",
        kind="baseline",
        scale="root",
    )


def _responses(
    response: ResponseEntry,
    targets: Sequence[ResponseTarget],
    courses: Mapping[str, Array],
    visit: VisitModel,
) -> list[_Goal]:
    """Return the responses of a class, its arms pooled by their size."""
    goals = []
    for endpoint in response.endpoints:
        rows = [target for target in targets if target.endpoint == endpoint]
        sizes = np.array([target.n for target in rows], dtype=float)
        share = float(np.average([target.percent / 100.0 for target in rows], weights=sizes))
        chances = [
            responder_probabilities(courses[target.course], target.week, endpoint, visit) for target in rows
        ]
        words = f"{endpoint} at week {response.week:g} under {rows[0].therapy}"
        figure = Figure(
            name=words,
            value=share,
            error=float(np.sqrt(share * (1 - share) / sizes.sum())),
            per_patient=np.asarray(np.average(chances, axis=0, weights=sizes), dtype=float),
        )
        goals.append(_Goal(figure=figure, words=f"{words} [%]", kind="response", scale="percent"))
    return goals


def _manifest(
    entry: ReferenceEntry,
    model: Model,
    population: Population,
    values: Mapping[str, float],
    *,
    n: int,
    seed: int,
) -> Manifest:
    return Manifest(
        koebner=version("koebner"),
        seed=seed,
        n_drawn=n,
        model=model.fingerprint,
        population=_hash(f"{population.entry!r} {dict(population.moments)!r}".encode()),
        definition=_hash(repr(entry).encode()),
        code=code_fingerprint(),
        tables={name: _hash((EVIDENCE_TABLES / name).read_bytes()) for name in _TABLES},
        parameter_set=dict(values),
        scales={each.parameter: each.scale for each in population.entry.deviations},
    )


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()
