"""The words in which tables tell of withdrawals: who entered, what is lost, when, and what was measured.

Every reader takes the text of one column and returns what it says, with what it leaves open as
assumptions; a text that it cannot read is an `InvalidValueError` whose message is the reason.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from koebner.calibration.withdrawal.losses import HALF_OF_REFERENCE, SIX_POINTS
from koebner.calibration.withdrawal.numbers import WEEK_LIST, numbers_in, plain
from koebner.calibration.withdrawal.studies import Entry, MeasureName, Unit
from koebner.errors import InvalidValueError
from koebner.trials.endpoints import ENDPOINTS
from koebner.trials.relapse import COMMON_DEFINITION

_N = r"\d+(?:\.\d+)?"
_ENDPOINT = re.compile(
    r"pasi(?P<pasi>50|75|90|100)(?!\d)"
    r"|(?P<percent>50|75|90|100)% (?:pasi )?(?:improvement|reduction|response)"
    rf"|pasi(?P<at_most><=?{_N})|(?P<spga>spga 0/1)|(?P<clear>\bpasi ?=? ?0\b|complete(?:ly)? clear\w*)"
)
_NOT = re.compile(r"(?:less than|without|below|not|no|never|<)\s*$")
_CONTINUED = re.compile(
    r"comparator|no withdrawal|not withdrawal|not randomised|interval extension|\bcontinu(?:ed|ing|ers)\b"
)
_AGAIN = re.compile(r"re-?treat|recaptur|regain|re-?start|second course|resum")
_AGAIN_IS_RELAPSE = re.compile(
    r"(?:re-?treated|needed re-?treatment|re-?start\w*) (?:for|because|due|on|after) relapse"
)
_SPGA_LIMIT = re.compile(
    r"spga ?(?:score )?(>=|>|of at least |at least |of |)(\d)(?![/\d])"
    r"( or (?:more|high|great|wors|above))?"
)
_PASI_LIMIT = re.compile(rf"pasi ?(?:score )?(?:>=?|of at least |at least |of |reach\w* )({_N})(?!%)")
# A PASI of 50 and more is a share of improvement in these texts, no limit that a relapse would reach.
_LARGEST_LIMIT = 20.0
_FREE = re.compile(
    r"(?:not|no|never|without|free of|free from|did not|didn't)\b[^,;]{0,25}\b(?:relaps|los[est])"
    r"|relapse[- ]?free|in remission|remission maintained|event[- ]?free"
)
_HALF = r"(?:>=?|at least |more than )?(?:50%|half|one half)"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a text was taken to say, and what it leaves open."""

    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ToldEntry(Told):
    """Who entered."""

    entry: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True)
class ToldLoss(Told):
    """Which loss counts, by a name of `loss_named`."""

    definition: str
    reference_week: float | None = None


def endpoints_in(text: str) -> Iterator[tuple[str, bool, int]]:
    """Yield the responder endpoints that a plain text names, whether they hold, and where they end."""
    for found in _ENDPOINT.finditer(text):
        holds = _NOT.search(text[: found.start()]) is None
        if found["at_most"]:
            name = f"PASI<={found['at_most'].lstrip('<=')}"
            if name not in ENDPOINTS:
                raise InvalidValueError(f"endpoint `{found[0]}` is not among those of a visit.")
        else:
            percent = found["pasi"] or found["percent"] or ("100" if found["clear"] else "")
            name = f"PASI{percent}" if percent else "sPGA 0/1"
        yield name, holds, found.end()


def read_entry_words(population: str, default_week: float) -> ToldEntry:
    """Return who entered, from the column of the population at withdrawal.

    Parameters
    ----------
    population
        The text.
    default_week
        Week at which an endpoint holds where the text names none.

    Examples
    --------
    >>> [(e.endpoint, e.week) for e in read_entry_words("PASI75 at wk 16 and 33", 33).entry]
    [('PASI75', 16.0), ('PASI75', 33.0)]
    """
    text = plain(population)
    _refuse_other_groups(text)
    named = list(endpoints_in(text))
    if named:
        return ToldEntry(entry=_placed(text, named, default_week))
    if re.search(r"clear|remission", text):
        entry = Entry(endpoint="PASI90", week=default_week)
        return ToldEntry(entry=(entry,), assumptions=("cleared is PASI90",))
    if re.search(r"\ball\b", text):
        return ToldEntry(entry=())
    if not text.strip(" -.") or "respon" in text:
        entry = Entry(endpoint="PASI75", week=default_week)
        return ToldEntry(entry=(entry,), assumptions=("responders are those with PASI75",))
    raise InvalidValueError(f"population `{population}` names no endpoint that a visit of the model has.")


def refuse_rule(trial: str, schedule: str, definition: str, metric: str) -> None:
    """Refuse what is no withdrawal: treatment that goes on, or comes again by a rule; and classes of drugs.

    Raises
    ------
    InvalidValueError
        With the reason.
    """
    told = plain(f"{schedule}; {metric}")
    if re.search(r"as needed|as-needed|start of relapse|intermittent vs|fixed[- ]interval", told):
        raise InvalidValueError("treatment came again by a rule: no withdrawal.")
    if _CONTINUED.search(plain(definition)) or re.search(r"q\d+w continued|re-?treatment", plain(schedule)):
        raise InvalidValueError("these patients went on with treatment: no withdrawal.")
    if "continu" in plain(metric) and " vs" not in plain(metric):
        raise InvalidValueError("these patients went on with treatment: no withdrawal.")
    if re.search(r"\bole\b|open[- ]label extension", plain(f"{trial}; {metric}")):
        raise InvalidValueError("a figure of an extension in which treatment had begun again.")


