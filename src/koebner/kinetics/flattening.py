"""An SBML document made plain: one flat model of Level 3 Version 2, with only global symbols.

Submodels (the package comp) are put into the model by libSBML; files they lie in are sought beside the
document. Functions are inlined, local parameters become global, and an id that means something of its
own in a formula (`time`, `pi`, `inf`, ...) gets an underscore behind it.
"""

import re
from pathlib import Path
from typing import Any

import libsbml

from koebner.errors import ModelError
from koebner.kinetics.formulas import RESERVED


def flatten_submodels(document: Any) -> None:
    """Put the submodels of a document into its model, in place.

    Raises
    ------
    ModelError
        When libSBML cannot.
    """
    if document.getPlugin("comp") is None:
        return
    _check_files(document)
    properties = libsbml.ConversionProperties()
    for option, value in (("flatten comp", True), ("performValidation", False), ("leavePorts", False)):
        properties.addOption(option, value)
    before = document.getNumErrors()
    if document.convert(properties) != libsbml.LIBSBML_OPERATION_SUCCESS:
        errors = [document.getError(i) for i in range(before, document.getNumErrors())]
        # libSBML puts a rule of the standard, and where it stands, before what it has to say.
        cause = re.split(r"Reference: .*\n", errors[-1].getMessage())[-1] if errors else "no reason given"
        raise ModelError(
            f"the submodels cannot be put into one model ({' '.join(cause.split()).rstrip('.')}); "
            "all must exist, in files of the same SBML level and version."
        )


def _check_files(document: Any) -> None:
    """Say which file is missing; libSBML speaks of something else."""
    beside = Path(document.getLocationURI().removeprefix("file:")).parent
    for external in document.getPlugin("comp").getListOfExternalModelDefinitions():
        if not (beside / external.getSource().removeprefix("file:")).is_file():
            raise ModelError(
                f"submodel `{external.getId()}` lies in `{external.getSource()}`, which is not there; "
                "put that file beside the model."
            )


def simplify(document: Any) -> None:
    """Inline functions, make local parameters global and bring the document to Level 3 Version 2.

    Raises
    ------
    ModelError
        When libSBML cannot.
    """
    for option in ("promoteLocalParameters", "expandFunctionDefinitions"):
        properties = libsbml.ConversionProperties()
        properties.addOption(option, True)  # noqa: FBT003 - a value of libSBML's options
        if document.convert(properties) != libsbml.LIBSBML_OPERATION_SUCCESS:
            raise ModelError(
                f"libSBML could not convert the model ({option}); check it with an SBML validator."
            )
    if not document.setLevelAndVersion(3, 2, False):  # noqa: FBT003 - not strict about units
        raise ModelError("libSBML could not convert the model to Level 3 Version 2; convert it beforehand.")
    _rename_reserved(document.getModel())


def _rename_reserved(model: Any) -> None:
    elements = list(model.getListOfAllElements())
    # Units have a name space of their own, in which `time` is common.
    named = {e.getId(): e for e in elements if e.getTypeCode() != libsbml.SBML_UNIT_DEFINITION}
    for name in sorted(RESERVED & named.keys()):
        new = f"{name}_"
        while new in named:
            new += "_"
        for element in elements:
            element.renameSIdRefs(name, new)
        named[name].setId(new)
