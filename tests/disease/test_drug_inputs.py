"""What a drug sets from outside: nothing at 0, the right way at more, and never below zero."""

import numpy as np
import pytest

from koebner.disease import load_model, load_pack, load_packs
from koebner.kinetics import Model
from koebner.populations import draw_parameters
from koebner.solver import integrate

INPUTS = [
    "bound_IL17A",
    "bound_IL17F",
    "bound_IL23",
    "bound_IL12",
    "bound_TNF",
    "inhibited_TYK2",
    "inhibited_JAK1",
    "inhibited_JAK2",
    "inhibited_NFkB",
    "inhibited_proliferation",
    "inhibited_calcineurin",
    "inhibited_PDE4",
    "activated_VDR",
    "activated_GR",
    "activated_RAR",
]
NEW = INPUTS[9:]

# How strong one arm of a drug is, relative to another.
STRENGTHS = [
    "e_division_antifolate",
    "e_activation_calcineurin",
    "e_IL23_PDE4",
    "k_IL10_PDE4",
    "e_KC_VDR",
    "e_division_VDR",
    "k_Treg_VDR",
    "k_tolDC_VDR",
    "e_NFkB_GR",
    "e_mDC_GR",
    "e_Vessel_GR",
    "e_KC_RAR",
]


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model()


def after(model: Model, days: float, outputs: list[str], **inputs: float) -> dict[str, float]:
    values = integrate(model.with_parameters(**inputs), times=[0.0, days], outputs=outputs).values[0, -1]
    return dict(zip(outputs, values.tolist(), strict=True))


def test_every_input_is_zero_without_a_treatment_by_definition() -> None:
    rows = {row.id: row for row in load_pack()}
    assert {name for name in rows if name.startswith(("bound_", "inhibited_", "activated_"))} == set(INPUTS)
    for name in INPUTS:
        assert (rows[name].value, rows[name].source, rows[name].drawn) == (0, "definition", False)


def test_what_an_anchored_potency_rests_on_is_held_with_it(model: Model) -> None:
    # Else a draw would leave the one published number on which the potency was set.
    rows = {row.id: row for row in load_pack()}
    arms = ("_antifolate", "_calcineurin", "_PDE4", "_VDR", "_GR", "_RAR")
    assert {name for name in rows if name.startswith(("e_", "k_")) and name.endswith(arms)} == set(STRENGTHS)
    for draw in (1, 2):
        drawn = draw_parameters(model, seed=1, draw=draw)
        for name in STRENGTHS:
            assert rows[name].prior, name
            assert drawn.parameters[name].value == rows[name].value, name


@pytest.mark.parametrize("pack", ["human_plaque", "onset"])
def test_how_strong_an_arm_is_means_nothing_without_the_drug(pack: str) -> None:
    # Neutral at 0: with every strength halved, each rate of the untreated model is the same number.
    values = {row.id: row.value for row in load_pack()}
    base = load_model(pack)
    halved = base.with_parameters(**{name: values[name] / 2 for name in STRENGTHS})
    start = {"Th17": 0.7, "KC": 1.3, "mDC": 0.6}
    runs = [
        integrate(m, times=[0.0, 10.0, 200.0], initial=start, outputs=list(base.states)).values
        for m in (base, halved)
    ]
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize("name", [name for name in INPUTS if name != "bound_IL12"])
def test_each_input_lowers_the_pasi(model: Model, name: str) -> None:
    untreated, half, full = (after(model, 84, ["PASI"], **{name: x})["PASI"] for x in (0.0, 0.5, 1.0))
    assert full < half < untreated


def test_holding_il12_alone_does_not_help(model: Model) -> None:
    # IL-12 restrains effector T cells of the IL-17 kind: mice without it fare worse (Kulig 2016).
    untreated, full = (after(model, 84, ["PASI"], bound_IL12=x)["PASI"] for x in (0.0, 1.0))
    assert full > untreated


