"""From plausible patients to weights: who is kept, how each responds, and what the build writes."""

from pathlib import Path

import numpy as np
import pytest

from koebner.calibration.fitting.courses import Course, Rehearsal, scaled
from koebner.calibration.fitting.responses import responder_percent, with_values
from koebner.calibration.protocol import load_protocol
from koebner.calibration.reference_population import (
    VIRTUAL,
    build_reference_population,
    plausible_patients,
    responder_probabilities,
    weighted_patients,
)
from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.evidence import load_trials
from koebner.populations import load_population
from koebner.populations.population import load_plausible
from koebner.populations.reference_lesions import lesion_growth
from koebner.populations.reference_patients import Reference, read_reference, reference_entry
from koebner.simulation import Triggers
from koebner.therapies import load
from koebner.trials.observation import visit_model

MODEL, POPULATION = load_model(), load_plausible("moderate-to-severe")
ENTRY = reference_entry(VIRTUAL)
# Of the shipped reference: the parameter set that it was built under.
VALUES = read_reference(
    Path(__file__).parents[2] / "src/koebner/populations/reference" / VIRTUAL
).manifest.parameter_set
N = 256


@pytest.fixture(scope="module")
def small() -> Reference:
    return weighted_patients(ENTRY, MODEL, VALUES, n=N, seed=6, threads=1)


@pytest.mark.parametrize("endpoint", ["PASI75", "PASI90", "PASI100"])
def test_probabilities_average_to_the_rate_of_the_arm(endpoint: str) -> None:
    visit = visit_model(MODEL)
    relative = np.append(np.exp(np.random.default_rng(1).normal(-2, 1, 50)), np.nan)
    chances = responder_probabilities(relative, 12.0, endpoint, visit)
    assert 100 * chances.mean() == pytest.approx(responder_percent(relative, 12.0, endpoint, visit))
    assert chances[-1] == 0
    order = np.argsort(relative[:-1])
    assert (np.diff(chances[:-1][order]) <= 1e-12).all()


def test_figures_are_met_and_weights_add_up(small: Reference) -> None:
    assert (small.weights > 0).all()
    assert small.weights.sum() == pytest.approx(1.0, abs=1e-12)
    for each in small.matched:
        assert each.weighted == pytest.approx(each.published, abs=2 * each.error), each.figure


def test_published_figures_are_those_of_the_tables(small: Reference) -> None:
    told = {each.figure: each for each in small.matched}
    rows = {row.id: row for row in load_trials()}
    reveal = rows["reveal-2008/adalimumab/16/PASI75"].value
    assert told["PASI75 at week 16 under adalimumab [%]"].published == pytest.approx(reveal)
    # Two arms pooled by size; the standard error is binomial.
    arms = [rows[f"{study}/secukinumab-300/12/PASI90"] for study in ("erasure-2014", "fixture-2014")]
    sizes = [row.n or 0 for row in arms]
    pooled = np.average([row.value for row in arms], weights=sizes)
    found = told["PASI90 at week 12 under secukinumab [%]"]
    assert found.published == pytest.approx(pooled)
    assert found.error == pytest.approx((pooled * (100 - pooled) / sum(sizes)) ** 0.5)


def test_responses_are_only_those_that_the_protocol_fits() -> None:
    # Else trials that the protocol holds out would no longer be unseen.
    fitted = {
        (each.study, arm, week) for each in load_protocol().fitted for arm in each.arms for week in each.weeks
    }
    matched = {(*arm, response.week) for response in ENTRY.responses for arm in response.arms}
    assert matched <= fitted


def test_a_response_out_of_reach_is_refused() -> None:
    # Nobody on placebo is cleared in numbers like those under a drug: with potencies far too weak the arms
    # cannot be met by any weights.
    weak = {name: 1e6 * value if name.endswith(".IC50") else value for name, value in VALUES.items()}
    with pytest.raises(InvalidValueError, match=r"under \w+ of 0\.\d+ was given") as refused:
        weighted_patients(ENTRY, MODEL, weak, n=64, seed=6, threads=1)
    assert "\n" not in str(refused.value)


def test_patients_whose_lesion_grows_are_left_out() -> None:
    cohort = POPULATION.spread(1024, seed=6)
    steep = {**VALUES, "n_KC": 2.2}
    kept = plausible_patients(MODEL, POPULATION, steep, cohort)
    assert 0 < len(kept) < len(cohort)
    disease = {name: value for name, value in steep.items() if name in MODEL.parameters}
    growth = lesion_growth(MODEL.with_parameters(**disease), scaled(kept, POPULATION, steep))
    assert (growth < 0).all()


def test_who_drifts_after_an_injury_has_a_lesion_that_grows() -> None:
    # The simulation is the slower judge: whoever is off by 3 % two years after one injury is not stable.
    cohort = POPULATION.spread(1024, seed=6)
    steep = {"n_KC": 2.2}
    injured = Course(therapy=None, weeks=(0.0, 104.0), triggers=Triggers.at([("Trauma", 1.0, 1.0)]))
    fared = Rehearsal(MODEL, POPULATION, cohort, {"injured": injured}, threads=1).run(steep)["injured"]
    drifted = np.abs(fared.at(104.0) - 1) > 0.03
    growing = lesion_growth(MODEL.with_parameters(**steep), cohort) >= 0
    assert drifted.sum() > 0
    assert growing[drifted].all()


def test_a_build_is_deterministic_and_can_be_read(tmp_path: Path, small: Reference) -> None:
    build_reference_population(VALUES, n=N, seed=6, folder=tmp_path, threads=1)
    read = read_reference(tmp_path)
    np.testing.assert_allclose(read.weights, small.weights, rtol=1e-5)
    assert read.cohort.patients.tolist() == small.cohort.patients.tolist()
    assert read.manifest.n_drawn == N


def test_the_weighted_population_responds_as_published() -> None:
    # A sample of the shipped population, simulated under the parameter set of its manifest, through the
    # public doors: what the weights promise is what comes out.
    population = load_population(VIRTUAL)
    cohort = population.spread(1024, seed=1)
    courses = {"guselkumab": Course(therapy=load("guselkumab"), weeks=(16.0,))}
    fared = Rehearsal(MODEL, population, cohort, courses, threads=1).run(VALUES)["guselkumab"]
    visit = with_values(visit_model(MODEL), VALUES)
    found = responder_percent(fared.at(16.0), 16.0, "PASI90", visit)
    published = next(row.value for row in load_trials() if row.id == "voyage-1-2017/guselkumab/16/PASI90")
    # Two points: the standard error of the trial itself is 2.4.
    assert found == pytest.approx(published, abs=2.0)
