"""The folders of digitbench, in the checkout and outside it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results"


def size_of(folder: Path) -> int:
    """Return how many bytes the files below a folder hold; 0 if it does not exist."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def cache_folder() -> Path:
    """Return the folder for downloads and feature matrices: DIGITBENCH_CACHE, or the system's cache folder.

    Not left to a library, because ``list`` needs only the standard library.
    """
    chosen = os.environ.get("DIGITBENCH_CACHE")
    if chosen:
        return Path(chosen).absolute()
    if sys.platform == "darwin":
        return _home() / "Library" / "Caches" / "digitbench"
    return Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache") / "digitbench"


def _home() -> Path:
    """Return the home folder; for a user who has none, as in some containers, a folder among the temporary files."""
    try:
        home = Path("~").expanduser()
    except RuntimeError:
        home = Path()
    if home.is_absolute():
        return home
    import tempfile  # ``list`` is to be fast where there is a home

    return Path(tempfile.gettempdir()) / f"digitbench-{os.getuid()}"
