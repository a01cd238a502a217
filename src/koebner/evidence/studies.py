"""Everything known of one study, gathered from all shipped tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from koebner.errors import UnknownNameError
from koebner.evidence.grades import Design, Grade, Level
from koebner.evidence.msc_fate import MscFate
from koebner.evidence.rows import (
    BaselineValue,
    Mechanism,
    MscStudy,
    PharmacokineticValue,
    StudyDesign,
    TrialResult,
    WithdrawalResult,
)
from koebner.evidence.safety import AdverseEvent
from koebner.evidence.shipped import (
    load_baselines,
    load_mechanisms,
    load_msc_fate,
    load_msc_studies,
    load_pharmacokinetics,
    load_safety,
    load_study_designs,
    load_trials,
    load_withdrawals,
)
from koebner.evidence.sources import Source, load_sources

_TNF = ("adalimumab", "etanercept", "infliximab", "certolizumab")
_IL17 = ("secukinumab", "ixekizumab", "brodalumab", "bimekizumab")
_IL12_23 = ("ustekinumab",)
_IL23 = ("guselkumab", "risankizumab", "tildrakizumab", "mirikizumab")

THERAPY_CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "MSC": ("AD-MSC", "UC-MSC", "BM-MSC", "GMSC", "SVF"),
        "biologic": (*_TNF, *_IL12_23, *_IL17, *_IL23),
        "anti-TNF": _TNF,
        "anti-IL-17": _IL17,
        "anti-IL-12/23": _IL12_23,
        "anti-IL-23": _IL23,
        "oral": (
            *("methotrexate", "cyclosporine", "acitretin", "apremilast"),
            *("deucravacitinib", "tofacitinib"),
        ),
        "topical": ("calcipotriol", "betamethasone", "calcipotriol-betamethasone"),
        "phototherapy": ("NB-UVB",),
    }
)
"""Classes of therapies, by the name a reader would look for."""

TherapyRow = TrialResult | WithdrawalResult | MscStudy | PharmacokineticValue | AdverseEvent


@dataclass(frozen=True, kw_only=True)
class StudyRecord:
    """All rows of one study, and how far it can carry a conclusion.

    `design`, `grade` and `n` are None where the study does not treat patients (a mechanism, for
    instance) or where they were not seen.
    """

    id: str
    name: str
    design: Design | None
    n: int | None
    registration: str
    sources: tuple[Source, ...]
    trials: tuple[TrialResult, ...] = ()
    withdrawals: tuple[WithdrawalResult, ...] = ()
    msc_studies: tuple[MscStudy, ...] = ()
    pharmacokinetics: tuple[PharmacokineticValue, ...] = ()
    baselines: tuple[BaselineValue, ...] = ()
    safety: tuple[AdverseEvent, ...] = ()
    mechanisms: tuple[Mechanism, ...] = ()
    msc_fate: tuple[MscFate, ...] = ()

    @property
    def grade(self) -> Grade | None:
        """The evidence grade of the design."""
        return self.design.grade if self.design else None

    @property
    def therapies(self) -> tuple[str, ...]:
        """The therapies that the study gives numbers for, each once."""
        return tuple(dict.fromkeys(row.therapy for row in self._treated))

    @property
    def level(self) -> Level:
        """The best level among the rows."""
        levels = {row.level for row in (*self._treated, *self.baselines)}
        levels |= {mechanism.level for mechanism in self.mechanisms}
        levels |= {fate.level for fate in self.msc_fate}
        return next((level for level in Level if level in levels), Level.MEMORY)

    @property
    def _treated(self) -> tuple[TherapyRow, ...]:
        return (*self.trials, *self.withdrawals, *self.msc_studies, *self.pharmacokinetics, *self.safety)


def study(name: str) -> StudyRecord:
    """Return everything known of one study, or of the study that a source describes.

    Parameters
    ----------
    name
        Id of a study ("yao-2021", "erasure-2014") or key of a source ("galleu-2017").

    Raises
    ------
    UnknownNameError
        With the closest names when no study and no source has this name.

    Examples
    --------
    >>> record = study("yao-2021")
    >>> record.n, record.grade.letter
    (7, 'C')
    """
    if name in _registered():
        return _record(name)
    if name not in load_sources():
        hint = "List them with `koebner evidence list`."
        raise UnknownNameError("study", name, [*_registered(), *load_sources()], hint=hint)
    return _record_of_source(name)


def studies(therapy: str | None = None) -> tuple[StudyRecord, ...]:
    """Return the records of all studies with patients, or of those of one therapy or class.

    Parameters
    ----------
    therapy
        A therapy ("UC-MSC") or a class ("MSC", "anti-IL-17"), in upper or lower case.

    Raises
    ------
    UnknownNameError
        With the closest names when nothing of that therapy is known.
    """
    records = tuple(_record(name) for name in _registered())
    if therapy is None:
        return records
    wanted = _therapies_named(therapy, records)
    return tuple(r for r in records if wanted & {t.lower() for t in r.therapies})


def adverse_events(therapy: str) -> tuple[AdverseEvent, ...]:
    """Return the adverse events that were counted under one therapy, in the order of the table.

    An empty tuple means that the tables hold no published count, not that nothing happened. The arm to
    compare a row with is given by `placebo_beside`.

    Parameters
    ----------
    therapy
        A therapy as the tables or the therapy catalogue write it ("NB-UVB", "nb_uvb"), in any case.

    Examples
    --------
    >>> {row.event for row in adverse_events("nb_uvb")}
    {'discontinuation for an adverse event'}
    >>> adverse_events("calcipotriol")
    ()
    """
    wanted = _spelt(therapy)
    return tuple(row for row in load_safety() if row.therapy.lower() == wanted)


def placebo_beside(row: AdverseEvent) -> AdverseEvent | None:
    """Return the same event under placebo in the same study by the same week; None where not counted."""
    same = (r for r in load_safety() if (r.study, r.event, r.week) == (row.study, row.event, row.week))
    return next((r for r in same if r.therapy == "placebo" and r.unit == row.unit), None)


def _spelt(therapy: str) -> str:
    return therapy.lower().replace("_", "-")  # as the therapy catalogue writes it


def _therapies_named(therapy: str, records: Iterable[StudyRecord]) -> set[str]:
    classes = {name.lower(): members for name, members in THERAPY_CLASSES.items()}
    therapies = dict.fromkeys(t for r in records for t in r.therapies)
    wanted = _spelt(therapy)
    if wanted in classes:
        return {member.lower() for member in classes[wanted]}
    if wanted not in {t.lower() for t in therapies}:
        raise UnknownNameError("therapy", therapy, [*THERAPY_CLASSES, *therapies])
    return {wanted}


@cache
def _registered() -> Mapping[str, StudyDesign | MscStudy]:
    rows: tuple[StudyDesign | MscStudy, ...] = (*load_msc_studies(), *load_study_designs())
    return MappingProxyType({row.study: row for row in rows})


@cache
def _record(name: str) -> StudyRecord:
    about = _registered()[name]
    trials = tuple(r for r in load_trials() if r.study == name)
    withdrawals = tuple(r for r in load_withdrawals() if r.study == name)
    msc_studies = tuple(r for r in load_msc_studies() if r.study == name)
    kinetics = tuple(r for r in load_pharmacokinetics() if r.study == name)
    baselines = tuple(r for r in load_baselines() if r.study == name)
    safety = tuple(r for r in load_safety() if r.study == name)
    rows = (*trials, *withdrawals, *msc_studies, *kinetics, *baselines, *safety)
    keys = dict.fromkeys([about.source, *(key for row in rows for key in row.sources)])
    return StudyRecord(
        id=name,
        name=about.name,
        design=about.design,
        n=about.n,
        registration=about.registration,
        sources=tuple(load_sources()[key] for key in keys),
        trials=trials,
        withdrawals=withdrawals,
        msc_studies=msc_studies,
        pharmacokinetics=kinetics,
        baselines=baselines,
        safety=safety,
        mechanisms=tuple(m for m in load_mechanisms() if keys.keys() & set(m.sources)),
    )


def _record_of_source(key: str) -> StudyRecord:
    cited = load_sources()[key]
    return StudyRecord(
        id=key,
        name=cited.title or cited.citation,
        design=None,
        n=None,
        registration=cited.nct or "",
        sources=(cited,),
        trials=tuple(r for r in load_trials() if r.source == key),
        withdrawals=tuple(r for r in load_withdrawals() if r.source == key),
        msc_studies=tuple(r for r in load_msc_studies() if r.source == key),
        pharmacokinetics=tuple(r for r in load_pharmacokinetics() if r.source == key),
        baselines=tuple(r for r in load_baselines() if r.source == key),
        safety=tuple(r for r in load_safety() if r.source == key),
        msc_fate=tuple(r for r in load_msc_fate() if r.source == key),
        mechanisms=tuple(m for m in load_mechanisms() if key in (*m.sources, *m.contradicted_by)),
    )
