"""Results of long work that are computed once: an interrupted calibration reads what it had."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def once(file: Path | None, compute: Callable[[], Any]) -> Any:
    """Return what a file holds, or compute it and write it there; a file that is there is whole.

    Parameters
    ----------
    file
        JSON; None keeps nothing.
    compute
        Gives what can be written as JSON.
    """
    if file is not None and file.exists():
        return json.loads(file.read_text(encoding="utf-8"))
    found = compute()
    if file is not None:
        unfinished = file.with_suffix(".writing")
        unfinished.write_text(json.dumps(found), encoding="utf-8")
        unfinished.rename(file)
    return found
