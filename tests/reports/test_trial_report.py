"""The report says what it rests on, works without a network, and escapes what users write."""

import re

import pytest
from tests.trials.fakes import FakePopulation, FakeSimulation, fake_model, run_small, small_trial

from koebner import therapies
from koebner.reports import trial_report
from koebner.reports.basis import arm_basis, describe_prior_check
from koebner.trials import Outcome
from koebner.trials.record import record_trial

PROVENANCE = {"started": "2026-01-01T00:00:00+00:00", "seconds": 1.5, "host": "a host"}


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    with pytest.MonkeyPatch.context() as patch:
        return run_small(patch, parameter_draws=3)


@pytest.fixture(scope="module")
def page(outcome: Outcome) -> str:
    return trial_report(outcome, PROVENANCE)


def readable(html: str) -> str:
    """What a person reads: no scripts, no styles, no tags."""
    without_code = re.sub(r"<(script|style).*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", without_code).split())


def test_the_face_of_the_report_says_what_it_rests_on(page: str) -> None:
    text = readable(page)
    front = text[: text.index("What was simulated")]
    for words in (
        "Exploratory",
        "2 to 17 uncontrolled patients",
        "What this rests on",
        "C (uncontrolled series)",
        "Cheng 2022",
        "17 patients",
        "What it must not be used for",
        "Diagnosis, dosing or the choice of a treatment for any person",
        "Proof that MSC cure psoriasis",
    ):
        assert words in front


def test_the_result_stands_in_words_with_both_intervals(page: str) -> None:
    # Five of five: Wilson 57 to 100 (R: prop.test(5, 5, correct = FALSE)); the third draw leaves 0.3.
    text = readable(page)
    assert (
        "At week 12, PASI75 was reached by 5 of 5 patients on UC-MSC "
        "(100 %, 95 % interval 57 to 100; 10 to 100 over plausible model parameters)" in text
    )
    assert "UC-MSC: 14 (14 to 14) among 5 responders; placebo: no responder" in text
    assert "Dropout and missing visits count as non-response." in text
    assert "Means are over the patients seen at the visit." in text
    assert "All patients could be simulated." in text


def test_provenance_stands_at_the_end(outcome: Outcome, page: str) -> None:
    text = readable(page)
    end = text[text.index("Provenance") :]
    for words in (outcome.record.model_fingerprint, "Seed 7", "Host a host", "Seconds 1.5"):
        assert words in end


def test_the_page_needs_no_network(page: str) -> None:
    assert not re.search(r"<(script|link|img|iframe)[^>]*\s(src|href)=", page)
    assert page.count("plotly.js v") == 1
    for figure in ("pasi-over-time", "responders-0", "waterfall", "kaplan-meier"):
        assert page.count(f'<div id="{figure}"') == 1


def test_the_same_outcome_gives_the_same_page(outcome: Outcome, page: str) -> None:
    assert trial_report(outcome, PROVENANCE) == page


def test_what_a_user_writes_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "<script>alert(1)</script>"
    arms = {evil: small_trial().arms["UC-MSC"]}
    assert evil not in trial_report(run_small(monkeypatch, name=evil, arms=arms), PROVENANCE)


def test_failed_patients_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = run_small(monkeypatch, simulation=FakeSimulation(failing=[0, 7]))
    text = readable(trial_report(failing, PROVENANCE))
    assert (
        "2 patients could not be simulated and are left out of every rate (1 in UC-MSC, 1 in placebo)" in text
    )


def test_without_cells_there_is_no_exploratory_banner(monkeypatch: pytest.MonkeyPatch) -> None:
    arms = {"secukinumab": therapies.load("secukinumab"), "placebo": therapies.load("placebo")}
    text = readable(trial_report(run_small(monkeypatch, arms=arms), PROVENANCE))
    assert "Exploratory" not in text
    assert "MSC cure" not in text
    assert "Diagnosis, dosing" in text


def test_every_study_of_the_catalogue_can_be_described() -> None:
    # What a report says of an arm, without the figures, whose time grows with the square of the arms.
    arms = {name: therapies.load(name) for name in therapies.available()}
    trial = small_trial(arms=arms)
    described = [arm_basis(arm) for arm in record_trial(trial, fake_model(), FakePopulation()).arms]
    assert [basis.name for basis in described] == [arm.name for arm in arms.values()]
    for basis, arm in zip(described, arms.values(), strict=True):
        assert len(basis.studies) == len(arm.studies)
        assert all(line.name and line.citation for line in basis.studies)
        assert all((basis.regimen, basis.grade, basis.calibration, basis.statement))


CHECK = {
    "title": "Check of the MSC prior",
    "statement": "Drawn before looking.",
    "rows": [
        {"quantity": "at least 40 %", "n": 17, "observed": 8, "median": 7, "lower": 2, "upper": 14},
        {"quantity": "clear", "n": 17, "observed": 9, "median": 2, "lower": 0, "upper": 6},
    ],
}


def test_the_prior_check_is_shown_with_its_verdict(outcome: Outcome) -> None:
    check = describe_prior_check({"prior_check": CHECK})
    assert check is not None
    assert [row.inside for row in check.rows] == [True, False]
    text = readable(trial_report(outcome.with_evidence({"prior_check": CHECK}), PROVENANCE))
    assert "Check of the MSC prior Drawn before looking." in text
    assert "at least 40 % 8 of 17 7 2 to 14 yes" in text


def test_without_a_prior_check_nothing_is_claimed(page: str) -> None:
    assert describe_prior_check({}) is None
    assert "Check of the MSC prior" not in page
