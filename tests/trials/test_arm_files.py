"""Arms of a trial file: regimens, sequences, combinations, retreatment, and what is wrong in which line."""

from pathlib import Path

import pytest

from koebner.errors import InvalidValueError, KoebnerError, UnknownNameError
from koebner.therapies import Therapy, load
from koebner.trials import load_trial

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HEAD = """[trial]
name = "t"
seed = 3
n_per_arm = 5
visits_weeks = [0, 12, 52]
endpoints = ["PASI75"]
[population]
name = "moderate-to-severe"
"""


def arm(tmp_path: Path, text: str) -> Therapy:
    path = tmp_path / "trial.toml"
    path.write_text(f"{HEAD}[arms.a]\n{text}", encoding="utf-8")
    return load_trial(path).trial.arms["a"]


def test_the_example_says_what_it_does() -> None:
    arms = load_trial(EXAMPLES / "sequence_and_retreatment.toml").trial.arms
    assert arms["stop"] == load("secukinumab", stop_week=24)
    assert arms["again"] == load("secukinumab", stop_week=24).miss(share=0.05, seed=7).retreat(regain=0.5)
    assert arms["cells"] == load("secukinumab", stop_week=24).then(load("uc_msc", cells_per_kg=2e6))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('therapy = "adalimumab"\nstart_week = 4', load("adalimumab").start(week=4)),
        (
            'therapy = "adalimumab"\nstop_week = 8\nrestart_week = 20',
            load("adalimumab").stop(week=8).restart(week=20),
        ),
        ('therapy = "guselkumab"\nskip_weeks = [4]', load("guselkumab").skip(weeks=[4])),
        (
            'therapy = "guselkumab"\nescalate = { week = 12, factor = 2.0 }',
            load("guselkumab").escalate(week=12, factor=2),
        ),
        (
            'therapy = "adalimumab"\ntaper = { week = 8, until_week = 16 }',
            load("adalimumab").taper(week=8, until_week=16),
        ),
        (
            'therapy = "methotrexate"\n[[arms.a.plus]]\ntherapy = "adalimumab"',
            load("methotrexate") + load("adalimumab"),
        ),
        (
            'therapy = "guselkumab"\n[[arms.a.then]]\ntherapy = "uc_msc"\nstart_week = 20',
            load("guselkumab").then(load("uc_msc"), week=20),
        ),
        ('therapy = "infliximab"\ndose_mg_per_kg = 3.0', load("infliximab", dose_mg_per_kg=3)),
    ],
)
def test_each_key_is_the_method_of_its_name(tmp_path: Path, text: str, expected: Therapy) -> None:
    assert arm(tmp_path, text) == expected


def test_weeks_of_what_follows_are_those_of_the_trial(tmp_path: Path) -> None:
    text = 'therapy = "secukinumab"\nstop_week = 24\n[arms.a.then]\ntherapy = "guselkumab"\nstop_week = 40'
    follower = arm(tmp_path, text).agents[1].regimen
    assert follower is not None
    assert (follower.start_week, follower.end_week) == (24, 40)


def test_an_agent_that_begins_after_the_end_is_refused(tmp_path: Path) -> None:
    text = 'therapy = "secukinumab"\nstop_week = 24\n[arms.a.then]\ntherapy = "guselkumab"\nstart_week = 60'
    with pytest.raises(InvalidValueError, match="no dose of Guselkumab before the last visit"):
        arm(tmp_path, text)


def test_a_product_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'name = "Mine"\nsource = "adipose"\nviability = 0.8\n', encoding="utf-8"
    )
    therapy = arm(tmp_path, 'product = "mine.toml"\ncells_per_kg = 1e6\nweeks = [0]')
    assert therapy.agents[0].name == "Mine"
    assert therapy.agents[0].viable_share == pytest.approx(0.8)


def test_cells_that_are_no_msc_are_refused_with_the_line(tmp_path: Path) -> None:
    # ISCT criteria: CD73 on 95 % of the cells or more (doi:10.1080/14653240600855905).
    text = 'name = "Mine"\nsource = "adipose"\n[markers]\nCD73 = 0.6\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidValueError, match="CD73") as caught:
        arm(tmp_path, 'product = "mine.toml"')
    assert caught.value.line == HEAD.count("\n") + 2


@pytest.mark.parametrize(
    ("text", "kind", "message", "line"),
    [
        ('therapy = "uc_msc"\ncells_per_kg = 3e60', InvalidValueError, "expected 10000 to 1e", 2),
        ('therapy = "calcipotriol"\nroute = "subcutaneous"', UnknownNameError, "It is given", 2),
        ('therapy = "adalimumab"\nrestart_week = 20', InvalidValueError, "stop it before", 2),
        ('therapy = "adalimumab"\nretreat = { regain = 0.5 }', InvalidValueError, "without end", 2),
        ('therapy = "adalimumab"\nretreat = { regian = 0.5 }', UnknownNameError, "Closest: `regain`", 2),
        (
            'therapy = "adalimumab"\n[[arms.a.plus]]\ntherapy = "adalimumab"',
            InvalidValueError,
            "combined with itself",
            2,
        ),
        (
            'therapy = "adalimumab"\n[[arms.a.then]]\ntherapy = "uc_msc"',
            InvalidValueError,
            "give the week of the change",
            2,
        ),
        (
            'therapy = "adalimumab"\n[[arms.a.then]]\ntherapy = "uc_msc"\nretreat = { regain = 0.5 }',
            UnknownNameError,
            "No key `retreat`",
            4,
        ),
        ('therapy = "adalimumab"\nescalate = { factor = 2.0 }', InvalidValueError, "`week` is missing", 2),
        ("stop_week = 20", InvalidValueError, "needs one of", 0),
        ('therapy = "adalimumab"\nthen = "uc_msc"', InvalidValueError, r"tables `\[\[arms.a.then\]\]`", 2),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, text: str, kind: type[KoebnerError], message: str, line: int
) -> None:
    with pytest.raises(kind, match=message) as caught:
        arm(tmp_path, text)
    assert caught.value.line == HEAD.count("\n") + 1 + line
