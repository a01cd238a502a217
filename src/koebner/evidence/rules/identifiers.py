"""Identifiers: well-formed, and of the kind that their place asks for.

A registry number that is really a PubMed id has the right form, NCT and eight digits. It is told by its
size, since registry numbers are issued in order, and by meeting the id of a paper.
"""

import re
from collections.abc import Iterator

from koebner.evidence.findings import Finding
from koebner.evidence.reading import Line, Table
from koebner.evidence.rules.report import finding, limits
from koebner.evidence.shapes import COMMENTARY
from koebner.evidence.sources import Source, load_sources

_NCT_LIKE = re.compile(r"\bNCT[\s:#-]?(\d+)\b", re.IGNORECASE)
_NCT = re.compile(r"NCT\d{8}")
_OTHER_REGISTRY = re.compile(
    r"(ChiCTR|IRCT|ISRCTN|EUCTR|EudraCT|UMIN|jRCT|JPRN|CTRI|KCT|ACTRN|DRKS|NTR|TCTR|PACTR)\W?.+",
    re.IGNORECASE,
)
_NOT_GIVEN = re.compile(r"-|none|n/?a|(nct )?not (stated|given|registered|seen)", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_DOI_LIKE = re.compile(r"\b(?:doi:|doi\.org/)\s*([^\s;,]+)", re.IGNORECASE)
_PMID = re.compile(r"[1-9]\d{0,7}")
_PMID_LIKE = re.compile(r"\bPMID:?\s*([^\s;,)]+)", re.IGNORECASE)


def is_identifier(text: str) -> bool:
    """Whether a text is a DOI ("doi:10..." or "10..."), "PMID 123" or an NCT number, and nothing else."""
    doi = text.strip().removeprefix("https://doi.org/").removeprefix("doi:")
    pmid = re.fullmatch(r"PMID:? ?([1-9]\d{0,7})", text.strip())
    return bool(_DOI.fullmatch(doi) or pmid or _NCT.fullmatch(text.strip()))


def identifier_findings(table: Table) -> Iterator[Finding]:
    """Yield every identifier that is malformed, or of another kind than its column says."""
    for line in table.lines:
        for column in (c for c in ("registration", "nct") if c in table.columns):
            yield from _registration(table, line, column)
        if line["doi"] and not _DOI.fullmatch(line["doi"]):
            yield _not_a_doi(table, line, "doi", line["doi"])
        if line["pmid"] and not _PMID.fullmatch(line["pmid"]):
            yield _not_a_pmid(table, line, "pmid", line["pmid"])
        yield from _in_text(table, line)


def _registration(table: Table, line: Line, column: str) -> Iterator[Finding]:
    for token in re.split(r"[;,]\s*", line[column]):
        if not token or _NOT_GIVEN.fullmatch(token) or _NCT_LIKE.fullmatch(token):
            continue  # NCT numbers are judged wherever they stand, in `_in_text`
        if column == "registration" and _OTHER_REGISTRY.fullmatch(token):
            continue
        kind = "is a DOI" if _DOI.search(token) else "is not a registry number"
        if _PMID.fullmatch(token):
            kind = _pubmed_of(token) or "has the form of a PubMed id"
        yield finding(
            table,
            line,
            column,
            "registry-number",
            given=token,
            expected="NCT and eight digits",
            explanation=f"`{token}` {kind}.",
        )


def _in_text(table: Table, line: Line) -> Iterator[Finding]:
    for column in table.columns:
        if column in COMMENTARY:
            continue
        text = line[column]
        for match in _NCT_LIKE.finditer(text):
            yield from _nct(table, line, column, match.group(), match.group(1))
        for match in _DOI_LIKE.finditer(text):
            if not _DOI.fullmatch(match.group(1)):
                yield _not_a_doi(table, line, column, match.group(1))
        for match in _PMID_LIKE.finditer(text):
            if not _PMID.fullmatch(match.group(1).rstrip(".")):
                yield _not_a_pmid(table, line, column, match.group(1))


def _nct(table: Table, line: Line, column: str, given: str, digits: str) -> Iterator[Finding]:
    highest = limits()["registry"]["nct_below"]
    row_pmids = {m.group(1).rstrip(".") for c in table.columns for m in _PMID_LIKE.finditer(line[c])}
    expected = "NCT and eight digits"
    if not _NCT.fullmatch(given):
        explanation = f"{len(digits)} digits follow NCT." if len(digits) != 8 else "write it without a gap."
    elif digits in row_pmids:
        explanation = f"{digits} is the PubMed id of the paper in the same row, not a registry number."
    elif _pubmed_of(digits):
        explanation = f"{digits} {_pubmed_of(digits)}."
    elif int(digits) >= highest:
        expected = f"a registry number below NCT{highest:08d}"
        explanation = f"none so high has been issued; {digits} may be a PubMed id."
    else:
        return
    yield finding(
        table, line, column, "registry-number", given=given, expected=expected, explanation=explanation
    )


def _pubmed_of(digits: str) -> str:
    paper = next((s for s in load_sources().values() if s.pmid == digits), None)
    return f"is the PubMed id of {_name(paper)}" if paper else ""


def _name(paper: Source) -> str:
    author = paper.authors[0].split()[0] if paper.authors else paper.journal
    registered = f", whose registration is {paper.nct}" if paper.nct else ""
    return f"{author} {paper.year}{registered}"


def _not_a_doi(table: Table, line: Line, column: str, given: str) -> Finding:
    kind = "it has the form of a PubMed id" if _PMID.fullmatch(given) else "it has not that form"
    if _NCT_LIKE.fullmatch(given):
        kind = "it is a registry number"
    return finding(
        table,
        line,
        column,
        "doi",
        given=given,
        expected="a DOI such as 10.1000/xyz",
        explanation=f"{kind}.",
    )


def _not_a_pmid(table: Table, line: Line, column: str, given: str) -> Finding:
    kind = "a registry number" if _NCT_LIKE.fullmatch(given) else "not a number of that length"
    if _DOI.fullmatch(given):
        kind = "a DOI"
    elif given.upper().startswith("PMC"):
        kind = "a PubMed Central id, which is another series"
    return finding(
        table,
        line,
        column,
        "pmid",
        given=given,
        expected="a PubMed id of 1 to 8 digits",
        explanation=f"it is {kind}.",
    )


def malformed_identifiers(source: Source) -> Iterator[tuple[str, str, str, str]]:
    """Yield field, text, expectation and reason of each malformed identifier of a source."""
    if source.doi is not None and not _DOI.fullmatch(source.doi):
        yield "doi", source.doi, "a DOI such as 10.1000/xyz", "it has not that form."
    if source.pmid is not None and not _PMID.fullmatch(source.pmid):
        yield "pmid", source.pmid, "a PubMed id of 1 to 8 digits", "it has not that form."
    if source.nct is not None and not _NCT.fullmatch(source.nct):
        yield "nct", source.nct, "NCT and eight digits", "it has not that form."
    elif source.nct is not None and int(source.nct[3:]) >= limits()["registry"]["nct_below"]:
        yield "nct", source.nct, "an issued registry number", f"{source.nct[3:]} may be a PubMed id."
