"""Virtual populations: drawn by weight, each patient by number, and never taken for plausible patients."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from koebner.cli.main import app
from koebner.disease import lesion_state, load_model
from koebner.errors import InvalidValueError, ModelError
from koebner.patients import Patient
from koebner.populations import VirtualPopulation, load_population
from koebner.populations.reference_lesions import lesion_growth
from koebner.populations.reference_patients import REFERENCES, read_reference, write_reference

NAME = "virtual-moderate-to-severe"
N = 20_000


@pytest.fixture(scope="module")
def population() -> VirtualPopulation:
    loaded = load_population(NAME)
    assert isinstance(loaded, VirtualPopulation)
    return loaded


def test_weights_are_positive_and_sum_to_one(population: VirtualPopulation) -> None:
    weights = population.reference.weights
    assert (weights > 0).all()
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    # Weights that collapse on few patients describe these few.
    assert population.reference.effective_size > 0.4 * len(weights)


def test_every_figure_is_met_within_two_standard_errors(population: VirtualPopulation) -> None:
    kinds = {each.kind for each in population.reference.matched}
    assert kinds == {"baseline", "response"}
    for each in population.reference.matched:
        assert each.weighted == pytest.approx(each.published, abs=2 * each.error), each.figure


def test_what_is_printed_of_the_baselines_is_what_the_patients_have(population: VirtualPopulation) -> None:
    told = {each.figure: each for each in population.reference.matched}
    weights = population.reference.weights
    for name in ("pasi", "weight_kg", "age_years", "years_since_onset"):
        own = population.reference.cohort.covariates[name].to_numpy()
        # Six digits are stored.
        assert told[f"mean of {name}"].weighted == pytest.approx(weights @ own, rel=1e-4)
        assert told[f"mean of {name}"].unweighted == pytest.approx(own.mean(), rel=1e-4)


def test_a_sample_resembles_the_published_baselines(population: VirtualPopulation) -> None:
    covariates = population.sample(N, seed=2).covariates
    for name, published in population.moments.items():
        # Four standard errors of a sample of 20000, and two of the figure itself.
        near = published.sd * (4 / N**0.5 + 2 / published.n**0.5)
        assert covariates[name].mean() == pytest.approx(published.mean, abs=near), name


def test_a_sample_draws_by_weight(population: VirtualPopulation) -> None:
    drawn = population.sample(N, seed=3).covariates["reference_patient"]
    heavy = population.reference.cohort.patients[population.reference.weights.argsort()[-200:]]
    expected = np.sort(population.reference.weights)[-200:].sum()
    # Binomial: four standard errors.
    assert drawn.isin(heavy).mean() == pytest.approx(expected, abs=4 * (expected * (1 - expected) / N) ** 0.5)


def test_a_number_fixes_who_a_patient_is_whoever_else_is_drawn(population: VirtualPopulation) -> None:
    together, alone = population.sample(40, seed=5), population.sample(1, seed=5, first=17)
    pd.testing.assert_frame_equal(together.covariates.loc[[17]], alone.covariates)
    pd.testing.assert_frame_equal(together.deviations.loc[[17]], alone.deviations)
    np.testing.assert_array_equal(together.regions[17:18], alone.regions)
    assert alone.patients.tolist() == [17]
    other = population.sample(40, seed=6).covariates["reference_patient"]
    assert (other != together.covariates["reference_patient"]).any()


def test_spread_patients_come_as_often_as_they_weigh(population: VirtualPopulation) -> None:
    n = 4096
    drawn = population.spread(n, seed=1).covariates["reference_patient"].value_counts()
    patients = population.reference.cohort.patients
    expected = pd.Series(n * population.reference.weights, index=patients)
    # Systematic resampling: never off by a whole patient.
    assert (drawn.reindex(patients, fill_value=0) - expected).abs().max() < 1


def test_a_model_at_other_numbers_is_told(population: VirtualPopulation) -> None:
    model = load_model()
    values = population.reference.manifest.parameter_set
    fitted = model.with_parameters(**{name: values[name] for name in values if name in model.parameters})
    assert population.differing(fitted) == ()
    other = fitted.with_parameters(K_KC=2 * values["K_KC"])
    assert population.differing(other) == ("K_KC",)


def test_patients_keep_what_they_were_drawn_with(population: VirtualPopulation) -> None:
    sample, reference = population.sample(5, seed=1), population.reference.cohort
    who = sample.covariates["reference_patient"]
    stored = reference.deviations.loc[who]
    np.testing.assert_array_equal(sample.deviations.to_numpy(), stored.to_numpy())
    assert sample.scales == reference.scales


def test_bad_requests_are_refused(population: VirtualPopulation) -> None:
    with pytest.raises(InvalidValueError, match="n 0"):
        population.sample(0, seed=1)
    with pytest.raises(InvalidValueError, match="seed -1"):
        population.spread(8, seed=-1)


def test_what_is_read_is_what_was_written(population: VirtualPopulation, tmp_path: Path) -> None:
    write_reference(tmp_path / "one", population.reference)
    read = read_reference(tmp_path / "one")
    write_reference(tmp_path / "two", read)
    pd.testing.assert_frame_equal(read.cohort.covariates, population.reference.cohort.covariates)
    assert read.manifest == population.reference.manifest
    for name in ("patients.csv", "matched.csv", "manifest.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_patients_that_were_changed_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / NAME
    shutil.copytree(REFERENCES / NAME, folder)
    changed = folder / "matched.csv"
    changed.write_text(changed.read_text(encoding="utf-8").replace("baseline", "response"), encoding="utf-8")
    with pytest.raises(InvalidValueError, match="not those of the manifest"):
        read_reference(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(InvalidValueError, match="no reference population"):
        read_reference(folder)


def test_the_files_stay_small() -> None:
    # What a package can carry without a thought.
    assert (REFERENCES / NAME / "patients.csv").stat().st_size < 1_000_000


def test_growth_is_that_of_the_steady_state_of_each_patient() -> None:
    # A steeper keratinocyte programme than any fit has, so that some lesions grow. The other way to know
    # it is a model of a patient's own numbers, and its steady state.
    model = load_model().with_parameters(n_KC=2.2)
    drawn = load_population().spread(512, seed=6)
    order = lesion_growth(model, drawn).argsort()
    extremes = drawn.subset(order[[0, 1, -2, -1]])
    growth, own = lesion_growth(model, extremes), extremes.parameters(model)
    for place in range(len(extremes)):
        numbers = {name: float(values[place]) for name, values in own.items()}
        state = lesion_state(model.with_parameters(**numbers))
        assert state is not None
        assert growth[place] == pytest.approx(state.eigenvalues[0].real, rel=1e-6)
    assert (growth > 0).tolist() == [False, False, True, True]


def test_growth_needs_a_model_that_starts_at_its_lesion() -> None:
    with pytest.raises(ModelError, match="starts with healthy skin"):
        lesion_growth(load_model("onset"), Patient(pasi=20).cohort())


def test_show_calls_each_kind_by_its_name() -> None:
    plausible = CliRunner().invoke(app, ["population", "show", "moderate-to-severe"]).stdout
    virtual = CliRunner().invoke(app, ["population", "show", NAME]).stdout
    assert "Plausible patients, not weighted" in plausible
    assert "virtual" not in plausible.lower()
    for words in (
        "are plausible",
        "effective sample size",
        "PASI75 at week 16 under guselkumab",
        "no effect",
    ):
        assert words in virtual


def test_a_sample_says_which_kind_it_is() -> None:
    run = CliRunner().invoke(app, ["population", "sample", "--name", NAME, "--n", "20"])
    assert "20 patients of the virtual population" in run.stdout
    assert "plausible patients" not in run.stdout
