"""What is written is valid SBML, consistent in units, and means the same to an independent simulator."""

import re
from dataclasses import replace

import libsbml
import numpy as np
import pytest
from tests.kinetics.two_parts import CELLS, DRUG

from koebner.errors import ModelError
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


def test_notes_stand_in_the_model_as_paragraphs_and_leave_it_valid() -> None:
    text = to_sbml(whole(), notes="Cells & a drug: dose < 5.\n\nNot for use.\n")
    assert problems(text) == []
    notes = libsbml.readSBMLFromString(text).getModel().getNotesString()
    assert re.findall("<p>(.*)</p>", notes) == ["Cells &amp; a drug: dose &lt; 5.", "Not for use."]
    assert not libsbml.readSBMLFromString(to_sbml(whole(), notes=" \n")).getModel().isSetNotes()


def test_notes_that_no_xml_can_hold_are_refused() -> None:
    with pytest.raises(ModelError, match="libSBML refuses"):
        to_sbml(whole(), notes="a\0b")


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


MOVING = """
model moving()
  compartment c = 2; species s in c = 3; species u in c = 0
  substanceOnly species total in c; total := s*c + u*c
  k = 0.3; n = 2; n_changes = 0; late = 0; growth := rateOf(c); flow := r
  c' = 0.1*c
  n_changes' = 0.2
  r: s => u; k*s*c
  made: => n u; k*c*exp(-n_changes)
  n := 1 + n_changes
  refill: at s < 1.2, priority=2: s = s + 1
  widen: at 1.5 after time >= 2, fromTrigger=false: c = c/2, late = time
  never: at 1 after sin(4*time) > 0.5, persistent=false, t0=false: late = -1
end
"""


def test_events_sizes_and_coefficients_mean_the_same_to_an_independent_simulator() -> None:
    roadrunner = pytest.importorskip("roadrunner")
    model = read_antimony(MOVING)
    document = libsbml.readSBMLFromString(to_sbml(model))
    document.checkConsistency()
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
    runner = roadrunner.RoadRunner(to_sbml(model))
    integrator = runner.getIntegrator()
    integrator.relative_tolerance, integrator.absolute_tolerance = 1e-11, 1e-13
    names = ["s_amount", "u_amount", "s", "u", "c", "total", "late", "flow", "growth"]
    runner.timeCourseSelections = names
    times = np.linspace(0, 6, 61)
    theirs = np.asarray(runner.simulate(times[0], times[-1], len(times)))
    ours = integrate(model, times=times, outputs=names, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.values[0], theirs, rtol=1e-6, atol=1e-8)


def test_a_model_that_moves_is_read_back() -> None:
    model = read_antimony(MOVING)
    again = model_from_document(libsbml.readSBMLFromString(to_sbml(model)))
    assert replace(again.compartments["c"], unit="") == model.compartments["c"]
    for name, event in model.events.items():
        # Literals carry their unit in the file, so formulas differ.
        written = replace(
            again.events[name], trigger=event.trigger, assignments=event.assignments, delay=event.delay
        )
        assert replace(written, priority=event.priority) == event
        assert (again.events[name].delay is None) == (event.delay is None)
    assert again.states == model.states
    names = ["s", "u", "c", "growth"]
    here, there = (integrate(part, times=TIMES / 10, outputs=names, rtol=1e-9) for part in (model, again))
    np.testing.assert_allclose(here.values, there.values, rtol=1e-7, atol=1e-9)


def test_a_named_rate_survives_reactions_that_are_written_as_rules() -> None:
    mixed = read_antimony(
        DRUG.replace("infused' = -ka*infused", "loss: infused => ; ka*infused").replace(
            "loss: infused", "lost := loss; loss: infused"
        )
    ).with_parameters(cell=1.0)
    document = libsbml.readSBMLFromString(to_sbml(mixed))
    assert document.getModel().getNumReactions() == 0
    again = model_from_document(document)
    here, there = (integrate(model, times=TIMES, outputs=["lost"]) for model in (mixed, again))
    np.testing.assert_allclose(here.values, there.values, rtol=1e-6)
