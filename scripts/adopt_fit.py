"""Take the numbers of the fit for use over into the tables that the model reads; run by `make adopt`.

The central parameter set of the shipped ensemble replaces values of the parameter pack, widths of the
populations and potencies of the catalogue, line by line; texts and priors stay. A test holds the tables to
the ensemble, so that neither changes alone.
"""

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

from koebner.calibration.fitting.figures import figures_of
from koebner.calibration.protocol import load_protocol
from koebner.cli.doctor import PACKAGE
from koebner.fits import FITTED, WIDTH, adopted, load_ensemble, potencies

PACK = PACKAGE / "disease" / "parameters" / "human_plaque.csv"
POPULATIONS = PACKAGE / "populations" / "catalog"
THERAPIES = PACKAGE / "therapies" / "catalog"


def main() -> None:
    """Rewrite what the fit decides."""
    central = load_ensemble("shipped").central
    PACK.write_text(_pack(PACK.read_text(encoding="utf-8"), central), encoding="utf-8")
    for path in sorted(POPULATIONS.glob("*.toml")):
        path.write_text(_population(path.read_text(encoding="utf-8"), central), encoding="utf-8")
    studies = _studies()
    for name, potency in potencies(central).items():
        path = THERAPIES / f"{name}.toml"
        text = _therapy(path, potency, studies[name])
        path.write_text(text, encoding="utf-8")


def _pack(text: str, central: Mapping[str, float]) -> str:
    """Return the pack with fitted values; lines that the fit does not touch keep their bytes."""
    lines = text.splitlines(keepends=True)
    for place, line in enumerate(lines):
        row = next(csv.reader([line]))
        if row[0] in central:
            row[1], row[5], row[6] = _number(central[row[0]]), "no", FITTED
            written = io.StringIO()
            csv.writer(written, lineterminator="\n").writerow(row)
            lines[place] = written.getvalue()
    return "".join(lines)


def _population(text: str, central: Mapping[str, float]) -> str:
    """Return a population with fitted widths."""
    for name, value in central.items():
        if name.startswith(WIDTH):
            parameter = re.escape(name.removeprefix(WIDTH))
            start = rf'(parameter = "{parameter}"\nscale = "\w+"\nsd = )'
            block = re.compile(rf'{start}[^\n]*\nsource = "[^\n]*"')
            text = block.sub(rf'\g<1>{_number(value)}\nsource = "{FITTED}"', text)
    return text


def _therapy(path: Path, potency: float, studies: tuple[str, ...]) -> str:
    """Return a file of the catalogue with its fitted potency, and the studies that decided it."""
    text = path.read_text(encoding="utf-8")
    value = re.compile(r'^(IC50 = \{ value = )[^,]+(, unit = "[^"]*", source = )"[^"]*"', re.MULTILINE)
    text, found = value.subn(rf'\g<1>{_number(potency)}\g<2>"{FITTED}"', text)
    if found != 1:
        raise ValueError(f"{path.name}: {found} lines with an IC50 were found; one is expected.")
    listed = ", ".join(f'"{name}"' for name in studies)
    return re.sub(r"^studies = \[[^\]]*\]", f"studies = [{listed}]", text, count=1, flags=re.MULTILINE)


def _studies() -> dict[str, tuple[str, ...]]:
    """Return the studies whose responses the fit met, by drug."""
    met = figures_of(load_protocol(), "open").rates
    drugs = sorted({target.therapy for target in met})
    return {drug: tuple(dict.fromkeys(t.study for t in met if t.therapy == drug)) for drug in drugs}


def _number(value: float) -> str:
    return f"{adopted(value):g}"


if __name__ == "__main__":
    main()
