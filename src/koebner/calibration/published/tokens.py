"""The words of a schedule as tokens: amounts, weeks, intervals, in the order of the text.

They are read from left to right in plain words (`koebner.calibration.published.wordings`).
What is no token is passed over: route, manufacturer, length of the study.
"""

import re
from dataclasses import dataclass
from typing import Literal

from koebner.calibration.published.wordings import NUMBER, WEEK_AND, WEEK_ITEM, WEEK_LIST

Kind = Literal[
    "amount", "range", "inject", "at", "every", "daily", "from", "until", "for", "count", "then", "or"
]


@dataclass(frozen=True, kw_only=True)
class Token:
    """One piece of a schedule.

    Attributes
    ----------
    kind
        "amount" (a dose), "range" (a dose that changes), "inject" (a number of injections), "at" (weeks),
        "every" (an interval in weeks), "daily" (times a day), "from", "until", "for" (weeks of a course),
        "count" (number of doses), "then", "or".
    numbers
        Its numbers; of "at" two for each stretch of weeks, first and last.
    unit
        Unit of an amount.
    """

    kind: Kind
    numbers: tuple[float, ...] = ()
    unit: str = ""


_N = NUMBER
# In this order at each place of the text.
_READ: tuple[tuple[str, str], ...] = (
    # "x 2/week", "3 times a week", "2 sessions/week", "biw", "2x/week"
    (
        "often",
        r"\b(?:x\s*)?(?P<times>\d)\s*(?:x|times|sessions?|exposures?|treatments?)?[\s-]*"
        r"(?:an?\s|per\s|each\s|/|(?<=times)|(?<=times )|(?<=times-))\s*week(?:ly)?\b",
    ),
    ("biw", r"\bb\.?i\.?w\b"),
    # "every 2 week"; "week 2 to 12" after it is read with it
    ("every", rf"\bevery (?P<every>{_N}) week\b"),
    ("bid", r"\bb\.?i?\.?d\b|\b(?:x\s*)?2\s*(?:x|times)?[\s-]*(?:a[\s-]|per\s|/)?\s*(?:daily|day)\b"),
    ("tid", r"\bt\.?i\.?d\b|\b3\s*(?:x|times)[\s-]*(?:a\s|per\s|/)?\s*(?:daily|day)\b"),
    ("qd", r"\bq\.?d\b|\bod\b|\bonce[\s-]*(?:daily|a day|per day|/day)\b|\b1 time (?:daily|a day)\b"),
    ("qod", r"\bevery other day\b|\bqod\b|\balternate days\b"),
    (
        "weekly",
        r"\bonce[\s-]*(?:weekly|a week|per week|/week)\b|\bqw\b|\b(?:each|every) week\b|\bweekly\b"
        r"|(?:/|\bper |\ba )\s*w(?:eek)?\b(?!\s*\d)",
    ),
    # "45 mg once", "a single dose"
    (
        "once",
        r"\bonce\b(?!\s*(?:every|an?|daily|weekly|per|/|or)\b)|\bsingle (?:dose|sc|iv|injection|infusion)",
    ),
    ("day", r"/\s*d(?:ay)?\b|\bper day\b|\ba day\b|\bdaily\b"),
    # "2.5-5 mg/kg", "7.5 mg to 25 mg", "10 mg up to <50 mg"
    (
        "range",
        rf"\b(?P<low>{_N})\s*(?:mg(?:/kg)?)?(?:/d\b)?\s*(?:-|to|up to|rising to|rising up to)\s*"
        rf"<?(?P<high>{_N})\s*(?P<range_unit>mg/kg|mg)\b",
    ),
    # "3x150 mg"
    ("amount", rf"\b(?:(?P<fold>\d)\s*x\s*)?(?P<amount>{_N})\s*(?P<unit>mg/kg|mg)\b(?!/ml)"),
    ("bare", rf"\b(?P<bare>{_N})(?=\s+every \d)"),
    ("inject", r"\b(?P<inject>\d)\s*(?:[a-z]+ )?injections?\b"),
    # "from week 16", "starting at week 4", "from weeks 2 to 12"
    (
        "from",
        rf"\b(?:from|start\w*|beginn?\w*|commencing|as of)\s*(?:at|on|in|from)?\s*week\s*(?P<first>{_N})"
        rf"(?:\s*(?:-|to|through|until)\s*(?:week\s*)?(?P<last>{_N}))?",
    ),
    ("until", rf"\b(?:to|until|till|through|thru|up to)\s*week\s*(?P<until>{_N})"),
    # "q2w x12 wk", "twice weekly for 12 weeks, then"; else the length of a study is none of the doses
    (
        "for",
        rf"\b(?:x|for(?: the first)?(?=[^.]*?week[\s,)]*(?:then|followed|and|thereafter)))\s*"
        rf"(?P<for>{_N})\s*week\b",
    ),
    ("count", r"\bx\s*(?P<count>\d+)\b"),
    ("at", rf"\b{WEEK_LIST}"),
    # "0, 2, 4, 8 weeks", "0 and 4 weeks"
    ("at_before", rf"(?<![\d.])[012](?:{WEEK_AND}{_N})+\s*week\b(?!\s*\d)"),
    ("then", r"\bthen\b|\bfollowed by\b|\bthereafter\b|\band\b|\bsubse\w*|\bplus\b|\+|;"),
    ("or", r"\bor\b"),
)
_TOKEN = re.compile("|".join(f"(?P<_{name}>{pattern})" for name, pattern in _READ))
# Nothing is injected twice a day, and no trial lasts ten years [weeks].
_LEAST_INTERVAL, _MOST_WEEKS = 0.1, 520


