"""Errors: what a message says, and that it survives the way from a worker process."""

import pickle

import pytest

from koebner.errors import (
    BuildError,
    EvidenceError,
    InvalidValueError,
    KoebnerError,
    ModelError,
    SolverError,
    UnitError,
    UnknownNameError,
)

ERRORS = [
    UnknownNameError("therapy", "secukinumap", ["placebo", "secukinumab"], file="a.toml", line=3),
    InvalidValueError("weeks 0 was given.", file="a.toml"),
    UnitError("mg and day."),
    EvidenceError("n is text.", file="t.csv", line=7),
    ModelError("no rule."),
    BuildError("did not compile.", text="def f(): ..."),
    SolverError("1 patient failed.", failures={3: "diverged"}),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling(error: KoebnerError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert vars(back) == vars(error)


def test_a_message_begins_with_file_and_line() -> None:
    assert str(EvidenceError("n is text.", file="t.csv", line=7)) == "t.csv:7: n is text."
    assert str(InvalidValueError("weeks 0 was given.", file="a.toml")) == "a.toml: weeks 0 was given."


@pytest.mark.parametrize(
    ("name", "offer"),
    [
        ("Secukinumap", "Closest: `secukinumab`."),
        ("zzz", "Known: `placebo`, `secukinumab`."),
    ],
)
def test_an_unknown_name_offers_what_exists(name: str, offer: str) -> None:
    assert offer in str(UnknownNameError("therapy", name, ["placebo", "secukinumab"]))


def test_errors_are_also_what_python_calls_them() -> None:
    assert isinstance(ERRORS[0], KeyError)
    assert all(isinstance(error, ValueError) for error in ERRORS[1:5])
    assert all(isinstance(error, RuntimeError) for error in ERRORS[5:])
