"""The posterior weights draws by number, comes back from its file, and says in words what it rests on."""

import json
from collections.abc import Sequence
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from koebner.calibration.msc.likelihood import log_likelihood
from koebner.calibration.msc.parameters import UNINFORMED, UNTOLD, MovedParameter
from koebner.calibration.msc.posterior import (
    DURABILITY,
    EXPLORATORY,
    STATEMENT,
    STUDY,
    MscPosterior,
    fit_msc,
    load_msc,
)
from koebner.calibration.msc.summary import (
    chance_of_report,
    msc_results,
    predicted_counts,
    predictions,
    share_of_prior,
)
from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.plots.msc_posterior import msc_posterior
from koebner.populations import draw_parameters, load_population

DRAWS = 12


def fitted(**options: Any) -> MscPosterior:
    return fit_msc(load_model(), load_population(), draws=DRAWS, copies=1, **options)


@pytest.fixture(scope="module")
def posterior() -> MscPosterior:
    return fitted(seed=2)


def parameter(*, ratio: float, shift: float = 0.0, error: float = 0.05) -> MovedParameter:
    return MovedParameter(
        name="k",
        unit="dimensionless",
        meaning="a number",
        scale="logarithm",
        prior_sd=1.0,
        posterior_sd=ratio,
        ratio=ratio,
        shift=shift,
        error=error,
        prior_mean=1.0,
        prior_lower=0.2,
        prior_upper=5.0,
        posterior_mean=1.0,
        posterior_lower=0.2,
        posterior_upper=5.0,
    )


def test_weights_are_the_likelihood_of_each_draw(posterior: MscPosterior) -> None:
    improved, clear = (np.array(posterior.predicted[name]) for name in ("improved", "clear"))
    likelihood = np.exp(log_likelihood(posterior.reported, improved=improved, clear=clear))
    np.testing.assert_allclose(posterior.weights, likelihood / likelihood.sum())
    assert sum(posterior.weights) == pytest.approx(1.0)
    assert 1 <= posterior.effective_draws <= DRAWS


def test_a_draw_has_the_parameters_of_its_number(posterior: MscPosterior) -> None:
    # The figure's values are on the scale of the prior: the logarithm is undone here.
    own = {each.name: each for each in posterior.parameters}
    logarithms = [name for name in posterior.drawn if own[name].scale == "logarithm"]
    for name in logarithms:
        third = draw_parameters(load_model(), posterior.seed, 3).parameters[name].value
        assert np.exp(posterior.drawn[name][2]) == pytest.approx(third)
    assert logarithms


def test_what_trials_of_drugs_inform_is_not_drawn(posterior: MscPosterior) -> None:
    # Held by the fits to drugs (drawn = no in the pack), so that MSC data cannot move it.
    names = {each.name for each in posterior.parameters}
    assert not names & {"w_IL17", "tau_TRM", "f_TRM", "gamma_PASI", "detection_limit"}
    assert {"k_Efferocyte", "tau_Efferocyte", "f_lung", "z_repair"} <= names


def test_the_same_seed_gives_the_same_posterior_on_any_number_of_threads(posterior: MscPosterior) -> None:
    assert fitted(seed=2, threads=1) == posterior
    assert fitted(seed=3).weights != posterior.weights


