"""Targets switched off one by one: what is held, what is lost, what is not divided, what is not ranked."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from koebner.analysis import contributions
from koebner.analysis.contributions import (
    LEAST,
    NOT_ASSESSED,
    OTHER_DOSES,
    SUM,
    TOGETHER,
    Comparison,
    compare_targets,
)
from koebner.analysis.targets import load_targets, target
from koebner.disease import load_model
from koebner.errors import InvalidValueError, SolverError, UnknownNameError
from koebner.kinetics import Model
from koebner.patients import Cohort, Patient
from koebner.populations import load_population
from koebner.simulation import simulate
from koebner.therapies import Therapy, load
from koebner.therapies.source_comparison import NOT_DISTINGUISHABLE


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


@pytest.fixture(scope="module")
def one() -> Cohort:
    return Patient(pasi=20).cohort()


@pytest.fixture(scope="module")
def found(model: Model, one: Cohort) -> Comparison:
    therapies = [load("uc_msc"), load("secukinumab")]
    off = ["treg", "efferocytes", "trm"]
    return compare_targets(model, therapies, off, cohort=one, weeks=[52, 12], draws=5)


def share(found: Comparison, therapy: str, name: str, week: float) -> "pd.Series[float]":
    table = found.contributions.set_index(["therapy", "target", "week"])
    return table.loc[(therapy, name, week)]


def improvement(model: Model, therapy: Therapy, week: float) -> float:
    course = simulate(model, Patient(pasi=20), therapy, weeks=week, outputs=["PASI_relative"])
    return 1 - course["PASI_relative"].to_numpy()[0, -1]


def test_targets_are_states_of_the_model_and_share_none(model: Model) -> None:
    named = [state for each in load_targets().values() for state in each.states]
    assert set(named) <= set(model.states)
    assert [state for state, times in Counter(named).items() if times > 1] == []


def test_a_state_is_a_target_too_and_an_unknown_name_offers_the_closest(model: Model) -> None:
    assert target(model, "IL10").states == ("IL10",)
    with pytest.raises(UnknownNameError, match=r"No target `tregs`\. Closest: .*`treg`"):
        target(model, "tregs")


def test_a_target_that_is_off_is_as_if_nothing_reached_it(model: Model, found: Comparison) -> None:
    # Origin: the plain simulation of a host in whom eating dying cells has no effect, so that the
    # efferocytes stay at 0 as they are in the lesion.
    without = improvement(model.with_parameters(k_Efferocyte=0), load("uc_msc"), 12)
    whole = improvement(model, load("uc_msc"), 12)
    row = share(found, "uc_msc", "efferocytes", 12)
    assert row["improvement_off"] == pytest.approx(without, abs=1e-5)
    assert row["share"] == pytest.approx(1 - without / whole, abs=1e-4)


def test_a_drug_contributes_nothing_through_what_it_does_not_touch(found: Comparison) -> None:
    # There are no dying cells to eat under an antibody.
    row = share(found, "secukinumab", "efferocytes", 52)
    assert row["share"] == pytest.approx(0, abs=1e-6)
    assert row["improvement_off"] == pytest.approx(found.improvement["improvement"].iloc[-1], abs=1e-6)


def test_weeks_are_in_order_and_improvements_are_those_of_the_simulation(
    model: Model, found: Comparison
) -> None:
    assert found.improvement["week"].tolist() == [12, 52, 12, 52]
    expected = [
        improvement(model, load(name), week) for name in ("uc_msc", "secukinumab") for week in (12, 52)
    ]
    assert found.improvement["improvement"].tolist() == pytest.approx(expected, abs=1e-5)


def test_all_together_and_the_sum_tell_of_targets_in_series(found: Comparison) -> None:
    single = [share(found, "uc_msc", name, 12)["share"] for name in found.targets]
    assert share(found, "uc_msc", SUM, 12)["share"] == pytest.approx(sum(single))
    # Efferocytes raise regulatory T cells, so what goes through both is counted twice.
    together = share(found, "uc_msc", TOGETHER, 12)["share"]
    assert max(single) < together < sum(single)
    assert np.isnan(share(found, "uc_msc", SUM, 12)["improvement_off"])


def test_next_to_no_improvement_is_not_divided(found: Comparison) -> None:
    late = found.improvement.set_index(["therapy", "week"]).loc[("uc_msc", 52), "improvement"]
    assert late < LEAST
    row = share(found, "uc_msc", "treg", 52)
    assert np.isnan(row["share"])
    assert row["note"] == f"not defined: improvement {100 * late:.1f} %, below 5 %"
    assert np.isnan(row[["lower_90", "upper_90"]].to_numpy(dtype=float)).all()


def test_ranges_are_of_the_draws(found: Comparison) -> None:
    row = share(found, "uc_msc", "treg", 12)
    assert row["lower_90"] < row["upper_90"]
    assert row["defined_draws"] >= 4  # of five: a draw with next to no improvement has no share to give
    ranges = found.improvement.set_index("therapy")["upper_90"]
    assert ranges.notna().all()


def test_the_same_seed_gives_the_same_numbers(model: Model, one: Cohort, found: Comparison) -> None:
    therapies, off = [load("uc_msc"), load("secukinumab")], ["treg", "efferocytes", "trm"]
    again = compare_targets(model, therapies, off, cohort=one, weeks=[12, 52], draws=5)
    pd.testing.assert_frame_equal(again.contributions, found.contributions)
    other = compare_targets(model, therapies, off, cohort=one, weeks=[12, 52], draws=5, seed=2)
    early, late = (share(each, "uc_msc", "treg", 12) for each in (found, other))
    assert early["share"] == late["share"]  # the central value is no draw
    assert early["lower_90"] != late["lower_90"]


def test_one_target_without_draws_has_neither_sum_nor_range(model: Model, one: Cohort) -> None:
    alone = compare_targets(model, [load("uc_msc")], ["treg", "treg"], cohort=one, weeks=[12], draws=0)
    assert alone.contributions["target"].tolist() == ["treg"]
    assert alone.contributions[["lower_90", "upper_90"]].isna().all(axis=None)
    assert alone.contributions["note"].tolist() == [""]
    assert alone.differences.empty


def test_placebo_has_nothing_to_divide(model: Model, one: Cohort) -> None:
    none = compare_targets(model, [load("placebo")], ["treg"], cohort=one, weeks=[12], draws=0)
    assert none.improvement["improvement"].tolist() == pytest.approx([0], abs=1e-6)
    assert none.contributions["note"].str.startswith("not defined").all()


def test_sources_of_cells_at_the_same_dose_are_not_ranked(model: Model, one: Cohort) -> None:
    same = load("ad_msc", cells_per_kg=2e6, weeks=[0, 2, 4, 6])
    likewise = compare_targets(model, [load("uc_msc"), same], ["treg"], cohort=one, weeks=[12], draws=8)
    # Origin: the priors of ad_msc straddle 1, which is what uc_msc is by definition.
    assert likewise.differences["note"].tolist() == [NOT_DISTINGUISHABLE]
    assert likewise.differences["lower_90"].item() < 0 < likewise.differences["upper_90"].item()


def test_a_dose_is_not_taken_for_a_source(model: Model, one: Cohort) -> None:
    # As published: four infusions of 2e6 cells/kg against three of 5e5.
    pair = [load("uc_msc"), load("ad_msc")]
    note = compare_targets(model, pair, ["treg"], cohort=one, weeks=[12], draws=4).differences["note"].item()
    assert note.startswith("differ")
    assert note.endswith(OTHER_DOSES)


def test_two_drugs_that_published_numbers_hold_have_no_range(model: Model, one: Cohort) -> None:
    pair = [load("calcipotriol"), load("betamethasone")]
    row = compare_targets(model, pair, ["trm"], cohort=one, weeks=[12], draws=2).differences.iloc[0]
    assert row["note"] == NOT_ASSESSED
    assert np.isnan(row["lower_90"])


def test_whoever_fails_once_is_left_out_everywhere(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    cohort = load_population().sample(3, seed=1)
    # Improvements of three patients without and with the target off; the second fails with it off.
    pasi = np.array([[0.8, 0.1, 0.6], [0.9, np.nan, 0.9]]).reshape(2, 3, 1, 1)
    monkeypatch.setattr(contributions, "held_courses", lambda *_args, **_options: pasi)
    found = compare_targets(model, [load("uc_msc")], ["treg"], cohort=cohort, weeks=[12], draws=0)
    assert found.n_failed == 1
    assert found.improvement["improvement"].item() == pytest.approx(0.3)  # of 0.2 and 0.4
    assert found.contributions["improvement_off"].item() == pytest.approx(0.1)
    assert found.contributions["share"].item() == pytest.approx(2 / 3)
    monkeypatch.setattr(
        contributions, "held_courses", lambda *_args, **_options: np.full((2, 3, 1, 1), np.nan)
    )
    with pytest.raises(SolverError, match="no patient could be simulated"):
        compare_targets(model, [load("uc_msc")], ["treg"], cohort=cohort, weeks=[12], draws=0)


def test_few_draws_with_an_improvement_give_no_range(
    model: Model, one: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The central course improves by 20 %, then one of three draws by 10 %, the others by 1 %.
    wholes = iter([0.8, 0.9, 0.99, 0.99])

    def held(*_args: object, **_options: object) -> np.ndarray:
        return np.array([next(wholes), 1.0]).reshape(2, 1, 1, 1)

    monkeypatch.setattr(contributions, "held_courses", held)
    row = compare_targets(model, [load("uc_msc")], ["treg"], cohort=one, weeks=[12], draws=3).contributions
    assert row["share"].item() == pytest.approx(1)
    assert row["defined_draws"].item() == 1
    assert row["note"].item() == "no range: improvement at least 5 % in 1 of 3 draws"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"therapies": []}, "no therapy was given"),
        ({"therapies": ["uc_msc", "uc_msc"]}, "`uc_msc` was given twice"),
        ({"off": []}, "no target was given; expected some of efferocytes"),
        ({"weeks": [0, 12]}, "weeks 0, 12 were given; expected above 0"),
        ({"weeks": [float("nan")]}, "weeks nan were given"),
        ({"weeks": []}, "weeks none were given"),
        ({"draws": -1}, "-1 draws were given"),
    ],
)
def test_bad_input_is_told_before_anything_runs(
    model: Model, one: Cohort, change: dict[str, object], message: str
) -> None:
    given = {"therapies": ["uc_msc"], "off": ["treg"], "weeks": [12], "draws": 0} | change
    therapies = [load(name) for name in given.pop("therapies")]
    with pytest.raises(InvalidValueError, match=message):
        compare_targets(model, therapies, cohort=one, **given)
