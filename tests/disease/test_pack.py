"""Parameter packs: every row is checked, and says where its number comes from."""

from pathlib import Path

import pytest

from koebner.disease import load_pack
from koebner.disease.pack import COLUMNS, read_pack
from koebner.disease.priors import moved, read_prior
from koebner.errors import EvidenceError, UnknownNameError
from koebner.evidence import load_sources
from koebner.fits import FITTED

HELD = ("feasibility fit", "held with the potency")
HEADER = ",".join(COLUMNS)
GOOD = 'K,0.5,dimensionless,disease,lognormal(sd=0.5),no,assumption,"half-saturation"'


def test_every_parameter_has_a_source_or_says_that_it_is_assumed() -> None:
    sources = load_sources()
    for row in load_pack():
        known = row.source in (*sources, "definition", FITTED) or row.source.startswith("assumption")
        assert known, f"{row.id}: source `{row.source}`"


def test_shares_lie_between_zero_and_one() -> None:
    for row in load_pack():
        if row.id.startswith(("f_", "share_", "e_", "bound_")):
            assert 0 <= row.value <= 1, row.id


def test_regional_shares_of_the_pasi_sum_to_one() -> None:
    shares = [row.value for row in load_pack() if row.id.startswith("share_")]
    assert sum(shares) == pytest.approx(1)  # by the definition of the PASI (Fredriksson 1978)


def test_what_has_a_prior_and_nothing_holds_is_drawn() -> None:
    for row in load_pack():
        held = row.source == FITTED or any(words in row.source for words in HELD)
        assert row.drawn == bool(row.prior and not held), row.id


def test_unknown_pack_offers_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="Closest: `human_plaque`"):
        load_pack("human_plak")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("id,value\n", 1, "expected the columns"),
        (f"{HEADER}\nK,0.5,dimensionless\n", 2, "3 fields were given"),
        (f"{HEADER}\n{GOOD.replace('0.5,', 'half,', 1)}\n", 2, "expected a number"),
        (f"{HEADER}\n{GOOD}\n{GOOD}\n", 3, "stands twice"),
        (f"{HEADER}\n{GOOD.replace('lognormal(sd=0.5)', 'wide')}\n", 2, "prior `wide`"),
        (f"{HEADER}\n{GOOD.replace(',no,', ',maybe,')}\n", 2, "expected yes or no"),
        (f"{HEADER}\n{GOOD.replace('assumption', '')}\n", 2, "has no source"),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = tmp_path / "pack.csv"
    path.write_text(text)
    with pytest.raises(EvidenceError, match=message) as caught:
        read_pack(path)
    assert (caught.value.file, caught.value.line) == (path, line)


@pytest.mark.parametrize(
    ("prior", "value", "expected"),
    [
        ("lognormal(sd=0.5)", 2.0, 2.0 * 2.718281828459045**0.5),
        ("normal(sd=0.5)", 2.0, 2.5),
        ("logitnormal(sd=1)", 0.5, 0.7310585786300049),  # logistic(1)
        ("", 2.0, 2.0),
    ],
)
def test_a_prior_is_drawn_on_its_own_scale(prior: str, value: float, expected: float) -> None:
    assert moved(value, read_prior(prior), 1.0) == pytest.approx(expected)
    assert moved(value, read_prior(prior), 0.0) == pytest.approx(value)
