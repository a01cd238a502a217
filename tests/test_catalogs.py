"""Catalogues: an entry that departs from its shape is named with its file."""

from pathlib import Path

import pytest

from koebner.catalogs import Strict, entry_names, read_entry
from koebner.errors import InvalidValueError


class Drug(Strict):
    name: str
    dose: float


def test_entries_are_listed_and_read(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.toml").write_text(f'name = "{name}"\ndose = 2')
    assert entry_names(tmp_path) == ("a", "b")
    assert read_entry(tmp_path / "b.toml", Drug) == Drug(name="b", dose=2.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "a"\ndoze = 2', "`dose`: Field required"),
        ('name = "a"\ndose = 2\ncolour = 1', "`colour`: Extra inputs"),
        ("name = ", "not valid TOML"),
    ],
)
def test_a_departure_is_named_with_its_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(InvalidValueError, match=message) as caught:
        read_entry(path, Drug)
    assert caught.value.file == path
