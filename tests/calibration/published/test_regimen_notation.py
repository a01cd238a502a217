"""Regimens in one line: what is read, what is written again, and what is refused."""

import pytest

from koebner.calibration.published.regimen_notation import parse_regimen, write_regimen
from koebner.errors import InvalidValueError
from koebner.therapies import Phase, load

# Each from the definition of the notation.
MEANINGS = {
    "80@0": (Phase(dose=80, weeks=(0,)),),
    "300@0,1,2,3,4": (Phase(dose=300, weeks=(0, 1, 2, 3, 4)),),
    "80@0; 40@1/2": (Phase(dose=80, weeks=(0,)), Phase(dose=40, from_week=1, every_weeks=2)),
    "50@0/0.5": (Phase(dose=50, every_weeks=0.5),),
    "40@1/2-24": (Phase(dose=40, from_week=1, every_weeks=2, until_week=24),),
    "30x2@0": (Phase(dose=30, per_day=2),),
    "1.25x2@0-16": (Phase(dose=1.25, per_day=2, until_week=16),),
}


@pytest.mark.parametrize("text", MEANINGS)
def test_notation_is_read_and_written_back(text: str) -> None:
    assert parse_regimen(text) == MEANINGS[text]
    assert write_regimen(MEANINGS[text]) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "80",
        "80@",
        "@0",
        "80@0;",
        "80@0/2/3",
        "80@0-12",
        "80@0,2/4",
        "30x2@0/2",
        "80 mg@0",
        "-80@0",
        "80@-1",
    ],
)
def test_what_is_no_notation_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(
        InvalidValueError, match=r"regimen segment .* was given; expected one such as"
    ) as error:
        parse_regimen(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["ustekinumab", "nb_uvb", "etanercept"])
def test_bands_of_weight_steps_and_days_have_no_notation(name: str) -> None:
    regimen = load(name).agents[0].regimen
    assert regimen is not None
    with pytest.raises(InvalidValueError, match="leave the regimen empty"):
        write_regimen(regimen.phases)
