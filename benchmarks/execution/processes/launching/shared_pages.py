"""Files that a server has in memory, as those of libraries: a fork has them only once it looks at them."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

_of_server_mb = 0.0


def note_files() -> None:
    """Remember, in a server and all its forks, how much memory its files take now."""
    global _of_server_mb
    _of_server_mb = _files_mb()


def not_looked_at_mb() -> float:
    """Return what the files of the server take beyond those of this fork of it, in MiB; 0 in a fresh process.

    A process that had imported the same by itself would hold them.
    """
    return max(_of_server_mb - _files_mb(), 0.0) if _of_server_mb else 0.0


def _files_mb() -> float:
    with contextlib.suppress(OSError):
        found = re.search(r"RssFile:\s+(\d+) kB", Path("/proc/self/status").read_text("utf-8", "replace"))
        if found:
            return int(found[1]) / 1024
    return 0.0
