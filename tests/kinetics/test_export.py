"""What is written is valid SBML, consistent in units, and means the same to an independent simulator."""

import libsbml
import numpy as np
import pytest
from tests.kinetics.two_parts import CELLS, DRUG

from koebner.kinetics import Model, Parameter, check_units, compose, read_antimony, to_sbml
from koebner.kinetics.sbml import model_from_document
from koebner.solver import Doses, integrate

TIMES = np.linspace(0, 60, 13)


def whole() -> Model:
    first = read_antimony(DRUG).renamed("first_", keep=["body", "cell", "effect"])
    return compose([read_antimony(CELLS), first], id="whole")


def problems(text: str) -> list[str]:
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    return [document.getError(i).getMessage() for i in range(document.getNumErrors())]


def test_a_composed_model_is_valid_without_errors_or_warnings() -> None:
    assert problems(to_sbml(whole())) == []
    assert check_units(whole()) == []


def test_parts_are_consistent_in_units_although_open() -> None:
    assert check_units(read_antimony(CELLS)) == []
    assert check_units(read_antimony(DRUG)) == []


@pytest.mark.parametrize(
    ("part", "old", "new", "named"),
    [
        (CELLS, "- cell)/tau", "- cell)*tau", "cell"),
        (CELLS, "(1 - effect", "(tau - effect", "cell"),
        (CELLS, "half_life has day", "half_life has per_day", "half_life"),
        (DRUG, "central/V;", "central*V;", "concentration"),
        (DRUG, "K has nM", "K has mg", "effect"),
        (DRUG, "=> ; CL/V*central", "=> ; CL*central", "central"),
    ],
)
def test_a_planted_unit_error_is_found_and_named(part: str, old: str, new: str, named: str) -> None:
    assert old in part
    found = check_units(read_antimony(part.replace(old, new)))
    assert found
    assert all("\n" not in problem for problem in found)
    assert any(named in problem for problem in found)


def test_reactions_in_one_unit_stay_reactions() -> None:
    document = libsbml.readSBMLFromString(to_sbml(read_antimony(DRUG)))
    names = {reaction.getId() for reaction in document.getModel().getListOfReactions()}
    assert names == {"absorption", "clearance", "uptake"}


def test_reactions_across_units_are_written_as_rate_rules() -> None:
    mixed = read_antimony(
        DRUG.replace("infused' = -ka*infused", "loss: infused => ; ka*infused")
    ).with_parameters(cell=1.0)
    text = to_sbml(mixed)
    assert problems(text) == []
    document = libsbml.readSBMLFromString(text)
    assert document.getModel().getNumReactions() == 0
    again = model_from_document(document)
    here, there = (integrate(model, times=TIMES, outputs=["infused"]) for model in (mixed, again))
    np.testing.assert_allclose(here.values, there.values, rtol=1e-6)


def test_what_is_written_is_read_back() -> None:
    model = whole()
    again = model_from_document(libsbml.readSBMLFromString(to_sbml(model)))
    assert again.derivatives() == model.derivatives() | {
        # Literals carry their unit in the file.
        "cell": again.derivatives()["cell"]
    }
    assert again.species["cell"].identifiers == model.species["cell"].identifiers
    assert again.parameters["tau"] == model.parameters["tau"]
    assert problems(to_sbml(again)) == []


def test_prior_and_source_are_notes() -> None:
    model = Model.of(
        id="m", parameters=[Parameter(id="k", value=1, unit="1/day", prior="lognormal(0, 1)", source="a & b")]
    )
    text = to_sbml(model)
    assert problems(text) == []
    assert "<p>source: a &amp; b</p>" in text
    assert "<p>prior: lognormal(0, 1)</p>" in text


def test_an_independent_simulator_agrees() -> None:
    roadrunner = pytest.importorskip("roadrunner")
    model = whole()
    runner = roadrunner.RoadRunner(to_sbml(model))
    integrator = runner.getIntegrator()
    integrator.relative_tolerance, integrator.absolute_tolerance = 1e-11, 1e-13
    names = ["cell", "first_depot", "first_central", "first_infused", "effect"]
    runner.timeCourseSelections = names
    runner.setValue("first_depot", 300.0)
    theirs = np.asarray(runner.simulate(TIMES[0], TIMES[-1], len(TIMES)))
    dose = Doses(patient=[0], time=[0.0], target="first_depot", amount=[300.0])
    ours = integrate(model, times=TIMES, doses=dose, outputs=names, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.values[0, 1:], theirs[1:], rtol=1e-6, atol=1e-9)
