"""Ensembles: what is written is what is read, and the shipped ones are whole."""

from dataclasses import replace
from pathlib import Path

import pytest

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.fits import Ensemble, available_ensembles, load_ensemble, read_ensemble, write_ensemble

SMALL = Ensemble(
    fingerprint="f",
    name="small",
    data="two arms",
    central={"K_KC": 0.5},
    members=({"K_KC": 0.4}, {"K_KC": 0.6}),
    costs=(1.0, 2.0, 3.0),
    manifest={"seed": 1},
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_ensemble(tmp_path / "results.json", SMALL)
    assert read_ensemble(tmp_path / "results.json") == SMALL


def test_members_begin_again_after_the_last() -> None:
    assert [SMALL.member(number)["K_KC"] for number in range(4)] == [0.5, 0.4, 0.6, 0.4]
    with pytest.raises(InvalidValueError, match="-1"):
        SMALL.member(-1)


def test_a_file_that_is_no_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"name": "x"}')
    with pytest.raises(InvalidValueError, match="koebner calibrate"):
        read_ensemble(tmp_path / "results.json")
    with pytest.raises(InvalidValueError, match="cannot be read"):
        read_ensemble(tmp_path / "none.json")


def test_an_unknown_ensemble_is_refused_with_those_known() -> None:
    with pytest.raises(UnknownNameError, match="protocol"):
        load_ensemble("protocoll")


@pytest.mark.parametrize("name", available_ensembles())
def test_a_shipped_ensemble_has_at_least_five_members_with_the_same_names(name: str) -> None:
    ensemble = load_ensemble(name)
    assert len(ensemble.members) >= 5  # of the issue: never one
    assert {frozenset(member) for member in ensemble.members} == {frozenset(ensemble.central)}
    assert len(ensemble.costs) == len(ensemble.members) + 1
    assert replace(ensemble, name="x").member(1) == ensemble.members[0]
