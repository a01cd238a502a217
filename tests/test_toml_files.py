"""A user's file in TOML is read, or refused with file, line and what is expected."""

from pathlib import Path

import pytest

from koebner.errors import InvalidValueError, UnknownNameError
from koebner.toml_files import Section, key_lines, nearest_line, parse_table, read_toml

TEXT = """# a comment with = and [brackets]
[trial]
seed = 1
visits_weeks = [
  0,
  4,
]

[arms."UC-MSC, low"]
therapy = "uc_msc"
"weeks" = [0]
[arms.placebo]  # the other arm
therapy.name = "placebo"
"""


def test_keys_and_tables_have_the_line_they_stand_on() -> None:
    lines = key_lines(TEXT)
    assert lines["trial",] == 2
    assert lines["trial", "visits_weeks"] == 4
    assert lines["arms", "UC-MSC, low", "weeks"] == 11
    assert lines["arms", "placebo"] == 12
    assert lines["arms", "placebo", "therapy", "name"] == 13


def test_what_has_no_line_is_placed_at_the_table_around_it() -> None:
    lines = key_lines(TEXT)
    assert nearest_line(lines, ("arms", "placebo", "route")) == 12
    assert nearest_line(lines, ("population", "name")) == 1


class Inner(Section):
    share: float = 0.0


class Outer(Section):
    name: str
    counts: list[int] | None = None
    inner: Inner = Inner()


def parsed(path: Path, text: str) -> Outer:
    path.write_text(text, encoding="utf-8")
    content, source = read_toml(path)
    return parse_table(Outer, content, (), source)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbfname = 'x'\r\n")
    assert read_toml(path)[0] == {"name": "x"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file or directory"), ("folder", "Is a directory"), (b"\xff\xfe\x00", "not UTF-8 text")],
)
def test_what_is_no_readable_file_is_told(tmp_path: Path, content: str | bytes | None, reason: str) -> None:
    path = tmp_path / "mine.toml"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.mkdir()
    with pytest.raises(InvalidValueError) as caught:
        read_toml(path, what="product file")
    assert (
        str(caught.value) == f"{path}: The product file cannot be read ({reason}); a TOML file is expected."
    )


def test_what_is_no_path_is_told() -> None:
    with pytest.raises(InvalidValueError, match="not a path"):
        read_toml(Path("a\0b"))


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = = 2\n", 2), ("a = 1\nb = 2 3\n", 2), ("a = [\n1,\n", 3), ("a = " + "9" * 5000, 1)],
)
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(InvalidValueError, match="This is not valid TOML") as caught:
        parsed(tmp_path / "a.toml", text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "`name` is missing from the file; add it."),
        ("name = 'x'\n\n[inner]\nshare = 'y'", 4, "`inner.share` 'y' was given; expected a valid number."),
        ("name = 'x'\ncounts = [1, 2.5]", 2, "`counts` 2.5 was given; expected a valid integer."),
        ("name = 'x'\ninner = 3", 2, "`inner` 3 was given; expected"),
    ],
)
def test_a_wrong_value_is_told_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parsed(tmp_path / "a.toml", text)
    assert caught.value.line == line
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("nam = 'x'", 1, "No key `nam`. Closest: `name`."),
        ("name = 'x'\n[inner]\nshares = 1", 3, "No key `shares`. Closest: `share`. It stands in `[inner]`."),
    ],
)
def test_an_unknown_key_is_told_with_the_closest(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        parsed(tmp_path / "a.toml", text)
    assert (caught.value.line, caught.value.message) == (line, message)
