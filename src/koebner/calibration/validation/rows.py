"""What a validation is asked: published rows with what the arm was given, and their role in the protocol."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from koebner.calibration.fitting.figures import fitted_drugs
from koebner.calibration.fitting.responses import RATES
from koebner.calibration.fitting.targets import target_of
from koebner.calibration.protocol import Protocol
from koebner.calibration.published.arms import Arm, load_arms, reviewed_arm, therapy_of
from koebner.calibration.published.rows import (
    MEAN_CHANGE,
    MEAN_CHANGE_POINTS,
    MEAN_PASI,
    PublishedRow,
    read_published,
)
from koebner.calibration.published.words import Unresolved, resolve
from koebner.evidence import TrialResult, load_trials
from koebner.therapies import Therapy

Role = Literal["fitted", "anchor", "tier 1", "tier 2", "other", "placebo"]
ROLES: dict[Role, str] = {
    "fitted": "a target of the common fit",
    "anchor": "sets the potency of its drug, the disease being frozen",
    "tier 1": "held out, of a drug of the common fit",
    "tier 2": "held out, of a drug that has one potency from elsewhere",
    "other": "held out, of another drug or light",
    "placebo": "given nothing",
}
"""What the protocol does with a row."""

MEANS = (MEAN_PASI, MEAN_CHANGE, MEAN_CHANGE_POINTS)
_FROM_MEMORY = "no"
# What is beyond is a slip of the pen, and would be simulated for ever.
_LAST_WEEK, _MOST_PATIENTS = 1040.0, 1_000_000


@dataclass(frozen=True, kw_only=True)
class AskedArm:
    """One published row, and the treatment that the model answers with.

    Attributes
    ----------
    id
        Of the row in the evidence tables, or "line N" of a file.
    trial, arm, drug
        As in the table they come from.
    study, label
        Study and arm of the evidence tables; empty where it is none of them.
    therapy_id
        Name in the therapy catalogue.
    therapy
        With its doses.
    endpoint, observed
        A responder rate [percent], "PASI mean" [points], "PASI change" [percent] or "PASI change points".
    n
        Patients of the arm; None where it is not known.
    role
        What the protocol does with the row.
    seen
        Whether it was printed while the structure was chosen.
    baseline_pasi
        Mean PASI of the arm before treatment, where it is known.
    from_memory
        Whether nobody saw the number in a source; such rows decide no mark.
    """

    id: str
    trial: str
    arm: str
    drug: str
    study: str
    label: str
    therapy_id: str
    therapy: Therapy
    week: float
    endpoint: str
    n: int | None
    observed: float
    role: Role
    seen: bool
    regimen_assumed: bool = False
    baseline_pasi: float | None = None
    from_memory: bool = False

    @property
    def is_rate(self) -> bool:
        """Whether it is a responder rate."""
        return self.endpoint in RATES


@dataclass(frozen=True, kw_only=True)
class NotPredicted:
    """A row that the model gives no answer to, and why."""

    trial: str
    arm: str
    reason: str


Asked = AskedArm | NotPredicted


def open_rows(protocol: Protocol) -> tuple[Asked, ...]:
    """Return every row of the evidence table of trials, in its order."""
    return tuple(_open_row(row, protocol) for row in load_trials())


def file_rows(path: Path, protocol: Protocol) -> tuple[Asked, ...]:
    """Return every row of a file of published results, in its order.

    Parameters
    ----------
    path
        See `koebner.calibration.published.rows.read_published`.
    protocol
        Gives the roles.

    Raises
    ------
    InvalidValueError
        A column is missing.
    EvidenceError
        The file cannot be read, is no table, or has no row.
    """
    return tuple(_file_row(row, protocol) for row in read_published(path))


def role_of(therapy_id: str, protocol: Protocol, *, study: str = "", label: str = "", week: float) -> Role:
    """Return what the protocol does with rows of an arm at a week.

    A drug's arms in its anchor study are never held out, whatever the week: their patients set its potency.

    Examples
    --------
    >>> from koebner.calibration.protocol import load_protocol
    >>> role_of("ixekizumab", load_protocol(), week=12)
    'tier 2'
    >>> role_of("secukinumab", load_protocol(), study="erasure-2014", label="secukinumab 300", week=12)
    'fitted'
    """
    if therapy_id == "placebo":
        return "placebo"
    if any(f.study == study and label in f.arms and week in f.weeks for f in protocol.fitted):
        return "fitted"
    if any(a.study == study and a.therapy == therapy_id for a in protocol.anchored):
        return "anchor"
    if therapy_id in fitted_drugs(protocol):
        return "tier 1"
    return "tier 2" if therapy_id in unseen_drugs(protocol) else "other"


def unseen_drugs(protocol: Protocol) -> tuple[str, ...]:
    """Return the drugs of tier 2: anchored to another of their class, or with its potency.

    Examples
    --------
    >>> from koebner.calibration.protocol import load_protocol
    >>> unseen_drugs(load_protocol())[-2:]
    ('risankizumab', 'mirikizumab')
    """
    anchored = [each.therapy for each in protocol.anchored if each.like is not None]
    carried = [name.split(".")[0] for free in protocol.free if "." in free.sets[0] for name in free.sets[1:]]
    return (*anchored, *carried)


def _is_seen(study: str, week: float, protocol: Protocol) -> bool:
    return any(each.study == study and week in each.weeks for each in protocol.seen)


def _open_row(row: TrialResult, protocol: Protocol) -> Asked:
    target = target_of(row, n_unknown=protocol.likelihood.n_unknown)
    arm = load_arms().get((row.study, row.arm))
    if target is None or arm is None:
        return NotPredicted(trial=row.study, arm=row.arm, reason=_why_not(row, arm))
    return AskedArm(
        id=row.id,
        trial=row.study,
        arm=row.arm,
        drug=target.therapy,
        study=row.study,
        label=row.arm,
        therapy_id=target.therapy,
        therapy=therapy_of(target.therapy, target.regimen),
        week=target.week,
        endpoint=row.endpoint,
        n=row.n,
        observed=row.value,
        role=role_of(target.therapy, protocol, study=row.study, label=row.arm, week=target.week),
        seen=_is_seen(row.study, target.week, protocol),
        from_memory=row.level == "memory",
    )


def _why_not(row: TrialResult, arm: Arm | None) -> str:
    if row.endpoint not in RATES:
        return f"{row.endpoint} is not predicted; PASI50 to PASI100 are."
    if arm is None:
        return "the arm is not among the reviewed ones."
    if not arm.therapy:
        return arm.reason
    return f"the week is `{row.week}`, which is no number."


def _file_row(row: PublishedRow, protocol: Protocol) -> Asked:
    place = f"line {row.line}"
    if row.reason or row.week is None or row.value is None:
        return _not_predicted(row, row.reason or "week or value is missing.")
    if row.week > _LAST_WEEK:
        return _not_predicted(row, f"week {row.week:g} is too late; expected at most {_LAST_WEEK:g}.")
    if row.n is not None and row.n > _MOST_PATIENTS:
        return _not_predicted(row, f"n is {row.n:.3g}; expected at most {_MOST_PATIENTS} patients of an arm.")
    given = resolve(row.trial, row.arm, row.drug, row.dose_regimen)
    if isinstance(given, Unresolved):
        return _not_predicted(row, given.reason)
    known = reviewed_arm(row.trial, row.arm)
    study, label = ("", "") if known is None else (known.study, known.label)
    return AskedArm(
        id=place,
        trial=row.trial,
        arm=row.arm,
        drug=row.drug,
        study=study,
        label=label,
        therapy_id=given.therapy_id,
        therapy=given.therapy,
        week=row.week,
        endpoint=row.endpoint,
        n=row.n,
        observed=row.value,
        role=role_of(given.therapy_id, protocol, study=study, label=label, week=row.week),
        seen=_is_seen(study, row.week, protocol),
        regimen_assumed=given.regimen_assumed,
        baseline_pasi=row.baseline_pasi,
        from_memory=row.verified.strip().lower() == _FROM_MEMORY,
    )


def _not_predicted(row: PublishedRow, reason: str) -> NotPredicted:
    return NotPredicted(trial=row.trial, arm=row.arm, reason=f"line {row.line}: {reason}")


def asked_of(rows: Iterable[Asked]) -> tuple[AskedArm, ...]:
    """Return the rows that can be answered."""
    return tuple(row for row in rows if isinstance(row, AskedArm))
