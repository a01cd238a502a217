"""Regimens: when doses are given, how they read, and what is refused."""

import pytest

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.therapies import Phase, Regimen, available, load


def regimen(*phases: Phase, stop_week: float | None = None) -> Regimen:
    whole = Regimen(
        unit="mg",
        route="subcutaneous",
        routes={"subcutaneous": "depot", "intravenous": "central"},
        phases=phases,
        dose_range=(1, 1000),
    )
    return whole if stop_week is None else whole.stopped(stop_week)


def weeks(name: str, until: float, **options: object) -> list[float]:
    return [dose.week for dose in load(name, **options).doses(until)]


def test_labelled_regimens() -> None:
    # US labels: secukinumab weeks 0-4 then every 4; guselkumab 0, 4, then every 8; adalimumab 80 mg,
    # then 40 mg from week 1 every other week.
    assert weeks("secukinumab", 17) == [0, 1, 2, 3, 4, 8, 12, 16]
    assert weeks("guselkumab", 29) == [0, 4, 12, 20, 28]
    assert weeks("adalimumab", 8) == [0, 1, 3, 5, 7]
    assert [dose.amount for dose in load("adalimumab").doses(4)] == [80, 40, 40]


def test_phototherapy_is_three_sessions_a_week_for_ten_weeks() -> None:
    sessions = weeks("nb_uvb", 52)
    assert len(sessions) == 30  # 3 x 10, within "up to 33 sessions" of Watson 2021
    assert sessions[:4] == pytest.approx([0, 2 / 7, 4 / 7, 1])


def test_no_dose_is_given_at_the_stop_or_after() -> None:
    stopped = load("secukinumab").stop(week=52)
    assert stopped.last_dose_week(104) == 48
    assert stopped.doses(104) == stopped.doses(52)
    assert load("secukinumab").doses(104) != stopped.doses(104)


def test_doses_before_the_end_only() -> None:
    assert weeks("guselkumab", 4) == [0]
    assert regimen(Phase(dose=5, from_week=1, every_weeks=2)).planned(0.5) == ()


def test_sentences() -> None:
    both = regimen(Phase(dose=80, weeks=(0.0,)), Phase(dose=40, from_week=1, every_weeks=2), stop_week=16)
    assert both.sentence() == (
        "80 mg at week 0, then 40 mg every 2 weeks from week 1, subcutaneous, stopped at week 16"
    )
    assert "3 times a week" in load("nb_uvb").sentence()


@pytest.mark.parametrize("name", available())
def test_every_therapy_reads_as_a_sentence(name: str) -> None:
    therapy = load(name)
    assert therapy.sentence().startswith(therapy.name)


@pytest.mark.parametrize("bad", [[], [4, 2], [0, 0], [-1, 2], [float("nan")]])
def test_weeks_that_do_not_rise_from_zero_are_refused(bad: list[float]) -> None:
    with pytest.raises(InvalidValueError, match="in rising order"):
        load("uc_msc", weeks=bad)


@pytest.mark.parametrize("dose", [-2e6, 0, 3, 3e60, float("nan")])
def test_an_implausible_dose_is_refused(dose: float) -> None:
    with pytest.raises(InvalidValueError, match="expected 10000 to 1e"):
        load("uc_msc", cells_per_kg=dose)


def test_a_dose_in_the_wrong_unit_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="give `cells_per_kg`"):
        load("uc_msc", dose_mg=300)
    with pytest.raises(InvalidValueError, match="has no doses"):
        load("placebo", dose_mg=300)


def test_weeks_for_several_doses_need_the_dose() -> None:
    with pytest.raises(InvalidValueError, match="give the dose as well"):
        load("adalimumab", weeks=[0, 2])
    assert [d.amount for d in load("adalimumab", weeks=[0, 2], dose_mg=40).doses(10)] == [40, 40]


def test_an_unknown_route_or_therapy_offers_what_exists() -> None:
    with pytest.raises(UnknownNameError, match="Closest: `intravenous`"):
        load("uc_msc", route="intraveneous")
    with pytest.raises(UnknownNameError, match="Closest: `secukinumab`"):
        load("secukinumap")


def test_a_stop_before_the_start_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="0 or a later week"):
        load("secukinumab").stop(week=-1)
