"""Wordings that mean the same, made one: "eow", "Q2W" and "every second week" become "every 2 week"."""

import re
from collections.abc import Callable

from koebner.calibration.published.names import named_therapies
from koebner.units import DAYS_PER_WEEK

NUMBER = r"\d+(?:\.\d+)?"
"""Pattern of a number."""

# Monthly doses of trials are given every four weeks.
_WEEKS_PER_MONTH = 4
_N = NUMBER
_DIGITS = {
    word: str(number)
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1
    )
}
_ORDINALS = {"second": "2", "third": "3", "fourth": "4", "sixth": "6", "eighth": "8", "twelfth": "12"}

# What the left reads becomes the right, one after the other.
_ALIKE: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    ("[\u2010-\u2015\u2212]", "-"),
    ("[\u00d7*]", " x "),
    ("\u2026", "..."),
    (r"(?<=\d)-(?=mg\b)", " "),
    (r"\bmg\s*(?:/|per)\s*kg\b", "mg/kg"),
    # numbers of patients: "(n = 209)", "n=118", "n = 54 C."
    (r"\(?\bn\s*=\s*[\d,]+\s*\)?", " "),
    # whom the row counts: "(PASI75 at wk 16 and 33 only)", "(BMI <25)", "(open label from wk 76)"
    (r"\([^()]*\b(?:pasi|respon\w*|bmi|s?pga|iga|open[ -]label\w*|retreat\w*|sd)\b[^()]*\)", " "),
    (r"\bpasi\s*\d+", " "),
    (r"\bopen[ -]label\w*", " "),
    (r"\bthrice\b", "3 times"),
    (r"\btwice\b", "2 times"),
    (rf"\b({'|'.join(_DIGITS)})\b", lambda found: _DIGITS[found[1]]),
    # "every second week", "every 4th week"
    (rf"\bevery ({'|'.join(_ORDINALS)})\b", lambda found: f"every {_ORDINALS[found[1]]}"),
    (r"\bevery (\d+)(?:nd|rd|th)\b", r"every \1"),
    # "eow", "every other week", "fortnightly", "bi-weekly", "on alternate weeks"
    (
        r"\be\.?o\.?w\b|\bevery other w(?:ee)?k\w*|\b(?:every )?fortnight(?:ly)?\b|\bbi-?weekly\b"
        r"|\balternate weeks?",
        "every 2 week",
    ),
    # "Q2W", "q 4 wks", "every 8 weeks", cut off "every 2 wee..."
    (rf"\b(?:q|every)\s*({_N})\s*-?\s*w(?:ee\w*|ks?)?\b\.?", r"every \1 week"),
    (
        rf"\b(?:q|every)\s*({_N})\s*-?\s*m(?:onths?|o)?\b",
        lambda f: f"every {_WEEKS_PER_MONTH * float(f[1]):g} week",
    ),
    (r"\bevery (\d+) days?\b", lambda found: f"every {int(found[1]) / DAYS_PER_WEEK:g} week"),
    (rf"\b({_N})-?\s?weekly\b", r"every \1 week"),
    (r"\bquarterly\b", f"every {3 * _WEEKS_PER_MONTH} week"),
    (r"\bfor (\d+) doses\b", r"x\1"),
    (r"\b2 times[\s-]*(?:an? |per )?month(?:ly)?\b", "every 2 week"),
    (r"\bonce a month|\b(?:every|per|each|/) ?month\b|\bmonthly\b|\bqm\b", f"every {_WEEKS_PER_MONTH} week"),
    (r"\b(?:weeks|wks|wk)(?=\b|\d)\.?", "week"),
    (r"\bw(?=\d)", "week "),
    (r"(?<=\d)week\b", " week"),
    (r"\bweek(?=\d)", "week "),
    # the start: "at baseline", "day 1", "at randomisation"
    # "days 1, 8, 15"
    (r"\bdays? \d+(?:(?:, and |, | and )\d+)+\b", lambda found: _days_as_weeks(found[0])),
    (r"\bfrom baseline\b", " "),
    (r"\bd(?:ays?)?\s?[01]\b|\bbaseline\b|\bbl\b|\brandomi[sz]ation\b", "week 0"),
    # "40 mg the 2nd week" is week 1
    (r"\b(\d+)(?:st|nd|rd|th) week\b", lambda found: f"week {int(found[1]) - 1}"),
    # "2 SC injections of 150 mg" is 300 mg; "given as 2 injections" says nothing of the dose
    (
        rf"\b(\d)\s*(?:[a-z]+\s+){{0,2}}injections?\s+of\s+({_N})\s*mg\b",
        lambda found: f"{int(found[1]) * float(found[2]):g} mg",
    ),
    (r"\b(?:as|in) \d\s*(?:[a-z]+ ){0,2}injections?\b", " "),
    # "2 150 mg injections"
    (
        rf"(?<!week )\b([2-9]) (?:x )?({_N}) ?mg (?:[a-z]+ )?injections?\b",
        lambda found: f"{int(found[1]) * float(found[2]):g} mg",
    ),
    # "300 mg/4 weeks"
    (r"(mg(?:/kg)?) ?(?:/|per) ?(\d+) week\b", r"\1 every \2 week"),
    # "week 0: 2 injections" is "2 injections week 0"
    (r"((?:week \d+(?:, | and )?)+):\s*(\d injections?)", r"\2 \1"),
    # "2 injections week 0, week 1: every 2 weeks": the second week is not one of the two injections
    (r"[,/]?\s*week (\d+)\s*:\s*(?=every)", r"; week \1 "),
    (r"\bfor (\d+) months\b", lambda found: f"for {_WEEKS_PER_MONTH * int(found[1])} week"),
    # "80 mg q2w after 160 mg" is "160 mg then 80 mg q2w"
    (rf"({_N} ?mg[^,;]*?)\s+after\s+({_N} ?mg(?: (?:at )?week 0)?)", r"\2 then \1"),
    # "80 mg q2w following a 160 mg starting dose"
    (rf"({_N} ?mg[^,;]*?)\s+following an? ({_N} ?mg)", r"\2 then \1"),
    # "80 then 40 mg"
    (rf"(?:^|(?<=§ ))({_N})\s+(then|followed by)\s+(?={_N}\s*mg)", r"\1 mg \2 "),
)

