"""Which therapies of the catalogue a text names: names of files, brands and codes, in any case."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from koebner.calibration.published.arms import TABLES
from koebner.catalogs import Strict, read_entry
from koebner.therapies import available


class Names(Strict):
    """A list of words."""

    names: tuple[str, ...]


class Labelled(Strict):
    """Words of a dose as labelled."""

    words: tuple[str, ...]


class Loading(Strict):
    """The doses before a regular interval; see the file."""

    weeks: tuple[float, ...]
    amount: float | None = None
    next_week: float | None = None
    source: str


class ReferenceWeight(Strict):
    """A body weight with its source."""

    value: float
    unit: str
    source: str


class ArmWords(Strict):
    """The file of words; see there."""

    names: Mapping[str, tuple[str, ...]]
    wide_names: Mapping[str, tuple[str, ...]]
    absent: Names
    beside: Names
    labelled: Labelled
    loading: Mapping[str, Loading]
    reference_weight: ReferenceWeight


@dataclass(frozen=True, kw_only=True)
class NamedTherapy:
    """A name of a therapy, and where it stands in the text; `therapy` is empty for an absent one."""

    therapy: str
    name: str
    begin: int
    end: int


@cache
def arm_words() -> ArmWords:
    """Return the table of words in which arms are told."""
    return read_entry(TABLES / "arm_words.toml", ArmWords)


def named_therapies(text: str) -> tuple[NamedTherapy, ...]:
    """Return the therapies that a text names, in order, the absent ones among them.

    A name too wide to tell one therapy counts only where the text names nothing else.

    Examples
    --------
    >>> [named.therapy for named in named_therapies("Ciclosporin (Sandimmun) or Humira")]
    ['cyclosporine', 'cyclosporine', 'adalimumab']
    """
    found = _found(text, _known())
    return found or _found(text, _wide())


def _found(text: str, known: tuple[tuple[re.Pattern[str], str], ...]) -> tuple[NamedTherapy, ...]:
    free = text
    found: list[NamedTherapy] = []
    for pattern, therapy in known:
        found += [
            NamedTherapy(therapy=therapy, name=match[0], begin=match.start(), end=match.end())
            for match in pattern.finditer(free)
        ]
        # What a longer name has taken, a shorter one does not see again.
        free = pattern.sub(lambda match: "\0" * len(match[0]), free)
    return tuple(sorted(found, key=lambda named: named.begin))


@cache
def _known() -> tuple[tuple[re.Pattern[str], str], ...]:
    words = arm_words()
    names = {name.replace("_", " "): name for name in available()}
    names |= {synonym: therapy for therapy, synonyms in words.names.items() for synonym in synonyms}
    return _patterns(names | dict.fromkeys(words.absent.names, ""))


@cache
def _wide() -> tuple[tuple[re.Pattern[str], str], ...]:
    wide = arm_words().wide_names
    return _patterns({synonym: therapy for therapy, synonyms in wide.items() for synonym in synonyms})


def _patterns(names: Mapping[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    longest_first = sorted(names, key=len, reverse=True)
    return tuple((word_pattern((name,)), names[name]) for name in longest_first)


def word_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of whole words, in which a space stands for spaces, a hyphen, a slash or nothing."""
    written = "|".join(r"[\s/-]*".join(map(re.escape, name.split())) for name in names)
    return re.compile(rf"(?<![a-z0-9])(?:{written})(?![a-z])", re.IGNORECASE)
