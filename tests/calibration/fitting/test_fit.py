"""A whole fit in small: members, potencies, the log to go on from, and what is said of the numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from koebner.calibration.fitting.anchoring import anchor
from koebner.calibration.fitting.courses import Course, Rehearsal
from koebner.calibration.fitting.figures import Figures, figures_of
from koebner.calibration.fitting.fit import Fitting, Member, fit_member
from koebner.calibration.fitting.identifiability import prior_and_posterior, spectrum, strongest_pairs
from koebner.calibration.fitting.prediction import SEED, predicted_rate
from koebner.calibration.fitting.responses import responder_percent
from koebner.calibration.protocol import load_protocol
from koebner.disease import load_model
from koebner.errors import InvalidValueError
from koebner.populations import load_population
from koebner.therapies import load
from koebner.trials.observation import visit_model

PROTOCOL = load_protocol()
CENTRE = 10.0
SEARCH = PROTOCOL.search.model_copy(
    update={"members": 1, "patients": 16, "patients_first": 16, "generations": 0, "polish": 1}
)
ALL = figures_of(PROTOCOL, "protocol")
SMALL = Figures(
    responses=tuple(target for target in ALL.responses if target.therapy == "adalimumab"),
    withdrawals=(),
    anchors={"infliximab": ALL.anchors["infliximab"]},
)
FITTING = Fitting(
    protocol=PROTOCOL,
    search=SEARCH,
    model=load_model(),
    population=load_population(),
    figures=SMALL,
    threads=1,
)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Member, Path]:
    folder = tmp_path_factory.mktemp("checkpoints")
    return fit_member(FITTING, 1, checkpoints=folder), folder


def test_a_member_gives_every_number_and_the_potencies_of_the_others(fitted: tuple[Member, Path]) -> None:
    member, _ = fitted
    assert set(member.numbers) == {*PROTOCOL.values(np.zeros(len(PROTOCOL.free))), "infliximab.IC50"}
    assert [figure.id for figure in member.figures][:-1] == [target.id for target in SMALL.responses]


def test_a_finished_member_is_read_and_an_interrupted_one_ends_the_same(
    fitted: tuple[Member, Path], tmp_path: Path
) -> None:
    member, folder = fitted
    assert fit_member(FITTING, 1, checkpoints=folder, evaluated=lambda: pytest.fail("again")) == member
    log = (folder / "member-1.evaluations").read_bytes()
    (tmp_path / "member-1.evaluations").write_bytes(log[: len(log) // 2])
    counted: list[int] = []
    again = fit_member(FITTING, 1, checkpoints=tmp_path, evaluated=lambda: counted.append(1))
    assert again == member
    assert counted


def test_the_figures_of_one_drug_say_nothing_of_another(fitted: tuple[Member, Path]) -> None:
    member, _ = fitted
    table = prior_and_posterior(PROTOCOL, [replace(member, number=0), member]).set_index("number")
    # No figure of secukinumab was fitted here.
    assert table.loc["potency_secukinumab", "says"] == "not informed: the prior, unchanged"
    assert table.loc["potency_secukinumab", "sd_ratio"] == pytest.approx(1.0, abs=0.01)
    eigenvalues = spectrum(member)
    assert np.all(np.diff(eigenvalues) <= 1e-9)
    assert np.sum(eigenvalues > 1e-6) <= len(SMALL.responses) + 1  # as many as there are figures
    assert np.all(np.abs(strongest_pairs(PROTOCOL, member)["correlation"]) <= 1 + 1e-9)


def test_an_anchor_meets_what_a_known_potency_gives() -> None:
    # A drug's arms as the model has them at a potency; the search must find that potency again.
    model, population = load_model(), load_population()
    true = 2.0 * CENTRE
    targets = [target for target in ALL.anchors["ixekizumab"] if target.endpoint in ("PASI75", "PASI90")]
    therapy = load("ixekizumab", dose_mg=75, weeks=[0, 2, 4, 8])
    courses = {"given": Course(therapy=therapy, weeks=(12.0,))}
    fared = Rehearsal(model, population, population.spread(256, seed=SEED), courses).run(
        {"ixekizumab.IC50": true}
    )
    percents = [
        responder_percent(fared["given"].at(12.0), 12.0, endpoint, visit_model(model))
        for endpoint in ("PASI75", "PASI90")
    ]
    known = dict(zip(("PASI75", "PASI90"), percents, strict=True))
    exact = [
        replace(target, n=100_000, percent=float(known[target.endpoint]))
        for target in targets
        if target.arm == "ixekizumab 75"
    ]
    found = anchor(
        "ixekizumab",
        exact,
        {},
        model=model,
        population=population,
        cohort=population.spread(256, seed=2),
        likelihood=PROTOCOL.likelihood.model_copy(update={"between_trials_sd": 0.01}),
        prior=CENTRE,
        seed=1,
    )
    assert found.potency == pytest.approx(true, rel=0.15)


def test_a_potency_is_searched_about_that_of_its_class_or_about_its_own_centre() -> None:
    fitted = {"secukinumab": 100.0, "risankizumab": 0.3}
    assert PROTOCOL.potency_centre("ixekizumab", fitted) == 100.0
    assert PROTOCOL.potency_centre("risankizumab", fitted) == 0.3
    assert PROTOCOL.potency_centre("methotrexate", fitted) == 18.6  # protocol.toml
    with pytest.raises(InvalidValueError, match="placebo"):
        PROTOCOL.potency_centre("placebo", fitted)


def test_an_interval_is_wider_for_a_smaller_trial_and_for_a_spread_ensemble() -> None:
    same, spread = np.full(8, 60.0), np.linspace(40, 80, 8)
    widths = [
        predicted.upper - predicted.lower
        for predicted in (
            predicted_rate(same, 1000, beyond_sampling_sd=0.25, name="a"),
            predicted_rate(same, 30, beyond_sampling_sd=0.25, name="a"),
            predicted_rate(spread, 1000, beyond_sampling_sd=0.25, name="a"),
        )
    ]
    assert widths[0] < widths[1]
    assert widths[0] < widths[2]
    again = predicted_rate(same, 30, beyond_sampling_sd=0.25, name="a")
    assert again == predicted_rate(same, 30, beyond_sampling_sd=0.25, name="a")
    # 90 % of a normal on the logit with standard deviation .25 about 60 %: 50 to 69 %.
    wide = predicted_rate(same, None, beyond_sampling_sd=0.25, name="b")
    assert (wide.lower, wide.upper) == pytest.approx((49.9, 69.4), abs=1.0)
