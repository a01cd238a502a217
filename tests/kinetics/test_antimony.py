import re
from pathlib import Path

import pytest
from tests.kinetics.two_parts import CELLS

from koebner.errors import ModelError, UnitError
from koebner.kinetics import antimony as antimony_module
from koebner.kinetics import check_units, read_antimony


def test_reads_species_parameters_meanings_and_open_inputs() -> None:
    model = read_antimony(CELLS)
    assert model.id == "cells"
    assert model.states == ("cell",)
    assert model.inputs == ("effect",)
    assert model.species["cell"].meaning == "a cell"
    assert model.species["cell"].identifiers == ("http://identifiers.org/CL/CL:0000000",)
    assert model.parameters["tau"].unit == "day"
    assert model.units["day"] == "(86400*second)"
    assert model.initial_assignments["half_life"] == "tau * ln(2)"


def test_the_example_of_the_documentation_is_consistent_in_units() -> None:
    documented = re.search(r"```\n(.*?)```", antimony_module.__doc__ or "", re.DOTALL)
    assert documented is not None
    model = read_antimony(documented[1])
    assert model.states == ("drug",)
    assert check_units(model) == []


def test_text_and_file_are_the_same(tmp_path: Path) -> None:
    file = tmp_path / "cells.ant"
    file.write_text(CELLS, encoding="utf-8")
    assert read_antimony(file) == read_antimony(str(file)) == read_antimony(CELLS)


@pytest.mark.parametrize(
    ("body", "line", "named"),
    [
        ("x = 3\ny' = foo(x\n", 3, "y' = foo(x"),
        ("x = 1\nspecies s in ;\n", 3, "species s in ;"),
        ("x = 1\n\nx := ]\n", 4, "x := ]"),
        ("x = 1; k = 2\nx' = -k*delay(x, 1)", 2, "`x` uses the function delay"),
        ("k = 1\n\ns -> ; k*s", 4, "`s` has no initial value"),
        ("k = 1\nx' = -k*x", 3, "`x` has a rate rule but no initial value"),
    ],
)
def test_a_bad_file_is_one_line_with_file_and_line(
    tmp_path: Path, body: str, line: int | None, named: str
) -> None:
    file = tmp_path / "bad.ant"
    file.write_text(f"model bad()\n{body}\nend\n", encoding="utf-8")
    with pytest.raises(ModelError) as raised:
        read_antimony(file)
    assert "\n" not in str(raised.value)
    assert str(raised.value).startswith(str(file) if line is None else f"{file}:{line}: ")
    assert named in str(raised.value)


def test_an_undefined_unit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bad.ant"
    file.write_text("model bad()\nx = 1\nx has furlong\nend\n", encoding="utf-8")
    with pytest.raises(UnitError, match=r"bad\.ant:3: the unit `furlong` is used but not defined"):
        read_antimony(file)


def test_a_file_holds_one_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="found `a`, `b`"):
        read_antimony("model a()\n x = 1\nend\nmodel b()\n y = 1\nend\n")
    empty = tmp_path / "empty.ant"
    empty.touch()
    with pytest.raises(ModelError, match="found none"):
        read_antimony(empty)


def test_absent_and_binary_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.ant: No such file"):
        read_antimony(tmp_path / "nowhere.ant")
    binary = tmp_path / "binary.ant"
    binary.write_bytes(b"model a()\n\xff\xfe")
    with pytest.raises(ModelError, match=r"binary\.ant:2: this is not text"):
        read_antimony(binary)
