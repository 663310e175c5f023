"""The folder that the processes of one bench work in; one that a killed bench left is deleted by a later bench."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.common.deletion import delete_tree
from benchmarks.common.errors import BenchError
from benchmarks.common.file_lock import try_lock, unlock
from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup

PREFIX = "digitbench-"
OWNER = ".owner"  # locked for as long as the bench lives
UNOWNED_FOR = timedelta(hours=1)  # a folder without OWNER may be one that is just being made


@contextlib.contextmanager
def scratch_folder() -> Iterator[tuple[Path, OrphanCleanup]]:
    """Give a scratch folder that is deleted at the end, even that of a bench that was killed; raises ``BenchError``."""
    try:
        scratch = Path(tempfile.mkdtemp(prefix=PREFIX))
    except OSError as error:
        raise BenchError(no_space(error)) from error
    try:
        delete_abandoned(scratch.parent)
        owner = _lock(scratch / OWNER)
        cleanup = OrphanCleanup(scratch)
    except OSError as error:
        delete_tree(scratch)
        raise BenchError(no_space(error)) from error
    try:
        yield scratch, cleanup
    finally:
        cleanup.close()
        delete_tree(scratch)  # where the process that cleans up was killed
        if owner is not None:
            unlock(owner)


def no_space(error: OSError) -> str:
    """Say what to do where temporary files cannot be written."""
    place = tempfile.tempdir or os.environ.get("TMPDIR", "the folder for temporary files")
    return f"cannot write to {place} ({error.strerror or error}); free space there, or set TMPDIR"


def delete_abandoned(place: Path) -> None:
    """Delete the scratch folders in ``place`` of benches that are no longer there."""
    with contextlib.suppress(OSError):
        for folder in place.glob(f"{PREFIX}*"):
            if _is_abandoned(folder):
                delete_tree(folder)


def _is_abandoned(folder: Path) -> bool:
    """Return whether a folder is ours and nobody holds its lock."""
    try:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            return False
        if (folder / OWNER).is_symlink() or not (folder / OWNER).exists():
            return datetime.now(UTC) - datetime.fromtimestamp(status.st_mtime, UTC) > UNOWNED_FOR
        owner = try_lock(folder / OWNER, 0)
    except OSError:
        return False
    if owner is None:
        return False
    unlock(owner)
    return True


def _lock(path: Path) -> int | None:
    """Return a descriptor that holds the lock; None where the file system has no locks. Raises OSError."""
    path.touch(0o600, exist_ok=False)
    with contextlib.suppress(OSError):
        return try_lock(path)
    return None
