"""A cell product as it is described by who makes it: identity, preparation, and what the model makes of it.

A product is a file in TOML. What it states sets parameters of the disease model (`products/effects.toml`);
what it leaves out makes them less certain. The numbers of its source come from the catalogue. Left out:
what a passage number or a donor costs, as no number is known.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from koebner.catalogs import Strict
from koebner.disease import read_prior
from koebner.errors import InvalidValueError
from koebner.therapies.agent import Agent
from koebner.therapies.loading import load
from koebner.therapies.product_check import Effect, ProductCheck, check, load_effects
from koebner.therapies.therapy import Therapy
from koebner.toml_files import parse_table, read_toml

Source = Literal["adipose", "umbilical cord", "bone marrow", "gingiva"]
Form = Literal["cells", "exosomes"]
Share = Annotated[float | None, Field(ge=0, le=1, strict=True)]
Yes = Annotated[bool | None, Field(strict=True)]

# Files of the catalogue; a product of unknown source is the reference product, less certain.
_ENTRIES: Mapping[tuple[str | None, str], str] = {
    ("umbilical cord", "cells"): "uc_msc",
    ("adipose", "cells"): "ad_msc",
    ("bone marrow", "cells"): "bm_msc",
    ("gingiva", "cells"): "gmsc",
    (None, "cells"): "uc_msc",
    ("umbilical cord", "exosomes"): "uc_exosomes",
    ("adipose", "exosomes"): "ad_exosomes",
    ("bone marrow", "exosomes"): "bm_exosomes",
    ("gingiva", "exosomes"): "gmsc_exosomes",
    (None, "exosomes"): "uc_exosomes",
}
_HOURS_PER_DAY = 24.0
_VIABLE_SHARE = "viable_share"
_POTENCY = "potency_MSC"
_ALTERED = (
    "What was done to the cells beforehand is uncalibrated: an assumption whose prior straddles no effect."
)


class Markers(Strict):
    """Shares of cells that carry a surface marker, 0 to 1; None where not measured."""

    CD73: Share = None
    CD90: Share = None
    CD105: Share = None
    CD34: Share = None
    CD45: Share = None
    CD14: Share = None
    CD11b: Share = None
    CD19: Share = None
    CD79a: Share = None
    HLA_DR: Share = None


class CellProduct(Strict):
    """A product of mesenchymal stem cells or of their exosomes.

    Attributes
    ----------
    source, donor
        Where the cells come from; of exosomes, those that gave them.
    passage
        How often the cells were passaged.
    viability
        Share of cells that are alive when given.
    dose_counts
        Whether a dose counts viable cells or all of them.
    markers, adherent, lineages
        Identity, see `koebner.therapies.product_check`; of the lineages those that were shown.
    cryopreserved, hours_since_thaw
        Whether the cells were frozen, and how long [hours] they have been out.
    licensing
        What they were treated with before: "none", "IFNg", "IFNg+TNF", or other words, such as "hypoxia";
        in upper or lower case.
    engineering
        What was added to their genes.

    Examples
    --------
    >>> product = CellProduct(name="Mine", source="umbilical cord", viability=0.5, dose_counts="total")
    >>> product.therapy(cells_per_kg=2e6, weeks=[0, 4]).agents[0].viable_share
    0.5
    """

    name: str = Field(min_length=1)
    source: Source | None = None
    form: Form = "cells"
    donor: Literal["autologous", "allogeneic"] | None = None
    passage: Annotated[int | None, Field(ge=0, le=100, strict=True)] = None
    viability: Annotated[float | None, Field(gt=0, le=1, strict=True)] = None
    dose_counts: Literal["viable", "total"] | None = None
    markers: Markers = Markers()
    adherent: Yes = None
    lineages: tuple[Literal["osteo", "adipo", "chondro"], ...] | None = None
    cryopreserved: Yes = None
    hours_since_thaw: Annotated[float | None, Field(ge=0, allow_inf_nan=False, strict=True)] = None
    licensing: Annotated[str | None, Field(min_length=1)] = None
    engineering: tuple[Literal["CXCR4", "IL10", "TSG6", "SOD3"], ...] = ()

    @field_validator("hours_since_thaw")
    @classmethod
    def _thawed_only_if_frozen(cls, hours: float | None, info: ValidationInfo) -> float | None:
        if hours is not None and info.data.get("cryopreserved") is not True:
            raise ValueError("it needs `cryopreserved = true`")
        return hours

    @field_validator("engineering")
    @classmethod
    def _each_change_once(cls, engineering: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(engineering)) < len(engineering):
            raise ValueError("each change is expected once")
        return engineering

    @property
    def entry(self) -> str:
        """The file of the catalogue that has the numbers of its source and form."""
        return _ENTRIES[self.source, self.form]

    @property
    def unstated(self) -> tuple[str, ...]:
        """Fields that are not stated though they matter; markers and lineages apart."""
        fields = ["source", "donor", "passage", "licensing"]
        if self.form == "cells":
            fields.append("cryopreserved")
            if self.cryopreserved:
                fields.append("hours_since_thaw")
            if self.dose_counts != "viable":
                fields += ["viability", "dose_counts"]
        return tuple(field for field in fields if getattr(self, field) is None)

    @property
    def viable_share(self) -> float:
        """Share of the counted cells that are alive; 1 where the dose counts viable cells."""
        if self.dose_counts == "viable" or self.form == "exosomes":
            return 1.0
        return load_effects()["missing_viability"].value if self.viability is None else self.viability

    @property
    def altered(self) -> bool:
        """Whether the cells were licensed, preconditioned or engineered."""
        return bool(self.engineering) or self._treated_with not in ("", "none")

    @property
    def _treated_with(self) -> str:
        return (self.licensing or "").strip().lower()

    def check(self) -> ProductCheck:
        """Hold the product against the criteria for MSC."""
        return check(self)

    def therapy(
        self,
        *,
        cells_per_kg: float | None = None,
        cells_per_cm2: float | None = None,
        weeks: Sequence[float] | None = None,
        route: str | None = None,
        stop_week: float | None = None,
    ) -> Therapy:
        """Return the product as it will be given; what is left out is that of its source's catalogue file.

        Parameters
        ----------
        cells_per_kg, cells_per_cm2
            Dose of every administration [cells per kg of body weight, cells per cm2 of plaque]; of
            exosomes, the cells that gave them.
        weeks
            Weeks of administration.
        route
            "intravenous", "intralesional" or "subcutaneous".
        stop_week
            No dose is given at or after this week.

        Raises
        ------
        InvalidValueError
            The product fails a criterion, or a dose is out of range.
        """
        found = self.check()
        if not found.passed:
            raise InvalidValueError(
                f"{found.reason} Correct the product file, or see `koebner product check`."
            )
        given = load(
            self.entry,
            cells_per_kg=cells_per_kg,
            cells_per_cm2=cells_per_cm2,
            weeks=weeks,
            route=route,
            stop_week=stop_week,
        )
        return replace(given, agents=tuple(self._made_of(agent, found) for agent in given.agents))

    def _made_of(self, agent: Agent, found: ProductCheck) -> Agent:
        effects = [*self.effects, *(each.effect for each in found.widened)]
        spread = _combined(agent, effects)
        return replace(
            agent,
            name=self.name,
            calibration="uncalibrated" if self.altered else agent.calibration,
            statement=f"{agent.statement} {_ALTERED}" if self.altered else agent.statement,
            values={symbol: each.value for symbol, each in spread.items()},
            priors={symbol: each.prior for symbol, each in spread.items() if each.sd > 0},
            viable_share=self.viable_share,
        )

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What the stated preparation changes in the model: licensing, engineering, freezing."""
        effects = load_effects()
        named = [effects[f"engineering_{change}"] for change in self.engineering]
        if self._treated_with not in ("", "none"):
            kind = "IFNg" if self._treated_with.startswith("ifng") else "other"
            named.append(effects[f"licensing_{kind}"])
        if self.cryopreserved and self.form == "cells":
            thawing = effects["thawing"]
            left = max(0.0, thawing.value - (self.hours_since_thaw or 0.0) / _HOURS_PER_DAY)
            if left > 0:
                named.append(thawing.model_copy(update={"value": left}))
        return tuple(named)