WEEK_ITEM = rf"{_N}(?:\s*(?:-|to|through)\s*(?:week\s*)?{_N})?"
# A number of a list of weeks is no dose, no length of a study ("weeks 0, 4, 4 weeks") and no injection.
_NO_WEEK = r"(?![\d.]*\d|\s*(?:mg|times|week\b(?!\s*\d)|injection|%|x\s*\d))"
WEEK_AND = r"\s*(?:,\s*and|,|and|&|/|\+)\s*(?:(?:at|on)\s*)?(?:week\s*)?"
WEEK_LIST = rf"week\s*{WEEK_ITEM}{_NO_WEEK}(?:{WEEK_AND}{WEEK_ITEM}{_NO_WEEK})*"


def _days_as_weeks(days: str) -> str:
    """Return "days 1, 8 and 15" as weeks; the first day is 1 or 0."""
    numbers = [int(number) for number in re.findall(r"\d+", days)]
    first = min(numbers[0], 1)
    return "week " + ", ".join(f"{(number - first) / DAYS_PER_WEEK:g}" for number in numbers)


def plain_words(text: str) -> str:
    """Return a text in lower case with names taken out and wordings that mean the same made one.

    Examples
    --------
    >>> plain_words("Adalimumab (n = 46), 40 mg eow")
    '§ , 40 mg every 2 week'
    """
    plain = text
    for named in reversed(named_therapies(text)):
        sign = "¤" if named.therapy == "placebo" else "§"
        plain = f"{plain[: named.begin]}{sign}{plain[named.end :]}"
    plain = plain.lower()
    for pattern, replacement in _ALIKE:
        plain = re.sub(pattern, replacement, plain)
    # "+ placebo week 12" in the arm of a drug says when nothing is given
    plain = re.sub(rf"(?<!^)\+?\s*¤\s*(?:at\s*)?{WEEK_LIST}", " ", plain)
    # "secukinumab 300": a dose without unit behind the name
    plain = re.sub(rf"§\s*({_N})(?=\s*(?:\(|,|$))", r"§ \1 mg", plain)
    return " ".join(plain.split())
