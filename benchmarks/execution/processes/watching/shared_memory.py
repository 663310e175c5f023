"""Files in /dev/shm: memory that belongs to no process, and stays when all have ended."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import psutil

from benchmarks.common.atomic_files import remove
from benchmarks.common.clock import clock
from benchmarks.execution.processes.watching.open_files import (
    MOST_FILES,
    TooManyFilesError,
    names_mapped_by,
    open_in_memory,
)

MIB = 2**20
SHARED = Path("/dev/shm")
MAPS_S = 0.05  # of each look, for what processes have mapped: that is tens of thousands of lines where a model wants it


class SharedFiles:
    """The files in /dev/shm that a tree made.

    A file is of the tree if it is new, and a process of the tree was seen to have it open or mapped. Files without a
    name (deleted ones, and those of ``memfd_create``) count for as long as one has them open.
    """

    def __init__(self, folder: Path = SHARED) -> None:
        self._folder = folder
        self._of_others = names_in(self._folder)
        self._own: set[str] = set()
        self._turn = 0

    def unmapped_mb(self, members: Iterable[psutil.Process]) -> float:
        """Return how much the tree's files hold beyond what its processes have mapped, in MiB.

        Raises ``TooManyFilesError``.
        """
        pids = [process.pid for process in members]
        opened = open_in_memory(pids, self._folder)
        new = names_in(self._folder) - self._of_others - self._own
        self._own |= new & opened.names
        if unknown := new - opened.names:
            self._own |= unknown & self._mapped(pids)
        held = (sum(map(self._bytes_of, self._own)) + sum(opened.without_name.values())) / MIB
        if not held:
            return 0.0
        return max(held - sum(map(_mapped_shared_mb, pids)), 0.0)

    def delete(self) -> None:
        """Delete the tree's files."""
        for name in self._own:
            with contextlib.suppress(OSError):
                remove(self._folder / name)

    def _mapped(self, pids: list[int]) -> set[str]:
        """Return the names that processes have mapped, of as many as there is time for: the others' turn comes."""
        start, found = clock(), set()
        for _ in pids:
            self._turn += 1
            found |= names_mapped_by(pids[self._turn % len(pids)], self._folder)
            if clock() - start > MAPS_S:
                break
        return found

    def _bytes_of(self, name: str) -> int:
        path = self._folder / name
        if path.is_symlink() or not path.is_dir():
            return _bytes_of(path)
        inside = list(islice(path.rglob("*"), MOST_FILES + 1))
        if len(inside) > MOST_FILES:
            raise TooManyFilesError
        return sum(map(_bytes_of, inside))


def _bytes_of(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.lstat().st_blocks * 512
    return 0


def names_in(folder: Path) -> set[str]:
    """Return the names in a folder; none where it cannot be read."""
    try:
        return {path.name for path in folder.iterdir()}
    except OSError:  # not Linux
        return set()


def _mapped_shared_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        found = re.search(r"^RssShmem:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii", "replace"), re.M)
        if found:
            return int(found[1]) / 1024
    return 0.0
