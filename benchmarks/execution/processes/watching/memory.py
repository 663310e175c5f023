"""How much memory a process and its descendants hold together: a page that several share is counted once."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

from benchmarks.common.clock import clock
from benchmarks.execution.processes.watching.shared_memory import MIB, SharedFiles

# the kernel walks all pages of a process to add up its share: 50 ms for a GiB, and the process waits if it needs more
REST_FACTOR = 50
QUICK_S = 0.02


class TreeMemory:
    """The memory of one tree, look by look. ``limit_mb``: what is held beyond it is never said without measuring.

    Of a single process, resident memory is exact, and cheap to ask for. Of several, pages that they share would count
    again for each: what that adds up to is measured when a process came or went, if it is quick, and now and then
    otherwise, so that it takes 2 % of the time.
    """

    def __init__(self, limit_mb: float, shared: SharedFiles | None = None) -> None:
        self._limit_mb, self._shared = limit_mb, SharedFiles() if shared is None else shared
        self._counted_again = 0.0
        self._measured: set[int] = set()
        self._took, self._measured_at = 0.0, 0.0

    def held_mb(self, members: Sequence[psutil.Process]) -> float:
        """Return the memory of those that are still there, together, in MiB, files in /dev/shm included.

        Raises ``TooManyFilesError``.
        """
        resident = rss_mb(members)
        if len(members) < 2:
            self._counted_again = 0.0
        elif self._is_due(members) or resident - self._counted_again > self._limit_mb:
            start = clock()
            self._counted_again = max(resident - sum(map(_share_mb, members)), 0.0)
            self._measured, self._measured_at = {one.pid for one in members}, clock()
            self._took = self._measured_at - start
        held = max(resident - self._counted_again, 0.0)
        return held if held > self._limit_mb else held + self._shared.unmapped_mb(members)

    def _is_due(self, members: Sequence[psutil.Process]) -> bool:
        if clock() - self._measured_at > REST_FACTOR * self._took:
            return True
        return self._took < QUICK_S and self._measured != {one.pid for one in members}

    def free(self) -> None:
        """Delete what the processes, which have ended, left in /dev/shm."""
        self._shared.delete()


def rss_mb(processes: Iterable[psutil.Process]) -> float:
    """Return the resident memory of those that are still there, together, in MiB."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total / MIB


def _share_mb(process: psutil.Process) -> float:
    """Return a process's share of its memory (PSS): of a page that n processes map, an n-th."""
    with contextlib.suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii"), re.M)
        if found:
            return int(found[1]) / 1024
    return rss_mb([process])
