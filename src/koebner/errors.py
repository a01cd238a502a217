"""Every error Koebner raises on purpose.

```
KoebnerError
├── UnknownNameError (KeyError)     a name that does not exist; offers the closest names
├── InvalidValueError (ValueError)  out of range, wrong shape, wrong key
├── UnitError (ValueError)          units that do not agree
├── EvidenceError (ValueError)      a table row is wrong; knows file and line
├── ModelError (ValueError)         equations inconsistent; knows the element
├── BuildError (RuntimeError)       generated code did not compile; keeps the text
└── SolverError (RuntimeError)      some patients failed; keeps who, when, why
```

A message says what was given, what is expected and what to do. An error that comes from a file
names it as `file:line`.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any


class KoebnerError(Exception):
    """Base of all errors raised on purpose; `file` and `line` say where the input came from."""

    def __init__(self, message: str, *, file: Path | str | None = None, line: int | None = None) -> None:
        self.message = message
        self.file = file
        self.line = line
        super().__init__(message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let an error cross from a worker process whole: its constructor takes keywords."""
        return _rebuilt, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        if self.file is None:
            return self.message
        place = f"{self.file}" if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"


def _rebuilt(kind: type[KoebnerError], args: tuple[Any, ...], state: dict[str, Any]) -> KoebnerError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class UnknownNameError(KoebnerError, KeyError):
    """A name that is not in the list of known names.

    Parameters
    ----------
    kind
        What was looked for, in the user's words: "therapy", "parameter".
    name
        The name that was given.
    known
        The names that exist.
    hint
        What to do to see them all, a full sentence.

    Examples
    --------
    >>> str(UnknownNameError("therapy", "secukinumap", ["placebo", "secukinumab"]))
    'No therapy `secukinumap`. Closest: `secukinumab`.'
    """

    def __init__(
        self,
        kind: str,
        name: str,
        known: Iterable[str],
        *,
        hint: str = "",
        file: Path | str | None = None,
        line: int | None = None,
    ) -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(known)
        super().__init__(_unknown_message(kind, name, self.known, hint), file=file, line=line)


def _unknown_message(kind: str, name: str, known: tuple[str, ...], hint: str) -> str:
    lowered = {k.lower(): k for k in known}
    close = [lowered[match] for match in get_close_matches(name.lower(), lowered, n=3, cutoff=0.5)]
    if close:
        offer = "Closest: " + ", ".join(f"`{match}`" for match in close) + "."
    elif known:
        shown = ", ".join(f"`{k}`" for k in known[:12])
        offer = f"Known: {shown}{', ...' if len(known) > 12 else ''}."
    else:
        offer = "None are known."
    return " ".join(part for part in (f"No {kind} `{name}`.", offer, hint) if part)


class InvalidValueError(KoebnerError, ValueError):
    """A value out of range, of the wrong shape or under the wrong key."""


class UnitError(KoebnerError, ValueError):
    """Units that do not agree."""


class EvidenceError(KoebnerError, ValueError):
    """A row of an evidence table breaks a rule; knows file and line."""


class ModelError(KoebnerError, ValueError):
    """Equations that are inconsistent or cannot be read; the message names the element."""


class BuildError(KoebnerError, RuntimeError):
    """Generated code did not compile; `text` keeps it."""

    def __init__(self, message: str, *, text: str) -> None:
        self.text = text
        super().__init__(message)


class SolverError(KoebnerError, RuntimeError):
    """Some patients could not be integrated; `failures` maps patient index to the reason."""

    def __init__(self, message: str, *, failures: dict[int, str]) -> None:
        self.failures = failures
        super().__init__(message)
