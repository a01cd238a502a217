"""An immutable mapping from names to things, which offers the closest names for a wrong one."""

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from typing import Any, Generic, TypeVar

from koebner.errors import UnknownNameError

Thing = TypeVar("Thing")


class NamedMapping(Mapping[str, Thing], Generic[Thing]):
    """Immutable, hashable and picklable mapping in the order of its making.

    Parameters
    ----------
    kind
        What the names stand for, in the user's words: "parameter".
    content
        The names and what they stand for.

    Raises
    ------
    UnknownNameError
        When a name is looked up that does not exist; the closest names are offered.

    Examples
    --------
    >>> rates = NamedMapping("rate", {"k_in": 2.0})
    >>> rates["k_in"]
    2.0
    """

    __slots__ = ("_content", "kind")

    def __init__(self, kind: str, content: Mapping[str, Thing]) -> None:
        self.kind = kind
        self._content = dict(content)

    def __getitem__(self, name: str) -> Thing:
        try:
            return self._content[name]
        except KeyError:
            raise UnknownNameError(self.kind, name, self._content) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)

    def __contains__(self, name: object) -> bool:
        return name in self._content

    # The mixins of Mapping would go through errors, whose suggestions take long.
    def get(self, name: str, default: Any = None) -> Any:
        """Return what has a name, or the default."""
        return self._content.get(name, default)

    def items(self) -> ItemsView[str, Thing]:
        """Return the names and what they name."""
        return self._content.items()

    def values(self) -> ValuesView[Thing]:
        """Return what is named."""
        return self._content.values()

    def __hash__(self) -> int:
        return hash((self.kind, tuple(self._content.items())))

    def __repr__(self) -> str:
        return f"NamedMapping({self.kind!r}, {self._content!r})"
