"""Only one bench of a user measures at a time on a machine: two would slow each other down."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from benchmarks.common.atomic_files import write_whole
from benchmarks.common.errors import BenchError

LOOK_S = 0.25
LONGEST = 500  # characters shown of who holds the lock


@contextlib.contextmanager
def machine_lock(folder: Path, stopped: Callable[[], bool], waits: Callable[[str], None]) -> Iterator[bool]:
    """Wait until no other bench of this user measures, or until ``stopped``, and hold the lock until the end.

    Gives whether it had to wait. ``folder``: where the results go, for others to see who holds the lock. ``waits``
    is told, again and again, which bench this one waits for, or nothing where that is not known.
    """
    place = Path(tempfile.gettempdir())
    lock = FileLock(place / f"digitbench-{os.getuid()}.lock")
    # not in the lock's own file, which everyone who waits empties
    holder = place / f"digitbench-{os.getuid()}.holder"
    waited = False
    while not stopped():
        try:
            lock.acquire(timeout=LOOK_S, poll_interval=LOOK_S)
            break
        except Timeout:
            waited = True
            waits(_read(holder))
    if lock.is_locked:
        with contextlib.suppress(BenchError):
            write_whole(holder, f"process {os.getpid()}, for {folder.absolute()}".encode("utf-8", "replace"))
    try:
        yield waited
    finally:
        if lock.is_locked:
            with contextlib.suppress(OSError):
                holder.unlink(missing_ok=True)
        lock.release()


def _read(holder: Path) -> str:
    try:
        with holder.open(encoding="utf-8", errors="replace") as file:
            return file.read(LONGEST).strip()
    except OSError:
        return ""
