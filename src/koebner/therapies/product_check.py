"""Whether a product is made of mesenchymal stem cells (MSC), and what it leaves unsaid.

The criteria stand in `products/criteria.toml`, what unsaid fields widen in `products/effects.toml`. A
product that states a value beyond a limit fails; one that states nothing is only less certain.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from koebner.catalogs import Strict, read_tables

if TYPE_CHECKING:
    from koebner.therapies.cell_product import CellProduct

PRODUCTS = Path(str(files("koebner.therapies"))) / "products"
Result = Literal["passed", "failed", "not stated", "not judged"]


class Criterion(Strict):
    """One criterion: what is compared, how, with what limit [share of cells], and who says so."""

    title: str
    markers: tuple[str, ...] = ()
    lineage: str | None = None
    forms: tuple[str, ...] = ("cells", "exosomes")
    comparison: Literal["at least", "at most", "yes", "not judged"]
    limit: float | None = None
    source: str

    @property
    def expected(self) -> str:
        """The limit in words."""
        if self.limit is None:
            return self.comparison
        return f"{self.comparison} {100 * self.limit:g} %"


class Effect(Strict):
    """What a field does to one parameter: a factor with the standard deviation of its logarithm."""

    parameter: str
    value: float
    sd: float
    unit: str
    source: str


@dataclass(frozen=True, kw_only=True)
class CheckedCriterion:
    """A criterion held against a product; `value` is a share of cells, yes or no, None where not stated."""

    id: str
    criterion: Criterion
    value: float | bool | None
    result: Result

    @property
    def given(self) -> str:
        """The value in words."""
        if self.value is None:
            return "-"
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        return f"{100 * self.value:g} %"

    @property
    def in_words(self) -> str:
        """What was given and what is expected."""
        if self.criterion.limit is None:
            return f"{self.criterion.title}: {self.given}, expected {self.criterion.expected}"
        return f"{self.criterion.title} in {self.given}, expected {self.criterion.expected}"


@dataclass(frozen=True, kw_only=True)
class Widening:
    """A field that the product does not state, and the effect of not knowing it."""

    field: str
    effect: Effect


@dataclass(frozen=True, kw_only=True)
class ProductCheck:
    """The outcome of a check: all criteria, and what missing fields widen."""

    product: str
    form: str
    criteria: tuple[CheckedCriterion, ...]
    widened: tuple[Widening, ...]

    @property
    def failed(self) -> tuple[CheckedCriterion, ...]:
        """The criteria that the product states to miss."""
        return tuple(each for each in self.criteria if each.result == "failed")

    @property
    def passed(self) -> bool:
        """Whether no criterion is failed."""
        return not self.failed

    @property
    def reason(self) -> str:
        """In one sentence why the product is no MSC; empty when it passes."""
        if self.passed:
            return ""
        listed = "; ".join(each.in_words for each in self.failed)
        what = "is no MSC" if self.form == "cells" else "comes from cells that are no MSC"
        by = "markers" if any(each.criterion.markers for each in self.failed) else "growth and lineages"
        return f"`{self.product}` {what} by its {by}: {listed}."

    @property
    def doubt(self) -> dict[str, float]:
        """What all missing fields together widen: standard deviation of the logarithm, by parameter."""
        total: dict[str, float] = {}
        for each in self.widened:
            name = each.effect.parameter
            total[name] = math.hypot(total.get(name, 0.0), each.effect.sd)
        return total

    def as_json(self) -> dict[str, Any]:
        """Return the check as JSON types."""
        return {
            "product": self.product,
            "form": self.form,
            "passed": self.passed,
            "criteria": [
                {
                    "id": each.id,
                    "title": each.criterion.title,
                    "value": each.value,
                    "comparison": each.criterion.comparison,
                    "limit": each.criterion.limit,
                    "result": each.result,
                    "source": each.criterion.source,
                }
                for each in self.criteria
            ],
            "doubt": self.doubt,
            "widened": [
                {"field": each.field, **each.effect.model_dump(mode="json")} for each in self.widened
            ],
        }


@cache
def load_criteria() -> Mapping[str, Criterion]:
    """Return the criteria by name.

    Examples
    --------
    >>> load_criteria()["CD73"].expected
    'at least 95 %'
    """
    return MappingProxyType(read_tables(PRODUCTS / "criteria.toml", Criterion))


@cache
def load_effects() -> Mapping[str, Effect]:
    """Return what fields of a product do in the model, by field and value."""
    return MappingProxyType(read_tables(PRODUCTS / "effects.toml", Effect))


def check(product: "CellProduct") -> ProductCheck:
    """Hold a product against every criterion of its form.

    Examples
    --------
    >>> from koebner.therapies.cell_product import CellProduct
    >>> found = check(CellProduct(name="Mine", source="adipose", markers={"CD73": 0.6}))
    >>> found.passed, found.failed[0].given
    (False, '60 %')
    """
    held = tuple(
        _held(name, criterion, product)
        for name, criterion in load_criteria().items()
        if product.form in criterion.forms
    )
    return ProductCheck(
        product=product.name, form=product.form, criteria=held, widened=_widened(product, held)
    )


def _held(name: str, criterion: Criterion, product: "CellProduct") -> CheckedCriterion:
    value = _value(criterion, product)
    result: Result = "passed" if value is not None and _keeps(criterion, value) else "failed"
    if criterion.comparison == "not judged":
        result = "not judged"
    elif value is None:
        result = "not stated"
    return CheckedCriterion(id=name, criterion=criterion, value=value, result=result)


def _value(criterion: Criterion, product: "CellProduct") -> float | bool | None:
    if criterion.markers:
        stated = [
            value for marker in criterion.markers if (value := getattr(product.markers, marker)) is not None
        ]
        # Of alternatives one is asked for; of several the worst decides.
        worst = min if criterion.comparison == "at least" else max
        return worst(stated) if stated else None
    if criterion.lineage is not None:
        return None if product.lineages is None else criterion.lineage in product.lineages
    return product.adherent if criterion.comparison == "yes" else None


def _keeps(criterion: Criterion, value: float) -> bool:
    if criterion.limit is None:
        return bool(value)
    return value >= criterion.limit if criterion.comparison == "at least" else value <= criterion.limit


def _widened(product: "CellProduct", held: tuple[CheckedCriterion, ...]) -> tuple[Widening, ...]:
    effects = load_effects()
    fields = [(field, effects[f"missing_{field}"]) for field in product.unstated]
    for each in held:
        if each.result == "not stated":
            kind = "marker" if each.criterion.markers else "lineage" if each.criterion.lineage else "adherent"
            fields.append((each.id, effects[f"missing_{kind}"]))
    return tuple(Widening(field=field, effect=effect) for field, effect in fields)
