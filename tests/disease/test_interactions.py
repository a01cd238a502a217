"""The network is what the equations say: each influence once, with its sign, tied to its evidence."""

from importlib import import_module
from itertools import pairwise

import pytest

from koebner.disease import load_model
from koebner.disease.interactions import interactions, network_nodes, uncovered, unrealised
from koebner.evidence import Mechanism, load_mechanisms
from koebner.kinetics import Compartment, Model, Parameter, Rule, Species, to_sbml

# By its path, because the room may export the function of the same name.
MODULE = import_module("koebner.disease.interactions")


def small_model(name: str, rates: dict[str, str], rules: dict[str, str], **initial: float) -> Model:
    """A model of species with rates, and of species (named `q`) or parameters with rules."""
    species = {**initial, **{variable: 0.0 for variable in rules if variable.startswith("q")}}
    return Model.of(
        id=name,
        compartments=[Compartment(id="body")],
        species=[
            Species(id=s, initial=start, unit="dimensionless", compartment="body")
            for s, start in species.items()
        ],
        parameters=[
            *(Parameter(id=p, value=None, unit="dimensionless") for p in rules if p not in species),
            Parameter(id="none", value=0.0, unit="dimensionless"),
        ],
        rules=[
            *(Rule(variable=v, formula=f, kind="rate") for v, f in rates.items()),
            *(Rule(variable=v, formula=f, kind="assignment") for v, f in rules.items()),
        ],
    )


def signs(model: Model) -> dict[str, str]:
    return {f"{i.cause}>{i.effect}": i.sign for i in interactions(model)}


def claim(edges: tuple[str, ...], sign: str) -> Mechanism:
    return load_mechanisms()[0].model_copy(update={"id": "claim", "edges": edges, "sign": sign})


def test_plumbing_is_seen_through_and_an_own_loss_is_no_edge() -> None:
    model = small_model("plumbing", {"a": "brake - a", "b": "1 - b"}, {"brake": "1/(1 + b)"}, a=1.0, b=1.0)
    assert network_nodes(model) == ("a", "b")
    assert signs(model) == {"b>a": "-"}


def test_a_species_that_a_rule_computes_stands_between_cause_and_effect() -> None:
    # As cytokines do with the switch: makers raise q, q raises the target, makers do not touch the target.
    model = small_model(
        "steady", {"maker": "1 - maker", "target": "q - target"}, {"q": "2*maker"}, maker=1, target=1
    )
    assert network_nodes(model) == ("maker", "target", "q")
    assert signs(model) == {"maker>q": "+", "q>target": "+"}


def test_a_computed_species_is_evaluated_at_its_own_level() -> None:
    # q = 4 where maker = 1: the slope 3 - q is negative there, and positive at 0.3 of it, where q = 1.2.
    model = small_model(
        "level", {"maker": "1 - maker", "target": "3*q - q^2/2 - target"}, {"q": "4*maker"}, maker=1, target=1
    )
    assert signs(model)["q>target"] == "±"


def test_a_sign_that_turns_is_told_and_a_slope_of_zero_is_no_edge() -> None:
    rates = {"a": "b - b^2 + none*c", "b": "1 - b", "c": "1 - c"}  # db: 1 - 2 b, above 0 at 0.3 only
    assert signs(small_model("turning", rates, {}, a=1.0, b=1.0, c=1.0)) == {"b>a": "±"}


def test_what_the_lesion_lacks_acts_all_the_same() -> None:
    # A trigger multiplied with a trigger: both slopes are 0 as long as both are absent.
    rates = {"a": "u*v - a", "u": "-u", "v": "-v"}
    assert signs(small_model("triggers", rates, {}, a=1.0, u=0.0, v=0.0)) == {"u>a": "+", "v>a": "+"}


def test_another_simulator_sees_the_same_signs_at_the_lesion() -> None:
    roadrunner = pytest.importorskip("roadrunner")
    model = load_model()
    runner = roadrunner.RoadRunner(to_sbml(model))
    states = list(model.states)

    def rates() -> dict[str, float]:
        return dict(zip(runner.model.getRateRuleSymbols(), runner.getRatesOfChange(), strict=True))

    base, drawn = rates(), signs(model)
    scale = {name: max(abs(runner[name]), 0.1) for name in states}
    disagreeing = []
    compared = 0
    for cause in states:
        start = runner[cause]
        runner[cause] = start + 1e-4 * scale[cause]
        for effect, rate in rates().items():
            change = (rate - base[effect]) / scale[effect]
            if effect != cause and abs(change) > 1e-9:  # rounding of a rate is below 1e-12
                compared += 1
                wanted = "+" if change > 0 else "-"
                if drawn.get(f"{cause}>{effect}") not in (wanted, "±"):
                    disagreeing.append(f"{cause}>{effect} {wanted}")
        runner[cause] = start
    assert disagreeing == []
    assert compared > len(drawn) / 2  # the others act only where triggers or infused cells are present


def test_a_row_of_evidence_belongs_to_the_edge_whose_sign_it_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = {"a": "b - a", "b": "1 - b"}
    monkeypatch.setattr(MODULE, "load_mechanisms", lambda: (claim(("b>a",), "+"),))
    agreed = small_model("agreed", rates, {}, a=1.0, b=1.0)
    assert [i.mechanisms for i in interactions(agreed)] == [("claim",)]
    assert (uncovered(agreed), unrealised(agreed)) == ((), ())


@pytest.mark.parametrize(("edges", "sign"), [(("b>a",), "-"), (("a>b",), "+"), (("b>nobody",), "+")])
def test_a_claim_with_the_other_sign_or_without_its_edge_is_reported(
    monkeypatch: pytest.MonkeyPatch, edges: tuple[str, ...], sign: str
) -> None:
    monkeypatch.setattr(MODULE, "load_mechanisms", lambda: (claim(edges, sign),))
    model = small_model(f"{edges[0]} {sign}", {"a": "b - a", "b": "1 - b"}, {}, a=1.0, b=1.0)
    assert [i.cause for i in uncovered(model)] == ["b"]
    assert [(row.id, edge) for row, edge in unrealised(model)] == [("claim", edges[0])]


def test_cytokines_at_quasi_steady_state_keep_the_network() -> None:
    # The switch replaces dx/dt = (target - x)/tau by x = target: the same makers, the same targets.
    switched = load_model(switches={"cytokines": "quasi_steady"})
    assert len(switched.states) < len(load_model().states)
    assert set(network_nodes(switched)) == set(network_nodes(load_model()))
    assert signs(switched) == signs(load_model())


def test_memory_switched_off_takes_the_recall_away() -> None:
    gone = signs(load_model()).keys() - signs(load_model(switches={"memory": "off"})).keys()
    assert {"TRM>Th17", "Imprint>KC"} <= gone


def test_the_loop_of_the_disease_is_in_the_network() -> None:
    # Seed, rows 3 to 5: mDC, IL-23, Th17, IL-17A, keratinocytes, CCL20 and back to Th17.
    loop = ("mDC", "IL23", "Th17", "IL17A", "KC", "CCL20", "Th17")
    drawn = {(i.cause, i.effect): i for i in interactions(load_model())}
    for pair in pairwise(loop):
        assert drawn[pair].sign == "+", pair
        assert drawn[pair].mechanisms, pair
