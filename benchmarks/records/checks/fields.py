"""The names in a stored JSON object are those that the suite writes, none more and none less."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def fault_of_fields(found: Mapping[str, Any], record: object, optional: Collection[str] = ()) -> str:
    """Return which name is unknown or missing in what a record was converted from; empty if none is.

    ``record`` is a dataclass. ``optional``: names that may be missing, after those that they stand in: ``trial.tuned``.
    """
    return next(_faults(found, record, "", optional), "")


def _faults(found: Any, record: Any, path: str, optional: Collection[str]) -> Iterator[str]:
    """Go through the dataclasses in a record; ``found`` has their types, as the record was converted from it."""
    if isinstance(record, Mapping):
        for name, value in record.items():
            yield from _faults(found[name], value, f"{path}{name}.", optional)
    elif isinstance(record, tuple):
        for i, value in enumerate(record):
            if is_dataclass(value):
                yield from _faults(found[i], value, f"{path}{i}.", optional)
    elif is_dataclass(record):
        names = [field.name for field in fields(record)]
        yield from (f"it has the unknown field '{path}{name:.100}'" for name in found if name not in names)
        for name in names:
            if name in found:
                yield from _faults(found[name], getattr(record, name), f"{path}{name}.", optional)
            elif f"{path}{name}" not in optional:
                yield f"it lacks the field '{path}{name}'"
