"""The objective of a fit, on few patients."""

import numpy as np
import pytest

from koebner.calibration.fitting.courses import Course, Rehearsal, scaled
from koebner.calibration.fitting.figures import figures_of
from koebner.calibration.fitting.objective import Objective, cost, huber
from koebner.calibration.fitting.search import polished
from koebner.calibration.fitting.targets import logit, logit_target
from koebner.calibration.protocol import load_protocol
from koebner.disease import load_model
from koebner.errors import UnknownNameError
from koebner.populations import load_population
from koebner.simulation import simulate
from koebner.therapies import load

PROTOCOL = load_protocol()
MODEL, POPULATION = load_model(), load_population()
COHORT = POPULATION.spread(32, seed=1)


def small(member: int = 0, **fixed: float) -> Objective:
    """Return an objective with the figures of one drug."""
    figures = figures_of(PROTOCOL, "protocol")
    responses = [target for target in figures.responses if target.therapy == "adalimumab"]
    return Objective(PROTOCOL, MODEL, POPULATION, COHORT, responses=responses, member=member, fixed=fixed)


def centre() -> np.ndarray:
    return np.zeros(len(PROTOCOL.free))


def test_a_rehearsal_gives_what_simulate_gives() -> None:
    therapy = load("adalimumab")
    rehearsal = Rehearsal(MODEL, POPULATION, COHORT, {"a": Course(therapy=therapy, weeks=(0.0, 16.0))})
    fared = rehearsal.run({})["a"]
    course = simulate(MODEL, COHORT, therapy, weeks=16, at_weeks=[0, 16], outputs=["PASI_relative"])
    np.testing.assert_allclose(fared.at(16.0), course["PASI_relative"].to_numpy()[:, 1], atol=5e-4)


def test_a_potency_and_a_width_reach_the_patients() -> None:
    course = {"a": Course(therapy=load("adalimumab"), weeks=(16.0,))}
    rehearsal = Rehearsal(MODEL, POPULATION, COHORT, course)
    weak = rehearsal.run({"adalimumab.IC50": 1e6})["a"].at(16.0)
    alike, apart = (rehearsal.run({"sd of target_load": sd})["a"].at(16.0) for sd in (0.0, 3.0))
    assert np.all(weak > 0.99)  # a drug that binds nothing does nothing
    assert np.std(np.log(alike)) < np.std(np.log(apart))


def test_a_width_of_nothing_known_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="target_load"):
        scaled(COHORT, POPULATION, {"sd of target_laod": 1.0})


def test_the_untreated_are_watched() -> None:
    untreated = small().compare(centre())[-1]
    assert untreated.kind == "untreated"
    assert untreated.predicted == pytest.approx(1.0, abs=0.01)  # untreated_sd of the protocol


def test_the_central_fit_meets_the_figures_as_published_and_a_member_does_not() -> None:
    central, member = small(0).compare(centre()), small(3).compare(centre())
    off = [(a.deviation, b.deviation) for a, b in zip(central, member, strict=True)][:-1]
    assert [row.predicted for row in central] == [row.predicted for row in member]
    assert all(a != b for a, b in off)
    assert small(3).compare(centre()) == member  # the perturbation hangs on the number alone


def test_a_fixed_number_wins() -> None:
    off = small(**{"adalimumab.IC50": 1e6}).compare(centre())
    assert max(row.predicted for row in off if row.kind == "response") < 15  # placebo response remains


def test_the_priors_are_part_of_the_residuals() -> None:
    objective = small()
    moved = centre()
    moved[0] = 2.0
    assert objective.residuals(moved)[-len(moved)] == pytest.approx(2.0)


def test_least_squares_lowers_the_cost() -> None:
    objective = small()
    begin = np.full(objective.n_free, 0.5)
    found, residuals, jacobian = polished(objective.residuals, begin, 2)
    assert cost(residuals) < cost(objective.residuals(begin))
    assert jacobian.shape == (len(residuals), len(found))


def test_huber_grows_linearly_beyond_its_limit() -> None:
    # 2 * 2 * 5 - 2**2
    assert huber(np.array([5.0]), 2.0).tolist() == [16.0]


def test_a_share_of_nobody_has_a_finite_logit_and_a_wide_error() -> None:
    target = logit_target(0.0, 20, 0.25)
    assert np.isfinite(target.logit)
    assert target.sd > logit_target(50.0, 20, 0.25).sd
    assert logit(0.0) == pytest.approx(-logit(100.0))
