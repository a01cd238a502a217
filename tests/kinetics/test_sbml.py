from pathlib import Path

import pytest
from tests.shared_data import shared

from koebner.errors import ModelError
from koebner.kinetics import Model, read_antimony, read_sbml, to_sbml

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
MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">'
SPECIES = (
    '<listOfCompartments><compartment id="c" size="1" constant="true"/></listOfCompartments><listOfSpecies>'
    '<species id="s" compartment="c" initialAmount="1" boundaryCondition="false" constant="false" '
    'hasOnlySubstanceUnits="true"/></listOfSpecies>'
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
            f'<trigger initialValue="true" persistent="true">{TRUE}</trigger><listOfEventAssignments>'
            f'<eventAssignment variable="x">{DELAY}</eventAssignment></listOfEventAssignments></event>'
            "</listOfEvents>",
            "event `dose` uses the function delay",
        ),
        (
            f"{PARAMETERS}<listOfRules><algebraicRule>{CI}</algebraicRule></listOfRules>",
            "`0 = k` holds no variable",
        ),
        (
            f"{PARAMETERS}<listOfConstraints><constraint>{TRUE}</constraint></listOfConstraints>",
            "a constraint",
        ),
        (
            f'{PARAMETERS}<listOfRules><rateRule variable="x">{DELAY}</rateRule></listOfRules>',
            "the rule of `x` uses the function delay",
        ),
        (
            '<listOfReactions><reaction id="quick" reversible="false" fast="true"/></listOfReactions>',
            "reaction `quick` is fast",
        ),
        (
            '<listOfReactions><reaction id="r" reversible="false" fast="false"/></listOfReactions>',
            "reaction `r` has no rate",
        ),
    ],
)
def test_what_is_not_supported_is_refused_by_name(tmp_path: Path, body: str, named: str) -> None:
    with pytest.raises(ModelError, match=named):
        read_sbml(sbml(tmp_path, body))


@pytest.mark.parametrize(("package", "required"), [("fbc", "false"), ("qual", "true"), ("unheard", "true")])
def test_a_package_that_makes_another_kind_of_model_is_refused(
    tmp_path: Path, package: str, required: str
) -> None:
    file = tmp_path / "model.xml"
    uri = f"http://www.sbml.org/sbml/level3/version1/{package}/version1"
    file.write_text(
        f'{HEADER} xmlns:{package}="{uri}" level="3" version="1" {package}:required="{required}">'
        f'<model id="m"/></sbml>',
        encoding="utf-8",
    )
    with pytest.raises(ModelError, match=f"needs the SBML package `{package}`"):
        read_sbml(file)


def test_a_published_logical_model_is_refused() -> None:
    with pytest.raises(ModelError, match="needs the SBML package `qual`"):
        read_sbml(shared("data/sbml-models/tsirvouli2023/MODEL2308300001.sbml"))


@pytest.mark.parametrize(
    ("path", "n_states", "n_events"),
    [
        # Counted in the files: species without assignment rule, and other variables with a rate rule; events.
        ("baker2013/BIOMD0000000549.xml", 2, 0),
        ("carbo2013/BIOMD0000000451.xml", 94, 0),
        ("carbo2013/BIOMD0000000480.xml", 35, 2),
        ("dwivedi2014/BIOMD0000000535.xml", 39, 3),
        ("felixgarza2017/BIOMD0000000695.xml", 12, 3),
        ("roy2019/MODEL1911070001.xml", 10, 0),
        ("shmarov2022/psor_v8_4.xml", 15, 52),
    ],
)
def test_published_models_are_read(path: str, n_states: int, n_events: int) -> None:
    model = read_sbml(shared(f"data/sbml-models/{path}"))
    assert len(model.states) == n_states
    assert len(model.events) == n_events
    assert model.inputs == ()


# Expected formulas follow from SBML Level 3 Version 2 Core, whose sections are named in each test.


def model_of(text: str) -> Model:
    return read_antimony(f"model m()\n{text}\nend")


def test_an_amount_is_what_its_id_says_whatever_the_size() -> None:
    # Section 4.6.5: with hasOnlySubstanceUnits the id means the amount.
    model = model_of("compartment c = 2; substanceOnly species s in c = 3; k = 1; s -> ; k*s")
    assert model.species["s"].initial == 3
    assert model.derivatives() == {"s": "-(k * s)"}


def test_a_concentration_in_a_size_of_1_is_its_amount() -> None:
    model = model_of("compartment c = 1; species s in c = 3; k = 1; s -> ; k*s")
    assert model.states == ("s",)
    assert model.assigned == ()