@dataclass(frozen=True, kw_only=True)
class _Spread:
    """A value with the standard deviation of its logarithm."""

    value: float
    sd: float

    @property
    def prior(self) -> str:
        return f"lognormal(sd={self.sd:.3f})"

    def times(self, effect: Effect) -> "_Spread":
        return _Spread(value=self.value * effect.value, sd=math.hypot(self.sd, effect.sd))


def _combined(agent: Agent, effects: Iterable[Effect]) -> dict[str, _Spread]:
    """Multiply what the catalogue gives by the effects of the fields; variances of the logarithm add."""
    spread = {symbol: _Spread(value=value, sd=_sd(agent, symbol)) for symbol, value in agent.values.items()}
    for effect in effects:
        # How many cells are alive is not a parameter of the disease; being unsure of it is one of potency.
        doubt = effect.parameter == _VIABLE_SHARE
        acting = effect.model_copy(update={"parameter": _POTENCY, "value": 1.0}) if doubt else effect
        before = spread.get(acting.parameter, _Spread(value=1.0, sd=0.0))
        spread[acting.parameter] = before.times(acting)
    return spread


def _sd(agent: Agent, symbol: str) -> float:
    prior = read_prior(agent.priors.get(symbol, ""))
    return 0.0 if prior is None else prior.sd


def read_product(path: Path | str) -> CellProduct:
    """Return the product of a file.

    Raises
    ------
    InvalidValueError
        The file cannot be read, is not TOML or has an impossible value; with file and line.
    UnknownNameError
        A key does not exist; with the closest ones, file and line.
    """
    content, source = read_toml(Path(path), what="product file")
    return parse_table(CellProduct, content, (), source)
