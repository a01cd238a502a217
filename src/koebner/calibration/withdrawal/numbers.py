"""The numbers in a table of withdrawals: weeks of the last dose, times, units, values, patients.

Every reader takes the text of one column and returns what it says; a text that it cannot read is an
`InvalidValueError` whose message is the reason. `plain` makes alike what means the same.
"""

import re
from dataclasses import dataclass

from koebner.calibration.withdrawal.studies import Clock, Unit
from koebner.errors import InvalidValueError
from koebner.units import DAYS_PER_WEEK

_N = r"\d+(?:\.\d+)?"
_DIGITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_ALIKE = (
    ("[\u2010-\u2015\u2212]", "-"),
    ("\u2265|=>|> ?or ?= ?", ">="),
    ("\u2264|=<|< ?or ?= ?", "<="),
    (r"(?<=[<>=]) +(?=\d)", ""),
    (r" +(?=[<>]=?\d)", ""),
    (r"\bper ?cent\b", "%"),
    (r"(?<=\d) +%", "%"),
    (r"\b(?:weeks|wks|wk|wekks?)\b\.?", "week"),
    (r"\b(?:w|wk|wks|weeks)(?=\d)", "week "),
    (r"\bweek[- ]?(?=\d)", "week "),
    (r"(?<=\d)-?week\b", " week"),
    (r"\b(?:months|mos?|mths?)\b", "month"),
    (r"(?<=\d)[- ]?(?:years|yrs?|y)\b", " year"),
    (r"\b(?:years|yrs?)\b", "year"),
    (r"(?<=\d)-(?=month|year|day)", " "),
    (r"\bdays\b", "day"),
    (r"\bre-?\s?randomi[sz]", "randomis"),
    (r"\brandomi[sz]", "randomis"),
    (r"\b(?:absolute )?pasi(?: score| response)?[- ]*(?=\d)", "pasi"),
    (r"\bpasi(?: response| improvement)? ?>=? ?(50|75|90|100)\b(?:%(?! of))?", r"pasi\1"),
    (r"\bpasi(?: response| improvement)? ?<=? ?(50|75|90|100)\b(?:%(?! of))?", r"<pasi\1"),
    (r"\b(?:s|static )?(?:pga|iga)\b(?: score| response| success)?", "spga"),
    (r"\bspga(?: of)?[-=( ]*0 ?(?:/|,|;|or|and|-|to) ?1\)?", "spga 0/1"),
    (r"\bclear(?:ed)?(?: ?/ ?| or )almost clear(?:ed)?\b", "spga 0/1"),
)

WEEK_LIST = re.compile(
    rf"week (?:and )?{_N}(?:\s*(?:,|and|&|/|or|to|-)\s*(?:week )?{_N}(?!\s*(?:week|%|mg)))*"
)

_AFTER = re.compile(
    rf"({_N})(?: |-)?(day|week|month|year) (?:after|following|post|since|from|off|of|on|without)\b([^;()]*)"
)
_FOR = re.compile(rf"({_N})(?: |-)?(day|week|month|year)\b")
_AT = re.compile(
    rf"week ({_N})(?:\s*(?:-|to)\s*(?:week )?({_N}))?(?![\d.]*\d)(?! (?:after|of|post|following)\b)"
)
_RELATIVE = re.compile(rf"week ({_N}) (?:after|of|post|following)\b([^;()]*)")
_WEEKS = {"day": 1 / DAYS_PER_WEEK, "week": 1.0, "month": 365.25 / 12 / DAYS_PER_WEEK, "year": 52.0}


@dataclass(frozen=True, kw_only=True)
class ToldStop:
    """Weeks of last dose and randomisation as the texts have them."""

    last_dose: float
    randomised: float | None


@dataclass(frozen=True, kw_only=True)
class ToldTime:
    """A week after a clock, or, where `clock` is None, after the start of treatment."""

    week: float
    clock: Clock | None


def plain(text: str) -> str:
    """Return a text in lower case, with wordings and signs that mean the same made one.

    Examples
    --------
    >>> plain("PASI 90 responders at Wk28; sPGA (0,1), \u2265 2 yrs")
    'pasi90 responders at week 28; spga 0/1,>=2 year'
    """
    words = text.lower()
    for number, word in enumerate(_DIGITS, 1):
        words = re.sub(rf"\b{word}(?=[- ](?:day|week|month|year))", str(number), words)
    for pattern, replacement in _ALIKE:
        words = re.sub(pattern, replacement, words)
    return " ".join(words.split())