def test_a_posterior_comes_back_from_its_file(posterior: MscPosterior, tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    posterior.save(one)
    back = load_msc(one)
    back.save(two)
    np.testing.assert_allclose(back.weights, posterior.weights, rtol=2e-3)
    assert sum(back.weights) == pytest.approx(1.0)
    assert back.reported == posterior.reported
    assert json.loads(two.read_text())["parameters"] == json.loads(one.read_text())["parameters"]
    assert [each.name for each in back.parameters] == [each.name for each in posterior.parameters]


def test_it_cannot_be_changed(posterior: MscPosterior) -> None:
    with pytest.raises(FrozenInstanceError):
        posterior.seed = 5  # type: ignore[misc]


@pytest.mark.parametrize("text", ["{", "[]", '{"weights": [1]}'])
def test_a_file_that_is_no_posterior_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "msc.json"
    file.write_text(text)
    with pytest.raises(InvalidValueError, match="no posterior"):
        load_msc(file)
    with pytest.raises(InvalidValueError, match="fit_msc"):
        load_msc(tmp_path / "missing.json")


def test_posterior_draws_come_as_often_as_they_weigh(posterior: MscPosterior) -> None:
    weighted = replace(posterior, weights=(0.5, 0.0, 0.3, 0.2))
    numbers = weighted.posterior_draws(4000, seed=4)
    shares = np.bincount(numbers, minlength=5)[1:] / 4000
    # Standard error of a share of a half among 4000: 0.008.
    np.testing.assert_allclose(shares, weighted.weights, atol=0.03)
    assert shares[1] == 0
    assert weighted.posterior_draws(10, seed=4) == numbers[:10]
    assert weighted.posterior_draws(10, seed=5) != numbers[:10]


@pytest.mark.parametrize("given", [{"draws": 1}, {"copies": 0}, {"seed": -1}])
def test_numbers_that_make_no_posterior_are_refused(given: dict[str, int]) -> None:
    with pytest.raises(InvalidValueError, match=r"expected 2 or more"):
        fit_msc(load_model(), load_population(), **given)  # type: ignore[arg-type]


def test_no_posterior_draws_are_refused(posterior: MscPosterior) -> None:
    with pytest.raises(InvalidValueError, match="1 or more"):
        posterior.posterior_draws(0, seed=1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (parameter(ratio=0.95), UNINFORMED),
        (parameter(ratio=1.1, shift=0.1), UNINFORMED),
        (parameter(ratio=0.8), "weakly informed: 80 %"),
        (parameter(ratio=0.4), "informed: 40 %"),
        (parameter(ratio=0.97, shift=-0.6), "moved by -0.6 sd"),
        # Ten draws err by a third of a standard deviation: nothing can be told.
        (parameter(ratio=0.8, shift=0.5, error=10**-0.5), UNTOLD),
    ],
)
def test_words_say_what_the_study_informs(given: MovedParameter, said: str) -> None:
    assert said in given.words


def test_the_share_of_prior_is_the_variance_that_is_left() -> None:
    values = np.array([0.0, 1.0, 2.0, 3.0])
    # Of 0 to 3 the variance is 5/4, of 1 and 2 alone 1/4.
    assert share_of_prior(values, np.array([0.0, 0.5, 0.5, 0.0])) == pytest.approx(0.2)
    assert share_of_prior(np.ones(4), np.full(4, 0.25)) is None


def test_every_figure_has_its_share_of_prior_and_says_what_it_rests_on(posterior: MscPosterior) -> None:
    results = msc_results(posterior)
    rows: Sequence[dict[str, Any]] = [*results["counts"], *results["predictions"]]
    assert all("share_of_prior" in row and row["rests_on"] == EXPLORATORY for row in rows)
    assert all(row["rests_on"] == EXPLORATORY for row in results["parameters"])
    assert EXPLORATORY == "exploratory: 2-17 uncontrolled patients"
    later = [row for row in predictions(posterior) if row["week"] > 10]
    assert len(later) == 4
    assert all("not informed by MSC data" in row["informed"] for row in later)
    json.dumps(results)


def test_the_statements_claim_no_effect() -> None:
    assert "no claim of efficacy" in STATEMENT
    assert "no validation" in STATEMENT
    assert "not informed by MSC data" in DURABILITY


def test_counts_stand_beside_those_predicted(posterior: MscPosterior) -> None:
    rows = predicted_counts(posterior)
    assert [(row["observed"], row["n"]) for row in rows] == [(8, 17), (3, 17)]
    for row in rows:
        for of in ("prior", "posterior"):
            assert 0 <= row[of]["lower"] <= row[of]["median"] <= row[of]["upper"] <= 17
    # Weights in proportion to the likelihood can only raise its mean.
    chance = chance_of_report(posterior)
    assert chance["posterior"] >= chance["prior"]


def test_the_figure_shows_prior_posterior_and_report_and_how_few_they_were(posterior: MscPosterior) -> None:
    figure = msc_posterior(posterior)
    text = figure.layout.title.text
    assert "Exploratory: 17 uncontrolled patients" in text
    assert "not informed by MSC data" in text
    named = [trace.name for trace in figure.data]
    # Four shares and six parameters, each under both.
    assert (named.count("prior"), named.count("posterior")) == (10, 10)
    lines = sorted(shape.x0 for shape in figure.layout.shapes if shape.line.dash == "dash")
    assert lines == pytest.approx([100 * 3 / 17, 100 * 8 / 17])
    titles = " ".join(each.text for each in figure.layout.annotations)
    assert titles.count("share of prior") == 4
    assert posterior.study == STUDY
