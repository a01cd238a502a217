"""Every influence of the disease rests on a row of evidence, and every row says how far it carries."""

import re

import pytest

from koebner.disease import load_model, load_pack, load_packs
from koebner.disease.interactions import uncovered, unrealised
from koebner.evidence import Mechanism, load_mechanisms, load_sources
from koebner.fits import FITTED

# A key of the sources in a sentence, such as "(zaba-2007)"; bracketed words are no key.
KEY_IN_BRACKETS = re.compile(r"\(([a-z0-9]+(?:-[a-z0-9]+)+)\)")


def mechanism(name: str) -> Mechanism:
    (row,) = [row for row in load_mechanisms() if row.id == name]
    return row


@pytest.mark.parametrize("pack", load_packs())
def test_every_influence_of_the_disease_rests_on_a_row(pack: str) -> None:
    assert [f"{i.cause}>{i.effect} {i.sign}" for i in uncovered(load_model(pack))] == []


def test_every_influence_that_a_row_names_is_in_some_pack_with_its_sign() -> None:
    missing = [{f"{row.id}: {edge}" for row, edge in unrealised(load_model(pack))} for pack in load_packs()]
    assert set.intersection(*missing) == set()
    # The calibrated pack has them all but the imiquimod of the mouse.
    assert {name.split(":")[0] for name in missing[[*load_packs()].index("human_plaque")]} == {
        "imiquimod-dermatitis"
    }


def test_every_source_that_a_parameter_pack_cites_is_shipped() -> None:
    cited = {
        key
        for pack in load_packs()
        for parameter in load_pack(pack)
        for key in KEY_IN_BRACKETS.findall(parameter.source) or [parameter.source]
        if key not in ("definition", FITTED) and not key.startswith("assumption")
    }
    assert "weinstein-1985" in cited
    assert sorted(cited - load_sources().keys()) == []


def test_a_hypothesis_of_the_model_says_that_it_is_one() -> None:
    hypothetical = {row.id for row in load_mechanisms() if row.edges and row.grade == "D"}
    said = {row.id for row in load_mechanisms() if row.statement.startswith(("Assumption:", "Definition:"))}
    assumed = {row.id for row in load_mechanisms() if row.grade == "D"}
    assert hypothetical <= said <= assumed
    assert hypothetical


def test_grade_and_species_agree() -> None:
    # A: an intervention in patients. C: animals only.
    for row in load_mechanisms():
        if row.grade == "A":
            assert row.species == "human", row.id
        if row.grade == "C":
            assert "human" not in row.species.split(), row.id


@pytest.mark.parametrize(
    ("name", "said_by", "denied_by"),
    [
        ("resident-msc-keratinocyte", "li-2020", "ou-2025"),  # growth supported, or not
        ("ror-gt-t-bet", "ou-2025", "wang-2022"),
        ("msc-source-ranking", "ribeiro-2013", "barcia-2015"),
        ("treg-th17", "sugiyama-2005", "furuhashi-2013"),  # number low in blood
        ("treg-th17", "sugiyama-2005", "zhang-2010"),  # number raised
        ("treg-gd17", "sugiyama-2005", "hartwig-2018"),
        ("neutrophil-lifespan", "lahoz-beneytez-2016", "pillay-2010"),
        ("licensing", "fechter-2017", "int-j-mol-sci-2023"),
        ("efferocyte-b", "dewitte-2018", "ribeiro-2013"),
        ("tnf-activity", "bonifati-1994", "kyriakou-2014"),
        ("ll37-dna-pdc", "lande-2007", "teunissen-2012"),  # few plasmacytoid cells in chronic plaques
        ("vegf-vessels", "creamer-2002", "inflamm-res-2002"),  # vessel number unchanged
        ("infused-msc-lung", "eggenhofer-2012", "nat-commun-2021"),  # alive at 24 h, or not
        ("inflammation-mir155", "wang-2022", "stem-cells-int-2019"),  # victim or cause
        ("c3-mdc-neutrophil", "giacomassi-2017", "murayama-2024"),
    ],
)
def test_what_the_literature_disputes_stands_with_both_sides(name: str, said_by: str, denied_by: str) -> None:
    row = mechanism(name)
    assert said_by in row.sources
    assert denied_by in row.contradicted_by
    assert row.contradiction


def test_the_dispute_on_the_cell_cycle_names_all_three_views() -> None:
    # 36 h: doi:10.1111/1523-1747.ep12283594, abstract; the other two by name, as no identifier is known.
    row = mechanism("keratinocyte-scale")
    assert "weinstein-1985" in row.sources
    for side in ("36 h", "91 h (Goodwin 1974)", "Gelfant 1976"):
        assert side in row.contradiction


def test_both_sides_of_how_dendritic_cells_go_under_tnf_blockade_are_named() -> None:
    # Both find fewer cells. The paper on adalimumab stands by its PMC number: no doi or PMID was seen.
    row = mechanism("tnf-mdc")
    assert "malaviya-2006" in row.sources
    for side in ("by apoptosis under etanercept (Malaviya 2006)", "without active caspase 3 (PMC2703191)"):
        assert side in row.contradiction


def test_no_row_rests_on_a_review_alone_without_saying_that_it_is_assumed() -> None:
    # A review repeats a claim, it does not show it. A paper known by its PMC number alone stands by it.
    reviews = {key for key, source in load_sources().items() if source.kind == "review"}
    resting = {row for row in load_mechanisms() if row.edges and set(row.sources) <= reviews}
    assert {row.id for row in resting if row.grade != "D" and "PMC" not in row.statement} == set()


def test_what_is_inferred_is_graded_as_an_assumption() -> None:
    inferring = re.compile(r"\b(is|are) (inferred|assumed)\b")
    assert {
        row.id for row in load_mechanisms() if inferring.search(row.statement) and row.grade != "D"
    } == set()


@pytest.mark.parametrize("name", ["ror-gt-t-bet", "msc-source-ranking", "ifng-msc-arthritis"])
def test_what_is_only_recorded_moves_nothing_in_the_model(name: str) -> None:
    assert mechanism(name).edges == ()
