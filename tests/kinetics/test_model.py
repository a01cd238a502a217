import pickle

import pytest
from tests.kinetics.two_parts import CELLS, DRUG

from koebner.errors import InvalidValueError, ModelError, UnitError, UnknownNameError
from koebner.kinetics import Compartment, Event, Model, Parameter, Reaction, Rule, Species, read_antimony


def chain(**changes: object) -> Model:
    content: dict[str, object] = {
        "id": "chain",
        "compartments": [Compartment(id="body")],
        "species": [
            Species(id="a", initial=1, unit="dimensionless", compartment="body"),
            Species(id="b", initial=0, unit="dimensionless", compartment="body"),
        ],
        "parameters": [Parameter(id="k", value=2, unit="1/day")],
        "reactions": [Reaction(id="r", reactants={"a": 1}, products={"b": 2}, rate="k*a")],
    }
    return Model.of(**(content | changes))  # type: ignore[arg-type]


def test_derivatives_follow_from_reactions_and_rules() -> None:
    assert chain().derivatives() == {"a": "-(k * a)", "b": "2 * (k * a)"}
    assert read_antimony(CELLS).derivatives()["cell"].endswith("/ tau")


def test_coefficients_may_be_formulas() -> None:
    model = chain(reactions=[Reaction(id="r", reactants={"a": "k+1"}, products={"b": 0.5}, rate="a")])
    assert model.derivatives() == {"a": "-(k + 1) * a", "b": "0.5 * a"}


def test_a_compartment_may_be_a_state_or_assigned() -> None:
    body = Compartment(id="body", constant=False)
    grows = chain(compartments=[body], rules=[Rule(variable="body", formula="k", kind="rate")])
    assert grows.states == ("a", "b", "body")
    assert grows.derivatives()["body"] == "k"
    follows = chain(compartments=[body], rules=[Rule(variable="body", formula="k*a", kind="assignment")])
    assert follows.assigned == ("body",)


def test_a_wrong_name_offers_the_closest() -> None:
    with pytest.raises(UnknownNameError, match=r"No parameter `tua`\. Closest: `tau`"):
        read_antimony(CELLS).parameters["tua"]


def test_a_model_cannot_be_changed() -> None:
    model = chain()
    with pytest.raises(AttributeError):
        model.id = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        model.parameters["k"] = Parameter(id="k", value=1, unit="")  # type: ignore[index]


def test_a_model_is_told_in_a_line() -> None:
    text = repr(chain())
    assert text.startswith("Model('chain': 2 states, 0 rules, 1 parameters, 1 reactions; fingerprint ")
    assert chain().fingerprint[:12] in text


def test_equal_content_is_equal_and_survives_pickling() -> None:
    model = chain()
    copy = pickle.loads(pickle.dumps(model))
    assert copy == model
    assert {copy, model, chain()} == {model}
    assert copy.fingerprint == model.fingerprint
    assert model.with_parameters(k=2.5).fingerprint != model.fingerprint


def test_with_parameters_closes_inputs_and_leaves_the_original() -> None:
    model = read_antimony(CELLS)
    closed = model.with_parameters(effect=0.5, half_life=3.0)
    assert closed.inputs == ()
    assert closed.parameters["effect"].value == 0.5
    assert "half_life" not in closed.initial_assignments
    assert model.inputs == ("effect",)


def test_with_parameters_refuses_what_it_cannot_set() -> None:
    with pytest.raises(UnknownNameError, match="Closest: `tau`"):
        read_antimony(CELLS).with_parameters(taau=1.0)
    with pytest.raises(InvalidValueError, match="`effect` is computed by a rule"):
        read_antimony(DRUG).with_parameters(effect=1.0)
    with pytest.raises(InvalidValueError, match="finite"):
        read_antimony(CELLS).with_parameters(tau=float("nan"))


