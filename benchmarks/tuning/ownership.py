"""Which bench has an attempt under way: each holds a lock for as long as it lives, whatever ends it."""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from benchmarks.common.atomic_files import writing
from benchmarks.common.file_lock import file_lock, try_lock, unlock
from benchmarks.tuning.journal import Journal

NO_LOCK = (errno.ENOENT, errno.EISDIR, errno.ELOOP, errno.EINVAL, errno.ENXIO)


class Owner:
    """One bench at work on a study, while the context lasts. ``name`` stands in the attempts that it has under way."""

    def __init__(self, journal: Journal) -> None:
        self.name = uuid4().hex
        self._journal = journal
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with self._journal.lock, writing(self._path(self.name)):
            self._held.enter_context(file_lock(self._path(self.name)))
            self._delete_those_left()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()
        with contextlib.suppress(OSError):
            self._path(self.name).unlink(missing_ok=True)

    def is_gone(self, name: str) -> bool:
        """Return whether another bench has ended, well or not; to be asked while holding the journal's lock."""
        if name == self.name:
            return False
        path = self._path(name)
        return not path.exists() or _is_free(path)

    def _delete_those_left(self) -> None:
        """Delete the locks of benches that were killed."""
        for path in self._journal.path.parent.glob(f".{self._journal.name}.owner-*.lock"):
            if path != self._path(self.name) and _is_free(path):
                with contextlib.suppress(OSError):  # a folder of that name holds nobody up
                    path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._journal.path.with_name(f".{self._journal.name}.owner-{name}.lock")


def _is_free(path: Path) -> bool:
    """Return whether no bench holds a lock; none holds what is no regular file."""
    try:
        descriptor = try_lock(path, flags=0)
    except OSError as error:
        if error.errno not in NO_LOCK:
            raise
        return True
    if descriptor is None:
        return False
    unlock(descriptor)
    return True
