"""Files that a command is asked to write: checked before anything is computed."""

from pathlib import Path

from koebner.errors import InvalidValueError


def check_output(path: Path | None, option: str) -> None:
    """Refuse a path that cannot become a file.

    Raises
    ------
    InvalidValueError
        When the folder does not exist, or the path is a folder.
    """
    if path is None:
        return
    if path.is_dir():
        raise InvalidValueError(
            f"{path} is a folder; expected a file, such as {option} {path / 'result.csv'}."
        )
    if not path.parent.is_dir():
        raise InvalidValueError(f"folder {path.parent} does not exist; create it or choose another {option}.")