def test_renamed_prefixes_all_but_what_is_kept() -> None:
    renamed = read_antimony(DRUG).renamed("x_", keep=["body", "cell"])
    assert renamed.states == ("x_depot", "x_central", "x_infused")
    assert renamed.inputs == ("cell",)
    assert renamed.reactions["x_uptake"].rate == "x_k_uptake * cell * x_central"
    assert renamed.units == read_antimony(DRUG).units
    with pytest.raises(UnknownNameError, match="Closest: `cell`"):
        read_antimony(DRUG).renamed("x_", keep=["cel"])


def test_renamed_reaches_events_and_coefficients() -> None:
    event = Event(id="e", trigger="a<1", assignments={"a": "a+k"}, delay="k", priority="b")
    reaction = Reaction(id="r", reactants={"a": "k"}, products={}, rate="rateOf(b)")
    renamed = chain(reactions=[reaction], events=[event]).renamed("x_", keep=["k"])
    assert renamed.events["x_e"] == Event(
        id="x_e", trigger="x_a < 1", assignments={"x_a": "x_a + k"}, delay="k", priority="x_b"
    )
    assert renamed.reactions["x_r"].reactants == {"x_a": "k"}


def test_events_are_part_of_what_a_model_is() -> None:
    event = Event(id="e", trigger="a < 1", assignments={"a": "1"})
    assert chain(events=[event]).fingerprint != chain().fingerprint
    assert pickle.loads(pickle.dumps(chain(events=[event]))) == chain(events=[event])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"parameters": []}, "reaction `r`: `k` is not defined"),
        ({"parameters": [Parameter(id="a", value=1, unit="")]}, "`a` is a species and a parameter"),
        ({"parameters": [Parameter(id="time", value=1, unit="")]}, "parameter `time`"),
        ({"parameters": [Parameter(id="k", value=1, unit="")] * 2}, "`k` is defined twice"),
        ({"compartments": []}, "`a` lies in `body`, which is no compartment"),
        ({"rules": [Rule(variable="a", formula="1", kind="rate")]}, "`a` has a rule and takes part"),
        ({"rules": [Rule(variable="q", formula="1", kind="rate")]}, "`q` has an equation but"),
        ({"rules": [Rule(variable="k", formula="2*k", kind="assignment")]}, "go round in a circle"),
        ({"reactions": [Reaction(id="r", reactants={"z": 1}, products={}, rate="k")]}, "changes `z`"),
        ({"rules": [Rule(variable="k", formula="rateOf(a)", kind="assignment")]}, "go round in a circle"),
        (
            {"events": [Event(id="r", trigger="a < 1", assignments={"a": "1"})]},
            "`r` is a reaction and a event",
        ),
        (
            {"events": [Event(id="e", trigger="q < 1", assignments={"a": "1"})]},
            "event `e`: `q` is not defined",
        ),
        ({"events": [Event(id="e", trigger="a < 1", assignments={"q": "1"})]}, "event `e` sets `q`"),
        (
            {
                "rules": [Rule(variable="k", formula="2", kind="assignment")],
                "events": [Event(id="e", trigger="a < 1", assignments={"k": "1"})],
            },
            "event `e` sets `k`, which an assignment rule computes",
        ),
        (
            {"reactions": [Reaction(id="r", reactants={"a": "q"}, products={}, rate="k")]},
            "stoichiometry of reaction `r`: `q` is not defined",
        ),
        ({"rules": [Rule(variable="k", formula="erf(a)", kind="assignment")]}, "`erf` is not a function"),
    ],
)
def test_inconsistent_equations_name_the_element(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ModelError, match=named):
        chain(**changes)


def test_a_formula_that_is_none_names_its_owner() -> None:
    with pytest.raises(ModelError, match=r"rule of `a`: `\(k` is not a formula"):
        Rule(variable="a", formula="(k", kind="rate")


def test_a_unit_that_is_none_names_its_owner() -> None:
    with pytest.raises(UnitError, match="parameter `k`: `per day` is not a unit"):
        chain(parameters=[Parameter(id="k", value=1, unit="per day")])
