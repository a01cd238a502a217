"""Algebraic rules against solutions that were worked out by hand."""

import math

import libsbml
import pytest

from koebner.errors import ModelError
from koebner.kinetics import read_antimony
from koebner.kinetics.algebraic import solve_algebraic
from koebner.kinetics.sbml import model_from_document
from koebner.solver import integrate


def value(formula: str) -> float:
    """Value of a formula of numbers."""
    model = read_antimony(f"model m()\n x := {formula}\nend")
    return float(integrate(model, times=[0.0], outputs=["x"]).values[0, 0, 0])


def solved(*residuals: str, **known: float) -> dict[str, float]:
    """Values of x, y, z where the residuals are 0."""
    rules = solve_algebraic(residuals, unknowns=["x", "y", "z"], settable=[], definitions={})
    lines = [f"{name} := {text}" for name, text in rules.items()]
    lines += [f"{name} = {number}" for name, number in known.items()]
    model = read_antimony("model m()\n" + "\n".join(lines) + "\nend")
    values = integrate(model, times=[0.0], outputs=list(rules)).values[0, 0]
    return dict(zip(rules, values.tolist(), strict=True))


@pytest.mark.parametrize(
    ("residuals", "expected"),
    [
        # Each solved by hand, with a = 3.
        (["x - a"], {"x": 3}),
        (["2*x/a - (1 - x)"], {"x": 3 / 5}),
        (["x + y - 5", "x - y - 1"], {"x": 3, "y": 2}),
        (["x + y + z - 6", "x - 1", "a*z - 9"], {"x": 1, "y": 2, "z": 3}),
        (["a*x + y - 7", "x + a*y - 5"], {"x": 2, "y": 1}),
        (["piecewise(x, a > 2, 2*x) - 4"], {"x": 4}),
        (["x*y - 6", "y - 2"], {"x": 3, "y": 2}),
        (["-(-x + exp(0))"], {"x": 1}),
    ],
)
def test_linear_rules_are_solved(residuals: list[str], expected: dict[str, float]) -> None:
    assert solved(*residuals, a=3.0) == pytest.approx(expected)


def test_unknowns_inside_assigned_variables_are_found() -> None:
    rules = solve_algebraic(
        ["total - 10"], unknowns=["x"], settable=[], definitions={"total": "part + 1", "part": "3*x"}
    )
    assert set(rules) == {"x"}
    assert value(rules["x"]) == 3  # 3*x + 1 = 10


def test_what_something_else_may_set_is_solved_for_only_where_needed() -> None:
    assert set(solve_algebraic(["x - e"], unknowns=["x"], settable=["e"], definitions={})) == {"x"}
    assert set(solve_algebraic(["a - e"], unknowns=["x"], settable=["e"], definitions={})) == {"e"}


@pytest.mark.parametrize(
    ("residuals", "message"),
    [
        (["x^2 - 2"], r"`0 = x\^2 - 2` is not linear in `x`"),
        (["x*y - 2", "x + y - 3"], "is not linear in"),
        (["a - 1"], "`0 = a - 1` holds no variable"),
        (["x - 3", "x - 2"], "holds no variable"),
        (["x - x + a"], "is not linear in `x`"),
        (["x + y"], "determine only one of `x` and `y`"),
        (["x - rateOf(y)"], "determine only one of `x` and `y`"),
    ],
)
def test_what_is_not_determined_is_refused(residuals: list[str], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        solve_algebraic(residuals, unknowns=["x", "y"], settable=[], definitions={})


def test_a_rule_on_species_determines_the_one_that_no_reaction_changes() -> None:
    text = """<?xml version="1.0" encoding="UTF-8"?>
    <sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="m">
    <listOfCompartments><compartment id="c" size="1" constant="true"/></listOfCompartments>
    <listOfSpecies>
      <species id="a" compartment="c" initialAmount="1" boundaryCondition="false" constant="false"
        hasOnlySubstanceUnits="true"/>
      <species id="b" compartment="c" initialAmount="0" boundaryCondition="false" constant="false"
        hasOnlySubstanceUnits="true"/>
    </listOfSpecies>
    <listOfRules><algebraicRule><math xmlns="http://www.w3.org/1998/Math/MathML">
      <apply><minus/><cn>10</cn><apply><plus/><ci>a</ci><ci>b</ci></apply></apply></math></algebraicRule></listOfRules>
    <listOfReactions><reaction id="r" reversible="false" fast="false">
      <listOfReactants><speciesReference species="a" stoichiometry="1" constant="true"/></listOfReactants>
      <kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><ci>a</ci></math></kineticLaw>
    </reaction></listOfReactions></model></sbml>"""
    model = model_from_document(libsbml.readSBMLFromString(text))
    assert model.states == ("a",)
    assert model.assigned == ("b",)
    solution = integrate(model, times=[1.0], outputs=["a", "b"], rtol=1e-9)
    # a = exp(-t), b = 10 - a
    assert solution.values[0, 0] == pytest.approx([math.exp(-1), 10 - math.exp(-1)])
