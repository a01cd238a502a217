"""What an arm of a table of trials was given, by its texts: reviewed, read, or assumed as labelled.

The reviewed table comes first. For arms that are not in it the column of the drug says which therapy it is
(the arm's text where that column is empty), and the schedule is read from the dose regimen and the arm, from
whichever tells more: weeks of doses, an interval, an amount. What the texts leave open comes from the
catalogue, and the result says so; what cannot be resolved comes back with its reason. No text raises.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from koebner.calibration.published.arms import reviewed_arm, therapy_of
from koebner.calibration.published.doses import Given, given
from koebner.calibration.published.names import NamedTherapy, arm_words, named_therapies, word_pattern
from koebner.errors import KoebnerError
from koebner.therapies import Therapy, load

# What stands between the drugs of a combination: in the column of the drug, and in the text of an arm.
_DRUGS_JOINED = re.compile(r"\+|&|\bplus\b|\band\b|\bwith\b")
_ARMS_JOINED = re.compile(r"\+|\bplus\b|\bcombin\w*|\btogether with\b|\badded to\b")
_SPLIT = re.compile(r"\+|\bplus\b|\band\b|;")
# "placebo to guselkumab at wk 16", "placebo, then 45 mg at week 12"
_AFTER_PLACEBO = re.compile(r"\bto\b|\bthen\b|followed by|switch|cross|->|→|/", re.IGNORECASE)
_WEEK = re.compile(r"\b(?:week|wk)s?\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """A therapy that an arm was given.

    Attributes
    ----------
    therapy
        With its doses.
    therapy_id
        Name in the catalogue, of a combination joined by "+".
    regimen_assumed
        Whether the texts leave doses open, which are then the labelled ones.
    regimen
        In the notation of one line; empty where it is the catalogue's or has no notation.
    """

    therapy: Therapy
    therapy_id: str
    regimen_assumed: bool
    regimen: str = ""


@dataclass(frozen=True, kw_only=True)
class Unresolved:
    """An arm that cannot be predicted, and why."""

    reason: str


def resolve(trial: str, arm: str, drug: str, dose_regimen: str) -> Resolved | Unresolved:
    """Return what the patients of an arm were given.

    Parameters
    ----------
    trial, arm, drug, dose_regimen
        The texts of these columns of a table of trials.

    Examples
    --------
    >>> resolve("A trial", "Adalimumab 40 mg eow", "Adalimumab", "80 then 40 mg eow").regimen
    '80@0; 40@1/2'
    >>> resolve("A trial", "alefacept", "Alefacept", "10 mg weekly").reason
    '`Alefacept` is not in the catalogue of therapies.'
    """
    reviewed = reviewed_arm(trial, arm)
    if reviewed is not None and not reviewed.therapy:
        return Unresolved(reason=reviewed.reason)
    if reviewed is not None:
        therapy = therapy_of(reviewed.therapy, reviewed.regimen)
        return Resolved(
            therapy=therapy, therapy_id=therapy.id, regimen_assumed=False, regimen=reviewed.regimen
        )
    return read_arm(arm, drug, dose_regimen)


def read_arm(arm: str, drug: str, dose_regimen: str) -> Resolved | Unresolved:
    """Return what the patients of an arm were given by its texts alone; see `resolve`."""
    drugs = _drugs(arm, drug, dose_regimen)
    if isinstance(drugs, Unresolved):
        return drugs
    if len(drugs) > 1:
        return _combination(drugs, arm, dose_regimen)
    (therapy_id,) = drugs
    before = named_therapies(arm)[:1]
    after_placebo = bool(before) and before[0].therapy == "placebo" != therapy_id
    if after_placebo and _AFTER_PLACEBO.search(arm):
        return _resolved(therapy_id, _after_placebo(therapy_id, arm, dose_regimen))
    return _resolved(therapy_id, given(therapy_id, [dose_regimen, arm]))


def _drugs(arm: str, drug: str, dose_regimen: str) -> tuple[str, ...] | Unresolved:
    """Return the names in the catalogue of what an arm was given, several where they are combined."""
    named = named_therapies(drug)
    if not named and drug.strip() and word_pattern(drug.split()[:1]).search(arm):
        return Unresolved(reason=f"`{drug.strip()}` is not in the catalogue of therapies.")
    text, joined = (drug, _DRUGS_JOINED) if named else (arm, _ARMS_JOINED)
    named = named or named_therapies(arm)
    if not named:
        text, named = dose_regimen, named_therapies(dose_regimen)
    if not named:
        shown = drug.strip() or arm.strip() or "nothing"
        return Unresolved(reason=f"no therapy of the catalogue is named in `{shown}`.")
    drugs = _joined(text, named, joined, of_arm=text != drug)
    if isinstance(drugs, tuple) and len(drugs) == 1 and drugs != ("placebo",) and text == drug:
        return _joined_in_arm(arm, drugs[0])
    return drugs


def _joined(
    text: str, named: Sequence[NamedTherapy], joined: re.Pattern[str], *, of_arm: bool
) -> tuple[str, ...] | Unresolved:
    """Return the first therapy of a text with those that are joined to it; placebo beside a drug is none."""
    kept = [named[0]]
    for before, after in pairwise(named):
        beside_placebo = kept[-1].therapy == "placebo" and not of_arm
        if beside_placebo or joined.search(text[before.end : after.begin].lower()):
            kept.append(after)
        elif not of_arm and after.therapy not in ("placebo", kept[-1].therapy):
            return Unresolved(reason=f"`{text.strip()}` names several treatments that are not combined.")
    absent = next((each for each in kept if not each.therapy), None)
    if absent is not None:
        return Unresolved(reason=f"`{absent.name}` is not in the catalogue of therapies.")
    unknown = None if of_arm else _unknown_partner(text, named, joined)
    if unknown is not None:
        return Unresolved(reason=f"`{unknown}`, part of a combination, is not in the catalogue of therapies.")
    drugs = tuple(dict.fromkeys(each.therapy for each in kept))
    return tuple(each for each in drugs if each != "placebo") or ("placebo",)


def _joined_in_arm(arm: str, therapy_id: str) -> tuple[str, ...] | Unresolved:
    """Return the drug of its column with those that the text of the arm joins to it."""
    named = named_therapies(arm)
    own = next((i for i, each in enumerate(named) if each.therapy == therapy_id), None)
    if own is None:
        return (therapy_id,)
    return _joined(arm, named[own:], _ARMS_JOINED, of_arm=True)


def _unknown_partner(text: str, named: Sequence[NamedTherapy], joined: re.Pattern[str]) -> str | None:
    """Return a part of a combination of which nothing is known, neither as a drug nor as harmless."""
    harmless = word_pattern(arm_words().beside.names)
    begin = 0
    for piece in joined.split(text.lower()):
        end = begin + len(piece)
        known = any(each.begin < end and each.end > begin for each in named)
        if not known and re.search(r"[a-z]{3}", piece) and not harmless.search(piece):
            return piece.strip()
        cut = joined.match(text.lower(), end)
        begin = end if cut is None else cut.end()
    return None


def _combination(drugs: Sequence[str], arm: str, dose_regimen: str) -> Resolved | Unresolved:
    """Return drugs given at once, each by its own part of the texts."""
    doses = [_SPLIT.split(dose_regimen)[i : i + 1] for i in range(len(drugs))]
    apart = len(_SPLIT.split(dose_regimen)) == len(drugs)
    parts = []
    for i, therapy_id in enumerate(drugs):
        own = _own_part(therapy_id, drugs, dose_regimen) or (doses[i][0] if apart else "")
        parts.append(given(therapy_id, [own, _own_part(therapy_id, drugs, arm)]))
    whole = parts[0].therapy
    try:
        for part in parts[1:]:
            whole = whole + part.therapy
    except KoebnerError as error:
        return Unresolved(reason=error.message)
    assumed = any(part.assumed for part in parts)
    return Resolved(therapy=whole, therapy_id=whole.id, regimen_assumed=assumed)


def _own_part(therapy_id: str, drugs: Sequence[str], text: str) -> str:
    """Return the stretch of a text from the name of a drug to the name of another one."""
    named = [each for each in named_therapies(text) if each.therapy in drugs]
    parts = []
    for i, each in enumerate(named):
        if each.therapy == therapy_id:
            parts.append(text[each.begin : named[i + 1].begin if i + 1 < len(named) else len(text)])
    return " ".join(parts)


def _after_placebo(therapy_id: str, arm: str, dose_regimen: str) -> Given:
    """Return a drug that begins after a placebo: at the weeks told, or as labelled from the week told."""
    read = given(therapy_id, [dose_regimen], late=True) if dose_regimen.strip() else None
    if read is not None and read.regimen and not read.assumed and read.therapy.start_week > 0:
        return read
    if read is not None and read.regimen and min(dose.week for dose in read.therapy.doses(60)) > 0:
        return read
    week = _WEEK.search(arm)
    therapy = load(therapy_id)
    return Given(
        therapy=therapy if week is None else therapy.start(week=float(week[1])), regimen="", assumed=True
    )


def _resolved(therapy_id: str, what: Given) -> Resolved:
    return Resolved(
        therapy=what.therapy, therapy_id=therapy_id, regimen_assumed=what.assumed, regimen=what.regimen
    )