def test_a_concentration_elsewhere_is_a_variable_beside_its_amount() -> None:
    # Section 4.6.5: the id means the concentration; section 4.11.7: reactions change the amount.
    model = model_of("compartment c = 2; species s in c = 3; s_amount = 0; k = 1; s -> ; k*s*c")
    assert model.states == ("s_amount_",)
    assert model.species["s_amount_"].initial == 6
    assert model.rules["s"].formula == "s_amount_ / c"
    assert model.derivatives() == {"s_amount_": "-(k * s * c)"}


def test_a_rate_rule_of_a_concentration_counts_the_growth_of_its_compartment() -> None:
    # Section 4.9.3: the rule gives d[s]/dt; amount = [s]*c, so its rate is d[s]/dt*c + [s]*dc/dt.
    model = model_of("compartment c = 2; species s in c = 3; s' = -s; c' = 0.1*c")
    assert model.derivatives() == {"s_amount": "-s * c + s * rateOf(c)", "c": "0.1 * c"}


def test_an_assigned_concentration_has_an_assigned_amount() -> None:
    model = model_of("compartment c = 2; species s in c; s := 3*time")
    assert model.states == ()
    assert model.rules["s"].formula == "3 * time"
    assert model.rules["s_amount"].formula == "s * c"


def test_initial_values_wait_for_the_size_of_their_compartment() -> None:
    # Section 4.8: initial assignments hold at time 0, that of the size too.
    model = model_of("compartment c; c = 2*k; k = 2; species s in c = 3; species u in c; u = k")
    assert dict(model.initial_assignments) == {"c": "2 * k", "s_amount": "3 * c", "u_amount": "k * c"}


def test_an_event_sets_the_amount_that_makes_the_concentration() -> None:
    # Case 01779 of the SBML Test Suite: the size counts as it was before the event.
    model = model_of("compartment c = 2; species s in c = 3; E: at time > 1: s = 0.5, c = 4")
    assert model.events["E"].assignments == {"s_amount": "0.5 * c", "c": "4"}


def test_events_keep_how_they_act() -> None:
    model = model_of("x = 0; y = 1; E: at 2 after x > y, t0=false, priority=y, persistent=false: x = 0")
    event = model.events["E"]
    assert (event.trigger, event.delay, event.priority) == ("x > y", "2", "y")
    assert (event.persistent, event.initial_value, event.use_values_from_trigger_time) == (False, False, True)


def test_a_concentration_set_late_in_a_size_that_moves_is_refused() -> None:
    text = "compartment c = 2; species s in c = 3; c' = 1; E: at 2 after time > 1: s = 0.5"
    with pytest.raises(ModelError, match="event `E` sets the concentration `s`"):
        model_of(text)
    model = model_of(text.replace("time > 1", "time > 1, fromTrigger=false"))
    assert model.events["E"].assignments == {"s_amount": "0.5 * c"}


def test_coefficients_may_be_numbers_variables_and_factors(tmp_path: Path) -> None:
    # Section 4.11.3.2: the id of a species reference means its coefficient; 4.6.6: conversion factors.
    body = f"""
      <listOfCompartments><compartment id="c" size="1" constant="true"/></listOfCompartments>
      <listOfSpecies>
        <species id="a" compartment="c" initialAmount="1" boundaryCondition="false" constant="false"
          hasOnlySubstanceUnits="true" conversionFactor="k"/>
        <species id="b" compartment="c" initialAmount="1" boundaryCondition="false" constant="false"
          hasOnlySubstanceUnits="true"/>
        <species id="held" compartment="c" initialAmount="1" boundaryCondition="true" constant="false"
          hasOnlySubstanceUnits="true"/>
      </listOfSpecies>
      {PARAMETERS}
      <listOfRules><rateRule variable="n">{CI}</rateRule></listOfRules>
      <listOfReactions><reaction id="r" reversible="false" fast="false">
        <listOfReactants>
          <speciesReference species="a" stoichiometry="2" constant="true"/>
          <speciesReference species="held" stoichiometry="1" constant="true"/>
        </listOfReactants>
        <listOfProducts>
          <speciesReference species="b" stoichiometry="1" constant="true"/>
          <speciesReference species="b" id="n" stoichiometry="3" constant="false"/>
        </listOfProducts>
        <kineticLaw>{CI}</kineticLaw>
      </reaction></listOfReactions>"""
    model = read_sbml(sbml(tmp_path, body))
    assert model.reactions["r"].reactants == {"a": "2 * k"}
    assert model.reactions["r"].products == {"b": "1 + n"}
    assert model.parameters["n"].value == 3
    assert model.derivatives() == {"a": "-(2 * k) * k", "b": "(1 + n) * k", "held": "0", "n": "k"}


