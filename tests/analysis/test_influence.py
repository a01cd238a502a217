"""Influence of assumed numbers: as changing the model by hand, and none where nothing depends on one."""

import numpy as np
import pytest

from koebner.analysis.influence import (
    TREATED_WEEKS,
    InfluenceStudy,
    assumptions,
    can_be_ranked,
    influence_study,
    weeks_to_half,
)
from koebner.disease import load_model, load_pack, values_at
from koebner.errors import InvalidValueError
from koebner.populations import load_population
from koebner.simulation import simulate
from koebner.therapies import load

N_PATIENTS = 6


def study(*names: str, therapies: tuple[str, ...] = ("guselkumab",)) -> InfluenceStudy:
    rows = [row for row in load_pack() if row.id in names]
    cohort = load_population().sample(N_PATIENTS, seed=1)
    return influence_study(load_model(), cohort, [load(name) for name in therapies], rows)


@pytest.mark.parametrize("name", ["tau_Th17", "f_TNF_mDC", "duration_effect_TRM"])
def test_a_change_is_that_of_a_model_with_the_number_changed(name: str) -> None:
    """A number of its own, a share that others give way to, and one that acts through the patients."""
    model, cohort = load_model(), load_population().sample(N_PATIENTS, seed=1)
    therapy = load("guselkumab", stop_week=TREATED_WEEKS)

    def mean_log_pasi(changed: dict[str, float]) -> float:
        course = simulate(model.with_parameters(**changed), cohort, therapy, weeks=TREATED_WEEKS)
        return float(np.log(course["PASI"].to_numpy()[:, -1]).mean())

    unchanged = mean_log_pasi({})
    found = study(name).influences[0].log_pasi
    for shift, z in ((found.down, -1.0), (found.up, 1.0)):
        by_hand = mean_log_pasi(values_at(load_pack(), {name: z})) - unchanged
        # Both integrate with a relative tolerance of 1e-6 a step.
        assert shift == pytest.approx(by_hand, abs=1e-4)


def test_what_a_read_out_alone_depends_on_moves_nothing() -> None:
    influence = study("height_per_keratinocyte").influences[0]
    # Thickness in micrometres is computed from cells; no equation uses it.
    assert (influence.pasi75.size, influence.log_pasi.size) == (0, 0)
    assert influence.relapse is not None
    assert influence.relapse.size == 0


def test_more_upkeep_without_il23_means_fewer_responders_to_its_blockade_and_earlier_relapse() -> None:
    influence = study("e_IL23").influences[0]
    assert influence.pasi75.up < 0
    assert influence.relapse is not None
    assert influence.relapse.up < 0 < influence.relapse.down


def test_the_largest_comes_first_and_names_its_treatment() -> None:
    ranked = study("k_UVB_Treg", "height_per_keratinocyte", "e_IL23", therapies=("guselkumab", "nb_uvb"))
    sizes = [influence.pasi75.size for influence in ranked.influences]
    assert sizes == sorted(sizes, reverse=True)
    therapies = {influence.parameter.id: influence.pasi75.therapy for influence in ranked.influences}
    assert therapies["k_UVB_Treg"] == "nb_uvb"
    weeks = [influence.relapse.size for influence in ranked.by_relapse() if influence.relapse]
    assert weeks == sorted(weeks, reverse=True)
    assert [treated.therapy for treated in ranked.treated] == ["guselkumab", "nb_uvb"]
    assert ranked.n_failed == 0


def test_without_responders_relapse_is_not_told() -> None:
    untreated = study("e_IL23", therapies=("placebo",))
    assert untreated.influences[0].relapse is None
    assert untreated.treated[0].relapse_weeks is None


def test_assumptions_are_told_from_sourced_numbers() -> None:
    names = {row.id for row in assumptions(load_model())}
    # tau_MSC_death is from Eggenhofer 2012; erythema_0 is a definition.
    assert {"tau_TRM", "DLQI_noise_sd", "n_IL23"} <= names
    assert not {"tau_MSC_death", "erythema_0"} & names
    ranked = {row.id for row in assumptions(load_model()) if can_be_ranked(row)}
    assert "tau_TRM" in ranked
    assert not {"DLQI_noise_sd", "n_IL23"} & ranked


@pytest.mark.parametrize(
    ("pasi", "expected"),
    [
        # 16 points won by week 2; half of them is lost where PASI is 12, a quarter of the way from 4 to 36.
        ([20.0, 10.0, 4.0, 36.0, 36.0], 0.25),
        # 8 points are lost after one week and a half at 16/3 a week.
        ([20.0, 10.0, 4.0, 28 / 3, 44 / 3], 1.5),
        ([20.0, 10.0, 4.0, 4.0, 4.0], 2.0),  # never: the follow-up
        ([20.0, 20.0, 20.0, 20.0, 20.0], 2.0),  # nothing was won
    ],
)
def test_half_of_the_improvement_is_lost_between_weeks(pasi: list[float], expected: float) -> None:
    weeks = np.arange(5.0)
    assert weeks_to_half(np.array([pasi]), weeks, last_dose=2.0)[0] == pytest.approx(expected)


def test_a_patient_who_could_not_be_simulated_has_no_time() -> None:
    assert np.isnan(weeks_to_half(np.full((1, 3), np.nan), np.arange(3.0), last_dose=1.0))[0]


def test_nothing_to_judge_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="no treatment"):
        study("e_IL23", therapies=())
    with pytest.raises(InvalidValueError, match="`n_IL23` has no prior"):
        study("n_IL23")