@pytest.mark.parametrize(
    ("name", "first"),
    [
        # What the drug acts on directly, after one day: sign by the mechanism in the evidence tables.
        ("inhibited_proliferation", {"KC_proliferating": -1, "Th17": -1, "Th1": -1, "gd17": -1, "IL23": 0}),
        (
            "inhibited_calcineurin",
            {"IL17A": -1, "IL17F": -1, "IL22": -1, "IFNg": -1, "TNF": -1, "Th17": -1, "Treg": 0},
        ),
        ("inhibited_PDE4", {"IL23": -1, "TNF": -1, "IL10": 1}),
        ("activated_VDR", {"KC": -1, "KC_proliferating": -1, "Treg": 1, "tolDC": 1}),
        ("activated_GR", {"mDC": -1, "KC": -1, "Vessel": -1}),
        ("activated_RAR", {"KC": -1, "Parakeratosis": -1, "Th17": 0}),
    ],
)
def test_what_each_new_input_moves_first(model: Model, name: str, first: dict[str, int]) -> None:
    base, moved = (after(model, 1.0, list(first), **given) for given in ({}, {name: 0.8}))
    for quantity, sign in first.items():
        change = moved[quantity] / base[quantity] - 1
        if sign == 0:  # moved only by way of other cells, later
            assert abs(change) < 0.02, quantity
        else:
            assert change * sign > 0.003, quantity


def test_a_glucocorticoid_is_counted_once_where_nf_kb_carries_it(model: Model) -> None:
    # With all of NF-kB's gain left, and all else taken away, what stays at once is the share of TNF and
    # IL-36; with the gain lowered to 1 - 0.9, a tenth of that: the shares of the pack, nothing twice.
    shares = {name: float(model.parameters[name].value or 0.0) for name in model.parameters}
    dendritic = shares["f_mDC_TNF"] + shares["f_mDC_Danger"] * shares["f_innate_IL36"]
    vessel_pace = shares["tau_Vessel"] * shares["pace"]
    for e_nfkb in (0.0, 0.9):
        given = {"activated_GR": 1.0, "e_NFkB_GR": e_nfkb, "e_mDC_GR": 1.0, "e_Vessel_GR": 1.0}
        at_once = after(model, 1e-4, ["mDC_drive", "Vessel"], **given)
        assert at_once["mDC_drive"] == pytest.approx((1 - e_nfkb) * dendritic, rel=1e-3)
        vessel_drive = 1 + (at_once["Vessel"] - 1) / 1e-4 * vessel_pace
        assert vessel_drive == pytest.approx((1 - e_nfkb) * shares["f_Vessel_TNF"], rel=1e-2)


def test_a_calcineurin_inhibitor_silences_t_cells_before_it_lowers_their_number(model: Model) -> None:
    found = after(model, 2.0, ["IL17A", "Th17"], inhibited_calcineurin=0.8)
    assert found["IL17A"] < 0.35
    assert found["Th17"] > 0.7


def test_an_antifolate_spares_resident_memory(model: Model) -> None:
    # TRM divide little; what a stop of division takes from them comes by way of IL-23 alone.
    found = after(model, 84, ["TRM", "Th17"], inhibited_proliferation=1.0)
    assert found["TRM"] > 0.95
    assert found["Th17"] < 0.5


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("pack", load_packs())
def test_nothing_becomes_negative_in_a_year_at_the_full_input(pack: str, name: str) -> None:
    model = load_model(pack).with_parameters(**{name: 1.0})
    outputs = [*model.states, "PASI", "Epidermis", "Corneocyte_excess"]
    values = integrate(model, times=np.arange(0.0, 366.0, 5.0), outputs=outputs).values[0]
    assert np.all(np.isfinite(values))
    # A millionth of the lesion is what the solver may leave about zero.
    for quantity, course in zip(outputs, values.T, strict=True):
        assert course.min() > -1e-6 * max(1.0, course.max()), quantity


def test_all_inputs_at_once_leave_nothing_negative(model: Model) -> None:
    whole = model.with_parameters(**dict.fromkeys(INPUTS, 1.0))
    values = integrate(whole, times=np.arange(0.0, 366.0, 5.0), outputs=list(model.states)).values[0]
    assert values.min() > -1e-6
