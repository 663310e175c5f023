"""Locks between processes, which the system releases when their process ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

from benchmarks.common.clock import clock

LOOK_EVERY_S = 0.02
LONGEST_S = 600.0  # what is done under a lock takes seconds


@contextlib.contextmanager
def file_lock(path: Path, longest_s: float = LONGEST_S) -> Iterator[None]:
    """Hold the lock on a file, which is made if need be.

    Raises OSError where there can be no lock (a folder, a file of others, a file system without locks), and
    TimeoutError, which is one too, if another process holds it for ``longest_s``.
    """
    start = clock()
    while (descriptor := try_lock(path)) is None:
        if clock() - start > longest_s:
            raise TimeoutError(errno.ETIMEDOUT, f"another process holds {path.name}", str(path))
        threading.Event().wait(LOOK_EVERY_S)
    try:
        yield
    finally:
        unlock(descriptor)


def unlock(descriptor: int) -> None:
    """Release a lock; a process that was forked meanwhile has the descriptor too, and would hold it by that."""
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def try_lock(path: Path, flags: int = os.O_CREAT) -> int | None:
    """Return a descriptor that holds the lock until ``unlock``; None if another one does. Raises OSError."""
    # without O_NONBLOCK a FIFO would be waited for
    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | flags, 0o644)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, f"{path.name} is not a regular file", str(path))
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not path.exists() or not os.path.samestat(os.fstat(descriptor), path.stat()):
            raise BlockingIOError  # deleted since it was opened: another process may hold a new one
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
