"""Models written in Antimony, the text form in which people author SBML.

One file holds one `model ... end`. Symbols without a value are open inputs, which another part closes
(`compose`). Units are declared inside the model, in the form that libantimony understands and that
survives to SBML: a definition, then `has`. The units of the model as a whole are set by the names
`time_unit`, `substance`, `volume` and `extent`. A literal number in a formula is dimensionless; give
every other number a name and a unit. Species are amounts (`substanceOnly`).

```
model clearance()
  unit time_unit = 86400 second; unit substance = dimensionless
  unit volume = dimensionless; unit extent = dimensionless
  unit day = 86400 second; unit mg = 1e-3 gram; unit L = litre
  unit L_per_day = litre/(86400 second); unit mg_per_L = 1e-3 gram/litre

  compartment body = 1; body has dimensionless
  substanceOnly species drug in body = 0; drug has mg
  CL = 0.2; CL has L_per_day
  V = 5.5; V has L
  drug' = -CL/V*drug
  concentration := drug/V; concentration has mg_per_L
end
```

Other forms that work: `unit per_day = 1/(86400 second)`, `unit nM = 1e-9 mole/litre`,
`unit kDa = 1e3 gram/mole`, `unit million_cells_per_kg = 1e6 item/(1e3 gram)`. A name and MIRIAM
identifiers are given as `drug is "the drug"` and `drug identity "http://identifiers.org/CHEBI:12345"`;
`part` in place of `identity` names what a lumped species is made of, `hypernym` what it is a kind of.
To Antimony `log` is the natural logarithm; write `ln` or `log10`, which nobody mistakes.
"""

import re
from pathlib import Path

import antimony
import libsbml

from koebner.errors import InvalidValueError, ModelError, UnitError
from koebner.kinetics.model import Model
from koebner.kinetics.sbml import model_from_document

_LINE = re.compile(r"line (\d+):\s*(.*)", re.DOTALL)


def read_antimony(source: Path | str) -> Model:
    """Return the model of an Antimony file or text.

    Parameters
    ----------
    source
        A path, or the text itself (a string of more than one line).

    Raises
    ------
    ModelError
        With file and line, when the text is not one Antimony model.

    Examples
    --------
    >>> read_antimony("model decay()\\n x = 1; k = 0.5; x' = -k*x\\nend").derivatives()
    {'x': '-k * x'}
    """
    if isinstance(source, str) and "\n" in source:
        return _read_text(source, file=None)
    file = Path(source)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ModelError(f"{error.strerror}; an Antimony file is expected.", file=file) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ModelError(
            "this is not text in UTF-8; an Antimony file is expected.", file=file, line=line
        ) from None
    return _read_text(text, file=file)


def _read_text(text: str, file: Path | None) -> Model:
    antimony.clearPreviousLoads()
    try:
        if antimony.loadAntimonyString(text) < 0:
            raise _syntax_error(antimony.getLastError(), text, file)
        names = [name for name in antimony.getModuleNames() if name != "__main"]
        if len(names) != 1:
            found = ", ".join(f"`{name}`" for name in names) or "none"
            raise ModelError(f"one `model ... end` is expected, found {found}.", file=file, line=1)
        document = libsbml.readSBMLFromString(antimony.getSBMLString(names[0]))
    finally:
        antimony.clearPreviousLoads()
    try:
        return model_from_document(document)
    except (InvalidValueError, ModelError, UnitError) as error:
        raise type(error)(error.message, file=file, line=_line_of(error.message, text)) from None


def _syntax_error(message: str, text: str, file: Path | None) -> ModelError:
    found = _LINE.search(message)
    if found is None:
        return ModelError(" ".join(message.split()), file=file)
    line = int(found[1])
    if "from libSBML" in found[2]:
        # libSBML's message is a chapter long; its last line speaks of this model.
        return ModelError(found[2].strip().splitlines()[-1].strip(), file=file, line=line)
    lines = text.splitlines()
    offending = lines[min(line, len(lines)) - 1].strip() if lines else ""
    cause = " ".join(found[2].split()).replace("\\n", "end of line").rstrip(".")
    return ModelError(f"`{offending}` is not Antimony: {cause}.", file=file, line=line)


def _line_of(message: str, text: str) -> int | None:
    """Line that the message is about: the first that holds the names it quotes."""
    names = re.findall(r"`(\w+)`", message)
    holding = [{name for name in names if re.search(rf"\b{name}\b", line)} for line in text.splitlines()]
    most = max((len(found) for found in holding), default=0)
    return next((n for n, found in enumerate(holding, start=1) if most and len(found) == most), None)
