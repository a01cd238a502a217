"""Writes a page for each pathway of the disease, and one for its packs and switches, from its files.

Everything on them is read from the package: the comment at the head of a pathway file, its equations,
the rows of the parameter packs, and the mechanisms with their papers.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from reference_pages import table

from koebner.cli.model_show import sources_in
from koebner.cli.model_variants import STARTS
from koebner.disease import PackParameter, load_pack, load_packs, load_switches, own_parameters, pathways
from koebner.evidence import Mechanism, Source, load_mechanisms, load_sources
from koebner.kinetics import Model, Species, read_antimony
from koebner.plots.map_network import link

INDEX = "pathways"
VARIANTS = "variants"
_PAGE = "pathway_{}"
_WITHOUT_EQUATIONS = {"visit": "Parameters of visits", "patient": "Parameters of patients"}
_MARKS = re.compile(r"([*_<\[\]])")


def write(folder: Path) -> None:
    """Write all pages into `folder`; those of pathways that are gone go."""
    folder.mkdir(exist_ok=True)
    pages = {_PAGE.format(name): pathway_page(name) for name in pathways()}
    pages |= {INDEX: index_page(), VARIANTS: variants_page()}
    for path in folder.glob(f"{_PAGE.format('*')}.md"):
        if path.stem not in pages:
            path.unlink()
    for name, page in pages.items():
        (folder / f"{name}.md").write_text(page, encoding="utf-8")


@cache
def _read(name: str) -> Model:
    return read_antimony(pathways()[name])


def index_page() -> str:
    """Return the list of pathways, and what belongs to none of them."""
    homeless = [row for row in load_mechanisms() if not any(_is_about(row, name) for name in pathways())]
    parts = [
        "# Pathways\n",
        "One page a pathway file, written from the file, the parameter packs and the table of mechanisms.\n",
        table(["pathway", "states", "parameters", "mechanisms"], map(_index_row, pathways())),
        "```{toctree}\n:hidden:\n",
        *(_PAGE.format(name) for name in pathways()),
        "```\n",
    ]
    for block, title in _WITHOUT_EQUATIONS.items():
        parts += [f"## {title}\n", _parameters(block)]
    if homeless:
        parts += ["## Mechanisms without an equation of their own\n", _mechanisms(homeless)]
    return "\n".join(parts)


def _index_row(name: str) -> tuple[str, str, int, int]:
    states = ", ".join(f"`{state}`" for state in _read(name).species)
    n_mechanisms = sum(_is_about(row, name) for row in load_mechanisms())
    return f"[{_title(name)}]({_PAGE.format(name)}.md)", states, len(_rows(name)), n_mechanisms


def pathway_page(name: str) -> str:
    """Return the page of one pathway."""
    path, model = pathways()[name], _read(name)
    parts = [f"# {_title(name)}\n", _prose(path), f"From `{path.name}`.\n"]
    if model.species:
        parts += ["## States\n", _states(model)]
    parts += ["## Equations\n", _equations(model)]
    if _rows(name):
        parts += ["## Parameters\n", _parameters(name)]
    mechanisms = [row for row in load_mechanisms() if _is_about(row, name)]
    if mechanisms:
        parts += ["## Mechanisms\n", _mechanisms(mechanisms)]
    return "\n".join(parts)


def variants_page() -> str:
    """Return the page of packs and switches."""
    parts = ["# Packs and switches\n", "## Packs\n"]
    for name, pack in load_packs().items():
        parts += [f"### {name}: {pack.title}\n", f"{escaped(pack.statement)}\n"]
        parts.append(f"Patients begin with {STARTS[pack.start]}.\n")
        if pack.base is not None:
            parts += [f"What differs from `{pack.base}`:\n", _differences(name, pack.base)]
    parts.append("## Switches\n")
    for name, switch in load_switches().items():
        rows = [
            (
                f"`{name}={option}`" + (" (default)" if option == switch.default else ""),
                escaped(effect.meaning),
                ", ".join(f"`{key} = {value:g}`" for key, value in effect.values.items()),
                ", ".join(f"`{state}`" for state in effect.quasi_steady),
            )
            for option, effect in switch.options.items()
        ]
        parts += [f"### {name}\n", f"{escaped(switch.meaning).capitalize()}.\n"]
        parts.append(table(["option", "meaning", "sets", "at steady state"], rows))
    return "\n".join(parts)


def _differences(name: str, base: str) -> str:
    of_base = {row.id: row for row in load_pack(base)}
    rows = [
        (
            f"`{row.id}`",
            escaped(row.meaning),
            _measured(f"{row.value:g}", row.unit),
            _measured(f"{of_base[row.id].value:g}", row.unit),
            cited(row.source),
        )
        for row in own_parameters(name)
    ]
    return table(["parameter", "meaning", name, base, "source"], rows)


def _title(name: str) -> str:
    words = name.replace("_", " ").replace("msc", "MSC")
    return words[0].upper() + words[1:]


def _prose(path: Path) -> str:
    """Return the comment at the head of a pathway file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = lines[: next(i for i, line in enumerate(lines) if not line.startswith("//"))]
    return escaped(" ".join(line.removeprefix("//").strip() for line in head)) + "\n"


