"""The files that processes have open or mapped, of those that are in memory."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

MOST_FILES = 20_000  # of a tree: to look at them takes 0.2 s


class TooManyFilesError(Exception):
    """A tree has more files than the bench looks at."""

    def __init__(self) -> None:
        super().__init__(f"had more than {MOST_FILES:,} files open, or in a folder in /dev/shm")


@dataclass(frozen=True)
class InMemory:
    """What processes have open in memory: ``names`` in a folder, and the bytes of files ``without_name``, each once.

    Without a name are deleted files and those of ``memfd_create``; they are told by device and number.
    """

    names: set[str] = field(default_factory=set)
    without_name: dict[tuple[int, int], int] = field(default_factory=dict)


def open_in_memory(pids: Iterable[int], folder: Path) -> InMemory:
    """Return which files in memory, in ``folder`` or without a name, these processes have open.

    Raises ``TooManyFilesError``.
    """
    found, left = InMemory(), MOST_FILES
    for target, status in (opened for pid in pids for opened in _open_in_memory(pid, folder)):
        left -= 1
        if left < 0:
            raise TooManyFilesError
        if status is None:
            continue
        if status.st_nlink == 0:
            found.without_name[status.st_dev, status.st_ino] = status.st_blocks * 512
        else:
            found.names.update(_names_in(target, folder))
    return found


def names_used_by(pid: int, folder: Path) -> set[str]:
    """Return the names of the files, or folders of files, in ``folder`` that a process has open or mapped."""
    opened = "\n".join(target for target, _ in _open_in_memory(pid, folder))
    return names_mapped_by(pid, folder) | _names_in(opened, folder)


def names_mapped_by(pid: int, folder: Path) -> set[str]:
    """Return the names of the files, or folders of files, in ``folder`` that a process has mapped."""
    with contextlib.suppress(OSError):
        return _names_in(Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace"), folder)
    return set()


def _names_in(text: str, folder: Path) -> set[str]:
    return set(re.findall(rf"{re.escape(str(folder))}/([^/\n]+)", text))


def _open_in_memory(pid: int, folder: Path) -> Iterator[tuple[str, os.stat_result | None]]:
    """Yield the path of each descriptor of a process, and what is there; None if that is not in memory."""
    with contextlib.suppress(OSError), _opened(f"/proc/{pid}/fd") as place, os.scandir(place) as descriptors:
        devices = _devices(folder)
        for name in (descriptor.name for descriptor in descriptors):
            with contextlib.suppress(OSError):
                status = os.stat(name, dir_fd=place)
                if status.st_dev in devices:
                    yield os.readlink(name, dir_fd=place) if status.st_nlink else "", status
                    continue
            yield "", None


@contextlib.contextmanager
def _opened(folder: str) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _devices(folder: Path) -> set[int]:
    with contextlib.suppress(OSError):
        return {_device_of_anonymous(), os.stat(folder).st_dev}
    return {_device_of_anonymous()}


@cache
def _device_of_anonymous() -> int:
    """Return the device of files of ``memfd_create``; they are the same for all processes."""
    descriptor = os.memfd_create("device")
    try:
        return os.fstat(descriptor).st_dev
    finally:
        os.close(descriptor)
