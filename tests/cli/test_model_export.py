"""What travels with an exported model."""

import sys
from pathlib import Path

import libsbml
import pytest

from koebner.cli import main
from koebner.disease import load_packs


def test_an_exported_model_says_what_it_is_and_what_it_is_not_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "mouse.xml"
    command = ["model", "export", "--pack", "mouse_imiquimod", "--switch", "cytokines=quasi_steady"]
    monkeypatch.setattr(sys, "argv", ["koebner", *command, "--sbml", str(path)])
    with pytest.raises(SystemExit, match="0"):
        main.run()
    document = libsbml.readSBMLFromFile(str(path))
    document.checkConsistency()
    assert document.getNumErrors() == 0
    notes = document.getModel().getNotesString()
    pack = load_packs()["mouse_imiquimod"]
    for said in (pack.title, pack.statement, "Apache-2.0", "cytokines=quasi_steady", "not for diagnosis"):
        assert said in notes
