"""Registries: entries by name, for features here, and for models and datasets further up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar


class Named(Protocol):
    """Anything that carries the name it is registered under."""

    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=Named)


class DuplicateNameError(ValueError):
    """Two entries of one registry have the same name."""


class UnknownNameError(LookupError):
    """No entry has this name; the message suggests the nearest ones."""

    def __init__(self, kind: str, name: str, known: Collection[str]) -> None:
        import difflib

        nearest = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(nearest)}?" if nearest else f"there are: {', '.join(known)}"
        super().__init__(f"no {kind} is named '{name}'; {hint}")


def matching(names: Iterable[str], pattern: str) -> list[str]:
    """Return the names that a name, a glob or ``all`` stands for."""
    return list(names) if pattern == "all" else [name for name in names if fnmatchcase(name, pattern)]


class Registry(Mapping[str, Entry]):
    """Entries by name, in the order given; frozen: ``with_more`` makes a longer one.

    Raises ``DuplicateNameError`` for a name that two entries have and ``UnknownNameError`` for one that none has.
    """

    def __init__(self, kind: str, entries: Iterable[Entry]) -> None:
        self.kind = kind
        self._entries: dict[str, Entry] = {}
        for entry in entries:
            if entry.name in self._entries:
                raise DuplicateNameError(f"two {kind}s are named '{entry.name}'; give one another name")
            self._entries[entry.name] = entry

    def with_more(self, entries: Iterable[Entry]) -> Registry[Entry]:
        """Return a registry of these entries followed by ``entries``."""
        return Registry(self.kind, [*self._entries.values(), *entries])

    def changed(self, change: Callable[[Entry], Entry]) -> Registry[Entry]:
        """Return a registry of what ``change`` makes of each entry."""
        return Registry(self.kind, map(change, self._entries.values()))

    def matching(self, pattern: str) -> list[Entry]:
        """Return the entries that a name, a glob or ``all`` stands for; raises ``UnknownNameError`` for none."""
        found = matching(self, pattern)
        if not found:
            raise UnknownNameError(self.kind, pattern, self)
        return [self._entries[name] for name in found]

    def __getitem__(self, name: str) -> Entry:
        if name not in self._entries:
            raise UnknownNameError(self.kind, name, self)
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
