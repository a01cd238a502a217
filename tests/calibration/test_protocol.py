"""The protocol: what it fits, what it leaves alone, and that no fit of it meets a held-out row."""

import numpy as np
import pytest

from koebner.calibration.fitting.figures import figures_of, fitted_drugs
from koebner.calibration.protocol import FreeNumber, load_protocol
from koebner.disease import load_model
from koebner.evidence import load_trials, load_withdrawals
from koebner.populations import load_population
from koebner.therapies import load

PROTOCOL = load_protocol()

# Prediction tiers of the design: the phase-3 rows of these drugs are never fitted in the protocol run.
UNSEEN = (
    "ixekizumab",
    "brodalumab",
    "bimekizumab",
    "tildrakizumab",
    "infliximab",
    "certolizumab",
    "risankizumab",
)
# Their phase-2 studies, which set one potency each (section 2 of the design's page on calibration).
PHASE_2 = ("leonardi-2012", "papp-2012", "be-able-1-2018", "papp-2015", "gottlieb-2004", "reich-2012")


@pytest.mark.parametrize("drug", UNSEEN)
def test_no_row_of_phase_3_of_an_unseen_drug_is_fitted(drug: str) -> None:
    figures = figures_of(PROTOCOL, "protocol")
    assert drug not in {target.therapy for target in figures.responses}
    assert {target.study for target in figures.anchors.get(drug, ())} <= set(PHASE_2)


def test_the_common_fit_stays_within_the_studies_that_the_page_names() -> None:
    # docs/calibration/protocol.md, committed before the first fit.
    named = {
        "erasure-2014",
        "fixture-2014",
        "clear-2015",
        "voyage-1-2017",
        "phoenix-1-2008",
        "reveal-2008",
        "leonardi-2003",
    }
    figures = figures_of(PROTOCOL, "protocol")
    assert {target.study for target in figures.responses} == named
    assert {target.week for target in figures.responses if target.study == "clear-2015"} == {4.0}


def test_no_row_from_memory_is_a_target_of_any_fit() -> None:
    memory = {row.id for row in (*load_trials(), *load_withdrawals()) if row.level == "memory"}
    for data in ("protocol", "open"):
        figures = figures_of(PROTOCOL, data)  # type: ignore[arg-type]
        assert not memory & {row.id for row in figures.rates}


def test_every_free_number_sets_something_that_exists() -> None:
    model = load_model()
    widths = {entry.parameter for entry in load_population().entry.deviations}
    for free in PROTOCOL.free:
        for name in free.sets:
            if name.startswith("sd of "):
                assert name.removeprefix("sd of ") in widths
            elif "." in name:
                drug, symbol = name.split(".")
                part = load(drug).agents[0].part
                assert part is not None
                assert f"{drug}_{symbol}" in part.parameters
            else:
                assert name in model.parameters
        assert not free.base or len(free.base) == len(free.sets)


def test_every_block_that_is_switched_off_exists() -> None:
    model = load_model()
    for block in PROTOCOL.ablated:
        for name in block.sets:
            assert name.startswith("sd of ") or name in model.parameters


def test_a_number_at_its_prior_is_the_centre_and_one_factor_moves_all_it_sets() -> None:
    at_centre = PROTOCOL.values(np.zeros(len(PROTOCOL.free)))
    assert at_centre["K_KC"] == pytest.approx(0.661)  # centre in protocol.toml
    free = FreeNumber(
        name="tau", sets=("a", "b"), base=(2.0, 4.0), scale="log", centre=1.0, sd=np.log(2.0), meaning="time"
    )
    assert free.values(1.0) == pytest.approx({"a": 4.0, "b": 8.0})  # one deviate doubles


def test_five_drugs_are_fitted() -> None:
    assert len(fitted_drugs(PROTOCOL)) == 5  # tier 1 of the protocol