def escaped(text: str) -> str:
    """Return text whose asterisks and underscores are no markup, outside of code."""
    return "".join(
        part if i % 2 else _MARKS.sub(r"\\\1", part) for i, part in enumerate(re.split(r"(`[^`]*`)", text))
    )


def _states(model: Model) -> str:
    rows = [
        (
            f"`{state.id}`",
            escaped(state.meaning),
            state.compartment,
            _at_the_lesion(state, model),
            _identity(state),
        )
        for state in model.species.values()
    ]
    return table(["state", "meaning", "where", "in the lesion", "identifiers"], rows)


def _identity(state: Species) -> str:
    """Return what a state is, what it is made of and what it is a kind of, as links."""
    said = (("is", state.identifiers), ("has part", state.parts), ("is a kind of", state.kinds))
    return "; ".join(
        f"{words} " + ", ".join(f"[{uri.rpartition('/')[2]}]({uri})" for uri in uris)
        for words, uris in said
        if uris
    )


def _at_the_lesion(state: Species, model: Model) -> str:
    formula = model.initial_assignments.get(state.id)
    return _measured(f"`{formula}`" if formula else f"{state.initial:g}", state.unit)


def _measured(value: str, unit: str) -> str:
    """Return a value with its unit; a number that has none stands alone."""
    return value if unit == "dimensionless" else f"{value} {unit}"


def _equations(model: Model) -> str:
    rates = [(f"`d[{name}]/dt`", f"`{formula}`") for name, formula in model.derivatives().items()]
    rules = [
        (_measured(f"`{name}`", model.parameters[name].unit), f"`{model.rules[name].formula}`")
        for name in model.assigned
    ]
    return table(["", "equation"], [*rates, *rules])


def _rows(block: str) -> list[PackParameter]:
    return [row for row in load_pack() if row.block == block]


def _parameters(block: str) -> str:
    rows = [
        (
            f"`{row.id}`",
            escaped(row.meaning),
            _measured(f"{row.value:g}", row.unit),
            row.prior,
            cited(row.source),
            _elsewhere(row),
        )
        for row in _rows(block)
    ]
    return table(["parameter", "meaning", "value", "prior", "source", "in other packs"], rows)


def _elsewhere(row: PackParameter) -> str:
    others = {
        pack: own.value for pack in load_packs() for own in load_pack(pack) if own.id == row.id
    }  # the parameters of a pack are those of its base
    return ", ".join(f"{pack} {value:g}" for pack, value in others.items() if value != row.value)


def cited(text: str) -> str:
    """Return a source as a link to the paper, or the words of an assumption with links to what they name."""
    if text in load_sources():
        return _link(load_sources()[text])
    return "; ".join([escaped(text), *map(_link, sources_in(text))])


def _link(source: Source) -> str:
    author = source.authors[0] if source.authors else source.journal
    return f"[{author} {source.year}]({link(source)})"


def _is_about(row: Mechanism, pathway: str) -> bool:
    """Whether a mechanism raises or lowers a state of a pathway, or was filed under it."""
    states = _read(pathway).species
    effects = {effect for _, effect in row.pairs}
    return bool(effects & set(states)) or row.pathway.lower().replace(" ", "_") == pathway


def _mechanisms(mechanisms: Sequence[Mechanism]) -> str:
    rows = [
        (
            f"{escaped(row.cause)} ({row.sign}) {escaped(row.effect)}",
            _known(row),
            row.grade,
            _papers(row.sources),
            ", ".join(f"`{edge}`" for edge in row.edges),
        )
        for row in mechanisms
    ]
    return table(["mechanism", "what is known", "grade", "papers", "in the model"], rows)


def _known(row: Mechanism) -> str:
    told = f"{escaped(row.statement)} ({escaped(row.species)})."
    if row.contradiction:
        told += f" **But:** {escaped(row.contradiction)} {_papers(row.contradicted_by)}".rstrip() + "."
    return told


def _papers(keys: Iterable[str]) -> str:
    return ", ".join(_link(load_sources()[key]) for key in keys)