def _refuse_other_groups(text: str) -> None:
    if _CONTINUED.search(text):
        raise InvalidValueError("these patients went on with treatment: no withdrawal.")
    if _AGAIN.search(text) or re.search(r"(?:who|that|already) relapsed|^relapsed", text):
        raise InvalidValueError("these patients had relapsed and were treated again.")


def _placed(text: str, named: Sequence[tuple[str, bool, int]], default_week: float) -> tuple[Entry, ...]:
    """Give each endpoint the weeks that follow it, else those before it, else the default."""
    lists = [(found.start(), numbers_in(found[0])) for found in WEEK_LIST.finditer(text)]
    before = [weeks for begin, weeks in lists if begin < named[0][2]]
    entries = []
    for name, holds, end in named:
        after = [weeks for begin, weeks in lists if begin >= end]
        weeks = after[0] if after else (before[0] if before else [default_week])
        entries += [Entry(endpoint=name, week=week, holds=holds) for week in weeks]
    return tuple(dict.fromkeys(entries))


def read_loss(definition: str, metric: str, entry: Sequence[Entry], default_week: float) -> ToldLoss:
    """Return which loss counts, from the columns of definition and metric.

    Parameters
    ----------
    definition, metric
        The texts; the metric may name the loss as well ("median time to loss of PASI90").
    entry
        What held at entry, which "loss of response" loses.
    default_week
        Week of "the improvement" where the text says that it is that at withdrawal.

    Examples
    --------
    >>> read_loss("loss of >=50% of the maximal improvement", "", (), 28).definition
    'loss of half the improvement'
    """
    text = plain(definition)
    found = _loss(text, default_week)
    if found is None and re.search(r"\bloss\b|\blost\b|[<>]=?\d", plain(metric)):
        found = _loss(plain(metric), default_week)
    if found is not None:
        return found
    if re.search(r"\brise\b|\bincrease\b|rebound|flare|fluctuat|demand|retreat", text):
        raise InvalidValueError(f"the definition of relapse `{definition}` is none that a visit can tell.")
    lost = [each.endpoint for each in entry if each.holds]
    if re.search(r"loss of (?:adequate )?(?:clinical )?response|loss of effic", text) and lost:
        assumed = f"loss of response is loss of {lost[-1]}"
        return ToldLoss(definition=f"loss of {lost[-1]}", assumptions=(assumed,))
    if text.strip(" -.") and not re.search(r"relapse|remission|loss of response|not re?ported|stated", text):
        raise InvalidValueError(f"the definition of relapse `{definition}` cannot be read.")
    return ToldLoss(definition=COMMON_DEFINITION, assumptions=("relapse is the common definition",))


def _loss(text: str, default_week: float) -> ToldLoss | None:
    week = re.search(rf"week ({_N})", text)
    reference = float(week[1]) if week else default_week
    if "pasi50" in text and re.search(r"\b6[- ]?point|>=6\b|at least 6|6 or more", text):
        return ToldLoss(definition=SIX_POINTS, reference_week=reference)
    if re.search(
        r"(?:<|less than |below )50% (?:improvement|reduction|decrease|of baseline)", text
    ) or re.search(r"50% of (?:the |their )?(?:baseline|starting|initial|original|pre)", text):
        return ToldLoss(definition="loss of PASI50")
    if re.search(_HALF, text) and re.search(r"improve|gain|achieved|response|reduction|benefit|loss", text):
        at_week = week is not None or re.search(r"at randomis|at withdraw|at entry|end of treat", text)
        if at_week and not re.search(r"max|best|greatest|peak", text):
            return ToldLoss(definition=HALF_OF_REFERENCE, reference_week=reference)
        return ToldLoss(definition=COMMON_DEFINITION)
    limit = _SPGA_LIMIT.search(text)
    if limit is not None and (limit[1] or limit[3]):
        return ToldLoss(definition=f"sPGA>={int(limit[2]) + (limit[1] == '>')}")
    limit = _PASI_LIMIT.search(text)
    if limit is not None and float(limit[1]) <= _LARGEST_LIMIT:
        return ToldLoss(definition=f"PASI>={float(limit[1]):g}")
    named = [name for name, _, _ in endpoints_in(text)]
    return ToldLoss(definition=f"loss of {named[0]}") if named else None


def read_measure(metric: str, unit: Unit, entry: Sequence[Entry]) -> tuple[MeasureName, str]:
    """Return what was measured and, for "still responding", the endpoint.

    Examples
    --------
    >>> read_measure("sPGA 0/1 maintained at wk 60 on placebo", "%", ())
    ('still responding', 'sPGA 0/1')
    """
    text = plain(metric)
    if _AGAIN.search(text) and not _AGAIN_IS_RELAPSE.search(text):
        raise InvalidValueError(f"`{metric}` is a figure of a second treatment.")
    if re.search(r"\bmean\b|direction|predictor|\border\b|design|number of", text):
        raise InvalidValueError(f"`{metric}` is neither a share of patients nor a median time.")
    if unit != "%":
        if "median" not in text:
            raise InvalidValueError(f"`{metric}` is a time that is not said to be a median.")
        return "median", ""
    if _FREE.search(text):
        return "relapse-free", ""
    held = [name for name, holds, _ in endpoints_in(text) if holds]
    if re.search(r"\bloss\b|\blost\b|losing|relapse|retreated", text) and not re.search("maintain", text):
        return "relapsed", ""
    if held:
        return "still responding", held[0]
    lasting = [each.endpoint for each in entry if each.holds]
    if re.search(r"maint|kept|retain|still|sustain|persist|remain", text) and lasting:
        return "still responding", lasting[-1]
    raise InvalidValueError(f"`{metric}` is no share of relapse or of response that the words know.")
