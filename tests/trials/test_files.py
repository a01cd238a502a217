from inspect import signature
from pathlib import Path

import pytest

from koebner import therapies
from koebner.errors import InvalidValueError, KoebnerError, UnknownNameError
from koebner.trials import load_trial
from koebner.trials.arm_files import _LATER, _AgentSection

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "uc_msc_vs_placebo.toml"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """The example with one change, in a file of its own."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "trial.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def line_of(path: Path, start: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if line.startswith(start))


def test_the_example_is_the_trial_of_the_contract() -> None:
    read = load_trial(EXAMPLE)
    trial = read.trial
    assert (trial.n_per_arm, trial.seed, trial.all_visits) == (60, 2026, tuple(range(0, 53, 4)))
    assert tuple(trial.endpoints) == ("PASI50", "PASI75", "PASI90")
    assert read.population.name == "moderate-to-severe"
    doses = trial.arms["UC-MSC"].doses(52)
    assert [(dose.week, dose.amount) for dose in doses] == [(0, 2e6), (2, 2e6), (4, 2e6), (6, 2e6)]
    assert trial.arms["placebo"].doses(52) == ()


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (
            "n_per_arm = 60",
            "n_per_am = 60",
            "n_per_am",
            "No key `n_per_am`. Closest: `n_per_arm`, `name`. It stands in `[trial]`.",
        ),
        ("seed = 2026", 'seed = "2026"', "seed", "`seed` '2026' was given; expected a valid integer"),
        ("n_per_arm = 60", "n_per_arm = 0", "n_per_arm", "at least 1 patient"),
        ("visits_weeks = [0, 4, 8,", "visits_weeks = [0, 12, 4,", "visits_weeks", "4 follows 12"),
        ("visits_weeks = [0,", "visits_weeks = [-1,", "visits_weeks", "0 or later"),
        ('"PASI90"]', '"PASI9"]', "endpoints", "Closest: `PASI90`"),
        ("follow_up_weeks = 52", "follow_up_weeks = 40", "follow_up_weeks", "before the last visit"),
        ('missing = "non-response"', 'missing = "worst"', "missing", "non-response"),
        (
            'name = "moderate-to-severe"',
            'name = "moderate"',
            'name = "moderate"',
            "Closest: `moderate-to-severe`",
        ),
        ('therapy = "uc_msc"', 'therapy = "uc_mcs"', 'therapy = "uc_mcs"', "Closest: `uc_msc`"),
        ("cells_per_kg = 2e6", "cells_per_kg = -2e6", "cells_per_kg", "-2e+06 cells/kg was given"),
        ("cells_per_kg = 2e6", "cells_per_kilo = 2e6", "cells_per_kilo", "Closest: `cells_per_kg`"),
        ("weeks = [0, 2, 4, 6]", "weeks = [0, 4, 2]", "weeks = [0, 4, 2]", "rising order"),
        ("weeks = [0, 2, 4, 6]", "weeks = 6", "weeks = 6", "expected a valid list"),
        ('route = "intravenous"', 'route = "oral"', "route", "`oral`"),
        ("[population]", "[populations]", "[populations]", "Closest: `population`"),
        ('therapy = "placebo"', "", "[arms.placebo]", "needs one of `therapy"),
    ],
)
def test_an_error_names_file_line_and_what_is_expected(
    tmp_path: Path, old: str, new: str, place: str, message: str
) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(KoebnerError) as caught:
        load_trial(path)
    assert str(caught.value).startswith(f"{path}:{line_of(path, place)}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_table_is_told_with_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "trial.toml"
    path.write_text('[population]\nname = "moderate-to-severe"\n', encoding="utf-8")
    with pytest.raises(InvalidValueError, match=r"No table `\[trial\]`; add one with `name`, `seed`"):
        load_trial(path)


def test_a_trial_without_arms_says_how_to_add_one(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    path = tmp_path / "trial.toml"
    path.write_text(text[: text.index("[arms.UC-MSC]")], encoding="utf-8")
    with pytest.raises(InvalidValueError, match=r"add `\[arms.LABEL\]` tables"):
        load_trial(path)


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    path = changed(tmp_path, "seed = 2026", "seed = = 2026")
    with pytest.raises(InvalidValueError, match="not valid TOML") as caught:
        load_trial(path)
    assert caught.value.line == line_of(path, "seed")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "trial.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidValueError, match="The trial file cannot be read"):
        load_trial(path)


def test_every_option_of_a_therapy_can_stand_in_a_trial_file() -> None:
    options = set(signature(therapies.load).parameters) - {"name"}
    assert set(_AgentSection.model_fields) - {"therapy", "product", *_LATER} | {"stop_week"} == options


def test_the_label_of_an_arm_is_the_users_own(tmp_path: Path) -> None:
    path = changed(tmp_path, "[arms.UC-MSC]", '[arms."stem cells, 4 ×"]')
    assert list(load_trial(path).trial.arms) == ["stem cells, 4 ×", "placebo"]


def test_unknown_therapy_error_is_of_the_right_kind(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError):
        load_trial(changed(tmp_path, 'therapy = "uc_msc"', 'therapy = "cure"'))


def test_an_arm_without_a_label_is_refused_with_its_file(tmp_path: Path) -> None:
    path = changed(tmp_path, "[arms.UC-MSC]", '[arms." "]')
    with pytest.raises(InvalidValueError, match="An arm without a label") as caught:
        load_trial(path)
    assert caught.value.file == path


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.read_bytes())
    assert load_trial(path).trial.n_per_arm == 60


@pytest.mark.parametrize(
    ("old", "new", "line_holds", "message"),
    [
        (
            "weeks = [0, 2, 4, 6]",
            "weeks = [60, 70]",
            "weeks = [60, 70]",
            "gets no dose of",
        ),
        ("[arms.placebo]", "[arm.placebo]", "[arm.placebo]", "No table `arm`"),
        (
            "[arms.placebo]",
            "[arms]\ndrug = 3\n[arms.placebo]",
            "drug = 3",
            "a table `[arms.drug]` is expected",
        ),
        ('relapse = "loss of half the improvement"', 'relapse = "sPGA>3"', "sPGA>3", "Closest: `sPGA>=3`"),
    ],
)
def test_what_would_pass_silently_is_refused_at_its_line(
    tmp_path: Path, old: str, new: str, line_holds: str, message: str
) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace(old, new)
    path = tmp_path / "trial.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KoebnerError) as caught:
        load_trial(path)
    assert message in str(caught.value)
    assert caught.value.line is not None
    assert line_holds in text.splitlines()[caught.value.line - 1]


def test_a_relapse_definition_of_the_trials_own(tmp_path: Path) -> None:
    path = tmp_path / "trial.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    path.write_text(text.replace("loss of half the improvement", "sPGA>=3"), encoding="utf-8")
    assert load_trial(path).trial.relapse == "sPGA>=3"
