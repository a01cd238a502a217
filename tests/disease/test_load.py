"""The disease as one model: whole, consistent in its units, at rest in the lesion."""

import libsbml
import numpy as np
import pytest

from koebner.disease import load_model, load_pack, pathways
from koebner.kinetics import check_units, compose, to_sbml
from koebner.solver import integrate
from koebner.therapies import available, load


def test_the_model_has_a_value_for_everything() -> None:
    assert load_model().inputs == ()


def test_it_is_made_of_one_file_a_pathway() -> None:
    assert {"innate", "t_cells", "memory", "infused_msc", "resident_msc", "severity"} <= set(pathways())


def test_it_has_at_least_eighteen_states() -> None:
    # 18 is what a first complete loop must have (the states that count are clamped in tests/science).
    assert len(load_model().states) >= 18


def test_every_number_of_the_equations_stands_in_the_pack() -> None:
    model = load_model()
    known = {row.id for row in load_pack()}
    own = {name for name in model.parameters if name not in model.rules}
    assert own <= known


def test_every_pack_parameter_is_used_by_the_equations_or_by_a_visit_or_patient() -> None:
    model = load_model()
    formulas = " ".join([*model.derivatives().values(), *(rule.formula for rule in model.rules.values())])
    words = set(formulas.replace("(", " ").replace(")", " ").replace("^", " ").split())
    antibody_inputs = {"weight_kg", "eta_clearance", "target_load"}  # used by the parts of therapies
    for row in load_pack():
        if row.block not in ("visit", "patient"):
            assert row.id in words or row.id in antibody_inputs, f"`{row.id}` is not used"


def test_units_are_consistent() -> None:
    assert check_units(load_model()) == []


@pytest.mark.parametrize("name", available())
def test_units_of_every_therapy_in_the_disease_are_consistent(name: str) -> None:
    therapy = load(name)
    whole = (
        load_model()
        if therapy.part is None
        else compose([load_model(), therapy.part], id=name, bind=therapy.sets)
    )
    assert check_units(whole) == []


def test_sbml_of_the_disease_is_valid() -> None:
    document = libsbml.readSBMLFromString(to_sbml(load_model()))
    document.checkConsistency()
    assert [document.getError(i).getMessage() for i in range(document.getNumErrors())] == []


def test_the_lesion_is_at_rest() -> None:
    # By construction every disease state is 1 at the patient's own lesion, infused cells are 0.
    model = load_model()
    solution = integrate(model, times=[0.0, 365.0, 730.0], outputs=list(model.states))
    start = np.array([model.species[name].initial for name in model.states])
    np.testing.assert_allclose(solution.values[0], np.tile(start, (3, 1)), atol=1e-9)
    assert set(start) == {0.0, 1.0}
