"""Looks at a tree of processes, in a thread of its own: however long a look takes, no limit on time waits for it."""

from __future__ import annotations

import contextlib
import threading

import psutil

from benchmarks.common.errors import in_one_line
from benchmarks.execution.processes.process_tree import tree
from benchmarks.execution.processes.watching.memory import TreeMemory
from benchmarks.execution.processes.watching.open_files import TooManyFilesError
from benchmarks.records.trial import Status

LOOK_EVERY_S = 0.2
LAST_LOOK_S = 5.0  # a look at a process that hangs in the system may hang too
MOST_PROCESSES = 500


class Watch:
    """Watches what descends from a process. ``limit_gb``: the most memory, in GiB, that all may hold together.

    ``fault``: the status and the reason of a tree that may not go on, None as long as it may. ``peak_mb``: the most
    memory that it was seen to hold. ``seen``: its processes, also those that have ended.
    """

    def __init__(self, limit_gb: float) -> None:
        self._limit_gb, self._memory = limit_gb, TreeMemory(limit_gb * 1024)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.fault: tuple[Status, str] | None = None
        self.peak_mb = 0.0
        self.seen: set[psutil.Process] = set()

    def start(self, pid: int) -> None:
        """Look at the descendants of a process from now on, five times a second."""
        self._thread = threading.Thread(target=self._look_again, args=(pid,), name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        if self._thread:
            self._thread.join(LAST_LOOK_S)

    def free(self) -> None:
        """Delete what the processes, which have ended, left in /dev/shm."""
        self._memory.free()

    def _look_again(self, pid: int) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            while self.fault is None and not self._stopped.wait(LOOK_EVERY_S):
                try:
                    self.fault = self._look(process)
                except TooManyFilesError as error:
                    self.fault = "failed", str(error)
                except Exception as error:  # what is not watched must not go on
                    self.fault = "failed", f"it cannot be watched: {in_one_line(error)}"

    def _look(self, process: psutil.Process) -> tuple[Status, str] | None:
        members = [one for one in tree(process) if one.pid != process.pid]
        self.seen.update(members)
        if len(members) > MOST_PROCESSES:
            return "failed", f"started more than {MOST_PROCESSES} processes"
        held_mb = self._memory.held_mb(members)
        self.peak_mb = max(self.peak_mb, held_mb)
        if held_mb <= self._limit_gb * 1024:
            return None
        return "out-of-memory", f"held {held_mb / 1024:.3g} GiB; the limit is {self._limit_gb:.3g} GiB (--memory)"
