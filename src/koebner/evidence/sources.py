"""Sources: what every number rests on, and how to cite it.

A source is a paper, a registry entry or a review, named by a key such as `cheng-2022` that rows and
docstrings carry. Leaves out full texts, notes and where a number was looked up.
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, ValidationError

from koebner.errors import EvidenceError, UnknownNameError

TABLES = Path(__file__).parent / "tables"


class Source(BaseModel):
    """One citable source; at least one of `doi`, `pmid` and `nct` is known for every shipped one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    title: str = ""
    authors: tuple[str, ...] = ()
    year: int
    journal: str = ""
    doi: str | None = None
    pmid: str | None = None
    nct: str | None = None
    kind: str

    @property
    def identifier(self) -> str:
        """The best identifier, as "doi:10.1000/xyz", "PMID 123" or "NCT01234567"."""
        if self.doi:
            return f"doi:{self.doi}"
        return f"PMID {self.pmid}" if self.pmid else self.nct or ""

    @property
    def citation(self) -> str:
        """One line: first author, year, journal, identifier."""
        name = self.authors[0] if self.authors else self.journal
        group = f"{name} et al." if len(self.authors) > 1 else name
        journal = f", {self.journal}" if self.authors and self.journal else ""
        return f"{group} {self.year}{journal}, {self.identifier}"


def read_sources(path: Path | str) -> dict[str, Source]:
    """Return the sources of a TOML file, one table a source, by key.

    Raises
    ------
    EvidenceError
        When the file is not TOML, or a source lacks a field or has an unknown one.
    """
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EvidenceError(f"cannot be read as TOML ({error}).", file=path) from error
    sources = {}
    for key, fields in tables.items():
        try:
            sources[key] = Source(key=key, **fields)
        except (ValidationError, TypeError) as error:
            fault = str(error).splitlines()[1:3] if isinstance(error, ValidationError) else ["not a table"]
            raise EvidenceError(
                f"source `{key}`: {' '.join(f.strip() for f in fault)}.", file=path
            ) from error
    return sources


@cache
def load_sources() -> Mapping[str, Source]:
    """Return the shipped sources by key.

    Examples
    --------
    >>> load_sources()["yao-2021"].nct
    'NCT03265613'
    """
    return MappingProxyType(read_sources(TABLES / "sources.toml"))


def source(key: str) -> Source:
    """Return one shipped source; an unknown key raises `UnknownNameError` with the closest keys."""
    if key not in load_sources():
        raise UnknownNameError("source", key, load_sources())
    return load_sources()[key]


def bibtex(keys: Iterable[str]) -> str:
    """Return the BibTeX entries of some sources, each once, in the order of `keys`.

    Raises
    ------
    UnknownNameError
        When a key is not a shipped source.
    """
    return "\n".join(_entry(source(key)) for key in dict.fromkeys(keys))


def _entry(cited: Source) -> str:
    note = "; ".join(f for f in (f"PMID {cited.pmid}" if cited.pmid else "", cited.nct or "") if f)
    fields = {
        "title": f"{{{cited.title}}}" if cited.title else "",
        "author": " and ".join(_bibtex_name(name) for name in cited.authors),
        "year": str(cited.year),
        "journal": cited.journal,
        "doi": cited.doi or "",
        "note": note,
    }
    body = "".join(f"  {name} = {{{text}}},\n" for name, text in fields.items() if text)
    return f"@article{{{cited.key},\n{body}}}\n"


def _bibtex_name(name: str) -> str:
    family, _, initials = name.rpartition(" ")
    return f"{family}, {' '.join(f'{i}.' for i in initials)}" if family else name
