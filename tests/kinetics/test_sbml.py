from pathlib import Path

import pytest
from tests.shared_data import shared

from koebner.errors import ModelError
from koebner.kinetics import read_sbml

HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core"'


def sbml(tmp_path: Path, body: str) -> Path:
    file = tmp_path / "model.xml"
    file.write_text(
        f'{HEADER} level="3" version="1">\n<model id="m">\n{body}\n</model></sbml>', encoding="utf-8"
    )
    return file


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("empty", b"", 1),
        ("text", b"hello\nworld", 1),
        ("html", b"<html>\n<body>hello</body></html>", 2),
        ("truncated", f'{HEADER} level="3" version="1">\n<model id="m">\n<listOf'.encode(), 4),
        ("binary", bytes(range(256)) * 8, 1),
        ("no_model", f'{HEADER} level="3" version="1"></sbml>'.encode(), 2),
    ],
)
def test_what_is_not_sbml_is_one_line_with_file_and_line(
    tmp_path: Path, name: str, content: bytes, line: int
) -> None:
    file = tmp_path / f"{name}.xml"
    file.write_bytes(content)
    with pytest.raises(ModelError) as raised:
        read_sbml(file)
    assert str(raised.value).startswith(f"{file}:{line}: ")
    assert "\n" not in str(raised.value)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.xml: no such file"):
        read_sbml(tmp_path / "nowhere.xml")


CI = '<math xmlns="http://www.w3.org/1998/Math/MathML"><ci> k </ci></math>'
DELAY = (
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><apply><csymbol encoding="text" '
    'definitionURL="http://www.sbml.org/sbml/symbols/delay"> d </csymbol>'
    "<ci> k </ci><cn> 1 </cn></apply></math>"
)
PARAMETERS = (
    '<listOfParameters><parameter id="k" value="1" constant="true"/>'
    '<parameter id="x" value="1" constant="false"/></listOfParameters>'
)
TRUE = '<math xmlns="http://www.w3.org/1998/Math/MathML"><true/></math>'


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (
            f'{PARAMETERS}<listOfEvents><event id="dose" useValuesFromTriggerTime="true">'
            f'<trigger initialValue="true" persistent="true">{TRUE}</trigger></event></listOfEvents>',
            "`dose` is an event",
        ),
        (f"{PARAMETERS}<listOfRules><algebraicRule>{CI}</algebraicRule></listOfRules>", "an algebraic rule"),
        (
            f"{PARAMETERS}<listOfConstraints><constraint>{TRUE}</constraint></listOfConstraints>",
            "a constraint",
        ),
        (
            f'{PARAMETERS}<listOfRules><rateRule variable="x">{DELAY}</rateRule></listOfRules>',
            "the rule of `x` uses a delay",
        ),
        (
            '<listOfCompartments><compartment id="c" size="2" constant="true"/></listOfCompartments>'
            '<listOfSpecies><species id="s" compartment="c" initialConcentration="1" '
            'boundaryCondition="false" hasOnlySubstanceUnits="false" constant="false"/></listOfSpecies>',
            "compartment `c` has size 2 and holds concentrations",
        ),
        (
            '<listOfCompartments><compartment id="c" size="1" constant="true"/></listOfCompartments>'
            '<listOfReactions><reaction id="quick" reversible="false" fast="true"/></listOfReactions>',
            "reaction `quick` is fast",
        ),
    ],
)
def test_what_is_not_supported_is_refused_by_name(tmp_path: Path, body: str, named: str) -> None:
    with pytest.raises(ModelError, match=named):
        read_sbml(sbml(tmp_path, body))


@pytest.mark.parametrize(
    ("path", "named"),
    [
        # What each file holds beyond the basic part, seen in the file.
        ("carbo2013/BIOMD0000000480.xml", "`event_1` is an event"),
        ("dwivedi2014/BIOMD0000000535.xml", "`Week0` is an event"),
        ("felixgarza2017/BIOMD0000000695.xml", "`Treatment_Break_after_28_days` is an event"),
        ("shmarov2022/psor_v8_4.xml", "is an event"),
        ("tsirvouli2023/MODEL2308300001.sbml", "needs the SBML package `qual`"),
    ],
)
def test_published_models_beyond_the_basic_part_are_refused(path: str, named: str) -> None:
    with pytest.raises(ModelError, match=named):
        read_sbml(shared(f"data/sbml-models/{path}"))


@pytest.mark.parametrize(
    ("path", "n_states"),
    [
        # Counted in the files: species without assignment rule.
        ("baker2013/BIOMD0000000549.xml", 2),
        ("carbo2013/BIOMD0000000451.xml", 94),
        ("roy2019/MODEL1911070001.xml", 10),
    ],
)
def test_published_basic_models_are_read(path: str, n_states: int) -> None:
    model = read_sbml(shared(f"data/sbml-models/{path}"))
    assert len(model.states) == n_states
    assert model.inputs == ()
