"""Files that a command is asked to write: checked before anything is computed."""

from collections.abc import Iterable
from pathlib import Path

from koebner.errors import InvalidValueError


def check_output(
    path: Path | None,
    option: str,
    others: Iterable[Path | None] = (),
    *,
    endings: tuple[str, ...] = (),
    example: str = "result.csv",
) -> None:
    """Refuse a path that cannot become a file, or would destroy another file of the command.

    Parameters
    ----------
    path
        Where to write; nothing is checked when None.
    option
        The option that named it.
    others
        Files of the same command that must not be overwritten.
    endings
        Endings that the name may have; any when empty.
    example
        A name to offer in place of a folder.

    Raises
    ------
    InvalidValueError
        When the folder does not exist, or the path is a folder, no ordinary file, one of the others, or
        has another ending.
    """
    if path is None:
        return
    if path.name == "-" or (path.exists() and not (path.is_file() or path.is_dir())):
        raise InvalidValueError(f"{option} {path} is no ordinary file; expected the name of a file to write.")
    for other in others:
        if other is not None and path.resolve() == other.resolve():
            raise InvalidValueError(
                f"{option} {path} would overwrite another file of this command; choose another."
            )
    if path.is_dir():
        raise InvalidValueError(f"{path} is a folder; expected a file, such as {option} {path / example}.")
    if endings and path.suffix.lower() not in endings:
        raise InvalidValueError(f"{option} {path} was given; expected a name in {' or '.join(endings)}.")
    if not path.parent.is_dir():
        raise InvalidValueError(f"folder {path.parent} does not exist; create it or choose another {option}.")
