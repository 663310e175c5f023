"""Deletion of folders whatever is in them: as deep as they may be, and without a permission to enter."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from uuid import uuid4


def delete_tree(folder: Path) -> None:
    """Delete a folder and all in it, as far as that is possible; links are deleted and not followed.

    Folders within folders are first moved to the top, so that neither recursion nor the length of a path sets a limit.
    """
    with contextlib.suppress(OSError):
        if not stat.S_ISDIR(folder.lstat().st_mode):
            folder.unlink()
            return
    waiting, emptied = [folder], []
    while waiting:
        place = waiting.pop()
        for entry in _entries(place):
            with contextlib.suppress(OSError):
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)  # noqa: PTH108
                    continue
                moved = Path(entry.path) if place == folder else folder / uuid4().hex
                _allow(Path(entry.path))
                os.rename(entry.path, moved)
                waiting.append(moved)
        emptied.append(place)
    for place in reversed(emptied):
        with contextlib.suppress(OSError):
            place.rmdir()


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    _allow(folder)
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _allow(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