def test_local_parameters_and_functions_are_resolved(tmp_path: Path) -> None:
    body = f"""
      <listOfFunctionDefinitions><functionDefinition id="f">{MATH}<lambda><bvar><ci>x</ci></bvar>
      <apply><power/><ci>x</ci><cn>2</cn></apply></lambda></math></functionDefinition>
      </listOfFunctionDefinitions>{SPECIES}{PARAMETERS}
      <listOfReactions><reaction id="r" reversible="false" fast="false"><listOfReactants>
        <speciesReference species="s" stoichiometry="1" constant="true"/></listOfReactants>
        <kineticLaw>{MATH}
        <apply><ci>f</ci><ci>k</ci></apply></math>
        <listOfLocalParameters><localParameter id="k" value="7"/></listOfLocalParameters>
      </kineticLaw></reaction></listOfReactions>"""
    model = read_sbml(sbml(tmp_path, body))
    assert model.reactions["r"].rate == "r_k^2"
    assert (model.parameters["r_k"].value, model.parameters["k"].value) == (7, 1)


COMP = "http://www.sbml.org/sbml/level3/version1/comp/version1"


def with_submodel(tmp_path: Path) -> Path:
    file = tmp_path / "whole.xml"
    file.write_text(
        f"""{HEADER.replace("version1", "version2")} xmlns:comp="{COMP}" level="3" version="2"
        comp:required="true"><model id="whole">
        <listOfParameters><parameter id="k" value="5" constant="true"/></listOfParameters>
        <comp:listOfSubmodels><comp:submodel comp:id="part" comp:modelRef="outside"/></comp:listOfSubmodels>
        </model><comp:listOfExternalModelDefinitions>
        <comp:externalModelDefinition comp:id="outside" comp:source="part.xml" comp:modelRef="decay"/>
        </comp:listOfExternalModelDefinitions></sbml>""",
        encoding="utf-8",
    )
    return file


def test_a_submodel_in_a_file_beside_is_put_into_the_model(tmp_path: Path) -> None:
    text = to_sbml(read_antimony("model decay()\n x = 3; k = 2; x' = -k*x\nend"))
    (tmp_path / "part.xml").write_text(text, encoding="utf-8")
    model = read_sbml(with_submodel(tmp_path))
    assert model.derivatives() == {"part__x": "-part__k * part__x"}
    assert (model.parameters["k"].value, model.parameters["part__k"].value) == (5, 2)


def test_a_submodel_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "part.xml").write_text(f'{HEADER} level="3" version="1"><model id="decay"/></sbml>', "utf-8")
    with pytest.raises(ModelError, match="the same SBML level and version") as raised:
        read_sbml(with_submodel(tmp_path))
    assert "\n" not in str(raised.value)


def test_a_submodel_whose_file_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"submodel `outside` lies in `part\.xml`, which is not there"):
        read_sbml(with_submodel(tmp_path))


def test_a_missing_formula_is_as_if_its_element_were_absent(tmp_path: Path) -> None:
    body = f'{PARAMETERS}<listOfRules><rateRule variable="x"/></listOfRules>'
    text = sbml(tmp_path, body).read_text(encoding="utf-8")
    file = tmp_path / "version2.xml"
    file.write_text(
        text.replace("level3/version1", "level3/version2")
        .replace('version="1"', 'version="2"')
        .replace('<?xml version="2"', '<?xml version="1.0"'),
        encoding="utf-8",
    )
    assert read_sbml(file).states == ()


def test_an_id_that_means_something_of_its_own_gets_an_underscore(tmp_path: Path) -> None:
    body = """<listOfParameters><parameter id="time" value="3" constant="true"/>
      <parameter id="inf" value="2" constant="true"/><parameter id="x" constant="false"/></listOfParameters>
      <listOfRules><assignmentRule variable="x"><math xmlns="http://www.w3.org/1998/Math/MathML"><apply>
      <times/><ci>time</ci><ci>inf</ci><infinity/><csymbol encoding="text"
      definitionURL="http://www.sbml.org/sbml/symbols/time"> t </csymbol></apply></math></assignmentRule>
      </listOfRules>"""
    model = read_sbml(sbml(tmp_path, body))
    assert model.rules["x"].formula == "time_ * inf_ * inf * time"


def test_level_2_is_read_with_its_own_way_of_coefficients(tmp_path: Path) -> None:
    file = tmp_path / "model.xml"
    file.write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>
        <sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"><model id="m">
        <listOfCompartments><compartment id="c"/></listOfCompartments>
        <listOfSpecies><species id="s" compartment="c" initialAmount="1"/></listOfSpecies>
        <listOfParameters><parameter id="k" value="2"/></listOfParameters>
        <listOfReactions><reaction id="r"><listOfProducts><speciesReference species="s">
          <stoichiometryMath>{CI}</stoichiometryMath></speciesReference></listOfProducts>
          <kineticLaw>{CI}</kineticLaw></reaction></listOfReactions></model></sbml>""",
        encoding="utf-8",
    )
    model = read_sbml(file)
    (coefficient,) = model.reactions["r"].products.values()
    assert isinstance(coefficient, str)
    assert model.rules[coefficient].formula == "k"
