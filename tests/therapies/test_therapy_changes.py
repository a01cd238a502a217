"""What may be done to a therapy: begin, stop, begin again, more, less, skip, follow, combine."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.fits import load_ensemble
from koebner.therapies import Therapy, available, combined, load


def given(therapy: Therapy, until: float) -> list[tuple[float, float]]:
    return [(dose.week, dose.amount) for dose in therapy.doses(until)]


def test_a_later_start_moves_every_dose() -> None:
    assert given(load("guselkumab").start(week=10), 30) == [(10, 100), (14, 100), (22, 100)]


def test_a_start_moves_stop_and_restart_too() -> None:
    moved = load("guselkumab").stop(week=8).restart(week=20).start(week=2)
    assert [week for week, _ in given(moved, 40)] == [2, 6, 22, 26, 34]


def test_a_restart_loads_again() -> None:
    # Adalimumab: 80 mg, then 40 mg from week 1 every other week (label), and the same from week 30 on.
    again = load("adalimumab").stop(week=4).restart(week=30)
    assert given(again, 34) == [(0, 80), (1, 40), (3, 40), (30, 80), (31, 40), (33, 40)]


def test_a_restart_without_a_stop_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="stop it before"):
        load("adalimumab").restart(week=30)
    with pytest.raises(InvalidValueError, match="ends at week 8"):
        load("adalimumab").stop(week=8).restart(week=6)


def test_escalation_raises_the_dose_from_a_week_on() -> None:
    assert given(load("guselkumab").escalate(week=12, factor=2), 21) == [
        (0, 100),
        (4, 100),
        (12, 200),
        (20, 200),
    ]


def test_changes_of_the_dose_multiply() -> None:
    # Methotrexate at 15 mg a week, half as much again from week 8, tapered in two steps from week 20.
    changed = load("methotrexate").escalate(week=8, factor=1.5).taper(week=20, until_week=24, steps=2)
    late = dict(dose for dose in given(changed, 30) if dose[0] >= 19)
    assert late == pytest.approx({19: 22.5, 20: 15, 21: 15, 22: 7.5, 23: 7.5})


def test_weeks_of_a_change_are_those_of_the_trial() -> None:
    later = load("guselkumab").start(week=10).escalate(week=20, factor=2)
    assert given(later, 31) == [(10, 100), (14, 100), (22, 200), (30, 200)]
    assert "from week 20 on 200 %" in later.sentence()
    closer = load("guselkumab").start(week=10).escalate(week=30, every_weeks=4)
    assert [week for week, _ in given(closer, 39)] == [10, 14, 22, 30, 34, 38]


@pytest.mark.parametrize(
    "change",
    [
        lambda: load("betamethasone").taper(week=4, until_week=8),  # four weeks in all
        lambda: load("uc_msc").escalate(week=20, factor=2),  # the last infusion is at week 6
        lambda: load("secukinumab").stop(week=12).escalate(week=24, factor=2),
    ],
)
def test_a_change_of_what_is_over_is_refused(change: Callable[[], Therapy]) -> None:
    with pytest.raises(InvalidValueError, match="when nothing is given any more"):
        change()


def test_a_change_before_the_start_or_after_a_planned_restart_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="begins at week 10"):
        load("guselkumab").start(week=10).escalate(week=4, factor=2)
    with pytest.raises(InvalidValueError, match="then restart"):
        load("guselkumab").stop(week=8).restart(week=20).escalate(week=24, factor=2)


@pytest.mark.parametrize("weeks", ["0,2,4", "024", ["0", "2"], 3, [True]])
def test_text_is_no_list_of_weeks(weeks: object) -> None:
    with pytest.raises(InvalidValueError, match="expected a list of numbers"):
        load("uc_msc", weeks=weeks)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: load("secukinumab").stop(week="24"),  # type: ignore[arg-type]
        lambda: load("uc_msc", cells_per_kg="2e6"),  # type: ignore[arg-type]
        lambda: load("adalimumab").taper(week=8, until_week=16, steps=2.5),  # type: ignore[arg-type]
        lambda: load("adalimumab") + "uc_msc",  # type: ignore[operator]
        lambda: combined("secukinumab+"),
    ],
)
def test_what_is_of_another_kind_is_told(mistake: Callable[[], Therapy]) -> None:
    with pytest.raises(InvalidValueError, match=r"(was|were) given; expected|combined with"):
        mistake()


def test_cells_are_infused_one_after_the_other() -> None:
    with pytest.raises(InvalidValueError, match=r"takes 0\.5 hours"):
        load("uc_msc", weeks=[0, 0.001])
    assert load("uc_msc", weeks=[0, 0.001], route="intralesional").is_dosed


def test_bands_of_weight_read_as_one_dose_or_another() -> None:
    assert load("ustekinumab").sentence() == (
        "Ustekinumab: 45 mg up to 100 kg or 90 mg above 100 kg at weeks 0 and 4, then 45 mg up to 100 kg or "
        "90 mg above 100 kg every 12 weeks from week 16, subcutaneous"
    )


def test_escalation_to_a_shorter_interval() -> None:
    weekly = load("adalimumab").escalate(week=9, every_weeks=1)
    assert [week for week, _ in given(weekly, 12)] == [0, 1, 3, 5, 7, 9, 10, 11]
    assert "40 mg every week from week 9" in weekly.sentence()


def test_escalation_needs_one_of_factor_and_interval() -> None:
    with pytest.raises(InvalidValueError, match="give one of them"):
        load("adalimumab").escalate(week=9)
    with pytest.raises(InvalidValueError, match="no dose of one"):
        load("uc_msc").escalate(week=4, every_weeks=1)
    with pytest.raises(InvalidValueError, match="would be 80000 mg, expected 1 to 2000 mg"):
        load("adalimumab").escalate(week=9, factor=1000)


def test_a_taper_ends_in_nothing() -> None:
    # Four equal steps leave 4/5, 3/5, 2/5 and 1/5 of the dose, then nothing.
    tapered = load("adalimumab").taper(week=9, until_week=17, steps=4)
    late = [dose for dose in given(tapered, 30) if dose[0] >= 9]
    assert late == [
        (9, pytest.approx(32)),
        (11, pytest.approx(24)),
        (13, pytest.approx(16)),
        (15, pytest.approx(8)),
    ]


def test_a_taper_cuts_daily_intake_into_stretches() -> None:
    doses = load("deucravacitinib").taper(week=8, until_week=12, steps=1).doses(20)
    assert [(dose.week, dose.until_week, dose.amount) for dose in doses] == [(0, 8, 6), (8, 12, 3)]


def test_skipped_and_unknown_weeks() -> None:
    skipped = load("guselkumab").skip(weeks=[4])
    assert given(skipped, 13) == [(0, 100), (12, 100)]
    with pytest.raises(InvalidValueError, match="week 5 was to be skipped"):
        load("guselkumab").skip(weeks=[5])


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_an_impossible_share_of_missed_doses_is_refused(share: float) -> None:
    with pytest.raises(InvalidValueError, match="expected 0 to below 1"):
        load("guselkumab").miss(share=share, seed=1)


def test_one_after_the_other() -> None:
    sequence = load("guselkumab").then(load("uc_msc", weeks=[0, 2]), week=12)
    assert given(sequence, 52) == [(0, 100), (4, 100), (12, 2e6), (14, 2e6)]
    assert sequence.id == "guselkumab+uc_msc"
    assert "stopped at week 12; " in sequence.sentence()
    assert sequence.sentence().endswith("begun at week 12")


def test_what_follows_begins_where_the_first_stops() -> None:
    assert load("guselkumab").stop(week=20).then(load("uc_msc")).doses(52)[-1].week == 26
    with pytest.raises(InvalidValueError, match="give the week of the change"):
        load("guselkumab").then(load("uc_msc"))


def test_what_ends_by_itself_or_by_a_taper_can_be_followed_and_given_again() -> None:
    cells = load("uc_msc")  # the last of four infusions is at week 6
    assert cells.then(load("guselkumab")).agents[1].regimen.start_week == 6  # type: ignore[union-attr]
    assert [week for week, _ in given(cells.restart(week=20), 52)] == [0, 2, 4, 6, 20, 22, 24, 26]
    tapered = load("adalimumab").taper(week=8, until_week=16)
    assert tapered.end_week == 16
    assert tapered.retreat().retreatment is not None
    assert load("secukinumab").stop(week=24).then(cells).retreat().end_week == 30


def test_a_placebo_has_no_dose_to_change() -> None:
    with pytest.raises(InvalidValueError, match="Placebo, which has no doses"):
        load("placebo").escalate(week=4, factor=2)


def test_steps_of_light_count_when_a_factor_is_too_large() -> None:
    # Sessions rise to 3.5 MED; twice that is above the largest plausible dose of the file, 6 MED.
    with pytest.raises(InvalidValueError, match="would be 7 MED"):
        load("nb_uvb").escalate(week=4, factor=2)


def test_both_at_once() -> None:
    both = load("methotrexate") + load("adalimumab")
    assert set(both.sets) == {"inhibited_proliferation", "bound_TNF"}
    assert both.evidence_grade == "A"  # CHAMPION and REVEAL are randomised


def test_two_agents_on_one_target_leave_what_both_leave() -> None:
    both = load("adalimumab") + load("etanercept")
    assert both.sets == {"bound_TNF": "1 - (1 - adalimumab_bound)*(1 - etanercept_bound)"}


def test_a_drug_with_itself_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="combined with itself"):
        load("adalimumab") + load("methotrexate") + load("adalimumab")


def test_a_change_of_a_combination_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="change each agent alone"):
        (load("adalimumab") + load("methotrexate")).escalate(week=8, factor=2)


def test_the_weakest_grade_stands_for_a_combination() -> None:
    # UC-MSC rest on an uncontrolled series (C), secukinumab on randomised trials (A).
    assert (load("secukinumab") + load("uc_msc")).evidence_grade == "C"


def test_doses_go_by_body_weight() -> None:
    # US label of ustekinumab: 45 mg up to 100 kg, 90 mg above; infliximab 5 mg/kg (PMC10919952 Table 1).
    ustekinumab = load("ustekinumab")
    assert [d.amount for d in ustekinumab.doses(1, weight_kg=100)] == [45]
    assert [d.amount for d in ustekinumab.doses(1, weight_kg=100.1)] == [90]
    assert load("infliximab").doses(1)[0].amount == 5


@pytest.mark.parametrize("name", available())
@pytest.mark.parametrize("weight_kg", [45, 100, 101, 130])
def test_nobody_gets_an_agent_twice_at_a_time(name: str, weight_kg: float) -> None:
    whole = load(name)
    if not whole.is_dosed:
        return
    (agent,) = whole.agents
    assert agent.regimen is not None
    changes = [whole]
    daily = any(phase.per_day for phase in agent.regimen.phases)
    if not daily and agent.regimen.unit == "mg":
        dose = agent.regimen.phases[0].dose
        changes += [load(name, dose_mg=dose), load(name, dose_mg=dose, weeks=[0, 4])]
    for therapy in changes:
        weeks = [dose.week for dose in therapy.doses(60, weight_kg=weight_kg)]
        assert weeks
        assert len(weeks) == len(set(weeks))


def test_one_dose_for_all_ends_the_bands_of_weight() -> None:
    # Ustekinumab: 45 mg up to 100 kg, 90 mg above, at the same weeks (US label).
    for kg in (80, 120):
        assert [d.amount for d in load("ustekinumab", dose_mg=45).doses(5, weight_kg=kg)] == [45, 45]
    bands = load("ustekinumab", weeks=[0, 8])
    assert [[d.amount for d in bands.doses(9, weight_kg=kg)] for kg in (80, 120)] == [[45, 45], [90, 90]]


def test_light_of_one_dose_at_chosen_weeks() -> None:
    assert [d.amount for d in load("nb_uvb", dose=1, weeks=[0, 1]).doses(4)] == [1, 1]
    with pytest.raises(InvalidValueError, match="several doses"):
        load("nb_uvb", weeks=[0, 1])
    with pytest.raises(InvalidValueError, match=r"rise to 3\.5 MED"):
        load("nb_uvb", dose=5)
    with pytest.raises(InvalidValueError, match="one size"):
        load("nb_uvb").escalate(week=4, every_weeks=1)


def test_a_fixed_combination_contains_its_drugs() -> None:
    with pytest.raises(InvalidValueError, match="`calcipotriol` was combined with itself"):
        load("calcipotriol") + load("calcipotriol_betamethasone")


@pytest.mark.parametrize("other", ["gmsc", "uc_exosomes"])
def test_two_cell_products_are_refused(other: str) -> None:
    with pytest.raises(InvalidValueError, match="Expected one product"):
        load("uc_msc") + load(other)


def test_the_rule_of_retreatment_comes_last() -> None:
    ruled = load("secukinumab").stop(week=12).retreat()
    for change in (
        lambda: ruled.stop(week=8),
        lambda: ruled.restart(week=30),
        lambda: ruled + load("uc_msc"),
        lambda: load("guselkumab").then(ruled, week=12),
    ):
        with pytest.raises(InvalidValueError, match="give the rule last"):
            change()
    with pytest.raises(InvalidValueError, match="restarts planned"):
        load("secukinumab").stop(week=12).restart(week=30).stop(week=42).retreat()
    with pytest.raises(InvalidValueError, match="has no doses"):
        load("placebo").retreat()


def test_a_stop_before_the_start_of_a_later_course_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="begins at week 20"):
        load("secukinumab").start(week=20).stop(week=10)


def test_a_topical_cannot_be_injected() -> None:
    with pytest.raises(UnknownNameError, match=r"route `subcutaneous`.*It is given"):
        load("calcipotriol", route="subcutaneous")


def test_an_interval_shorter_than_the_infusion_is_refused() -> None:
    # An infusion of infliximab takes two hours; two of them an hour apart cannot be given.
    with pytest.raises(InvalidValueError, match="an infusion that takes 2 hours"):
        load("infliximab", weeks=[0, 1 / 168])


def test_daily_drugs_are_taken_daily() -> None:
    (stretch,) = load("deucravacitinib").doses(16)
    assert (stretch.week, stretch.until_week, stretch.amount) == (0, 16, 6)  # US label: 6 mg once a day
    with pytest.raises(InvalidValueError, match="taken daily"):
        load("deucravacitinib", weeks=[0, 1])


@pytest.mark.parametrize(
    "rule", [{"regain": 0}, {"regain": 1.5}, {"responders": 0}, {"check_every_weeks": 0}]
)
def test_a_rule_that_cannot_be_applied_is_refused(rule: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError, match="was given; expected"):
        load("uc_msc").retreat(**rule)


def test_only_what_ends_can_be_given_again() -> None:
    with pytest.raises(InvalidValueError, match="goes on without end"):
        load("secukinumab").retreat()
    assert "regained 50 %" in load("secukinumab").stop(week=24).retreat().sentence()


def _numbers(therapy: Therapy) -> dict[str, float | None]:
    part = therapy.agents[0].part
    assert part is not None
    return {name: each.value for name, each in part.parameters.items()}


def test_draws_move_the_fitted_potency_and_what_has_a_prior() -> None:
    fitted, by_hand = load("secukinumab"), load("betamethasone")
    assert fitted.drawn(1, 0) == fitted
    assert by_hand.drawn(1, 3) == by_hand
    member = load_ensemble().member(3)["secukinumab.IC50"]
    assert _numbers(fitted.drawn(1, 3)) == {**_numbers(fitted), "secukinumab_IC50": member}
    assert fitted.drawn(2, 3) == fitted.drawn(1, 3)  # a member is no matter of the seed
    cells = load("uc_exosomes")
    drawn, again = cells.drawn(1, 3), cells.drawn(1, 3)
    moved = {name for name in cells.values if cells.values[name] != drawn.values[name]}
    assert moved == set(cells.agents[0].priors)
    assert again == drawn


def test_a_potency_that_the_user_set_is_not_drawn() -> None:
    fitted = load("secukinumab")
    part = fitted.agents[0].part
    assert part is not None
    own = replace(
        fitted, agents=(replace(fitted.agents[0], part=part.with_parameters(secukinumab_IC50=50.0)),)
    )
    assert own.drawn(1, 3) == own


def test_a_dose_of_light_acts_by_a_power() -> None:
    effect = load("nb_uvb").agents[0].dose_effect
    assert effect is not None
    assert effect.of(effect.reference) == 1
    assert effect.of(4 * effect.reference) == pytest.approx(np.exp(effect.exponent * np.log(4)))


def test_the_same_cells_by_two_routes_are_two_agents() -> None:
    both = load("uc_msc", weeks=[0]) + load("uc_msc", cells_per_cm2=1e6, weeks=[0, 1], route="intralesional")
    assert [dose.amount for dose in both.doses(2)] == [2e6, 1e6, 1e6]
    with pytest.raises(InvalidValueError, match="combined with itself"):
        load("uc_msc", weeks=[0]) + load("uc_msc", weeks=[1])
