"""Trials left out of a fit: each once, nothing of them met, and the mean of like trials beside the answer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from koebner.calibration.fitting.figures import Figures, figures_of
from koebner.calibration.fitting.fit import Fitting, fit_member
from koebner.calibration.protocol import load_protocol
from koebner.calibration.validation.cross_validation import COLUMNS, cross_validate, parts
from koebner.disease import load_model
from koebner.populations import load_population

PROTOCOL = load_protocol()
OPEN = figures_of(PROTOCOL, "open")
ADALIMUMAB = tuple(target for target in OPEN.responses if target.therapy == "adalimumab")
FITTING = Fitting(
    protocol=PROTOCOL,
    search=PROTOCOL.search.model_copy(
        update={"patients": 16, "patients_first": 16, "generations": 0, "polish": 1}
    ),
    model=load_model(),
    population=load_population(),
    figures=Figures(responses=ADALIMUMAB, withdrawals=(), anchors={"infliximab": OPEN.anchors["infliximab"]}),
    threads=1,
)


def test_every_study_is_left_out_once() -> None:
    found = parts([*"abcdefg", "a"], 3, seed=7)
    assert sorted(name for part in found for name in part) == [*"abcdefg"]
    assert sorted(len(part) for part in found) == [2, 2, 3]
    assert found == parts("gfedcba", 3, seed=7)
    assert found != parts("abcdefg", 3, seed=8)


def test_figures_without_a_study_hold_nothing_of_it() -> None:
    study = ADALIMUMAB[0].study
    rest = OPEN.without({study})
    assert {target.study for target in OPEN.rates} - {target.study for target in rest.rates} == {study}
    assert len(rest.withdrawals) == len(OPEN.withdrawals)
    stopped = OPEN.withdrawals[0].study.id.split("/")[0]
    assert all(each.study.id.split("/")[0] != stopped for each in OPEN.without({stopped}).withdrawals)
    alone = {target.study for target in OPEN.anchors["infliximab"]}
    assert "infliximab" not in OPEN.without(alone).anchors


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, Path, list[int]]:
    folder = tmp_path_factory.mktemp("checkpoints")
    central = fit_member(FITTING, 0)
    steps: list[int] = []
    found = cross_validate(
        FITTING, central, "open", folds=2, checkpoints=folder, done=lambda: steps.append(1)
    )
    again = cross_validate(FITTING, central, "open", folds=2, checkpoints=folder)
    pd.testing.assert_frame_equal(found, again)
    return found, folder, steps


@pytest.mark.science
def test_left_out_trials_are_predicted_and_kept(answered: tuple[pd.DataFrame, Path, list[int]]) -> None:
    found, folder, steps = answered
    assert tuple(found.columns) == COLUMNS
    assert len(steps) == 2
    assert {path.name for path in folder.iterdir()} == {"fold-0.json", "fold-1.json"}
    met = {target.id for target in FITTING.figures.responses}
    adalimumab = found[found["therapy"] == "adalimumab"]
    assert len(adalimumab) == len(met)
    assert adalimumab["predicted"].between(0, 100).all()
    assert found.groupby("study")["fold"].nunique().eq(1).all()


@pytest.mark.science
def test_drugs_of_which_no_other_trial_speaks_have_no_answer(
    answered: tuple[pd.DataFrame, Path, list[int]],
) -> None:
    found, _, _ = answered
    # Of the fitting above only adalimumab and infliximab were met; no secukinumab arm set its potency,
    # which yet has its prior: the number is free in the protocol.
    silent = found[found["predicted"].isna()]
    known = {"adalimumab", "infliximab"} | {
        free.sets[0].split(".")[0] for free in PROTOCOL.free if "." in free.sets[0]
    }
    assert not set(silent["therapy"]) & known
    assert len(silent)


@pytest.mark.science
def test_what_is_copied_comes_from_other_trials(answered: tuple[pd.DataFrame, Path, list[int]]) -> None:
    found, _, _ = answered
    copied = found[found["copied"].notna()]
    assert 0 < len(copied) < len(found)
    # A mean of other trials: a study alone in its drug can have none.
    alone = found.groupby("therapy")["study"].transform("nunique") == 1
    assert found.loc[alone, "copied"].isna().all()
    assert np.isfinite(found["tolerance"]).all()
