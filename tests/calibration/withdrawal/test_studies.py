"""The reviewed withdrawal studies agree with their treatments and with the evidence table."""

import pytest

from koebner.calibration.withdrawal.losses import HALF_OF_REFERENCE, loss_named
from koebner.calibration.withdrawal.studies import (
    Entry,
    WithdrawalStudy,
    load_withdrawal_figures,
    load_withdrawal_studies,
    treatment_of,
    visits_of,
)
from koebner.errors import InvalidValueError, UnknownNameError
from koebner.evidence import load_sources, load_withdrawals

# The interruption of this extension is of unknown length, up to 19 weeks.
NO_FIGURE = {"reveal-extension-2013/interrupted/entered-the-extension-after-placebo/relapsed/19"}


def test_every_withdrawal_of_the_evidence_is_a_figure() -> None:
    assert {row.id for row in load_withdrawals()} - NO_FIGURE == set(load_withdrawal_figures())


@pytest.mark.parametrize("name", load_withdrawal_studies())
def test_doses_end_at_the_last_dose_of_the_study(name: str) -> None:
    study = load_withdrawal_studies()[name]
    therapy = treatment_of(study)
    if study.last_dose_week is None:
        assert therapy.end_week is None
    else:
        assert therapy.last_dose_week(1000) == pytest.approx(study.last_dose_week, abs=0.01)
    assert study.source in load_sources()
    assert study.assumptions  # no source tells the visits after the last dose


def test_figures_are_of_the_therapy_clock_and_time_of_their_rows() -> None:
    rows = {row.id: row for row in load_withdrawals()}
    for name, figure in load_withdrawal_figures().items():
        row, study = rows[name], figure.study
        assert row.therapy.lower().replace("-", "_") == study.therapy, name
        assert figure.week == row.week, name
        assert (row.clock in ("last dose", "end of course")) == (study.clock == "last dose"), name
        assert (figure.measure == "median") == row.metric.startswith("median"), name
        assert (figure.measure == "still responding") == row.metric.startswith("still"), name
        assert figure.week is None or figure.week <= study.follow_up_weeks, name


def test_weeks_are_those_of_the_papers() -> None:
    # VOYAGE 2: withdrawn at week 28 after a last dose at week 20, judged at week 72 (Gordon 2019).
    study = load_withdrawal_studies()["voyage-2-2017/guselkumab"]
    assert (study.clock_week, study.followed_from, study.visits[-1]) == (20, 28, 72)
    assert study.entry == (Entry(endpoint="PASI90", week=28),)
    assert study.definition == HALF_OF_REFERENCE


def test_a_study_that_does_not_hold_together_is_refused() -> None:
    def study(**changes: object) -> WithdrawalStudy:
        fields: dict[str, object] = {
            "id": "a study",
            "therapy": "secukinumab",
            "regimen": "",
            "last_dose_week": 8.0,
            "clock": "last dose",
            "clock_week": 8.0,
            "entry": (Entry(endpoint="PASI75", week=12),),
            "definition": "loss of PASI75",
            "visits": (0.0, 12.0, 16.0),
        }
        return WithdrawalStudy(**{**fields, **changes})  # type: ignore[arg-type]

    assert study().followed_from == 12
    with pytest.raises(InvalidValueError, match="rise from 0"):
        study(visits=(4.0, 12.0))
    with pytest.raises(InvalidValueError, match="no visit after week 12"):
        study(visits=(0.0, 12.0))
    with pytest.raises(InvalidValueError, match="week 12, which has no visit"):
        study(visits=(0.0, 16.0))
    with pytest.raises(InvalidValueError, match="reference week"):
        study(definition=HALF_OF_REFERENCE)
    with pytest.raises(UnknownNameError, match="loss of half the improvement"):
        study(definition="loss of half the improvment")


@pytest.mark.parametrize("name", ["loss of PASI50", "PASI>=5", "sPGA>=2", "loss of sPGA 0/1"])
def test_definitions_beyond_the_named_ones(name: str) -> None:
    assert callable(loss_named(name))


@pytest.mark.parametrize("name", ["loss of PASI mean", "loss of nothing", "PASI>3", "relapse"])
def test_other_words_are_no_definition(name: str) -> None:
    with pytest.raises((UnknownNameError, InvalidValueError)):
        loss_named(name)


def test_visits_end_at_the_week_that_is_asked() -> None:
    assert visits_of([0, 2, 4], 4, 12) == (0, 2, 4, 8, 12)
    assert visits_of([4], 4, 10) == (0, 4, 8, 10)
