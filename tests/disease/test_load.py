"""The disease as one model: whole, consistent in its units, at rest in the lesion."""

import re
from collections.abc import Callable

import libsbml
import numpy as np
import pytest

from koebner.disease import load_model, load_pack, load_packs, load_switches, pathways, values_at
from koebner.disease.priors import read_prior
from koebner.errors import KoebnerError
from koebner.kinetics import Model, check_units, to_sbml
from koebner.simulation import composed_with
from koebner.solver import integrate
from koebner.therapies import Therapy, available, load


def test_the_model_has_a_value_for_everything() -> None:
    assert load_model().inputs == ()


def test_it_is_made_of_one_file_a_pathway() -> None:
    assert {"innate", "t_cells", "memory", "infused_msc", "resident_msc", "severity"} <= set(pathways())


def test_it_has_the_states_of_the_whole_system() -> None:
    # About 55 by the design of the whole system, and the triggers, regions and exposures beside them.
    assert len(load_model().states) >= 55


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


def test_units_of_every_therapy_in_the_disease_are_consistent() -> None:
    # All that bring equations at once, which takes the time of one; an error names the therapy.
    agents = [load(name).agents[0] for name in available()]
    with_equations = tuple(agent for agent in agents if agent.part is not None)
    assert len(with_equations) > 20
    assert check_units(composed_with(load_model(), Therapy(agents=with_equations))) == []


def test_a_therapy_without_equations_of_its_own_leaves_those_of_the_disease() -> None:
    model = load_model()
    for name in available():
        therapy = load(name)
        if therapy.agents[0].part is None:
            composed = composed_with(model, therapy)
            assert composed.derivatives() == model.derivatives(), name
            assert {k: p.unit for k, p in composed.parameters.items()} == {
                k: p.unit for k, p in model.parameters.items()
            }, name


def test_sbml_of_the_disease_is_valid() -> None:
    document = libsbml.readSBMLFromString(to_sbml(load_model()))
    document.checkConsistency()
    assert [document.getError(i).getMessage() for i in range(document.getNumErrors())] == []


def test_the_lesion_is_at_rest() -> None:
    # By construction: every rate is zero at the patient's own lesion, and stays so for two years.
    model = load_model()
    solution = integrate(model, times=[0.0, 365.0, 730.0], outputs=list(model.states))
    start = solution.values[0][0]
    np.testing.assert_allclose(solution.values[0], np.tile(start, (3, 1)), rtol=1e-9, atol=1e-9)


def test_states_are_relative_to_the_lesion_or_are_cells() -> None:
    model = load_model()
    solution = integrate(model, times=[0.0], outputs=list(model.states))
    for name, value in zip(solution.names, solution.values[0][0], strict=True):
        assert value in (0.0, 1.0) or model.species[name].unit == "cells_per_mm2", name


def test_the_lesion_has_the_published_numbers_of_cells() -> None:
    # Weinstein 1985: 52000 proliferating cells per mm2 give 35000 cells a day, in healthy skin 27000 give
    # 1246; Goodwin 1974: the viable epidermis of the lesion turns over in 5 days.
    model = load_model()
    names = ["KC_proliferating", "KC_differentiating", "KC_cornifying", "turnover_healthy"]
    proliferating, differentiating, a_day, healthy = integrate(model, times=[0.0], outputs=names).values[0][0]
    assert proliferating == 52000
    assert a_day == pytest.approx(35000, rel=0.02)
    assert healthy == pytest.approx(1246, rel=0.02)
    assert (proliferating + differentiating) / a_day == pytest.approx(5, rel=0.05)


def test_every_species_says_what_it_is() -> None:
    uri = re.compile(
        r"http://identifiers\.org/(uniprot/[A-Z0-9]{6,10}|CHEBI:\d+|CL:\d{7}|GO:\d{7}|HP:\d{7}"
        r"|UBERON:\d{7}|mesh/D\d{6,9}|mirbase/MI\d{7})"
    )
    for species in load_model().species.values():
        terms = species.identifiers + species.parts + species.kinds
        assert terms, species.id
        assert all(uri.fullmatch(term) for term in terms), species.id


def test_every_share_has_a_whole_it_cannot_exceed() -> None:
    # Shares that one formula subtracts from 1 are drawn together, so that no remainder is negative.
    wholes = {row.id: read_prior(row.prior) for row in load_pack()}
    text = " ".join(path.read_text(encoding="utf-8") for path in pathways().values())
    sums = {tuple(re.findall(r"f_\w+", found)) for found in re.findall(r"1((?: - f_\w+){2,})", text)}
    assert len(sums) > 10
    for members in sums:
        named = {prior.whole if prior else "" for prior in (wholes[name] for name in members)}
        assert len(named) == 1, members
        assert "" not in named, members


@pytest.mark.parametrize("pack", load_packs())
def test_shares_of_one_whole_stay_below_it_in_any_draw(pack: str) -> None:
    rows = load_pack(pack)
    for sign in (-3.0, 3.0):
        values = {row.id: row.value for row in rows} | values_at(rows, {r.id: sign for r in rows if r.drawn})
        totals: dict[str, float] = {}
        for row in rows:
            prior = read_prior(row.prior)
            if prior is not None and prior.whole:
                totals[prior.whole] = totals.get(prior.whole, 0.0) + values[row.id]
        assert totals
        assert all(0 < total < 1 for total in totals.values()), totals


@pytest.mark.parametrize("pack", load_packs())
def test_every_pack_gives_a_model_with_the_same_equations(pack: str) -> None:
    model = load_model(pack)
    assert model.derivatives() == load_model().derivatives()
    assert check_units(model) == []


def test_a_switch_changes_numbers_only_or_lets_states_follow_at_once() -> None:
    plain = load_model()
    equations = plain.derivatives()
    for name, switch in load_switches().items():
        if name != "cytokines":
            for option in switch.options:
                assert load_model(switches={name: option}).derivatives() == equations
    for option in load_switches()["cytokines"].options:
        assert check_units(load_model(switches={"cytokines": option})) == []
    quasi_steady = load_model(switches={"cytokines": "quasi_steady"})
    assert (
        len(quasi_steady.states) == len(plain.states) - 11
    )  # of 13 cytokines, VEGF and C3, all but IL-17A, IL-17F, IL-22, IFN-g


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: load_model("onsett"), "No parameter pack `onsett`. Closest: `onset`"),
        (lambda: load_model(switches={"memry": "off"}), "No switch `memry`. Closest: `memory`"),
        (lambda: load_model(switches={"memory": "of"}), "No option of switch `memory` `of`. Closest: `off`"),
        (lambda: load_model(start="healthy"), "has no healthy resting state"),
    ],
)
def test_a_wrong_name_offers_the_right_one(call: Callable[[], Model], message: str) -> None:
    with pytest.raises(KoebnerError, match=re.escape(message)):
        call()
