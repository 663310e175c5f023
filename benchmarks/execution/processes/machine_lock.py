"""Only one bench of a user measures at a time on a machine: two would slow each other down."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.common.atomic_files import write_whole
from benchmarks.common.bounded_reading import read_end
from benchmarks.common.errors import BenchError, one_line
from benchmarks.common.file_lock import try_lock, unlock

LOOK_S = 0.25
LONGEST = 500  # bytes shown of who holds the lock


@contextlib.contextmanager
def machine_lock(folder: Path, stopped: Callable[[], bool], waits: Callable[[str], None]) -> Iterator[bool]:
    """Wait until no other bench of this user measures, or until ``stopped``, and hold the lock until the end.

    Gives whether it had to wait. ``folder``: where the results go, for others to see who holds the lock. ``waits``
    is told, again and again, which bench this one waits for, or nothing where that is not known. Raises ``BenchError``
    where there can be no lock.
    """
    place = _place()
    # not in the lock's own file: what is read there may be of a bench that ended
    holder = place.with_suffix(".holder")
    waited, descriptor = False, None
    while not stopped() and (descriptor := _try_lock(place)) is None:
        waited = True
        waits(_read(holder))
        threading.Event().wait(LOOK_S)
    try:
        if descriptor is not None:
            with contextlib.suppress(BenchError):
                write_whole(holder, f"process {os.getpid()}, for {folder.absolute()}".encode("utf-8", "replace"))
        yield waited
    finally:
        if descriptor is not None:
            with contextlib.suppress(OSError):
                holder.unlink(missing_ok=True)
            unlock(descriptor)


def _place() -> Path:
    try:
        return Path(tempfile.gettempdir()) / f"digitbench-{os.getuid()}.lock"
    except OSError as error:
        raise BenchError(f"{error.strerror or error}; set TMPDIR to a folder that you can write to") from error


def _try_lock(path: Path) -> int | None:
    try:
        return try_lock(path)
    except OSError as error:
        why = error.strerror or error
        raise BenchError(f"cannot lock {path} ({why}); delete it, or set TMPDIR to another folder") from error


def _read(holder: Path) -> str:
    try:
        return one_line(read_end(holder, LONGEST).decode("utf-8", "replace"))
    except OSError:
        return ""
