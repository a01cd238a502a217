"""Plausible patients: they follow published baselines and can be drawn one by one."""

import numpy as np
import pandas as pd
import pytest

from koebner.disease import load_model
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.evidence import load_baselines
from koebner.fits import load_ensemble
from koebner.populations import draw_parameters, draw_patients, load_population, uncertain_parameters
from koebner.populations.population import pooled

N = 4000


@pytest.fixture(scope="module")
def covariates() -> pd.DataFrame:
    return load_population().sample(N, seed=11).covariates


@pytest.mark.parametrize("name", ["pasi", "weight_kg", "years_since_onset", "age_years"])
def test_covariates_follow_published_baselines(covariates: pd.DataFrame, name: str) -> None:
    # Means and standard deviations pooled over the trial arms of evidence/tables/baselines.csv. The
    # limits (entry criterion, nobody ill for longer than alive) cut the tails, hence 10 and 15 %.
    published = load_population().moments[name]
    assert published.n > 2000
    assert covariates[name].mean() == pytest.approx(published.mean, rel=0.10)
    assert covariates[name].std() == pytest.approx(published.sd, rel=0.15)


def test_no_patient_is_impossible(covariates: pd.DataFrame) -> None:
    assert covariates["pasi"].between(12, 72).all()
    assert covariates["age_years"].between(18, 90).all()
    assert (covariates["years_since_onset"] <= covariates["age_years"]).all()


def test_each_patient_is_reproducible_alone() -> None:
    population = load_population()
    together, alone = population.sample(20, seed=3), population.sample(1, seed=3, first=17)
    pd.testing.assert_frame_equal(together.covariates.loc[[17]], alone.covariates)
    pd.testing.assert_frame_equal(together.deviations.loc[[17]], alone.deviations)
    np.testing.assert_array_equal(together.regions[17:18], alone.regions)


def test_seeds_give_other_patients() -> None:
    population = load_population()
    assert (population.sample(5, seed=1).covariates != population.sample(5, seed=2).covariates).all(axis=None)


def test_deviations_have_the_spread_of_the_file() -> None:
    population = load_population()
    drawn = population.sample(N, seed=5).deviations
    for entry in population.entry.deviations:
        assert drawn[entry.parameter].std() == pytest.approx(entry.sd, rel=0.06), entry.parameter
        assert entry.parameter in load_model().parameters


def test_pooling_two_arms_by_hand() -> None:
    # Pooled variance = mean of variances plus variance of means, weighted by n.
    rows = [r for r in load_baselines() if r.study == "champion-2008" and r.quantity == "PASI"]
    n, mean, sd = (np.array([getattr(r, key) for r in rows], dtype=float) for key in ("n", "mean", "sd"))
    grand = (n @ mean) / n.sum()
    result = pooled("PASI", ("champion-2008",))
    assert result.mean == pytest.approx(grand)
    assert result.sd == pytest.approx(np.sqrt((n @ (sd**2 + (mean - grand) ** 2)) / n.sum()))
    with pytest.raises(InvalidValueError, match="no baseline of `height`"):
        pooled("height", ("champion-2008",))


def test_bad_requests_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="Closest: `moderate-to-severe`"):
        load_population("moderate-to-sever")
    with pytest.raises(InvalidValueError, match="n 0"):
        load_population().sample(0, seed=1)
    with pytest.raises(InvalidValueError, match="seed -1"):
        load_population().sample(1, seed=-1)


def test_draws_change_what_has_a_prior_and_take_a_member_of_the_fit_for_the_rest() -> None:
    model = load_model()
    drawn = draw_parameters(model, seed=1, draw=3)
    changed = {name for name in model.parameters if drawn.parameters[name] != model.parameters[name]}
    member = load_ensemble().member(3)
    fitted = {name for name in member if name in model.parameters}
    assert changed == {row.id for row in uncertain_parameters(model)} | fitted
    assert all(drawn.parameters[name].value == member[name] for name in fitted)
    assert draw_parameters(model, seed=1, draw=0) is model
    assert draw_parameters(model, seed=1, draw=3) == drawn
    assert draw_parameters(model, seed=1, draw=4) != drawn
    with pytest.raises(InvalidValueError, match="draw -1"):
        draw_parameters(model, seed=1, draw=-1)


def test_a_draw_spreads_the_same_patients_as_its_member_has_them() -> None:
    cohort, ensemble = load_population().sample(40, seed=1), load_ensemble()
    drawn = draw_patients(cohort, 2)
    ratio = ensemble.member(2)["sd of K_KC"] / ensemble.central["sd of K_KC"]
    np.testing.assert_allclose(drawn.deviations["K_KC"], ratio * cohort.deviations["K_KC"])
    np.testing.assert_array_equal(drawn.deviations["f_IL17F"], cohort.deviations["f_IL17F"])
    assert draw_patients(cohort, 0) is cohort
