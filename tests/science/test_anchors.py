"""Potencies that one phase-2 study set: the study is met, and what it did not show stays in sight."""

from dataclasses import replace

import numpy as np
import pytest

from koebner.evidence import TrialResult, load_trials
from koebner.kinetics import Model
from koebner.populations import Population
from koebner.simulation import simulate
from koebner.therapies import Phase, Therapy, load
from koebner.trials import Trial

pytestmark = pytest.mark.science

N = 300
Arms = dict[str, Therapy]


def certolizumab_200() -> Therapy:
    """400 mg once, then 200 mg every two weeks (Reich 2012, doi:10.1111/j.1365-2133.2012.10941.x)."""
    labelled = load("certolizumab")
    (agent,) = labelled.agents
    assert agent.regimen is not None
    phases = (Phase(dose=400, weeks=(0.0,)), Phase(dose=200, from_week=2, every_weeks=2))
    return replace(labelled, agents=(replace(agent, regimen=replace(agent.regimen, phases=phases)),))


# Doses and weeks as the studies gave them; arms by their names in trials.csv.
STUDIES: dict[str, Arms] = {
    "leonardi-2012": {
        f"ixekizumab {mg}": load("ixekizumab", dose_mg=mg, weeks=[0, 2, 4, 8, 12]) for mg in (75, 150)
    },
    "papp-2012": {
        f"brodalumab {mg}": load("brodalumab", dose_mg=mg, weeks=[0, 1, 2, 4, 6, 8, 10]) for mg in (140, 210)
    },
    "be-able-1-2018": {"bimekizumab 320": load("bimekizumab", dose_mg=320, weeks=[0, 4, 8])},
    "papp-2015": {
        f"tildrakizumab {mg}": load("tildrakizumab", dose_mg=mg, weeks=[0, 4]) for mg in (100, 200)
    },
    "gottlieb-2004": {
        f"infliximab {mg}": load("infliximab", dose_mg_per_kg=mg, weeks=[0, 2, 6]) for mg in (3, 5)
    },
    "reich-2012": {
        "certolizumab 200": certolizumab_200(),
        "certolizumab 400": load("certolizumab", dose_mg=400, weeks=[0, 2, 4, 6, 8, 10]),
    },
}


def rows_of(study: str, arms: Arms) -> list[TrialResult]:
    wanted = ("PASI75", "PASI90")
    return [r for r in load_trials() if r.study == study and r.arm in arms and r.endpoint in wanted]


@pytest.mark.parametrize("study", STUDIES)
def test_the_study_that_set_the_potency_is_met(model: Model, population: Population, study: str) -> None:
    # One number was set on all open arms of the drug, these among them, so this checks the way from file to
    # trial. Arms of 28 to 99 patients have standard errors of 4 to 9 points, and phase 3 pulls elsewhere:
    # mean error at most 13 points. It is largest for brodalumab, where 140 mg did as much as 210 mg in the
    # study and less in the model.
    arms = STUDIES[study]
    rows = rows_of(study, arms)
    assert len(rows) >= 2
    weeks = sorted({float(row.week) for row in rows})
    trial = Trial(arms=arms, n_per_arm=N, visits=[0, *weeks], seed=20, parameter_draws=0)
    outcome = trial.run(model, population)
    errors = []
    for row in rows:
        table = outcome.response(row.endpoint, week=float(row.week)).set_index("arm")
        errors.append(abs(table.loc[row.arm, "percent"] - row.value))
    assert np.mean(errors) <= 13, list(zip(rows, errors, strict=True))


@pytest.mark.parametrize(("drug", "published"), [("brodalumab", 6.2), ("ixekizumab", 7.8)])
def test_half_reach_pasi90_within_about_two_months(
    model: Model, population: Population, drug: str, published: float
) -> None:
    # T6 of the design: half of the patients have PASI90 at 6.2 weeks under brodalumab and 7.4 to 8.1 under
    # ixekizumab. Within a factor of two; brodalumab, at about four weeks, is too fast.
    course = simulate(model, population.sample(N, seed=6), load(drug), weeks=16, every_days=1)
    share = (course["PASI_relative"] <= 0.1).mean("patient").to_numpy()
    week = float(np.argmax(share >= 0.5)) / 7
    assert published / 2 <= week <= 2 * published, week