def read_stop(last_dose_week: str, schedule: str) -> ToldStop | None:
    """Return when treatment ended, from the columns of last dose and schedule; None where neither says.

    Examples
    --------
    >>> read_stop("20 (re-randomised wk 28)", "")
    ToldStop(last_dose=20.0, randomised=28.0)
    """
    text = plain(last_dose_week)
    turned = re.compile(rf"(?:randomis\w*|withdrawn|switch\w*|placebo)[^\d;,]*(?:week )?({_N})")
    found = turned.search(text) or turned.search(plain(schedule))
    randomised = float(found[1]) if found else None
    left = turned.sub(" ", text)
    numbers = lengths(left, "month|year") or numbers_in(left)
    if not numbers:
        told = turned.sub(" ", plain(schedule))
        lists = [week for part in WEEK_LIST.findall(told) for week in numbers_in(part)]
        numbers = lists or lengths(told, "week|month|year")
    if numbers:
        return ToldStop(last_dose=max(numbers), randomised=randomised)
    return None if randomised is None else ToldStop(last_dose=randomised, randomised=randomised)


def weeks_listed(schedule: str) -> set[float]:
    """Return the weeks of the lists of a schedule ("wk 0,4,12"); a week that stands alone is no list."""
    lists = (numbers_in(part) for part in WEEK_LIST.findall(plain(schedule)))
    return {week for weeks in lists if len(weeks) > 1 for week in weeks}


def read_time(text: str, default: Clock) -> ToldTime | None:
    """Return the time that a text names; None where it names none.

    A week by its number ("wk 72", "by week 52") counts from the start of treatment, a length ("48 wk",
    "1 year after last dose") from a clock: that of its words, or `default`.

    Examples
    --------
    >>> read_time("relapse-free 1 year after last dose", "randomisation")
    ToldTime(week=52.0, clock='last dose')
    >>> read_time("wk 28-72", "last dose")
    ToldTime(week=72.0, clock=None)
    """
    words = plain(text)
    if found := _AFTER.search(words):
        return ToldTime(week=float(found[1]) * _WEEKS[found[2]], clock=clock_in(found[3]) or default)
    if found := _RELATIVE.search(words):
        return ToldTime(week=float(found[1]), clock=clock_in(found[2]) or default)
    if found := _AT.search(words):
        return ToldTime(week=float(found[2] or found[1]), clock=None)
    if found := _FOR.search(words):
        return ToldTime(week=float(found[1]) * _WEEKS[found[2]], clock=default)
    return None


def clock_in(text: str) -> Clock | None:
    """Return the clock that a plain text names first; None without one."""
    dose = re.search(
        r"last (?:dose|inj|infus|treat)|stop|discontinu|cessat|end of|off (?:drug|treat)|treatment", text
    )
    placebo = re.search(r"randomis|withdraw|placebo|switch", text)
    if dose and (placebo is None or dose.start() < placebo.start()):
        return "last dose"
    return "randomisation" if placebo else None


def read_unit(unit: str) -> Unit:
    """Return the unit of a value: percent, days, weeks or months."""
    text = plain(unit)
    times: tuple[tuple[str, Unit], ...] = (("day", "days"), ("week", "weeks"), ("month", "months"))
    for word, found in times:
        if text.startswith(word):
            return found
    if "%" in text:
        return "%"
    raise InvalidValueError(f"unit `{unit}` is none of %, days, weeks and months.")


def read_value(value: str, unit: str, metric: str) -> float:
    """Return the number of a value; of "35 vs 68" the one of those who stopped."""
    text = plain(value)
    if re.match(r"[<>]", text):
        raise InvalidValueError(f"value `{value}` is a bound, not a number to compare with.")
    if share := re.search(rf"patients? \(({_N})%", plain(unit)):
        return float(share[1])
    parts = re.split(r"\bvs\.?\b|\bversus\b", text)
    names = re.split(r"\bvs\.?\b|\bversus\b", plain(metric))
    chosen = 1 if len(parts) == len(names) == 2 and "continu" in names[0] else 0
    found = re.match(rf"\s*(?:about|approx\w*|~|ca\.?)?\s*({_N})(?![\d.]*e[+-]?\d)", parts[chosen])
    if found is None:
        raise InvalidValueError(f"value `{value}` begins with no number.")
    if re.match(rf"\s*(?:to|-|then|/|and)\s*{_N}(?!\s*(?:%|\)|of))", parts[chosen][found.end() :]):
        raise InvalidValueError(f"value `{value}` is several numbers.")
    return float(found[1])


def read_n(text: str) -> int | None:
    """Return the number of patients; None where the text is no plain number."""
    found = re.match(r"\s*(\d+)\s*(?:$|per arm|enrolled|patients|episodes)", text)
    return int(found[1]) if found and int(found[1]) > 0 else None


def lengths(text: str, units: str) -> list[float]:
    """Return the lengths [weeks] that a plain text tells in these units, such as "week|month"."""
    return [float(n) * _WEEKS[unit] for n, unit in re.findall(rf"({_N}) ({units})\b", text)]


def numbers_in(text: str) -> list[float]:
    """Return the numbers of a text."""
    return [float(number) for number in re.findall(_N, text)]
