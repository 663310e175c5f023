"""Registries: entries by name, for features here, and for models and datasets further up."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, TypeVar


class Named(Protocol):
    """Anything that carries the name it is registered under."""

    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=Named)


class DuplicateNameError(ValueError):
    """Two entries of one registry have the same name."""


class UnknownNameError(LookupError):
    """A name that no entry has; the message suggests the nearest ones."""


class Registry(Mapping[str, Entry]):
    """Entries by name, in the order given; frozen: ``with_more`` makes a longer one.

    Raises ``DuplicateNameError`` for a name given twice and ``UnknownNameError`` for one not there.
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

    def unknown(self, name: str) -> UnknownNameError:
        """Return the error that says ``name`` is not here, and what is near it."""
        nearest = difflib.get_close_matches(name, self._entries, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(nearest)}?" if nearest else f"there are: {', '.join(self._entries)}"
        return UnknownNameError(f"no {self.kind} is named '{name}'; {hint}")

    def __getitem__(self, name: str) -> Entry:
        if name not in self._entries:
            raise self.unknown(name)
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
