"""What trials leave in /dev/shm, labels maybe, and is deleted before a later one finds it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.common.atomic_files import remove
from benchmarks.execution.processes.watching.open_files import names_used_by
from benchmarks.execution.processes.watching.shared_memory import SHARED, names_in


class Leftovers:
    """The files in /dev/shm that appeared while trials ran, each with the trials that may have made it.

    Nothing says whose process made a file, unless it was seen to use it (``SharedFiles``). So a file is deleted at the
    end of the last of the trials that ran when it appeared: the end of the only one, where trials do not run at the
    same time.
    """

    def __init__(self, folder: Path = SHARED) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._running: set[object] = set()
        self._of_others: set[str] = set()
        self._makers: dict[str, set[object]] = {}

    @contextlib.contextmanager
    def deleted(self) -> Iterator[None]:
        """Run a trial inside of this: at its end what nobody else can have made, or uses, is deleted."""
        trial = object()
        with self._lock:
            self._notice()
            self._running.add(trial)
        try:
            yield
        finally:
            with self._lock:
                self._notice()
                self._running.discard(trial)
                self._delete(trial)

    def _notice(self) -> None:
        """Notice which files appeared since trials began or ended, and which are gone."""
        there = names_in(self._folder)
        if not self._running:
            self._of_others, self._makers = there, {}
        new = there - self._of_others - self._makers.keys()
        kept = {name: makers for name, makers in self._makers.items() if name in there}
        self._makers = {**kept, **{name: {*self._running} for name in new if _is_own(self._folder / name)}}

    def _delete(self, trial: object) -> None:
        for makers in self._makers.values():
            makers.discard(trial)
        if not (left := {name for name, makers in self._makers.items() if not makers}):
            return
        used = {name for pid in psutil.pids() for name in names_used_by(pid, self._folder)}
        for name in left - used:
            with contextlib.suppress(OSError):
                remove(self._folder / name)
        # whoever uses it is a trial that still runs, or no trial
        self._makers |= {name: {*self._running} for name in left & used}


def _is_own(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.lstat().st_uid == os.getuid()
    return False
