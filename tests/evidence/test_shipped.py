"""What Koebner ships keeps every rule, and says of the studies what their papers say."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tests.shared_data import shared

from koebner.errors import UnknownNameError
from koebner.evidence import (
    Level,
    bibtex,
    check_shipped,
    load_baselines,
    load_mechanisms,
    load_msc_fate,
    load_msc_studies,
    load_pharmacokinetics,
    load_safety,
    load_sources,
    load_trials,
    load_withdrawals,
    studies,
    study,
)
from koebner.evidence.checks import shipped_files
from koebner.evidence.reading import read_table
from koebner.evidence.sources import TABLES

Loader = Callable[[], tuple[Any, ...]]

SOURCES_HEAD = "# One table a source."

LOADERS = (
    load_trials,
    load_withdrawals,
    load_msc_fate,
    load_msc_studies,
    load_pharmacokinetics,
    load_baselines,
    load_safety,
    load_mechanisms,
)


def test_shipped_tables_break_no_rule() -> None:
    assert [str(finding) for finding in check_shipped()] == []


@pytest.mark.parametrize("load", LOADERS)
def test_every_row_has_a_primary_citation(load: Loader) -> None:
    for row in load():
        cited = [load_sources()[key] for key in row.sources]
        assert all(s.doi or s.pmid or s.nct for s in cited), row.id


@pytest.mark.parametrize("load", LOADERS)
def test_ids_are_unique(load: Loader) -> None:
    counts = Counter(row.id for row in load())
    assert [name for name, count in counts.items() if count > 1] == []


def test_no_shipped_row_is_from_memory() -> None:
    # A number from memory may never be a calibration target; none is shipped at all.
    for load in LOADERS:
        assert not [row.id for row in load() if getattr(row, "level", None) is Level.MEMORY]


def test_shipped_tables_hold_no_record_of_where_a_number_was_looked_up() -> None:
    for file in shipped_files():
        if file.suffix == ".csv":
            columns = set(read_table(file).columns)
            assert not columns & {"verified_where", "notes", "population_notes", "verified"}
        assert "http" not in file.read_text(encoding="utf-8")


def test_every_shipped_source_is_used() -> None:
    package = TABLES.parents[1]
    texts = [f.read_text("utf-8") for f in package.rglob("*") if f.suffix in {".py", ".csv", ".toml", ".ant"}]
    cited = "\n".join(text for text in texts if not text.startswith(SOURCES_HEAD))
    assert [key for key, s in load_sources().items() if key not in cited and str(s.doi) not in cited] == []


def test_flagged_numbers_are_not_shipped() -> None:
    table = read_table(shared("data/clinical/trials_flagged_do_not_use.csv"))
    trials = {
        "AMAGINE-1 2016": "amagine-1-2016",
        "BE ABLE 1 2018": "be-able-1-2018",
        "ERASURE 2014": "erasure-2014",
        "Gottlieb 2003a": "gottlieb-2003",
        "Papp 2005": "papp-2005",
        "Papp 2012c": "papp-2012-apremilast",
        "UNCOVER-3 2015": "uncover-3-2015",
        "VOYAGE-1 2016": "voyage-1-2017",
        "reSURFACE-1 2017": "resurface-1-2017",
    }
    assert set(trials.values()) <= {row.study for row in load_trials()}
    assert {line["trial"] for line in table.lines} - set(trials) == {"Das 2023"}  # not shipped at all
    flagged = {
        (
            trials.get(line["trial"], line["trial"]),
            line["drug"].lower(),
            line["week"],
            line["endpoint"],
            float(line["value"]),
        )
        for line in table.lines
    }
    shipped = {
        (r.study, r.therapy, f"{r.week:g}" if isinstance(r.week, float) else str(r.week), r.endpoint, r.value)
        for r in load_trials()
    }
    assert flagged & shipped == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("erasure-2014/secukinumab-300/12/PASI75", 81.6),  # doi:10.1056/NEJMoa1314258, abstract
        ("voyage-1-2017/guselkumab/16/PASI90", 73.3),  # doi:10.1016/j.jaad.2016.11.041, abstract
        ("voyage-1-2017/adalimumab/48/PASI90", 47.9),  # the same abstract
        ("ambikaibalan-2021/placebo/12/PASI75", 5.2),  # doi:10.1159/000509295, abstract
        ("watson-2021/NB-UVB/end-of-course/PASI75", 81.0),  # doi:10.1111/jdv.17519
        # The doses of two arms are told apart (doi:10.1056/NEJMoa030409, abstract).
        ("leonardi-2003/etanercept-25-weekly/24/PASI75", 25.0),
        ("leonardi-2003/etanercept-25-twice-weekly/24/PASI75", 44.0),
        # Not transposed: doi:10.1111/bjd.14493, abstract.
        ("amagine-1-2016/brodalumab-210/12/PASI75", 83.0),
        ("amagine-1-2016/brodalumab-140/12/PASI75", 60.0),
        ("express-2005/infliximab-5/10/PASI75", 80.0),  # doi:10.1016/S0140-6736(05)67566-6, abstract
    ],
)
def test_responses_are_those_of_the_papers(name: str, value: float) -> None:
    assert [row.value for row in load_trials() if row.id == name] == [value]


def test_voyage_1_has_the_published_group_sizes() -> None:
    # 329 guselkumab and 334 adalimumab: doi:10.1016/j.jaad.2016.11.041, abstract.
    rows = [*load_trials(), *load_baselines()]
    sizes = {(r.therapy, r.n) for r in rows if r.study == "voyage-1-2017"}
    assert sizes == {("guselkumab", 329), ("adalimumab", 334), ("placebo", 174)}


def test_relapse_times_of_the_required_order_are_there() -> None:
    # Contract: etanercept < adalimumab < secukinumab < guselkumab needs a withdrawal row of each.
    assert {"etanercept", "adalimumab", "secukinumab", "guselkumab", "NB-UVB"} <= {
        row.therapy for row in load_withdrawals()
    }


def test_each_product_of_the_catalogue_has_pharmacokinetics_or_studies() -> None:
    assert {r.therapy for r in load_pharmacokinetics()} >= {"secukinumab", "guselkumab", "adalimumab"}
    assert {r.therapy for r in load_msc_studies()} >= {"AD-MSC", "UC-MSC"}


def test_yao_2021_is_told_with_its_dropout_and_registration() -> None:
    record = study("yao-2021")
    (row,) = record.msc_studies
    # 7 enrolled, 4 completed, 2 followed for a year and both kept PASI50 (doi:10.21037/atm-21-5028).
    assert (row.n, row.completed, row.followed) == (7, 4, 2)
    assert (row.responders, row.responders_of) == (2, 7)
    assert record.registration == "NCT03265613"
    assert "NCT34988162" in row.contradictions
    assert record.grade is not None
    assert record.grade.letter == "C"


def test_cheng_2022_is_told_with_both_responses() -> None:
    (row,) = study("cheng-2022").msc_studies
    # 8 of 17 with PASI40, 3 of 17 clear or minimal (doi:10.1038/s41392-022-01059-y, abstract).
    assert (row.responders, row.responders_of, row.clear_or_minimal) == (8, 17, 3)
    assert (row.cells_per_kg_low, row.cells_per_kg_high) == (1.5e6, 3e6)
    assert study("cheng-2022").mechanisms


@pytest.mark.parametrize(
    ("name", "letter"),
    [("erasure-2014", "A"), ("watson-2021", "B"), ("cheng-2022", "C"), ("wang-2020", "D")],
)
def test_the_grade_follows_the_design(name: str, letter: str) -> None:
    grade = study(name).grade
    assert grade is not None
    assert grade.letter == letter


def test_a_source_shows_what_rests_on_it() -> None:
    record = study("galleu-2017")
    assert {m.id for m in record.mechanisms} >= {"infused-msc-apoptosis", "apoptotic-msc-monocyte"}
    assert record.grade is None
    assert {r.study for r in study("langley-2014").trials} == {"erasure-2014", "fixture-2014"}


def test_an_unknown_study_offers_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="Closest: `yao-2021`"):
        study("yao-2012")


@pytest.mark.parametrize("therapy", ["MSC", "msc"])
def test_studies_are_found_by_class_in_any_case(therapy: str) -> None:
    found = {record.id for record in studies(therapy)}
    # The five reports of the source article, and Cheng 2022 and Bajouri 2023 which it misses.
    assert found >= {
        "de-jesus-2016",
        "yao-2021",
        "chen-2016",
        "ahn-2021",
        "wang-2020",
        "cheng-2022",
        "bajouri-2023",
    }
    assert "erasure-2014" not in found


def test_an_unknown_therapy_offers_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="secukinumab"):
        studies("secukinumap")


def test_mechanisms_cover_the_loop_and_record_contradictions() -> None:
    links = {(m.cause, m.effect): m.sign for m in load_mechanisms()}
    for cause, effect, sign in (
        ("mDC", "IL23", "+"),
        ("IL23", "Th17", "+"),
        ("Th17", "IL17A", "+"),
        ("IL17A", "keratinocyte programme", "+"),
        ("Treg", "Th17", "-"),
        ("infused MSC", "Treg", "+"),
        ("guselkumab", "IL23", "-"),
    ):
        assert links[cause, effect] == sign
    contradicted = [m for m in load_mechanisms() if m.contradicted_by]
    assert contradicted
    assert all(m.contradiction for m in contradicted)


def test_a_mechanism_names_edges_of_the_model_in_its_ids() -> None:
    rows = {m.id: m for m in load_mechanisms()}
    assert rows["mdc-il23"].edges == ("mDC>IL23", "M1>IL23")
    assert rows["mdc-il23"].pairs == (("mDC", "IL23"), ("M1", "IL23"))
    assert rows["guselkumab-il23"].pairs == ()  # a drug is no variable of the disease


def test_bibtex_holds_each_source_once_with_its_identifier() -> None:
    text = bibtex(["yao-2021", "cheng-2022", "yao-2021"])
    assert text.count("@article{yao-2021,") == 1
    assert "doi = {10.1038/s41392-022-01059-y}" in text
    assert text.count("{") == text.count("}")
    with pytest.raises(UnknownNameError, match="yao-2021"):
        bibtex(["yao-2020"])
