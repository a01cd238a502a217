"""Cell products: identity by the criteria of the ISCT, and what fields do, or what leaving them out does."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from koebner.disease import load_model, read_prior
from koebner.errors import InvalidValueError, KoebnerError
from koebner.evidence import load_sources
from koebner.patients import Patient
from koebner.simulation import simulate
from koebner.therapies import load
from koebner.therapies.cell_product import CellProduct, read_product
from koebner.therapies.entries import entry
from koebner.therapies.product_check import check, load_criteria, load_effects
from koebner.therapies.source_comparison import NOT_DISTINGUISHABLE, distinguishable

EXAMPLE = Path(__file__).parents[2] / "examples" / "product_uc_msc.toml"
SOURCES = {"uc_msc": "umbilical cord", "ad_msc": "adipose", "bm_msc": "bone marrow", "gmsc": "gingiva"}
EXOSOMES = ("uc_exosomes", "ad_exosomes", "bm_exosomes", "gmsc_exosomes")


def whole(**changed: Any) -> CellProduct:
    """The example product, in which nothing is left out, with changes."""
    return CellProduct.model_validate(read_product(EXAMPLE).model_dump() | changed)


def with_markers(**changed: float | None) -> CellProduct:
    return whole(markers=whole().markers.model_dump() | changed)


def spread(product: CellProduct, parameter: str) -> tuple[float, float]:
    """Value and standard deviation of the logarithm that the product gives to a parameter."""
    (agent,) = product.therapy().agents
    prior = read_prior(agent.priors.get(parameter, ""))
    return agent.values[parameter], 0.0 if prior is None else prior.sd


def test_the_example_passes_every_criterion_and_leaves_nothing_out() -> None:
    found = whole().check()
    assert {each.result for each in found.criteria} == {"passed"}
    assert found.widened == ()


@pytest.mark.parametrize(
    ("marker", "at_limit", "beyond"),
    # Dominici 2006, doi:10.1080/14653240600855905: 95 % or more, 2 % or less.
    [(m, 0.95, 0.9499) for m in ("CD73", "CD90", "CD105")]
    + [(m, 0.02, 0.0201) for m in ("CD34", "CD45", "CD14", "CD11b", "CD19", "CD79a", "HLA_DR")],
)
def test_a_marker_passes_at_the_limit_and_fails_beyond_it(
    marker: str, at_limit: float, beyond: float
) -> None:
    assert with_markers(**{marker: at_limit}).check().passed
    (failed,) = with_markers(**{marker: beyond}).check().failed
    assert marker in failed.criterion.markers


def test_one_of_two_alternative_markers_is_enough() -> None:
    other = with_markers(CD14=None, CD11b=0.01)
    assert {each.result for each in other.check().criteria} == {"passed"}


@pytest.mark.parametrize(
    ("changed", "criterion"),
    [({"adherent": False}, "adherent"), ({"lineages": ["osteo", "adipo"]}, "chondro")],
)
def test_growth_and_lineages_are_criteria_too(changed: dict[str, Any], criterion: str) -> None:
    found = whole(**changed).check()
    assert [each.id for each in found.failed] == [criterion]
    assert "by its growth and lineages" in found.reason


def test_every_criterion_has_a_source_that_can_be_looked_up() -> None:
    assert {each.source for each in load_criteria().values()} <= load_sources().keys()


def test_a_product_that_is_no_msc_is_not_given() -> None:
    message = "`Example UC-MSC` is no MSC by its markers: CD73 positive in 60 %, expected at least 95 %"
    with pytest.raises(InvalidValueError, match=message):
        with_markers(CD73=0.6).therapy()


def test_of_exosomes_the_cells_are_judged_and_the_vesicles_are_not() -> None:
    results = {each.id: each.result for each in whole(form="exosomes").check().criteria}
    assert results["CD73"] == "passed"
    assert {results[name] for name in results if name.startswith("vesicle")} == {"not judged"}
    assert (
        "comes from cells that are no MSC"
        in with_markers(CD73=0.6).model_copy(update={"form": "exosomes"}).check().reason
    )


def test_what_is_missing_widens_by_the_table() -> None:
    # Variances of the logarithm add: one marker, the passage.
    effects = load_effects()
    product = with_markers(CD90=None).model_copy(update={"passage": None})
    assert {each.field for each in product.check().widened} == {"CD90", "passage"}
    expected = math.hypot(effects["missing_marker"].sd, effects["missing_passage"].sd)
    assert spread(whole(), "potency_MSC") == (1.0, 0.0)
    assert spread(product, "potency_MSC") == (1.0, pytest.approx(expected, abs=1e-3))
    assert product.check().doubt == {"potency_MSC": pytest.approx(expected)}


def test_a_product_that_says_nothing_is_the_least_certain() -> None:
    silent = CellProduct(name="Silent")
    assert silent.therapy().id == "uc_msc"
    every = {key.removeprefix("missing_") for key in load_effects() if key.startswith("missing_")}
    widened = {each.field for each in silent.check().widened}
    # Time since thawing is asked of frozen cells only.
    assert every - {"marker", "lineage", "hours_since_thaw"} <= widened
    assert spread(silent, "potency_MSC")[1] > spread(whole(source=None), "potency_MSC")[1] > 0


@pytest.mark.parametrize(
    ("dose_counts", "viability", "expected"),
    # Viable cells are the dose times the viable share, unless the dose counts viable cells already.
    [("total", 0.7, 0.7), ("viable", 0.7, 1.0), ("viable", None, 1.0), (None, 0.7, 0.7)],
)
def test_the_dose_reaches_the_model_as_viable_cells(
    dose_counts: str | None, viability: float | None, expected: float
) -> None:
    product = whole(dose_counts=dose_counts, viability=viability)
    therapy = product.therapy(cells_per_kg=2e6)
    assert therapy.agents[0].viable_share == expected
    assert therapy.doses(1)[0].amount == 2e6


def test_half_alive_is_half_the_dose() -> None:
    model, patient = load_model(), Patient(pasi=20)
    half = whole(viability=0.5, cryopreserved=False, hours_since_thaw=None).therapy(cells_per_kg=2e6)
    courses = [simulate(model, patient, each, weeks=2) for each in (half, load("uc_msc", cells_per_kg=1e6))]
    np.testing.assert_allclose(courses[0]["PASI"], courses[1]["PASI"], rtol=1e-9)


def test_unknown_viability_takes_the_value_of_the_table_and_widens_potency() -> None:
    product = whole(viability=None)
    assert product.viable_share == load_effects()["missing_viability"].value < 1
    assert spread(product, "potency_MSC")[1] == pytest.approx(load_effects()["missing_viability"].sd)


@pytest.mark.parametrize(
    ("changed", "days"),
    # François 2012 (doi:10.3109/14653249.2011.623691): thawed cells answer again after 24 hours.
    [
        ({"hours_since_thaw": 0}, 1.0),
        ({"hours_since_thaw": 6}, 0.75),
        ({"hours_since_thaw": 30}, 0.0),
        ({"cryopreserved": False, "hours_since_thaw": None}, 0.0),
    ],
)
def test_frozen_cells_are_licensed_later(changed: dict[str, Any], days: float) -> None:
    values = whole(**changed).therapy().values
    assert values.get("tau_thawed", 0.0) == pytest.approx(days)


@pytest.mark.parametrize(
    ("changed", "parameter"),
    [
        ({"licensing": "IFNg"}, "licensing_MSC"),
        ({"licensing": "IFNg+TNF"}, "licensing_MSC"),
        ({"licensing": "ifng"}, "licensing_MSC"),
        ({"licensing": "hypoxia"}, "licensing_MSC"),
        ({"engineering": ["CXCR4"]}, "homing_MSC"),
        ({"engineering": ["IL10"]}, "secretion_MSC"),
        ({"engineering": ["TSG6"]}, "secretion_MSC"),
        ({"engineering": ["SOD3"]}, "SOD_MSC"),
    ],
)
def test_what_is_done_to_cells_has_a_prior_that_straddles_no_effect(
    changed: dict[str, Any], parameter: str
) -> None:
    product = whole(**changed)
    value, sd = spread(product, parameter)
    assert value * math.exp(-1.96 * sd) < 1 < value * math.exp(1.96 * sd)
    if parameter == "licensing_MSC":
        assert value == 1  # licensed cells worked worse in mice (int-j-mol-sci-2023), better in arthritis
    therapy = product.therapy()
    assert therapy.calibration == "uncalibrated"
    assert "uncalibrated" in therapy.statement
    assert "uncalibrated: an assumption" not in whole().therapy().statement


def test_two_changes_of_one_parameter_multiply() -> None:
    each = load_effects()["engineering_IL10"], load_effects()["engineering_TSG6"]
    value, sd = spread(whole(engineering=["IL10", "TSG6"]), "secretion_MSC")
    assert value == pytest.approx(each[0].value * each[1].value)
    assert sd == pytest.approx(math.hypot(each[0].sd, each[1].sd), abs=1e-3)


def test_effects_name_parameters_of_the_model_with_their_unit() -> None:
    model = load_model()
    for name, effect in load_effects().items():
        assert effect.source.startswith("assumption") or effect.source in load_sources(), name
        if effect.parameter != "viable_share":
            assert effect.parameter in model.parameters, name
        if effect.parameter != "tau_thawed":
            assert effect.unit == "dimensionless", name


@pytest.mark.parametrize(("name", "source"), SOURCES.items())
@pytest.mark.parametrize("form", ["cells", "exosomes"])
def test_each_source_and_form_has_its_file(name: str, source: str, form: str) -> None:
    therapy = whole(source=source, form=form).therapy()
    assert therapy.id == (name if form == "cells" else f"{name.removesuffix('_msc')}_exosomes")
    assert therapy.name == "Example UC-MSC"


def test_priors_of_sources_straddle_the_reference() -> None:
    for name in (*SOURCES, *EXOSOMES):
        for symbol, value in entry(name).values.items():
            prior = read_prior(value.prior)
            sd = 0.0 if prior is None else prior.sd
            assert value.value * math.exp(-1.96 * sd) <= 1 <= value.value * math.exp(1.96 * sd), (
                name,
                symbol,
            )
            assert prior is not None or value.source == "definition", (name, symbol)


def test_adipose_cells_have_the_prior_of_the_design() -> None:
    # 1.2 (0.8 to 1.8) on T, NK and B cells: sign from Ribeiro 2013 (doi:10.1186/scrt336), size assumed.
    for symbol in ("potency_MSC_T", "potency_MSC_NK", "potency_MSC_B"):
        value = entry("ad_msc").values[symbol]
        prior = read_prior(value.prior)
        assert prior is not None
        assert value.value * math.exp(-1.96 * prior.sd) == pytest.approx(0.8, abs=0.02)
        assert value.value * math.exp(1.96 * prior.sd) == pytest.approx(1.8, abs=0.02)


@pytest.mark.parametrize("name", [*SOURCES, *EXOSOMES])
def test_every_cell_product_says_how_little_it_rests_on_and_ranks_nothing(name: str) -> None:
    therapy = load(name)
    assert therapy.statement.startswith("Exploratory")
    assert "No present data tell one source of MSC from another" in therapy.statement
    assert ("uncalibrated" in therapy.calibration) == ("and uncalibrated" in therapy.statement)
    if name not in EXOSOMES:
        assert "2 to 17" in therapy.statement


@pytest.mark.parametrize("name", EXOSOMES)
def test_exosomes_are_counted_by_cells_but_bring_none(name: str) -> None:
    (agent,) = load(name).agents
    assert agent.target == "MSC_exosome"
    assert "cell equivalents" in agent.statement


@pytest.mark.parametrize(
    ("lower", "upper", "equal", "says"),
    [
        (-1.0, 1.0, 0.0, NOT_DISTINGUISHABLE),
        (0.0, 1.0, 0.0, NOT_DISTINGUISHABLE),  # an end at equality does not exclude it
        (0.5, 2.0, 1.0, NOT_DISTINGUISHABLE),
        (math.nan, math.nan, 0.0, NOT_DISTINGUISHABLE),
        (1.0, 2.0, 0.0, "differ: the interval 1 to 2 excludes 0"),
        (-2.0, -1.0, 0.0, "differ: the interval -2 to -1 excludes 0"),
    ],
)
def test_sources_are_ranked_only_where_an_interval_excludes_equality(
    lower: float, upper: float, equal: float, says: str
) -> None:
    assert distinguishable(lower, upper, equal=equal) == says


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('name = "x"\nviabilty = 0.9\n', 2, "No key `viabilty`. Closest: `viability`."),
        (
            'name = "x"\n[markers]\nCD73 = 0.99\nCD99 = 1\n',
            4,
            "No key `CD99`. Closest: `CD90`, `CD19`, `CD79a`. It stands in `[markers]`.",
        ),
        ('name = "x"\nviability = 92\n', 2, "`viability` 92 was given; expected less than or equal to 1."),
        ('name = "x"\nviability = true\n', 2, "`viability` True was given; expected a valid number."),
        (
            'name = "x"\n\nmarkers.CD73 = "0.9"\n',
            3,
            "`markers.CD73` '0.9' was given; expected a valid number.",
        ),
        ('name = "x"\nadherent = "yes"\n', 2, "`adherent` 'yes' was given; expected a valid boolean."),
        ('name = "x"\nsource = "placenta"\n', 2, "`source` 'placenta' was given; expected 'adipose', "),
        (
            'name = "x"\nhours_since_thaw = 2\n',
            2,
            "`hours_since_thaw` 2 was given; it needs `cryopreserved = true`.",
        ),
        ('name = "x"\n\nengineering = ["IL10", "IL10"]\n', 3, "each change is expected once."),
        ('source = "adipose"\n', 1, "`name` is missing from the file; add it."),
        ("", 1, "`name` is missing from the file; add it."),
        ('name = "x" "y"\n', 1, "This is not valid TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    file = tmp_path / "product.toml"
    file.write_text(text)
    with pytest.raises(KoebnerError) as caught:
        read_product(file)
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert message in str(caught.value)


def test_a_product_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError) as caught:
        read_product(tmp_path / "x.toml")
    assert str(caught.value) == (
        f"{tmp_path / 'x.toml'}: The product file cannot be read (No such file or directory); "
        "a TOML file is expected."
    )


def test_a_product_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "windows.toml"
    file.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.read_bytes())
    assert read_product(file) == whole()


def test_a_dose_out_of_range_is_refused() -> None:
    # 3e60 is 3x10^6 whose exponent was read as a number twice.
    with pytest.raises(InvalidValueError, match="3e\\+60"):
        whole().therapy(cells_per_kg=3e60)


def test_checking_is_a_function_too() -> None:
    assert check(whole()) == whole().check()