def schedule_tokens(plain: str) -> tuple[Token, ...]:
    """Return the tokens of a text of plain words.

    Examples
    --------
    >>> [token.kind for token in schedule_tokens("80 mg week 0, 40 mg every 2 week")]
    ['amount', 'at', 'amount', 'every']
    """
    tokens = (_token(found) for found in _TOKEN.finditer(plain))
    return tuple(token for token in tokens if _is_likely(token))


def _is_likely(token: Token) -> bool:
    """Return whether the numbers of a token can be those of a schedule."""
    if token.kind == "every":
        return _LEAST_INTERVAL <= token.numbers[0] <= _MOST_WEEKS
    weeks = token.kind in ("at", "from", "until", "for", "count")
    return not weeks or max(token.numbers) <= _MOST_WEEKS


def _token(found: re.Match[str]) -> Token:
    kind = next(name for name, _ in _READ if found[f"_{name}"] is not None)
    fixed = _FIXED.get(kind)
    if fixed is not None:
        return fixed
    match kind:
        case "often":
            return Token(kind="every", numbers=(1 / max(1, int(found["times"])),))
        case "amount":
            fold = float(found["fold"] or 1)
            return Token(kind="amount", numbers=(float(found["amount"]), fold), unit=found["unit"])
        case "bare":
            return Token(kind="amount", numbers=(float(found["bare"]), 1.0), unit="")
        case "range":
            ends = (float(found["low"]), float(found["high"]))
            return Token(kind="range", numbers=ends, unit=found["range_unit"])
        case "from":
            return Token(kind="from", numbers=tuple(float(n) for n in (found["first"], found["last"]) if n))
        case "at" | "at_before":
            return Token(kind="at", numbers=_stretches(found[0]))
        case "every" | "inject" | "until" | "for" | "count":
            return Token(kind=kind, numbers=(float(found[kind]),))
    return Token(kind="then")


_FIXED = {
    "biw": Token(kind="every", numbers=(0.5,)),
    "weekly": Token(kind="every", numbers=(1.0,)),
    "bid": Token(kind="daily", numbers=(2.0,)),
    "tid": Token(kind="daily", numbers=(3.0,)),
    "qd": Token(kind="daily", numbers=(1.0,)),
    "qod": Token(kind="daily", numbers=(0.5,)),
    "day": Token(kind="daily"),
    "once": Token(kind="at", numbers=(0.0, 0.0)),
    "then": Token(kind="then"),
    "or": Token(kind="or"),
}


def _stretches(text: str) -> tuple[float, ...]:
    """Return first and last week of each item of a list of weeks, as far as they rise."""
    ends: list[float] = []
    for item in re.finditer(WEEK_ITEM, text):
        numbers = [float(number) for number in re.findall(_N, item[0])]
        if ends and numbers[0] <= ends[-1]:
            break
        ends += [numbers[0], numbers[-1]]
    return tuple(ends)
