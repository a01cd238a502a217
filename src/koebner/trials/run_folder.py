"""The folder of a run: unfinished work lies in `OUT.partial`, finished work in `OUT`.

A kill at any moment leaves one of the two. Repeating the command goes on from the checkpoints. What
belongs to another run, model or version is never mixed in and never deleted unasked.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp

from filelock import FileLock, Timeout

from koebner.errors import InvalidValueError
from koebner.trials.tables import write_json

_RUN_FILE = "run.json"
_RESULTS_FILE = "results.json"


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """Where one run is written.

    Parameters
    ----------
    path
        Folder of the finished run.
    finished
        True when it already holds this very run.
    resumed
        True when unfinished work of this very run was found.
    """

    path: Path
    finished: bool
    resumed: bool

    @property
    def partial(self) -> Path:
        """Folder of the unfinished run."""
        return _beside(self.path, "partial")

    @property
    def checkpoints(self) -> Path:
        """Folder of what is already simulated."""
        return self.partial / "checkpoints"

    def complete(self) -> None:
        """Rename the unfinished folder to its final name, in place of an overwritten run."""
        replaced = _beside(self.path, "replaced")
        if self.path.exists():
            _remove_run(replaced)
            self.path.rename(replaced)
        self.partial.rename(self.path)
        _remove_leftovers(self.path)


@contextmanager
def lock_run(path: Path) -> Iterator[None]:
    """Keep other processes out of the run at `path`; the lock dies with the process that holds it.

    Raises
    ------
    InvalidValueError
        When another process is at it, or the folder around it cannot be written to.
    """
    if path.name in ("", ".."):
        raise InvalidValueError(
            f"`{path}` was given; a folder of the run's own is expected, such as `runs/mine`."
        )
    _make_parent(path)
    lock = FileLock(_beside(path, "lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InvalidValueError(
            f"another process is writing into `{path}`; wait for its end or choose another `--out`."
        ) from None
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):  # the next process may hold it already
            _beside(path, "lock").unlink(missing_ok=True)


def _make_parent(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise InvalidValueError(
            f"`{path.parent}` cannot be written to ({error.strerror}). Choose another folder with `--out`."
        ) from error


def open_run(path: Path, fingerprint: str, *, overwrite: bool = False, what: str = "trial") -> RunFolder:
    """Find out what lies at `path`, and make room for the run; call it inside `lock_run`.

    Parameters
    ----------
    path
        Folder of the finished run.
    fingerprint
        Of everything that decides the results of the run.
    what
        What is run, for errors.
    overwrite
        Whether another run may be replaced, and a finished one repeated.

    Raises
    ------
    InvalidValueError
        When something else lies there, with what to do.
    """
    run = RunFolder(path=path, finished=False, resumed=False)
    _refuse_foreign(path, _RESULTS_FILE)
    _refuse_foreign(run.partial, _RUN_FILE)
    if _fingerprint(path / _RESULTS_FILE) == fingerprint and not overwrite:
        _remove_leftovers(path)
        return RunFolder(path=path, finished=True, resumed=False)
    if _holds(path, _RESULTS_FILE) and not overwrite:
        raise InvalidValueError(
            f"`{path}` holds the results of another {what}, model or version; an unused folder is expected. "
            "Choose another with `--out`, or replace it with `--overwrite`."
        )
    started = _fingerprint(run.partial / _RUN_FILE)
    if started not in (None, fingerprint):
        if not overwrite:
            raise InvalidValueError(
                f"`{run.partial}` holds an unfinished run of another {what}, model or version. Finish it "
                f"with its own {what} file, choose another `--out`, or discard it with `--overwrite`."
            )
        shutil.rmtree(run.partial)
        started = None
    if started is None:
        _start(run.partial, fingerprint)
    return RunFolder(path=path, finished=False, resumed=started is not None)


def _start(partial: Path, fingerprint: str) -> None:
    """Make the unfinished folder appear with its run file already inside."""
    fresh = Path(mkdtemp(prefix=f".{partial.name}-", dir=partial.parent))
    write_json(fresh / _RUN_FILE, {"fingerprint": fingerprint})
    fresh.chmod(0o755)  # a temporary folder is private; results are to be shared like any other file
    fresh.rename(partial)


def _beside(path: Path, word: str) -> Path:
    return path.with_name(f"{path.name}.{word}")


def _holds(folder: Path, file: str) -> bool:
    return (folder / file).exists()


def _refuse_foreign(folder: Path, file: str) -> None:
    """Never touch a folder with content that no run has left there, not even to overwrite it."""
    if not folder.exists() or _holds(folder, file):
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise InvalidValueError(
            f"`{folder}` is no run of Koebner; an unused folder is expected. Choose another with `--out`."
        )


def _fingerprint(file: Path) -> str | None:
    """Return the fingerprint a run file states, or None where there is none."""
    if not file.exists():
        return None
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return "unreadable"  # never equal to a digest, so the folder counts as another run's
    return str(content.get("fingerprint")) if isinstance(content, dict) else "unreadable"


def _remove_leftovers(path: Path) -> None:
    """Remove what only an unfinished or replaced run needs."""
    if (path / "checkpoints").exists():
        shutil.rmtree(path / "checkpoints")
    _remove_run(_beside(path, "replaced"))


def _remove_run(folder: Path) -> None:
    if _holds(folder, _RESULTS_FILE):
        shutil.rmtree(folder)
